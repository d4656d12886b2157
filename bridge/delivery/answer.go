package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// Timeout bounds one post, from the dial to the end of the answer.
	Timeout = 20 * time.Second
	// MaxRetryAfter is the longest Retry-After that is honoured.
	MaxRetryAfter = time.Hour
	// maxAnswer is how much of an answer is read (and thrown away) so that the
	// connection can be used again; a longer one costs a new connection.
	maxAnswer = 64 << 10
	// maxExcerpt is how much of an answer is kept for a person who tests.
	maxExcerpt = 512
	// goneWait is the pause of a receiver that answers 410 Gone.
	goneWait = time.Hour
)

// An Answer is what came of one post.
type Answer struct {
	Status     int           // HTTP status; 0: there was no answer
	RetryAfter time.Duration // of the Retry-After header, bounded; 0 without one
	Excerpt    string        // start of the answer's body; it may hold private text
	Took       time.Duration
	// Unreachable: no connection was made, so nothing of the post was seen.
	Unreachable bool
	// Err is why there was no complete answer. It never holds the address,
	// which may carry a secret.
	Err error
}

// A Verdict is what an answer means.
type Verdict int

// The verdicts.
const (
	Taken       Verdict = iota // acknowledged with a 2xx
	Refused                    // answered with another status: it may be about this event
	Broken                     // the answer did not come, or broke off: it may be about this event
	Gone                       // 410: the receiver says that it is gone for good
	Limited                    // 429, or 503 with Retry-After: the receiver asks for a pause
	Unreachable                // no connection: it says nothing about the event
)

// Judge says what an answer means.
func Judge(a Answer) Verdict {
	switch {
	case a.Unreachable:
		return Unreachable
	case a.Status >= 200 && a.Status <= 299 && a.Err == nil:
		return Taken
	case a.Status == 0 || a.Err != nil && a.Status <= 299:
		return Broken
	case a.Status == http.StatusGone:
		return Gone
	case a.Status == http.StatusTooManyRequests, a.Status == http.StatusServiceUnavailable && a.RetryAfter > 0:
		return Limited
	}
	return Refused
}

// Reason says why an answer is no success, for people. It holds neither the
// address nor anything that the receiver wrote.
func (a Answer) Reason() string {
	switch {
	case a.Status == 0 && a.Err != nil:
		return a.Err.Error()
	case a.Err != nil && a.Status <= 299:
		return "read the answer: " + a.Err.Error()
	case a.Status >= 300 && a.Status < 400:
		return fmt.Sprintf("receiver answered %d: redirects are not followed, configure the final address", a.Status)
	case a.Status == http.StatusGone:
		return "receiver answered 410: it is gone; change the address, or delete the webhook"
	}
	return fmt.Sprintf("receiver answered %d", a.Status)
}

// Post sends a request with the given body and reads the answer. It follows no
// redirect if the client does not.
func Post(ctx context.Context, client *http.Client, address string, header http.Header, body []byte) Answer {
	reached := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { reached = true }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Answer{Unreachable: true, Err: errors.New("post: the address is not valid")}
	}
	req.Header = header.Clone()
	// Not sent, but net/http then repeats the POST at once if the receiver had
	// closed the kept connection. Receivers must expect repeats anyway.
	if req.Header.Get("Idempotency-Key") == "" {
		req.Header["Idempotency-Key"] = nil
	}
	start := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return Answer{Unreachable: notConnected(err, reached), Err: fmt.Errorf("post: %w", WithoutURL(err)), Took: time.Since(start)}
	}
	a := Answer{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	a.Excerpt, a.Err = readAnswer(resp.Body)
	a.Took = time.Since(start)
	return a
}

// notConnected reports whether a failed request never had a connection.
func notConnected(err error, reached bool) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	if e, ok := errors.AsType[*url.Error](err); ok && e.Timeout() {
		return false // a receiver that hangs, unless the dial said otherwise
	}
	return !reached
}

// readAnswer reads what it may of an answer and returns its start.
func readAnswer(body io.ReadCloser) (string, error) {
	defer body.Close() // nothing was written
	start, err := io.ReadAll(io.LimitReader(body, maxExcerpt))
	if err == nil {
		_, err = io.CopyN(io.Discard, body, maxAnswer)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return string(start), WithoutURL(err)
	}
	return string(start), nil
}

// WithoutURL takes the address out of an error of net/http.
func WithoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		if e.Timeout() {
			return fmt.Errorf("no answer in time: %w", e.Err)
		}
		return e.Err
	}
	return err
}

// retryAfter reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or
// a date. What cannot be read, and what is over, is 0. It is at most
// MaxRetryAfter.
func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	if strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil { // more digits than any clock needs
			return MaxRetryAfter
		}
		return min(time.Duration(seconds)*time.Second, MaxRetryAfter)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), MaxRetryAfter)
}
