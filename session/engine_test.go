package session

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const phone = "100000000000001"

const visit = `
name: visit
vars: {name: friend}
timeout: {after: 2h, goto: silent}
steps:
  ask:
    ask: "{{name}}, will you come?"
    choices:
      - {title: "Yes", result: {confirmation: "yes"}, goto: rate}
      - {title: "No", result: {confirmation: "no"}, goto: bye}
      - {title: Person, goto: call}
  rate:
    ask: How did you like it, 0 to 10?
    expect:
      - {number: {min: 0, max: 10, whole: true}, save: nps, result: {nps: "{{nps}}"}, goto: bye}
  bye: {say: Thank you., end: done}
  call: {say: A colleague will write., hand_over: wish}
  silent: {result: {confirmation: no answer}, end: silence}
`

const chatty = `
name: chatty
steps:
  hello: {say: Hello., next: more}
  more: {say: I am a bot., next: ask}
  ask: {ask: "Well?", expect: [{any: true}], next: bye}
  bye: {say: Bye., end: done}
`

const mute = `
name: mute
steps:
  call: {say: Somebody will write to you., result: {asked: "yes"}, hand_over: always}
`

func scenarios(t testing.TB) *bot.Library {
	t.Helper()
	var all []*bot.Scenario
	for _, text := range []string{visit, chatty, mute} {
		s, err := bot.Load(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return bot.NewLibrary(all...)
}

// A world is a store, an engine and what tests do to them.
type world struct {
	testing.TB
	ctx    context.Context
	db     *sqlite.DB
	lib    *bot.Library
	engine *Engine
	config Config
}

func newWorld(t testing.TB, change func(*Config)) *world {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "w.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, ctx: context.Background(), db: db, lib: scenarios(t)}
	w.config = Config{Store: db, Scenarios: w.lib, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&w.config)
	}
	w.start()
	t.Cleanup(func() {
		w.stop()
		if r, err := db.Check(w.ctx); err != nil || !r.OK() {
			t.Errorf("database: %+v, %v", r, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) start() {
	w.Helper()
	for range 100 { // a shaky store may fail here, too
		w.engine = New(w.config)
		switch err := w.engine.Start(w.ctx); {
		case err == nil:
			return
		case wabridge.CodeOf(err) != wabridge.CodeStorage:
			w.Fatal(err)
		}
	}
	w.Fatal("the engine does not start")
}

func (w *world) stop() {
	w.Helper()
	if err := w.engine.Stop(w.ctx); err != nil {
		w.Error(err)
	}
}

func number(n int) string { return fmt.Sprintf("1555%07d", n) }

func to(n int) wabridge.Message {
	return wabridge.Message{Phone: phone, Chat: wabridge.UserJID(number(n)), Number: number(n)}
}

// open starts a session and lets its first message go; text is the starter's
// own, "" for the scenario's.
func (w *world) open(n int, scenario, text string, vars map[string]string) wabridge.Session {
	w.Helper()
	d := w.draft(n, scenario, text, vars)
	a, err := w.db.Enqueue(w.ctx, d)
	if err != nil {
		w.Fatal(err)
	}
	w.send()
	synctest.Wait()
	return w.session(a[0].Message.Session)
}

func (w *world) draft(n int, scenario, text string, vars map[string]string) queue.Draft {
	w.Helper()
	m := to(n)
	if text != "" {
		m.Type, m.Text = "text", wabridge.Text(text)
	}
	d, ok, err := Open(Opening{Bot: w.lib.Scenario(scenario), Variables: vars}, m, time.Now())
	if err != nil || !ok {
		w.Fatalf("open: %v, %v", ok, err)
	}
	return d
}

// send lets all that is queued go, and what follows from that, and returns
// the texts in order.
func (w *world) send() (said []string) {
	w.Helper()
	for {
		synctest.Wait()
		m, _, err := w.db.Claim(w.ctx, phone, time.Now(), time.Minute, queue.Pacing{}.Gate)
		if err != nil {
			w.Fatal(err)
		}
		if m == nil {
			return said
		}
		if err := w.db.Intend(w.ctx, m.ID, m.Fence, wabridge.Intent{At: time.Now()}); err != nil {
			w.Fatal(err)
		}
		if _, err := w.db.Apply(w.ctx, m.ID, m.Fence, wabridge.WasSent(time.Now())); err != nil {
			w.Fatal(err)
		}
		said = append(said, strings.ReplaceAll(string(m.Text), "\n", "|"))
	}
}

func (w *world) hear(n int, m wabridge.Message) wabridge.Message {
	w.Helper()
	got, err := w.db.Reconcile(w.ctx, phone, wabridge.ChatRef{JID: wabridge.UserJID(number(n)), Number: number(n)}, 50,
		func(wabridge.Chat, []wabridge.Message) queue.Changes {
			return queue.Changes{New: []wabridge.Message{m}}
		})
	if err != nil {
		w.Fatal(err)
	}
	return got[0]
}

// answer hears a text and returns what is said to it.
func (w *world) answer(n int, text string) string {
	w.Helper()
	time.Sleep(time.Second)
	w.hear(n, wabridge.Message{Text: wabridge.Text(text)})
	return strings.Join(w.send(), " / ")
}

func (w *world) session(id string) wabridge.Session {
	w.Helper()
	s, err := w.db.Session(w.ctx, id)
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// is insists on where a session stands.
func (w *world) is(id string, state wabridge.SessionState, outcome string, results map[string]string) wabridge.Session {
	w.Helper()
	s := w.session(id)
	if s.State != state || s.Outcome != outcome || fmt.Sprint(s.Results) != fmt.Sprint(results) {
		w.Fatalf("session: got %s %q %v, want %s %q %v", s.State, s.Outcome, s.Results, state, outcome, results)
	}
	return s
}

func (w *world) want(got, want string) {
	w.Helper()
	if got != want {
		w.Fatalf("said %q, want %q", got, want)
	}
}

// changes lists what events tell of a session.
func (w *world) changes(id string) string {
	w.Helper()
	events, _, err := w.db.Events(w.ctx, 0, 10_000, queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventSession}})
	if err != nil {
		w.Fatal(err)
	}
	var all []string
	for _, e := range events {
		var d wabridge.SessionData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			w.Fatal(err)
		}
		if d.ID == id {
			all = append(all, strings.Trim(d.Change+" "+d.Key+"="+d.Value+" "+d.Reason, " ="))
		}
	}
	return strings.Join(all, ", ")
}

type results = map[string]string

func TestATalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.open(1, "visit", "", results{"name": "Anna"})
		w.is(s.ID, wabridge.SessionOpen, "", nil)
		w.want(w.answer(1, "What is it about?"), "Anna, will you come?||1. Yes|2. No|3. Person")
		w.want(w.answer(1, "1"), "How did you like it, 0 to 10?")
		w.want(w.answer(1, "9"), "Thank you.")
		got := w.is(s.ID, wabridge.SessionEnded, "done", results{"confirmation": "yes", "nps": "9"})
		if got.Sent != 4 || got.Received != 3 {
			t.Errorf("counts: got %d sent, %d received", got.Sent, got.Received)
		}
		if got, want := w.changes(s.ID), "started, opened, result confirmation=yes, result nps=9, ended"; got != want {
			t.Errorf("events: got %s, want %s", got, want)
		}
		w.want(w.answer(1, "one more thing"), "")
	})
}

func TestOwnTextStandsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.open(1, "chatty", "Hi, it is the clinic. How are you?", nil)
		w.want(w.answer(1, "fine"), "Bye.")
		w.is(s.ID, wabridge.SessionEnded, "done", nil)
	})
}

func TestTheRestFollowsTheFirstMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		if _, err := w.db.Enqueue(w.ctx, w.draft(1, "chatty", "", nil)); err != nil {
			t.Fatal(err)
		}
		w.want(strings.Join(w.send(), " / "), "Hello. / I am a bot. / Well?")
		w.want(w.answer(1, "well"), "Bye.")
	})
}

func TestWhatIsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.open(1, "visit", "", nil)
		w.hear(1, wabridge.Message{Text: "yes"})
		synctest.Wait()
		w.hear(1, wabridge.Message{Text: "10, of course"}) // the next question is not out yet
		w.want(strings.Join(w.send(), " / "), "How did you like it, 0 to 10?")
		w.hear(1, wabridge.Message{Type: "reaction", Text: "👍"})
		w.want(strings.Join(w.send(), " / "), "")
		w.hear(1, wabridge.Message{Type: "audio", Text: "5"}) // fits nothing
		w.want(strings.Join(w.send(), " / "), "How did you like it, 0 to 10?")
		w.want(w.answer(1, "5"), "Thank you.")
		w.is(s.ID, wabridge.SessionEnded, "done", results{"confirmation": "yes", "nps": "5"})
	})
}

func TestAnswersBeforeTheFirstMessageWasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		a, err := w.db.Enqueue(w.ctx, w.draft(1, "visit", "", nil))
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := w.db.Claim(w.ctx, phone, time.Now(), time.Minute, queue.Pacing{}.Gate)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.db.Intend(w.ctx, m.ID, m.Fence, wabridge.Intent{At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		w.hear(1, wabridge.Message{Text: "no"})
		if _, err := w.db.Apply(w.ctx, m.ID, m.Fence, wabridge.Doubted(time.Now(), wabridge.CodeAmbiguous, "killed")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, err := w.db.Apply(w.ctx, m.ID, 0, wabridge.WasSent(time.Now())); err != nil {
			t.Fatal(err)
		}
		w.want(strings.Join(w.send(), " / "), "Thank you.")
		w.is(a[0].Message.Session, wabridge.SessionEnded, "done", results{"confirmation": "no"})
	})
}
