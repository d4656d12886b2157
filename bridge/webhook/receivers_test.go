package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// receivers is an http.RoundTripper that stands for all receivers: it works
// in fake time, which real sockets do not.
type receivers struct {
	mu     sync.Mutex
	answer func(host string, n int) (int, error) // n: requests to the host so far
	got    map[string][]string                   // words of the texts, by host
	at     map[string][]time.Time
	hold   map[string]chan struct{} // a host that answers only when told
}

func newReceivers() *receivers {
	return &receivers{got: map[string][]string{}, at: map[string][]time.Time{}, hold: map[string]chan struct{}{}}
}

func (r *receivers) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	host := req.URL.Host
	r.mu.Lock()
	r.got[host] = append(r.got[host], wordsOf(body))
	r.at[host] = append(r.at[host], time.Now())
	n, hold, answer := len(r.got[host]), r.hold[host], r.answer
	r.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	status := 200
	if answer != nil {
		if status, err = answer(host, n); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("ok")), Request: req}, nil
}

func (r *receivers) texts(host string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.got[host], " ")
}

func (r *receivers) times(host string) []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]time.Time(nil), r.at[host]...)
}

func (r *receivers) answers(f func(host string, n int) (int, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

// wordsOf is the text, or else the status, in a body.
func wordsOf(body []byte) string {
	var e struct {
		Entry []struct{ Changes []struct{ Value value } }
	}
	if json.Unmarshal(body, &e) != nil {
		return "?"
	}
	v := e.Entry[0].Changes[0].Value
	switch {
	case len(v.Messages) == 1:
		return v.Messages[0].Text.Body
	case len(v.Echoes) == 1:
		return "echo:" + v.Echoes[0].Text.Body
	}
	if len(v.Statuses) == 0 {
		return "account"
	}
	return v.Statuses[0].Status
}

func endpoint(id string) queue.Endpoint {
	return queue.Endpoint{ID: id, URL: "http://" + id + "/hook?key=in-the-address", Secret: "shhh", Scope: ScopeApp}
}

// start starts a deliverer that ends with the test.
func start(t *testing.T, store Store, rt http.RoundTripper, logs io.Writer) *Deliverer {
	t.Helper()
	client := NewClient()
	client.Transport = rt
	d := New(store, client, slog.New(slog.NewTextHandler(logs, nil)))
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, d) })
	return d
}

func stop(t *testing.T, d *Deliverer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), Timeout)
	defer cancel()
	if err := d.Stop(ctx); err != nil {
		t.Error(err)
	}
}
