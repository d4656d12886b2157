package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What the tests' database holds.
const (
	phoneID   = "100000000000001"
	secondID  = "100000000000002"
	wabaID    = "200000000000001"
	ownNumber = "15550001001"

	sender  = "sender-secret-4cd1"
	reader  = "reader-secret-93ab"
	manager = "manager-secret-5b1c"
)

// A harness is the handler over a real database, and all that was logged.
type harness struct {
	http.Handler
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

// newHarness makes a handler; change may alter its configuration.
func newHarness(t *testing.T, change ...func(*Config)) *harness {
	t.Helper()
	h := &harness{t: t, store: openStore(t), logs: &syncBuffer{}}
	ctx := t.Context()
	must(t, h.store.PutPhone(ctx, wabridge.Phone{ID: phoneID, WABA: wabaID, Serial: "emu1", Package: "com.whatsapp", Number: ownNumber, Name: "Wabridge Test"}))
	must(t, h.store.PutPhone(ctx, wabridge.Phone{ID: secondID, WABA: wabaID, Serial: "emu2", Package: "com.whatsapp.w4b", Number: "4915123456789"}))
	for secret, scopes := range map[string][]string{sender: {queue.ScopeSend}, reader: {queue.ScopeRead}, manager: {queue.ScopeAdmin}} {
		_, err := h.store.CreateToken(ctx, "test", secret, scopes, time.Now())
		must(t, err)
	}
	c := Config{Store: h.store, Auth: bridge.NewAuth(h.store),
		Log: slog.New(slog.NewJSONHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, f := range change {
		f(&c)
	}
	h.Handler = Handler(c)
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A reply is what came back.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// managing are the paths whose changes need an admin.
var managing = regexp.MustCompile(`/(whatsapp_business_profile|block_users|message_qrdls|conversational_automation|settings)|^/v\d+\.\d+/\d{15}([?]|$)`)

// do makes a request; headers are pairs. Without Authorization among them the
// token fits the method.
func (h *harness) do(method, target, body string, headers ...string) reply {
	h.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, in)
	r.Header.Set("Authorization", "Bearer "+reader)
	if method != http.MethodGet {
		r.Header.Set("Authorization", "Bearer "+sender)
		if managing.MatchString(target) {
			r.Header.Set("Authorization", "Bearer "+manager)
		}
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	got := reply{w.Code, w.Header(), w.Body.Bytes()}
	if ct := got.header.Get("Content-Type"); ct != "application/json; charset=UTF-8" || !json.Valid(got.body) {
		h.t.Errorf("%s %s answers %q with type %q, want JSON", method, target, got.body, ct)
	}
	return got
}

// json decodes the body.
func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("body %q: %v", r.body, err)
	}
	return v
}

// graph decodes an error.
func (r reply) graph(t *testing.T) graphError {
	t.Helper()
	var v struct {
		Error *graphError `json:"error"`
	}
	if err := json.Unmarshal(r.body, &v); err != nil || v.Error == nil {
		t.Fatalf("status %d, body %s: not a Graph error", r.status, r.body)
	}
	return *v.Error
}

// id is the id of an accepted message.
func (r reply) id(t *testing.T) string {
	t.Helper()
	var v sent
	if err := json.Unmarshal(r.body, &v); err != nil || r.status != 200 || len(v.Messages) != 1 {
		t.Fatalf("status %d, body %s: not an accepted message", r.status, r.body)
	}
	return v.Messages[0].ID
}

// stored counts the messages in the database.
func (h *harness) stored() int {
	h.t.Helper()
	all, err := h.store.Messages(context.Background(), queue.MessageFilter{Limit: 1000})
	must(h.t, err)
	return len(all)
}

func (h *harness) message(id string) wabridge.Message {
	h.t.Helper()
	m, err := h.store.Message(context.Background(), id)
	must(h.t, err)
	return m
}
