package crm

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A wire is a preset: the form of requests, and of the answers to them.
type wire interface {
	// fetch asks for work.
	fetch() call
	// items reads what an answer of status 200 to 299 hands out; the answer to
	// any request may do so. An error means that the answer is none of this
	// protocol: nothing of it was understood.
	items(k kind, body []byte) ([]item, error)
	// results makes the requests of some results; they are done in order.
	results([]result) ([]call, error)
	// incoming makes the request of some incoming messages.
	incoming([]incoming) (call, error)
	// most is how many results and incoming messages one request takes.
	most() (results, incoming int)
	// tells reports whether it has a form for a result or a message.
	tells(status string) bool
	takes(incoming) bool
	// field is the protocol's own name for a member of an item.
	field(name string) string
}

// A prober has a request that finds out, once, whether the URL is the right
// one.
type prober interface {
	probe() call
	probed(body []byte) error
}

type kind int

const (
	fetching kind = iota
	reporting
	posting
)

// A call is a request of a wire.
type call struct {
	kind   kind
	method string
	url    string
	// body is nil for a request without one; contentType goes with it.
	body        []byte
	contentType string
	accept      string
}

// Limits of requests and answers.
const (
	maxAnswer  = 1 << 20          // bytes of an answer to a fetch, unpacked
	callTime   = 20 * time.Second // one request, beside what the server was asked to hold it
	maxRetryIn = time.Hour        // the longest Retry-After that is kept
)

// NewClient makes the client of pollers. It follows no redirect: the secret
// would go to an address that nobody configured. Private addresses are
// allowed: whoever configures a poller is the operator.
func NewClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 4
	transport.TLSHandshakeTimeout = 10 * time.Second
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// An answer is what came back.
type answer struct {
	status int
	etag   string
	body   []byte
}

// A refusal is an answer that is no 2xx.
type refused struct {
	status  int
	retryIn time.Duration // of Retry-After; 0 without
}

func (e *refused) Error() string {
	switch {
	case e.status >= 300 && e.status < 400:
		return fmt.Sprintf("the CRM answered %d, a redirect, which is not followed; configure the final address", e.status)
	case e.status == http.StatusUnauthorized || e.status == http.StatusForbidden:
		return fmt.Sprintf("the CRM answered %d; check the secret", e.status)
	}
	return fmt.Sprintf("the CRM answered %d", e.status)
}

var errTooLong = fmt.Errorf("the answer is longer than %d bytes", maxAnswer)

// do makes a request. Its errors never hold the address, which may carry a
// secret. 304 is no error.
func (p *Poller) do(ctx context.Context, c call, etag string, limit time.Duration) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, c.method, c.url, bytes.NewReader(c.body))
	if err != nil {
		return answer{}, errors.New("the address is not valid")
	}
	p.head(req, c, etag)
	resp, err := p.client.Do(req)
	if err != nil {
		return answer{}, withoutURL(err)
	}
	defer resp.Body.Close() // nothing was written
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	body = bytes.TrimPrefix(body, []byte("\ufeff")) // a byte order mark before JSON
	switch {
	case resp.StatusCode == http.StatusNotModified && etag != "":
		return answer{status: resp.StatusCode, etag: etag}, nil
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return answer{}, &refused{resp.StatusCode, retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	case err != nil:
		return answer{}, fmt.Errorf("read the answer: %w", withoutURL(err))
	case len(body) > maxAnswer:
		return answer{}, errTooLong
	}
	return answer{resp.StatusCode, resp.Header.Get("ETag"), body}, nil
}

// head sets the headers of a request.
func (p *Poller) head(req *http.Request, c call, etag string) {
	req.Header.Set("User-Agent", "wabridge")
	req.Header.Set("Accept", "application/json")
	if p.cfg.Secret != "" && p.cfg.Preset != PresetSMSSync {
		req.Header.Set("Authorization", "Bearer "+p.cfg.Secret)
	}
	for name, value := range p.cfg.Headers {
		req.Header.Set(name, value)
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	if c.body == nil {
		return
	}
	req.Header.Set("Content-Type", c.contentType)
	if c.kind != fetching {
		sum := sha256.Sum256(append([]byte(p.cfg.Name+"\x00"), c.body...))
		req.Header.Set("Idempotency-Key", hex.EncodeToString(sum[:16]))
	}
	if p.cfg.SignSecret != "" {
		req.Header.Set("X-Hub-Signature-256", "sha256="+sign(p.cfg.SignSecret, c.body))
	}
}

func sign(secret string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}

// withoutURL takes the address out of an error of net/http.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(s string, now time.Time) time.Duration {
	if s = strings.TrimSpace(s); s == "" {
		return 0
	}
	wait := time.Duration(0)
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		wait = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(s); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryIn)
}

// withQuery adds parameters to an address.
func withQuery(address string, pairs ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // do says so
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// notProtocol says why an answer cannot be read, without what stands in it.
func notProtocol(body []byte, err error) error {
	trimmed := bytes.TrimSpace(body)
	switch {
	case len(trimmed) == 0:
		return errors.New("the answer is empty; answer 204, or a list")
	case trimmed[0] == '<':
		return errors.New("the answer is a page of HTML, not JSON")
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("the answer is not JSON: byte %d", e.Offset)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if e.Field == "" {
			return fmt.Errorf("the answer is a %s, not an object", e.Value)
		}
		return fmt.Errorf("%s of the answer is a %s", e.Field, e.Value)
	}
	return errors.New("the answer has another form than this preset's")
}
