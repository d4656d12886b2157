package webhook

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// TestTheRequestOnTheWire looks at deliveries with a real server's eyes.
func TestTheRequestOnTheWire(t *testing.T) {
	const secret = "app secret ü"
	type seen struct {
		header http.Header
		length int64
		body   string
	}
	requests := make(chan seen, 10)
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		requests <- seen{r.Header, r.ContentLength, string(body)}
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, strings.Repeat("x", 5000))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()

	client := NewClient()
	defer client.CloseIdleConnections()
	store := newMemory(queue.Endpoint{ID: "a", URL: server.URL + "/x?y=z", Secret: secret})
	start(t, store, client.Transport, io.Discard)
	for i := range int64(3) {
		store.text(t, i+41, "Привет 👍")
		got := <-requests
		want := map[string]string{
			"Content-Type":        "application/json",
			"User-Agent":          "facebookexternalua",
			"X-Wabridge-Event":    strconv.FormatInt(i+41, 10),
			"X-Hub-Signature-256": "sha256=" + digest(hmac.New(sha256.New, []byte(secret)), got.body),
			"X-Hub-Signature":     "sha1=" + digest(hmac.New(sha1.New, []byte(secret)), got.body),
		}
		for k, v := range want {
			if got.header.Get(k) != v {
				t.Errorf("%s: %q, want %q", k, got.header.Get(k), v)
			}
		}
		if _, sent := got.header["Idempotency-Key"]; sent {
			t.Error("Idempotency-Key went out")
		}
		if got.length != int64(len(got.body)) {
			t.Errorf("Content-Length %d of %d bytes", got.length, len(got.body))
		}
		if !strings.Contains(got.body, `\u041f\u0440`) || !strings.Contains(got.body, `\ud83d\udc4d`) {
			t.Errorf("not escaped: %s", got.body)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for 3 deliveries", n)
	}
}

func digest(h interface {
	io.Writer
	Sum([]byte) []byte
}, body string) string {
	io.WriteString(h, body)
	return hex.EncodeToString(h.Sum(nil))
}

func TestTestTellsWhatCameBack(t *testing.T) {
	client := NewClient()
	defer client.CloseIdleConnections()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/ok", http.StatusMovedPermanently)
		case "/broken":
			http.Error(w, "no such table\n"+strings.Repeat("long ", 1<<16), http.StatusInternalServerError)
		default:
			fmt.Fprint(w, "thanks")
		}
	}))
	gone := httptest.NewServer(nil)
	gone.Close()
	defer server.Close()
	for _, tt := range []struct {
		name, url string
		ok        bool
		status    int
		excerpt   string
		err       string
	}{
		{"all is well", server.URL + "/ok", true, 200, "thanks", ""},
		{"a redirect is not followed", server.URL + "/moved", false, 301, "", "configure the final address"},
		{"an error is shown", server.URL + "/broken", false, 500, "no such table", "receiver answered 500"},
		{"nobody there", gone.URL + "/?token=abc", false, 0, "", "refused"},
		{"no address", "ftp://x y", false, 0, "", "post"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Test(t.Context(), client, tt.url, "s")
			if r.OK != tt.ok || r.Status != tt.status || !strings.HasPrefix(r.Excerpt, tt.excerpt) || !strings.Contains(r.Error, tt.err) || len(r.Excerpt) > 512 {
				t.Errorf("%+v", r)
			}
			if strings.Contains(r.Error, "abc") {
				t.Errorf("the address is in the error: %s", r.Error)
			}
			if !strings.Contains(r.Sent, `"entry":[{"id":"0"`) || !strings.Contains(r.Sent, "this is a text message") || !r.Signed {
				t.Errorf("sent %s", r.Sent)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	client := NewClient()
	defer client.CloseIdleConnections()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.Method != http.MethodGet || q.Get("hub.mode") != "subscribe" || q.Get("hub.verify_token") != "tö ken&" || q.Get("own") != "1" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		switch r.URL.Path {
		case "/ok":
			fmt.Fprint(w, q.Get("hub.challenge"))
		case "/line":
			fmt.Fprintln(w, q.Get("hub.challenge"))
		case "/json":
			fmt.Fprintf(w, "%q", q.Get("hub.challenge"))
		case "/mixed":
			fmt.Fprint(w, "7"+q.Get("hub.challenge"))
		case "/moved":
			http.Redirect(w, r, "/ok?"+r.URL.RawQuery, http.StatusFound)
		}
	}))
	defer server.Close()
	for _, tt := range []struct{ name, url, token, want string }{
		{"right", server.URL + "/ok?own=1", "tö ken&", ""},
		{"wrong token", server.URL + "/ok?own=1", "other", "HTTP Status Code = 403; HTTP Message = Forbidden"},
		{"a line end", server.URL + "/line?own=1", "tö ken&", "without a line end"},
		{"quotes", server.URL + "/json?own=1", "tö ken&", "plain text"},
		{"something else", server.URL + "/mixed?own=1", "tö ken&", "is not hub.challenge"},
		{"an empty body", server.URL + "/nothing?own=1", "tö ken&", "is not hub.challenge"},
		{"a redirect", server.URL + "/moved?own=1", "tö ken&", "HTTP Status Code = 302"},
		{"nobody there", "http://127.0.0.1:1/?secret=abc", "tö ken&", "reached from this machine"},
		{"no URL", "example.com/hook", "tö ken&", "full address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Verify(t.Context(), client, tt.url, tt.token)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), "(#2200) Callback verification failed") || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q in it", err, tt.want)
			}
			if wabridge.CodeOf(err) != wabridge.CodeCallback {
				t.Errorf("code %d", wabridge.CodeOf(err))
			}
			if strings.Contains(err.Error(), "ken&") || strings.Contains(err.Error(), "abc") {
				t.Errorf("a secret is in the error: %v", err)
			}
		})
	}
}
