package devino

import (
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
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/media"
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

const diskFull = "http://files.test/disk-full"

// fakeLinks has files of some types and sizes under their addresses.
type fakeLinks map[string]wabridge.Media

func (f fakeLinks) Fetch(_ context.Context, phone, url, kind string) (queue.MediaRecord, error) {
	m, ok := f[url]
	if url == diskFull {
		return queue.MediaRecord{}, wabridge.Fail(wabridge.CodeStorage, nil, "disk full")
	}
	if !ok {
		return queue.MediaRecord{}, wabridge.Fail(wabridge.CodeMediaUpload, nil, "the server of the link answered HTTP 404")
	}
	m.ID, m.SHA256, m.Voice = "77", strings.Repeat("a", 64), kind == media.Voice
	return queue.MediaRecord{Media: m, Phone: phone}, nil
}

var files = fakeLinks{
	"http://files.test/a.jpg":  {MIME: "image/jpeg", Size: 1000, Name: "a.jpg"},
	"http://files.test/a.ogg":  {MIME: "audio/ogg", Size: 1000, Name: "a.ogg"},
	"http://files.test/a.pdf":  {MIME: "application/pdf", Size: 1000, Name: "a.pdf"},
	"http://files.test/big":    {MIME: "video/mp4", Size: 6 << 20},
	"http://files.test/a.webp": {MIME: "image/webp", Size: 1000, Name: "a.webp"},
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
	for secret, scope := range map[string]string{sender: queue.ScopeSend, reader: queue.ScopeRead} {
		_, err := db.CreateToken(ctx, "test", secret, []string{scope}, time.Now())
		must(t, err)
	}
	c := Config{Store: db, Auth: bridge.NewAuth(db), Log: slog.New(slog.DiscardHandler), Links: files}
	for _, f := range change {
		f(&c)
	}
	h.Handler = Handler(c)
	return h
}

// template stores one.
func (h *harness) template(name, language string, components string) {
	h.t.Helper()
	t, err := content.ReadTemplate(json.RawMessage(`{"id":"1234567890","name":"` + name + `","language":"` + language + `","category":"UTILITY","status":"APPROVED","components":` + components + `}`))
	must(h.t, err)
	data, err := json.Marshal(t)
	must(h.t, err)
	_, err = h.store.PutObject(context.Background(), queue.Object{Kind: queue.ObjectTemplate, Owner: wabaID, ID: t.ID, Name: queue.TemplateName(name, language), Data: data}, time.Now())
	must(h.t, err)
}

// post makes a call; headers are pairs of names and values.
func (h *harness) post(body string, headers ...string) (int, []result) {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, MessagesPath, strings.NewReader(body))
	r.Header.Set("Authorization", "Key "+sender)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Body)
	must(h.t, err)
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil || len(a.Result) == 0 {
		h.t.Fatalf("answer %d %s (%v)", w.Code, raw, err)
	}
	return w.Code, a.Result
}

// messages are all that was accepted, in order.
func (h *harness) messages() []wabridge.Message {
	h.t.Helper()
	list, err := h.store.Messages(context.Background(), queue.MessageFilter{Phone: phoneID, Oldest: true, Limit: 1000})
	must(h.t, err)
	return list
}
