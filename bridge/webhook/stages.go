package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // X-Hub-Signature is SHA-1 by contract; X-Hub-Signature-256 is sent beside it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/wabridge/wabridge/bridge"
)

// userAgent is what the Cloud API calls itself; some receivers let nothing
// else in (contract, section 8.1).
const userAgent = "facebookexternalua"

const (
	// Timeout bounds one POST, from the dial to the end of the answer.
	Timeout = 20 * time.Second
	// maxAnswer is how much of an answer is read (and thrown away) so that
	// the connection can be used again; a longer one costs a new connection.
	maxAnswer = 64 << 10
	// maxExcerpt is how much of an answer Test shows.
	maxExcerpt = 512
)

// NewClient makes the HTTP client for deliveries. It follows no redirect (a
// POST would become a GET, and the signature would go to an address nobody
// configured), keeps connections open between deliveries, and gives up after
// Timeout. Addresses in private networks are allowed: the receiver is often
// a CRM in the same office, and only an admin can configure one.
func NewClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 4
	transport.TLSHandshakeTimeout = 10 * time.Second
	return &http.Client{
		Transport:     transport,
		Timeout:       Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// render makes the body, and ends the way of an event that has none or whose
// field the endpoint has not subscribed to.
func render(_ context.Context, d *Delivery) (err error) {
	if d.Body, d.Field, err = Payload(d.Event, d.Phone); err != nil {
		return fmt.Errorf("%w: %w", errUnreadable, err)
	}
	if d.Field == "" || !bridge.Wants(d.Endpoint, d.Field) {
		return errSkip
	}
	return nil
}

// sign sets the signatures over the exact bytes of the body. An endpoint
// without a secret gets none.
func sign(_ context.Context, d *Delivery) error {
	d.Header = http.Header{}
	if d.Endpoint.Secret == "" {
		return nil
	}
	d.Header.Set("X-Hub-Signature-256", "sha256="+mac(sha256.New, d.Endpoint.Secret, d.Body))
	d.Header.Set("X-Hub-Signature", "sha1="+mac(sha1.New, d.Endpoint.Secret, d.Body))
	return nil
}

// mac is the HMAC in lower-case hex digits.
func mac(h func() hash.Hash, secret string, body []byte) string {
	m := hmac.New(h, []byte(secret))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}

// post sends the delivery and notes the answer. Its error is about the
// network only and never holds the address, which may carry a secret.
func post(client *http.Client) Stage {
	return func(ctx context.Context, d *Delivery) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Endpoint.URL, bytes.NewReader(d.Body))
		if err != nil {
			return fmt.Errorf("post: %w", withoutURL(err))
		}
		for k, v := range d.Header {
			req.Header[k] = v
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("User-Agent", userAgent)
		if d.Event.Number > 0 {
			req.Header.Set("X-Wabridge-Event", strconv.FormatInt(d.Event.Number, 10))
		}
		// Not sent, but net/http then repeats the POST at once if the receiver
		// had closed the kept connection. Receivers must expect repeats anyway.
		req.Header["Idempotency-Key"] = nil

		start := time.Now()
		resp, err := client.Do(req)
		if err != nil {
			d.Took = time.Since(start)
			return fmt.Errorf("post: %w", withoutURL(err))
		}
		d.Status = resp.StatusCode
		d.Excerpt, err = readAnswer(resp.Body)
		d.Took = time.Since(start)
		if err != nil {
			return fmt.Errorf("read the answer: %w", withoutURL(err))
		}
		return nil
	}
}

// readAnswer reads what it may of the answer and returns its start.
func readAnswer(body io.ReadCloser) (string, error) {
	defer body.Close() // nothing was written
	start, err := io.ReadAll(io.LimitReader(body, maxExcerpt))
	if err == nil {
		_, err = io.CopyN(io.Discard, body, maxAnswer)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return string(start), err
	}
	return string(start), nil
}

// withoutURL takes the address out of an error of net/http.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		if e.Timeout() {
			return fmt.Errorf("no answer in time: %w", e.Err)
		}
		return e.Err
	}
	return err
}

// judge takes every 2xx for success: receivers answer 200, 201, 202 and 204.
func judge(_ context.Context, d *Delivery) error {
	switch {
	case d.Status >= 200 && d.Status < 300:
		return nil
	case d.Status >= 300 && d.Status < 400:
		return fmt.Errorf("receiver answered %d: redirects are not followed, configure the final address", d.Status)
	}
	return fmt.Errorf("receiver answered %d", d.Status)
}
