package delivery

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestRetryAfterIsRead(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, " 7 ": 7 * time.Second, "86400": MaxRetryAfter, "99999999999999999999": MaxRetryAfter,
		"-5": 0, "1.5": 0, "soon": 0, "12 parsecs": 0, "0x10": 0,
		"Tue, 01 Dec 2026 12:01:00 GMT": time.Minute, "Tue, 01 Dec 2026 11:00:00 GMT": 0, "Tue, 01 Dec 2099 11:00:00 GMT": MaxRetryAfter,
		"Tuesday, 01-Dec-26 12:00:30 GMT": 30 * time.Second,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"120", "-1", "Tue, 01 Dec 2026 12:01:00 GMT", "1e9", "٣", "9223372036854775808", "\x00"} {
		f.Add(s)
	}
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		if got := retryAfter(s, now); got < 0 || got > MaxRetryAfter {
			t.Errorf("%q: %v", s, got)
		}
	})
}

// FuzzAnswer lets a receiver write whatever it likes on the connection: the
// answer is judged within bounds, and nothing of it but the status is in the
// reason.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 503 x\r\nRetry-After: 9999999999\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nshort", "HTTP/1.1 301 M\r\nLocation: http://secret-word/\r\n\r\n", "\x00\xff", "HTTP/1.1 100 Continue\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.0 999 odd\r\n\r\n" + strings.Repeat("secret-word ", 100),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { // ends with the pipe
				defer theirs.Close()
				go func() { _, _ = io.Copy(io.Discard, theirs) }()
				_, _ = theirs.Write(raw)
			}()
			return ours, nil
		}}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		a := Post(t.Context(), client, "http://receiver/?key=hidden", http.Header{}, []byte("{}"))
		if len(a.Excerpt) > maxExcerpt || a.RetryAfter < 0 || a.RetryAfter > MaxRetryAfter {
			t.Errorf("out of bounds: %+v", a)
		}
		if Judge(a) == Taken && (a.Status < 200 || a.Status > 299 || a.Err != nil) {
			t.Errorf("taken: %+v", a)
		}
		if Judge(a) != Taken && strings.Contains(a.Reason(), "hidden") {
			t.Errorf("the reason holds the address: %q", a.Reason())
		}
	})
}

// TestPostAgainstRealReceivers: what a real connection does leads to the right
// verdict.
func TestPostAgainstRealReceivers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/aborts":
			panic(http.ErrAbortHandler)
		case "/breaks":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
		case "/huge":
			_, _ = io.Copy(w, io.LimitReader(endless{}, 10<<20))
		case "/limited":
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/moved":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/hangs":
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server see the client go
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	client := &http.Client{Timeout: 2 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	for _, tt := range []struct {
		address string
		want    Verdict
		reason  string
	}{
		{server.URL + "/ok", Taken, ""},
		{server.URL + "/huge", Taken, ""},
		{server.URL + "/aborts", Broken, "EOF"},
		{server.URL + "/breaks", Broken, "read the answer"},
		{server.URL + "/hangs", Broken, "no answer in time"},
		{server.URL + "/limited", Limited, "429"},
		{server.URL + "/moved", Refused, "redirects are not followed"},
		{server.URL + "/gone", Gone, "410"},
		{closed.URL + "/?key=hidden", Unreachable, "refused"},
		{"http://nowhere.invalid/?key=hidden", Unreachable, ""},
		{"http://\x7f", Unreachable, "not valid"},
	} {
		a := Post(t.Context(), client, tt.address, http.Header{}, []byte("{}"))
		if got := Judge(a); got != tt.want {
			t.Errorf("%s: verdict %v, want %v (%+v)", tt.address, got, tt.want, a)
			continue
		}
		if tt.want != Taken && (!strings.Contains(a.Reason(), tt.reason) || strings.Contains(a.Reason(), "hidden")) {
			t.Errorf("%s: reason %q, want %q in it", tt.address, a.Reason(), tt.reason)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestPolicy goes through what follows a failure.
func TestPolicy(t *testing.T) {
	p := Policy{}
	for _, tt := range []struct {
		name string
		f    failure
		want string
	}{
		{"first refusal, nothing known", failure{verdict: Refused, suspects: 1, tries: 1, inARow: 1}, "conversation 1s"},
		{"third event refused, none taken", failure{verdict: Refused, suspects: 3, tries: 1, inARow: 1}, "all 1s"},
		{"the same, events wait that it has not seen", failure{verdict: Refused, suspects: 3, tries: 9, inARow: 12, untried: true}, "all 30s"},
		{"no connection", failure{verdict: Unreachable, suspects: 1, tries: 1, inARow: 3, alive: true}, "all 4s uncounted"},
		{"asked to wait", failure{verdict: Limited, retryAfter: time.Minute, suspects: 1, tries: 1, inARow: 1}, "all 1m0s"},
		{"asked to wait for one event only", failure{verdict: Limited, retryAfter: time.Minute, alive: true, tries: 2, inARow: 1}, "conversation 1m0s"},
		{"gone", failure{verdict: Gone, suspects: 2, tries: 1, inARow: 1}, "all 1h3m0s"},
		{"gone for one event only", failure{verdict: Gone, alive: true, tries: 3, inARow: 1}, "conversation 4s"},
		{"refused often while others are taken", failure{verdict: Refused, alive: true, tries: 8, refusals: 7}, "conversation 2m8s set aside"},
		{"no answer often while others are taken", failure{verdict: Broken, alive: true, tries: 8, refusals: 7}, "conversation 2m8s"},
		{"no answer very often", failure{verdict: Broken, alive: true, tries: 16, refusals: 15}, "conversation 15m0s set aside"},
		{"refused often, nothing else is known, another waits behind", failure{verdict: Refused, suspects: 1, tries: 8, behind: true}, "conversation 2m8s probe"},
		{"refused often, nothing behind", failure{verdict: Refused, suspects: 1, tries: 30}, "conversation 15m0s"},
		{"five refused in a row", failure{verdict: Refused, suspects: 1, tries: 8, behind: true, depth: 4}, "conversation 2m8s"},
		{"the one behind was taken", failure{verdict: Refused, alive: true, tries: 3, refusals: 2, proven: true}, "conversation 4s set aside"},
	} {
		r := p.afterFailure(tt.f, 0.5)
		if tt.f.retryAfter > 0 || tt.f.verdict == Gone && !tt.f.alive {
			r.wait = r.wait.Truncate(time.Minute)
		}
		got := fmt.Sprint(map[bool]string{true: "all", false: "conversation"}[r.pauseAll], " ", r.wait)
		for _, w := range []struct {
			is   bool
			word string
		}{{!r.counts, " uncounted"}, {r.setAside, " set aside"}, {r.probe, " probe"}} {
			if w.is {
				got += w.word
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
