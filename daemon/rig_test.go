package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// A rig is the whole program in this process, on a simulated phone that it
// reaches over the real protocol, with the database in a file.
type rig struct {
	t   testing.TB
	sim *phonesim.Phone
	cfg Config
	d   *Daemon
	log *lockedLog

	rows     map[wabridge.EventKind][]string // of the newest recorded, for history
	anyOrder bool                            // of what is recorded: once is enough

	mu       sync.Mutex
	accepted map[string][]string // message ids by recipient, in order of acceptance
	texts    map[string]string   // by message id
	writers  map[string]string   // of texts that one person wrote, for those of people of one name; nil: all are told apart
}

type rigOption func(*Config)

// newRig starts phone and program. The phone listens on addr of its own; serial
// makes of it what the program is told.
func newRig(t testing.TB, sim phonesim.Config, options ...rigOption) *rig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if sim.Latency == "" {
		sim.Latency = phonesim.Instant
	}
	r := &rig{t: t, sim: phonesim.New(sim), log: &lockedLog{}, accepted: map[string][]string{}, texts: map[string]string{}, rows: map[wabridge.EventKind][]string{}}
	if err := r.sim.Start(context.Background(), l, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.sim.Close() })
	r.cfg = Default()
	r.cfg.Listen, r.cfg.Data, r.cfg.Discover, r.cfg.Timing = "127.0.0.1:0", t.TempDir(), false, TimingInstant
	r.cfg.Pacing, r.cfg.FullCheck, r.cfg.Grace = PacingConfig{}, 2*time.Second, 10*time.Second
	r.cfg.ADB.Start = false
	pkg := sim.App
	if pkg == "" {
		pkg = "com.whatsapp"
	}
	r.cfg.Phones = []PhoneConfig{{Serial: "direct:" + l.Addr().String(), ID: benchPhone, Number: "15550001001", Package: pkg}}
	for _, o := range options {
		o(&r.cfg)
	}
	t.Cleanup(func() {
		r.stop()
		if file := os.Getenv("WABRIDGE_TEST_LOG"); file != "" && t.Failed() {
			r.history()
			r.history()
			if err := os.WriteFile(filepath.Join(file, strings.ReplaceAll(t.Name(), "/", " ")), []byte(r.log.tail(20000)), 0o600); err != nil {
				t.Log(err)
			}
		}
	})
	r.start()
	return r
}

// history puts what the phone knows, in its order, behind the program's log.
func (r *rig) history() {
	for _, m := range r.sim.Received() {
		fmt.Fprintf(r.log, "RECEIVED %s from %s %q group %q notified %t on screen %t", m.Delivered.UTC().Format("15:04:05.000"), m.From, m.Text, m.Group, m.Notified, m.OnScreen)
	}
	for _, m := range r.sim.Sent() {
		fmt.Fprintf(r.log, "SENT %s to %s %q human %t", m.At.UTC().Format("15:04:05.000"), m.To, m.Text, m.Human)
	}
	for _, rows := range r.rows {
		for _, line := range rows {
			fmt.Fprintln(r.log, line)
		}
	}
}

func (r *rig) start() {
	r.t.Helper()
	var handler slog.Handler = slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})
	if r.cfg.Log.Format == "json" {
		handler = slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})
	}
	d, err := New(r.cfg, Build{}, slog.New(handler))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := d.Start(context.Background()); err != nil {
		r.t.Fatal(err)
	}
	r.d = d
}

func (r *rig) stop() {
	if r.d == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience())
	defer cancel()
	if err := r.d.Stop(ctx); err != nil {
		r.t.Errorf("stop: %v", err)
	}
	r.d = nil
}

// patience is how long a test waits for what must come. Only the machine can
// make it long, and a wait ends when its condition is met, so it costs nothing
// but where the program is broken: after the first few waits in vain it is not
// the machine.
func patience() time.Duration {
	if inVain.Load() >= 3 {
		return 20 * time.Second
	}
	return 5 * time.Minute
}

var inVain atomic.Int32

// until waits until ok, asking again after every change of the database and,
// because the phone changes too, every little while.
func (r *rig) until(what string, ok func() bool) bool {
	r.t.Helper()
	limit := patience()
	deadline := time.Now().Add(limit)
	for {
		changed := r.d.db.Changed()
		if ok() {
			return true
		}
		if time.Now().After(deadline) {
			inVain.Add(1)
			r.t.Errorf("waited %v in vain for %s; phone %+v", limit, what, r.phone())
			return false
		}
		select {
		case <-changed:
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (r *rig) phone() wabridge.Phone {
	p, err := r.d.db.Phone(context.Background(), benchPhone)
	if err != nil {
		r.t.Error(err)
	}
	return p
}

func (r *rig) waitState(want wabridge.PhoneState) {
	r.t.Helper()
	r.until("the phone to be "+string(want), func() bool { return r.phone().State == want })
}

// send accepts a text to each recipient, in this order.
func (r *rig) send(text string, to ...string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var drafts []queue.Draft
	for _, n := range to {
		chat, number := wabridge.UserJID(n), n
		if wabridge.IsGroup(n) {
			chat, number = n, ""
		}
		drafts = append(drafts, queue.Draft{Message: wabridge.Message{
			Phone: benchPhone, Direction: wabridge.Out, Chat: chat, Number: number, Input: n, Type: "text",
			Text: wabridge.Text(text + " to " + n),
		}})
	}
	got, err := r.d.db.Enqueue(context.Background(), drafts...)
	if err != nil {
		r.t.Error(err)
		return
	}
	for i, a := range got {
		r.accepted[to[i]] = append(r.accepted[to[i]], a.Message.ID)
		r.texts[a.Message.ID] = string(a.Message.Text)
	}
}

func (r *rig) incoming(texts string, from ...string) {
	r.t.Helper()
	for _, f := range from {
		if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: f, Text: texts}); err != nil {
			r.t.Error(err)
		}
	}
}

func (r *rig) fault(f phonesim.Fault) {
	r.t.Helper()
	if err := r.sim.Fault(f); err != nil {
		r.t.Error(err)
	}
}

// resume does what a person does after having put the phone right.
func (r *rig) resume() {
	r.t.Helper()
	for _, held := range []bool{true, false} {
		if err := r.d.db.HoldPhone(context.Background(), benchPhone, held, time.Now()); err != nil {
			r.t.Error(err)
		}
	}
}

// calm waits until no message is open any more but those that are unconfirmed
// and those behind them, and those not for longer than limit: their chats are
// looked at ever more rarely.
func (r *rig) calm(limit time.Duration) {
	r.t.Helper()
	open := func() (n, doubts int) {
		for _, ids := range r.accepted {
			for _, id := range ids {
				switch m := r.message(id); {
				case m.State == wabridge.Unconfirmed:
					doubts++
				case m.State.Open():
					n++
				}
			}
		}
		return n, doubts
	}
	deadline := time.Now().Add(limit)
	r.until("the queue to drain, but for what is in doubt", func() bool {
		n, doubts := open()
		return n == 0 && doubts == 0 || doubts > 0 && time.Now().After(deadline)
	})
	if n, doubts := open(); doubts > 0 {
		r.t.Logf("%d messages are unconfirmed, %d wait", doubts, n)
	}
}

// drain waits until no message is open any more.
func (r *rig) drain() bool {
	r.t.Helper()
	return r.until("the queue to drain", func() bool {
		depth, _, err := r.d.db.Depth(context.Background(), benchPhone)
		if err != nil {
			r.t.Error(err)
		}
		return depth[wabridge.Queued]+depth[wabridge.Sending]+depth[wabridge.Unconfirmed] == 0
	})
}

func (r *rig) message(id string) wabridge.Message {
	m, err := r.d.db.Message(context.Background(), id)
	if err != nil {
		r.t.Error(err)
	}
	return m
}

// checkLedger compares what truly left with what the program says: what is said
// to have gone went once, to its recipient and in order; what is said to have
// failed did not go. It returns how many failed, by code.
func (r *rig) checkLedger() map[wabridge.Code]int {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	ledger := map[string][]string{}
	for _, m := range r.sim.Sent() {
		if !m.Human {
			ledger[m.To] = append(ledger[m.To], m.Text)
		}
	}
	failed := map[wabridge.Code]int{}
	for to, ids := range r.accepted {
		var want []string
		doubt := false // an unconfirmed message holds back those behind it
		for _, id := range ids {
			m := r.message(id)
			switch m.State {
			case wabridge.Unconfirmed:
				doubt = true
				if m.Reason == "" {
					r.t.Errorf("%s is unconfirmed without a reason", id)
				}
				if contains(ledger[to], r.texts[id]) {
					want = append(want, r.texts[id])
				}
			case wabridge.Queued:
				if !doubt {
					r.t.Errorf("%q is queued", r.texts[id])
				}
			case wabridge.Handed, wabridge.Sent, wabridge.Delivered, wabridge.Read:
				want = append(want, r.texts[id])
			case wabridge.Failed:
				failed[m.Code]++
				if m.Reason == "" {
					r.t.Errorf("%s failed without a reason", id)
				}
				if m.Code == wabridge.CodeInternal && contains(ledger[to], r.texts[id]) {
					want = append(want, r.texts[id]) // "it could not be found out": it may have gone
				}
			default:
				r.t.Errorf("%q is %s", r.texts[id], m.State)
			}
		}
		if got := ledger[to]; fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			r.t.Errorf("to %s went %q, want %q", to, got, want)
		}
		delete(ledger, to)
	}
	for to, texts := range ledger {
		r.t.Errorf("%q went to %s, to whom nothing was accepted", texts, to)
	}
	return failed
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// recorded reads all messages that came in, or were typed by a person, from the
// event log, by chat: the number, or the group's name.
func (r *rig) recorded(kind wabridge.EventKind) map[string][]string {
	r.t.Helper()
	out := map[string][]string{}
	r.rows[kind] = nil
	for after := int64(0); ; {
		events, last, err := r.d.db.Events(context.Background(), after, 1000, queue.EventFilter{Kinds: []wabridge.EventKind{kind}})
		if err != nil {
			r.t.Fatal(err)
		}
		for _, e := range events {
			var m wabridge.Message
			if err := json.Unmarshal(e.Data, &m); err != nil {
				r.t.Fatal(err)
			}
			chat := m.Number
			if m.Group != "" {
				chat = m.GroupName
			} else if chat == "" {
				chat = r.writers[string(m.Text)]
			}
			out[chat] = append(out[chat], string(m.Text))
			r.rows[kind] = append(r.rows[kind], fmt.Sprintf("RECORDED %s %s %q source %s created %s clock %s", e.At.Format("15:04:05.000"), chat, m.Text, m.Source, m.Created.Format("15:04:05.000"), m.Clock))
		}
		if len(events) == 0 {
			return out
		}
		after = last
	}
}

// received is what the simulated app received, by chat.
func (r *rig) received() map[string][]string {
	out := map[string][]string{}
	for _, m := range r.sim.Received() {
		chat := m.From
		if m.Group != "" {
			chat = m.Group
		}
		out[chat] = append(out[chat], m.Text)
	}
	return out
}

// typed is what a person sent, by recipient.
func (r *rig) typed() map[string][]string {
	out := map[string][]string{}
	for _, m := range r.sim.Sent() {
		if m.Human {
			out[m.To] = append(out[m.To], m.Text)
		}
	}
	return out
}

func total(m map[string][]string) (n int) {
	for _, list := range m {
		n += len(list)
	}
	return n
}

// checkIncoming waits until everything received is recorded, and compares.
func (r *rig) checkIncoming() {
	r.t.Helper()
	r.checkRecorded(wabridge.EventMessage, r.received)
}

func (r *rig) checkRecorded(kind wabridge.EventKind, want func() map[string][]string) {
	r.t.Helper()
	enough := func() bool { return total(r.recorded(kind)) >= total(want()) }
	r.until(string(kind)+" events", enough)
	w, g := want(), r.recorded(kind)
	for chat, list := range w {
		compareLists(r.t, string(kind)+" "+chat, g[chat], list, r.anyOrder)
		delete(g, chat)
	}
	for chat, list := range g {
		r.t.Errorf("%s: %q recorded for %q, where nothing was", kind, list, chat)
	}
}

// compareLists holds two lists to be the same, in order or not.
func compareLists(t testing.TB, what string, got, want []string, anyOrder bool) {
	t.Helper()
	if fmt.Sprint(got) == fmt.Sprint(want) {
		return
	}
	count := map[string]int{}
	for _, s := range want {
		count[s]++
	}
	for _, s := range got {
		count[s]--
	}
	same := true
	for s, n := range count {
		switch {
		case n > 0:
			t.Errorf("%s: %q is missing %d times", what, s, n)
			same = false
		case n < 0:
			t.Errorf("%s: %q is there %d times too often", what, s, -n)
			same = false
		}
	}
	if same && !anyOrder {
		t.Errorf("%s: out of order: %q, want %q", what, got, want)
	}
}

// A lockedLog keeps the newest lines of the program's log for a failing test.
type lockedLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, strings.TrimRight(string(p), "\n"))
	if len(l.lines) > 20000 {
		l.lines = append([]string(nil), l.lines[10000:]...)
	}
	return len(p), nil
}

func (l *lockedLog) tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines[max(0, len(l.lines)-n):], "\n")
}

// count tells in how many lines the words stand.
func (l *lockedLog) count(words string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, words) {
			n++
		}
	}
	return n
}
