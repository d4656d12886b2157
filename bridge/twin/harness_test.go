package twin

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
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	phoneID  = "100000000000001"
	secondID = "100000000000002"
	wabaID   = "200000000000001"
	own      = "15550001001"
	sender   = "sender-secret-4cd1"
	reader   = "reader-secret-93ab"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fakeLinks has files under their addresses.
type fakeLinks map[string]wabridge.Media

func (f fakeLinks) Fetch(_ context.Context, phone, url, _ string) (queue.MediaRecord, error) {
	m, ok := f[url]
	if !ok {
		return queue.MediaRecord{}, wabridge.Fail(wabridge.CodeMediaUpload, nil, "the server of the link answered HTTP 404")
	}
	m.ID, m.SHA256 = "77", strings.Repeat("a", 64)
	return queue.MediaRecord{Media: m, Phone: phone}, nil
}

type harness struct {
	http.Handler
	t     testing.TB
	store *sqlite.DB
}

func newHarness(t testing.TB, change ...func(*Config)) *harness {
	t.Helper()
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "wabridge.db"), sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	h := &harness{t: t, store: db}
	ctx := context.Background()
	must(t, db.PutPhone(ctx, wabridge.Phone{ID: phoneID, WABA: wabaID, Serial: "emu1", Package: "com.whatsapp", Number: own}))
	for secret, scopes := range map[string][]string{sender: {queue.ScopeSend, queue.ScopeRead}, reader: {queue.ScopeRead}} {
		_, err := db.CreateToken(ctx, "test", secret, scopes, time.Now())
		must(t, err)
	}
	c := Config{Store: db, Auth: bridge.NewAuth(db), Log: slog.New(slog.DiscardHandler), Links: fakeLinks{
		"http://files.test/a.jpg": {MIME: "image/jpeg", Size: 1000, Name: "a.jpg"},
		"http://files.test/a.pdf": {MIME: "application/pdf", Size: 1000, Name: "a.pdf"},
	}}
	for _, f := range change {
		f(&c)
	}
	h.Handler = Handler(c)
	return h
}

// call makes a call; headers are pairs of names and values.
func (h *harness) call(method, target, body string, headers ...string) (int, string) {
	h.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+sender)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Body)
	must(h.t, err)
	return w.Code, string(raw)
}

// post sends messages and expects a list.
func (h *harness) post(body string, headers ...string) []element {
	h.t.Helper()
	code, raw := h.call(http.MethodPost, "/api/v1/messages", body, headers...)
	var list []element
	if err := strict(raw, &list); err != nil || code != http.StatusOK {
		h.t.Fatalf("answer %d %s (%v)", code, raw, err)
	}
	return list
}

// strict decodes an answer; members that are not known are an error.
func strict(raw string, into any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(raw)))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

type listed struct {
	Count int              `json:"count"`
	Items []map[string]any `json:"items"`
}

// get reads a list.
func (h *harness) get(target string) listed {
	h.t.Helper()
	code, raw := h.call(http.MethodGet, target, "")
	var l listed
	if err := strict(raw, &l); err != nil || code != http.StatusOK {
		h.t.Fatalf("GET %s: %d %s (%v)", target, code, raw, err)
	}
	return l
}

// stored are all messages, in order.
func (h *harness) stored() []wabridge.Message {
	h.t.Helper()
	list, err := h.store.ListMessages(context.Background(), queue.Listing{Limit: 1000})
	must(h.t, err)
	return list
}

const appointment = `
name: appointment
languages: [ru]
vars: {name: друг}
steps:
  ask:
    ask: {ru: "{{name}}, вы придёте?"}
    choices:
      - title: {ru: Да}
        result: {confirmation: Согласие}
        goto: bye
      - title: {ru: Нет}
        result: {confirmation: Отказ}
        goto: bye
    no_match:
      say: {ru: "Ответьте, пожалуйста, цифрой."}
    timeout: {after: 1d, goto: silent}
  bye:
    say: {ru: Спасибо.}
    end: done
  silent:
    result: {confirmation: молчание}
    end: timeout
`

// scenario loads one for a test.
func scenario(t testing.TB, text string) *bot.Scenario {
	t.Helper()
	s, err := bot.Load(strings.NewReader(text))
	must(t, err)
	return s
}

func message(extra, destinations string) string {
	return `{"messages":[{"channels":{"chat":{"chatId":"c","messengerType":"WHATSAPP","chatSessionName":"S","text":"Hello {name}","provider":"TWIN"}}` + extra + `,"destinations":[` + destinations + `]}]}`
}

func value(p *string) string {
	if p == nil {
		return "null"
	}
	return *p
}
