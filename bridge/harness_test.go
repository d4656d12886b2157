package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What the tests' database holds.
const (
	phoneID  = "100000000000001"
	secondID = "100000000000002"

	sender = "sender-secret-4cd1"
	reader = "reader-secret-93ab"
	admin  = "admin-secret-77de"
)

// A harness is a Server over a real database, and all that was logged.
type harness struct {
	*Server
	t     *testing.T
	store queue.Store
	logs  *syncBuffer
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

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newStore opens an empty database.
func newStore(t testing.TB) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "wabridge.db"), sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// newHarness makes a Server; change may alter its configuration.
func newHarness(t *testing.T, change ...func(*Config)) *harness {
	t.Helper()
	db := newStore(t)
	h := &harness{t: t, store: db, logs: &syncBuffer{}}
	for _, p := range []wabridge.Phone{
		{ID: phoneID, WABA: "200000000000001", Serial: "emu1", Package: "com.whatsapp", Number: "15550001001"},
		{ID: secondID, WABA: "200000000000001", Serial: "emu2", Package: "com.whatsapp.w4b", Number: "4915123456789"},
	} {
		must(t, db.PutPhone(t.Context(), p))
	}
	for secret, scope := range map[string]string{sender: queue.ScopeSend, reader: queue.ScopeRead, admin: queue.ScopeAdmin} {
		_, err := db.CreateToken(t.Context(), "test", secret, []string{scope}, time.Now())
		must(t, err)
	}
	c := Config{Store: db, Auth: NewAuth(db), Version: "1.2.3",
		Log: slog.New(LogHandler(slog.NewJSONHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug})))}
	c.Audit = audit.NewRecorder(db, c.Log)
	for _, f := range change {
		f(&c)
	}
	h.Server = New(c)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		must(t, h.Shutdown(ctx))
	})
	return h
}

// A reply is what came back.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// do makes a request with the token of an admin, or another one.
func (h *harness) do(method, target, body string, token ...string) reply {
	h.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, in)
	r.Header.Set("Authorization", "Bearer "+append(token, admin)[0])
	w := httptest.NewRecorder()
	Observe(h.Handler(), h.Log, nil).ServeHTTP(w, r)
	got := reply{w.Code, w.Header(), w.Body.Bytes()}
	if got.status != http.StatusNoContent && got.header.Get("Content-Type") != "image/png" && !json.Valid(got.body) {
		h.t.Errorf("%s %s answers %q, want JSON", method, target, got.body)
	}
	h.holds(method, target, got)
	return got
}

// into decodes the body.
func into[T any](t *testing.T, r reply) (v T) {
	t.Helper()
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("status %d, body %q: %v", r.status, r.body, err)
	}
	return v
}

// failure decodes an error.
func (r reply) failure(t *testing.T) failure {
	t.Helper()
	v := into[struct{ Error *failure }](t, r)
	if v.Error == nil {
		t.Fatalf("status %d, body %s: not an error", r.status, r.body)
	}
	v.Error.Status = r.status
	return *v.Error
}

// accept puts a message to send into the database.
func (h *harness) accept(phone, number string) wabridge.Message {
	h.t.Helper()
	got, err := h.store.Enqueue(h.t.Context(), queue.Draft{Message: wabridge.Message{Phone: phone, Direction: wabridge.Out,
		Chat: wabridge.UserJID(number), Number: number, Input: number, Type: "text", Text: "sesame-text", Body: json.RawMessage(`{"body":"sesame-text"}`)}})
	must(h.t, err)
	return got[0].Message
}

// receive puts incoming messages into the database: an event each.
func (h *harness) receive(phone string, n int) {
	h.t.Helper()
	h.receiveText(phone, n, "hi")
}

func (h *harness) receiveText(phone string, n int, text string) {
	h.t.Helper()
	_, err := h.store.Reconcile(h.t.Context(), phone, wabridge.ChatRef{JID: "16505551234@s.whatsapp.net", Number: "16505551234"}, 0,
		func(chat wabridge.Chat, _ []wabridge.Message) queue.Changes {
			var c queue.Changes
			for range n {
				c.New = append(c.New, wabridge.Message{Phone: phone, Direction: wabridge.In, Chat: chat.ID, Number: "16505551234",
					Type: "text", Text: wabridge.Text(text), Body: json.RawMessage(`{"body":"` + text + `"}`), State: wabridge.Received, Created: time.Now()})
			}
			return c
		})
	must(h.t, err)
}

func (h *harness) last() int64 {
	h.t.Helper()
	n, err := h.store.LastEvent(context.Background())
	must(h.t, err)
	return n
}
