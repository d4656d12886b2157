package console

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// TestMain stops the browser before it looks for goroutines that were left.
func TestMain(m *testing.M) {
	code := m.Run()
	chrome.stop()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// What the tests' database holds.
const (
	phoneID  = "100000000000001"
	secondID = "100000000000002"

	sender = "sender-secret-4cd1"
	reader = "reader-secret-93ab"
	admin  = "admin-secret-77de"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// A desk is a Console over a real database, served over HTTP, and all that was
// logged.
type desk struct {
	*Console
	t      testing.TB
	db     *sqlite.DB
	path   string // of the database
	server *httptest.Server
	logs   *syncBuffer
}

// newDesk makes one with two phones and three tokens; change may alter its
// configuration.
func newDesk(t testing.TB, change ...func(*Config)) *desk {
	t.Helper()
	d := emptyDesk(t, change...)
	for _, p := range []wabridge.Phone{
		{ID: phoneID, WABA: "200000000000001", Serial: "emu1", Package: "com.whatsapp", Number: "15550001001", Name: "Front desk"},
		{ID: secondID, WABA: "200000000000001", Serial: "emu2", Package: "com.whatsapp.w4b", Number: "4915123456789", Name: "Berlin"},
	} {
		must(t, d.db.PutPhone(t.Context(), p))
		must(t, d.db.SetPhoneState(t.Context(), p.ID, wabridge.PhoneReady, 0, "", time.Now()))
	}
	return d
}

// emptyDesk has no phones.
func emptyDesk(t testing.TB, change ...func(*Config)) *desk {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wabridge.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	d := &desk{t: t, db: db, path: path, logs: &syncBuffer{}}
	for _, s := range []struct{ secret, name, scope string }{{sender, "Anna", queue.ScopeSend}, {reader, "Rita", queue.ScopeRead}, {admin, "Ada", queue.ScopeAdmin}} {
		scopes := []string{s.scope}
		if s.scope == queue.ScopeSend {
			scopes = append(scopes, queue.ScopeRead)
		}
		_, err := db.CreateToken(t.Context(), s.name, s.secret, scopes, time.Now())
		must(t, err)
	}
	c := Config{Store: db, Auth: bridge.NewAuth(db), Version: "1.2.3",
		Log: slog.New(slog.NewJSONHandler(d.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, f := range change {
		f(&c)
	}
	d.Console = New(c)
	d.server = httptest.NewServer(d.Beside(http.NotFoundHandler()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		must(t, d.Shutdown(ctx))
		d.server.Close()
	})
	return d
}

// A reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask makes a request with a session of the secret ("" for none); form makes a
// POST of it, with the session's token against forgery.
func (d *desk) ask(secret, target string, form url.Values, header ...string) reply {
	d.t.Helper()
	method, body := http.MethodGet, ""
	cookie, csrf := "", ""
	if secret != "" {
		cookie, csrf = d.signIn(secret)
	}
	if form != nil {
		if form.Get("csrf") == "" && csrf != "" {
			form.Set("csrf", csrf)
		}
		method, body = http.MethodPost, form.Encode()
	}
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: cookie})
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.Handler().ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.String()}
}

// signIn makes a session without the login page.
func (d *desk) signIn(secret string) (id, csrf string) {
	id = d.sessions.begin(secret, time.Now())
	s, _ := d.sessions.find(id, time.Now())
	return id, s.csrf
}
