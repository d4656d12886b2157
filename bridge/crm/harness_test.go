package crm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	phoneID  = "100000000000001"
	secondID = "100000000000002"
	wabaID   = "200000000000001"
	ownLine  = "15550001001"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openDB(t testing.TB) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "wabridge.db"), sqlite.Options{})
	must(t, err)
	must(t, db.PutPhone(context.Background(), wabridge.Phone{ID: phoneID, WABA: wabaID, Serial: "emu1", Package: "com.whatsapp", Number: ownLine}))
	return db
}

// A direct transport calls a handler in this process, so that tests have fake
// time. A handler that panics with http.ErrAbortHandler gives no answer.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	done := make(chan any, 1)
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	go func() { // ends with the handler, which minds the request's context
		defer func() { done <- recover() }()
		d.ServeHTTP(w, in)
	}()
	select {
	case p := <-done:
		if p != nil {
			return nil, errors.New("connection reset by peer")
		}
		resp := w.Result()
		resp.Body = io.NopCloser(bytes.NewReader(w.Body.Bytes()))
		return resp, nil
	case <-r.Context().Done():
		<-done
		return nil, r.Context().Err()
	}
}

// client is NewClient, over a handler.
func client(h http.Handler) *http.Client {
	c := NewClient()
	c.Transport = direct{h}
	return c
}

const base = "http://crm.test/"

func ownConfig() Config {
	return Config{Name: "shop", URL: base + "queue", ResultsURL: base + "results", IncomingURL: base + "incoming", Secret: "s3cret"}
}

// logs keeps what is logged.
type logs struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *logs) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.String()
}

func (l *logs) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// start starts a poller and has it stopped at the test's end.
func start(t testing.TB, db Store, c Config, h http.Handler) (*Poller, *logs) {
	t.Helper()
	l := &logs{}
	p := New(c, Parts{Store: db, Client: client(h), Log: l.logger()})
	must(t, p.Start(context.Background()))
	t.Cleanup(func() { must(t, p.Stop(context.Background())) })
	return p, l
}

// A shop is a CRM with the protocol of the preset wabridge.
type shop struct {
	mu       sync.Mutex
	items    []shopItem
	told     map[string][]string // statuses of an id, in the order in which they came first
	codes    map[string]int      // of a rejection or a failure
	heard    []string            // ids of incoming messages, likewise
	texts    []string
	repeated int // results and messages that came again
	polls    int

	// amnesia: it hands everything out again and again.
	amnesia bool
	// fault is asked before and after each request: true breaks it off.
	fault func(after bool) bool
	// break5xx answers those that hold the words with 500.
	poison string
	bodies []string
}

type shopItem struct{ id, body string }

func newShop() *shop {
	return &shop{told: map[string][]string{}, codes: map[string]int{}}
}

func (s *shop) add(id, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items = append(s.items, shopItem{id, body})
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil && s.fault(false) {
		panic(http.ErrAbortHandler)
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if s.poison != "" && strings.Contains(string(raw), s.poison) {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	switch r.URL.Path {
	case "/queue":
		s.handOut(w)
	case "/results":
		s.bodies = append(s.bodies, string(raw))
		s.takeResults(raw)
	case "/incoming":
		s.bodies = append(s.bodies, string(raw))
		s.takeMessages(raw)
	}
	if s.fault != nil && s.fault(true) {
		panic(http.ErrAbortHandler)
	}
}

func (s *shop) handOut(w http.ResponseWriter) {
	s.polls++
	var list []string
	for _, it := range s.items {
		if len(list) < 20 && (s.amnesia || len(s.told[it.id]) == 0) {
			list = append(list, it.body)
		}
	}
	if len(list) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	fmt.Fprintf(w, `{"messages":[%s]}`, strings.Join(list, ","))
}

func (s *shop) takeResults(raw []byte) {
	var got struct {
		Results []struct {
			ID, Status string
			Error      struct{ Code int }
		}
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		panic(err)
	}
	for _, r := range got.Results {
		if slices.Contains(s.told[r.ID], r.Status) {
			s.repeated++
			continue
		}
		s.told[r.ID] = append(s.told[r.ID], r.Status)
		if r.Error.Code != 0 {
			s.codes[r.ID] = r.Error.Code
		}
	}
}

func (s *shop) takeMessages(raw []byte) {
	var got struct{ Messages []struct{ ID, Text string } }
	if err := json.Unmarshal(raw, &got); err != nil {
		panic(err)
	}
	for _, m := range got.Messages {
		if slices.Contains(s.heard, m.ID) {
			s.repeated++
			continue
		}
		s.heard, s.texts = append(s.heard, m.ID), append(s.texts, m.Text)
	}
}

func (s *shop) statuses(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.told[id], " ")
}

func (s *shop) inbox() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.texts)
}

// sendNext does what a lane does with the next message, up to `read`. It
// returns its text, "" if there is none.
func sendNext(t testing.TB, db *sqlite.DB) string {
	t.Helper()
	ctx, now := context.Background(), time.Now()
	free := func(*wabridge.Message, queue.Usage, time.Time) time.Time { return time.Time{} }
	m, _, err := db.Claim(ctx, phoneID, now, time.Minute, free)
	must(t, err)
	if m == nil {
		return ""
	}
	must(t, db.Intend(ctx, m.ID, m.Fence, wabridge.Intent{At: now}))
	for _, move := range []wabridge.Move{wabridge.WasSent(now), wabridge.WasDelivered(now), wabridge.WasRead(now)} {
		_, err := db.Apply(ctx, m.ID, 0, move)
		must(t, err)
	}
	return string(m.Text)
}

// receive puts an incoming message into the database.
func receive(t testing.TB, db *sqlite.DB, text string) wabridge.Message {
	t.Helper()
	got, err := db.Reconcile(context.Background(), phoneID, wabridge.ChatRef{JID: "16505551234@s.whatsapp.net", Number: "16505551234", Name: "Ann"}, 0,
		func(wabridge.Chat, []wabridge.Message) queue.Changes {
			return queue.Changes{New: []wabridge.Message{{Direction: wabridge.In, Type: "text", Text: wabridge.Text(text), Created: time.Now()}}}
		})
	must(t, err)
	return got[0]
}

// outgoing are all messages to send, oldest first.
func outgoing(t testing.TB, db *sqlite.DB) []wabridge.Message {
	t.Helper()
	list, err := db.Messages(context.Background(), queue.MessageFilter{Direction: wabridge.Out, Oldest: true, Limit: 1000})
	must(t, err)
	return list
}

// until sleeps (in fake time) until ok.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 20000 {
		if ok() {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	t.Fatalf("waited in vain for %s", what)
}
