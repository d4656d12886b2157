package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // X-Hub-Signature is SHA-1 by contract; X-Hub-Signature-256 is sent with it
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"strconv"
	"time"

	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/delivery"
)

// userAgent is what the Cloud API calls itself; some receivers let nothing
// else in (contract, section 8.1).
const userAgent = "facebookexternalua"

// Timeout bounds one POST, from the dial to the end of the answer.
const Timeout = delivery.Timeout

// NewClient makes the HTTP client for deliveries. It follows no redirect (a
// POST would become a GET, and the signature would go to an address nobody
// configured), keeps connections open between deliveries, and gives up after
// Timeout. Addresses in private networks are allowed: the receiver is often
// a CRM in the same office, and only an admin can configure one.
func NewClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 2 * delivery.DefaultParallel
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

// post signs the delivery and posts it.
func (d *Delivery) post(ctx context.Context, client *http.Client) delivery.Answer {
	d.sign()
	d.Header.Set("Content-Type", "application/json")
	d.Header.Set("User-Agent", userAgent)
	if d.Event.Number > 0 {
		d.Header.Set("X-Wabridge-Event", strconv.FormatInt(d.Event.Number, 10))
	}
	return delivery.Post(ctx, client, d.Endpoint.URL, d.Header, d.Body)
}

// sign sets the signatures over the exact bytes of the body. An endpoint
// without a secret gets none.
func (d *Delivery) sign() {
	d.Header = http.Header{}
	if d.Endpoint.Secret == "" {
		return
	}
	d.Header.Set("X-Hub-Signature-256", "sha256="+mac(sha256.New, d.Endpoint.Secret, d.Body))
	d.Header.Set("X-Hub-Signature", "sha1="+mac(sha1.New, d.Endpoint.Secret, d.Body))
}

// mac is the HMAC in lower-case hex digits.
func mac(h func() hash.Hash, secret string, body []byte) string {
	m := hmac.New(h, []byte(secret))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}
