package queuetest

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
)

func testMoves(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"every move from every state":         moveTable,
		"times and events of a life":          moveLife,
		"an intent is kept until the outcome": moveIntent,
		"what may have left is not requeued":  moveUnseen,
		"a try is given back":                 moveGiveBack,
		"recover":                             moveRecover,
		"a message has three taps":            moveTaps,
		"awaiting ticks":                      moveAwaiting,
		"no such message":                     moveNone,
		"changed is told":                     moveChanged,
	})
}

// ways leads a fresh message into each state.
var ways = map[wabridge.State][]func(time.Time) wabridge.Move{
	wabridge.Queued:      {},
	wabridge.Sending:     {wabridge.Claimed},
	wabridge.Unconfirmed: {wabridge.Claimed, doubted},
	wabridge.Handed:      {wabridge.Claimed, wabridge.HandedOver},
	wabridge.Sent:        {wabridge.Claimed, wabridge.WasSent},
	wabridge.Delivered:   {wabridge.Claimed, wabridge.WasDelivered},
	wabridge.Read:        {wabridge.Claimed, wabridge.WasRead},
	wabridge.Failed:      {failed},
	wabridge.Expired:     {wabridge.HasExpired},
	wabridge.Canceled:    {wabridge.WasCanceled},
}

// moves are all moves but Claimed, which is the claim's.
var moves = map[string]func(time.Time) wabridge.Move{
	"released":    func(at time.Time) wabridge.Move { return wabridge.Released(at, at, wabridge.CodeSlow, "slow") },
	"deferred":    func(at time.Time) wabridge.Move { return wabridge.Deferred(at, at, wabridge.CodeOffline, "offline") },
	"interrupted": wabridge.Interrupted,
	"doubted":     doubted,
	"undecided":   func(at time.Time) wabridge.Move { return wabridge.LeftUndecided(at, "unknown") },
	"absent":      func(at time.Time) wabridge.Move { return wabridge.ProvenAbsent(at, at) },
	"handed":      wabridge.HandedOver,
	"sent":        wabridge.WasSent,
	"delivered":   wabridge.WasDelivered,
	"read":        wabridge.WasRead,
	"failed":      failed,
	"expired":     wabridge.HasExpired,
	"canceled":    wabridge.WasCanceled,
}

func doubted(at time.Time) wabridge.Move {
	return wabridge.Doubted(at, wabridge.CodeAmbiguous, "unknown")
}

func failed(at time.Time) wabridge.Move {
	return wabridge.HasFailed(at, wabridge.CodeUndeliverable, "not on WhatsApp")
}

// bring makes a message in a state.
func (b *bench) bring(n int, way []func(time.Time) wabridge.Move) *wabridge.Message {
	b.Helper()
	m := b.accept(text(number(n), "x"))[0]
	for _, step := range way {
		mv := step(b.now)
		if mv.To() == wabridge.Sending {
			m = *b.take(0, "x")
			continue
		}
		m = b.move(&m, mv)
	}
	return &m
}

func moveTable(b *bench) {
	n := 0
	for from, way := range ways {
		for name, make := range moves {
			n++
			m := b.bring(n, way)
			mv := make(b.now)
			got, err := b.Apply(b.ctx, m.ID, m.Fence, mv)
			want := from
			if slices.Contains(mv.From(), from) {
				want = mv.To()
				if err != nil || got.State != want {
					b.Errorf("%s from %s: got %s, %v", name, from, got.State, err)
				}
			} else if wabridge.CodeOf(err) != wabridge.CodeStale {
				b.Errorf("%s from %s: got %v, want code stale", name, from, err)
			}
			now := b.state(m.ID, want)
			events, err := b.Statuses(b.ctx, m.ID)
			if err != nil || len(events) == 0 {
				b.Fatalf("statuses: %v", err)
			}
			var last wabridge.StatusData
			if err := json.Unmarshal(events[len(events)-1].Data, &last); err != nil {
				b.Fatal(err)
			}
			if last.State != now.State {
				b.Errorf("%s from %s: last event says %s, message is %s", name, from, last.State, now.State)
			}
			b.close(m.ID)
		}
	}
}

// close ends a message, so that it is not claimed again.
func (b *bench) close(id string) {
	b.Helper()
	if m, _ := b.Message(b.ctx, id); m.State.Open() {
		b.move(&wabridge.Message{ID: id}, failed(b.now))
	}
}

func moveLife(b *bench) {
	m := text(number(1), "x")
	m.Callback = "cb"
	b.accept(m)
	c := b.take(0, "x")
	b.intend(c, time.Second)
	b.move(c, wabridge.HandedOver(b.now.Add(2*time.Second)))
	b.move(c, wabridge.WasSent(b.now.Add(3*time.Second)))
	b.move(c, wabridge.WasDelivered(b.now.Add(4*time.Second)))
	b.move(c, wabridge.WasRead(b.now.Add(5*time.Second)))
	got := b.state(c.ID, wabridge.Read)
	for i, at := range []time.Time{got.HandedAt, got.SentAt, got.Delivered, got.ReadAt} {
		if want := b.now.Add(time.Duration(i+2) * time.Second); !at.Equal(want) {
			b.Errorf("time %d: got %v, want %v", i, at, want)
		}
	}
	events, err := b.Statuses(b.ctx, c.ID)
	if err != nil {
		b.Fatal(err)
	}
	var chain []wabridge.State
	var words []string
	for _, e := range events {
		var d wabridge.StatusData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			b.Fatal(err)
		}
		if len(chain) > 0 && d.Previous != chain[len(chain)-1] {
			b.Errorf("event %d: previous %s, want %s", e.Number, d.Previous, chain[len(chain)-1])
		}
		if d.Callback != "cb" || d.Chat != c.Chat || d.Number != c.Number || d.ID != c.ID {
			b.Errorf("event %d does not say whose it is: %+v", e.Number, d)
		}
		chain, words = append(chain, d.State), append(words, d.Status)
	}
	want := []wabridge.State{wabridge.Queued, wabridge.Sending, wabridge.Handed, wabridge.Sent, wabridge.Delivered, wabridge.Read}
	if diff := cmp.Diff(want, chain); diff != "" {
		b.Errorf("states (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", "", "", "sent", "delivered", "read"}, words); diff != "" {
		b.Errorf("Cloud API statuses (-want +got):\n%s", diff)
	}
}

func moveIntent(b *bench) {
	b.accept(text(number(1), "x"))
	m := b.take(0, "x")
	note := wabridge.Intent{At: b.now, Bubbles: []wabridge.BubblePrint{{Out: true, Hash: "0123456789abcdef", Time: "22:37"}}}
	if err := b.Intend(b.ctx, m.ID, m.Fence, note); err != nil {
		b.Fatal(err)
	}
	b.move(m, doubted(b.now))
	list, err := b.Unconfirmed(b.ctx, phone)
	if err != nil || len(list) != 1 {
		b.Fatalf("unconfirmed: got %d, %v", len(list), err)
	}
	if diff := cmp.Diff(&note, list[0].Intent); diff != "" {
		b.Errorf("intent (-want +got):\n%s", diff)
	}
	b.move(m, wabridge.WasSent(b.now))
	if got := b.state(m.ID, wabridge.Sent); got.Intent != nil {
		b.Errorf("the outcome is known, the intent is still there")
	}
	b.code(b.Intend(b.ctx, m.ID, m.Fence, note), wabridge.CodeStale)
}

func moveTaps(b *bench) {
	b.accept(text(number(1), "x"))
	for n := 1; n <= wabridge.MaxTaps; n++ {
		m := b.take(0, "x")
		b.intend(m, 0)
		if n == 1 { // a second tap of the same try counts too
			b.intend(m, 0)
			n++
		}
		b.move(m, doubted(b.now))
		if m := b.move(m, wabridge.ProvenAbsent(b.now, time.Time{})); m.Taps != n {
			b.Errorf("got %d taps, want %d", m.Taps, n)
		}
	}
	m := b.take(0, "x")
	b.code(b.Intend(b.ctx, m.ID, m.Fence, wabridge.Intent{At: b.now}), wabridge.CodeTapped)
	b.move(m, wabridge.Interrupted(b.now))
	if got, err := b.Cancel(b.ctx, m.ID, b.now); err != nil || got.State != wabridge.Canceled || got.Reason == "" {
		b.Errorf("canceled after taps: got %s, %q, %v; want a reason that names them", got.State, got.Reason, err)
	}
}

func moveUnseen(b *bench) {
	b.accept(text(number(1), "x"))
	m := b.take(0, "x")
	b.intend(m, 0)
	for _, mv := range []wabridge.Move{wabridge.Interrupted(b.now), wabridge.Released(b.now, b.now, wabridge.CodeSlow, "")} {
		_, err := b.Apply(b.ctx, m.ID, m.Fence, mv)
		b.code(err, wabridge.CodeStale)
	}
	b.state(m.ID, wabridge.Sending)
}

func moveGiveBack(b *bench) {
	b.accept(text(number(1), "x"))
	m := b.move(b.take(0, "x"), wabridge.Deferred(b.now, b.now.Add(time.Second), wabridge.CodeOffline, "offline"))
	if m.Tries != 0 || m.Code != wabridge.CodeOffline || m.Reason != "offline" {
		b.Errorf("deferred: tries %d, code %d, reason %q", m.Tries, m.Code, m.Reason)
	}
	m = b.move(b.take(time.Second, "x"), wabridge.Interrupted(b.now))
	if m.Tries != 0 {
		b.Errorf("interrupted: tries %d, want 0", m.Tries)
	}
	m = b.move(b.take(time.Second, "x"), wabridge.Released(b.now, b.now, wabridge.CodeScreen, "?"))
	if m.Tries != 1 {
		b.Errorf("released: tries %d, want 1", m.Tries)
	}
}

func moveRecover(b *bench) {
	b.accept(text(number(1), "untouched"), text(number(2), "typed"), text(number(3), "waiting"))
	untouched, typed := b.take(0, "untouched"), b.take(0, "typed")
	b.intend(typed, 0)
	if err := b.Recover(b.ctx, phone, b.now.Add(time.Minute)); err != nil {
		b.Fatal(err)
	}
	if m := b.state(untouched.ID, wabridge.Queued); m.Tries != 0 {
		b.Errorf("the try was not given back: %d", m.Tries)
	}
	if m := b.state(typed.ID, wabridge.Unconfirmed); m.Intent == nil || m.Code != wabridge.CodeAmbiguous || m.Reason == "" {
		b.Errorf("typed: intent %v, code %d, reason %q", m.Intent, m.Code, m.Reason)
	}
	b.take(time.Minute, "untouched")
	b.take(time.Minute, "waiting")
	b.nothing(time.Minute, free)
}

func moveAwaiting(b *bench) {
	for i, step := range []func(time.Time) wabridge.Move{wabridge.HandedOver, wabridge.WasSent, wabridge.WasDelivered, wabridge.WasRead, failed} {
		b.accept(text(number(i), string(rune('a'+i))))
		m := b.take(0, string(rune('a'+i)))
		b.move(m, step(b.now.Add(time.Duration(i)*time.Second)))
	}
	names := func(since time.Duration, limit int) (s string) {
		list, err := b.Awaiting(b.ctx, phone, b.now.Add(since), limit)
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range list {
			s += string(m.Text)
		}
		return s
	}
	for _, c := range []struct {
		since time.Duration
		limit int
		want  string
	}{{-time.Hour, 10, "cba"}, {-time.Hour, 2, "cb"}, {0, 10, "cb"}, {time.Hour, 10, ""}} {
		if got := names(c.since, c.limit); got != c.want {
			b.Errorf("since %v, limit %d: got %q, want %q", c.since, c.limit, got, c.want)
		}
	}
}

func moveNone(b *bench) {
	_, err := b.Apply(b.ctx, "wamid.none", 0, wabridge.WasSent(b.now))
	b.code(err, wabridge.CodeNotFound)
	_, err = b.Message(b.ctx, "wamid.none")
	b.code(err, wabridge.CodeNotFound)
}

func moveChanged(b *bench) {
	told := func(what string, do func()) {
		b.Helper()
		ch := b.Changed()
		do()
		select {
		case <-ch:
		case <-time.After(10 * time.Second):
			b.Errorf("%s: nobody was told", what)
		}
	}
	told("accepted", func() { b.accept(text(number(1), "x")) })
	told("claimed", func() { b.take(0, "x") })
	told("received", func() { b.hear(number(2)) })
	told("phone", func() { b.code(b.PutPhone(b.ctx, wabridge.Phone{ID: phone}), wabridge.CodeNone) })
	ch := b.Changed()
	b.nothing(0, free)
	select {
	case <-ch:
		b.Error("a claim that found nothing told of a change: lanes would spin")
	default:
	}
}
