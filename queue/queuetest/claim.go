package queuetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testClaim(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"claimed":                                       claimed,
		"nothing to claim":                              func(b *bench) { b.nothing(0, free) },
		"first in, first out per recipient":             claimFIFO,
		"priority, then due, then seq":                  claimOrder,
		"the highest and the lowest priority":           claimExtremes,
		"priority does not overtake its own recipient":  claimOvertake,
		"unconfirmed holds its recipient, not others":   claimUnconfirmed,
		"undecided holds nothing back":                  claimUndecided,
		"not before its due time":                       claimDue,
		"a message without due time minds no clock":     claimClock,
		"expired messages end":                          claimExpiry,
		"the gate holds one, not others":                claimGate,
		"the gate is told what was sent":                claimUsage,
		"usage forgets what was proven absent":          claimAbsent,
		"another phone's messages stay":                 claimPhones,
		"random work keeps the order of each recipient": claimRandom,
	})
}

func claimed(b *bench) {
	b.accept(text(number(1), "x"))
	m := b.take(0, "x")
	if m.State != wabridge.Sending || m.Tries != 1 || m.Fence <= 0 {
		b.Errorf("got %s, try %d, fence %d", m.State, m.Tries, m.Fence)
	}
	b.state(m.ID, wabridge.Sending)
	b.move(m, wabridge.Released(b.now, time.Time{}, wabridge.CodeSlow, "slow"))
	again := b.take(0, "x")
	if again.Fence <= m.Fence || again.Tries != 2 {
		b.Errorf("second claim: fence %d after %d, try %d", again.Fence, m.Fence, again.Tries)
	}
	b.code(b.Renew(b.ctx, m.ID, m.Fence, b.now.Add(time.Hour)), wabridge.CodeStale)
	b.code(b.Renew(b.ctx, m.ID, again.Fence, b.now.Add(time.Hour)), wabridge.CodeNone)
	b.code(b.Intend(b.ctx, m.ID, m.Fence, wabridge.Intent{At: b.now}), wabridge.CodeStale)
	_, err := b.Apply(b.ctx, m.ID, m.Fence, wabridge.WasSent(b.now))
	b.code(err, wabridge.CodeStale)
}

func claimFIFO(b *bench) {
	b.accept(text(number(1), "1a"), text(number(1), "1b"), text(number(2), "2a"), text(number(1), "1c"))
	one := b.take(0, "1a")
	two := b.take(0, "2a")
	b.nothing(0, free)
	b.move(one, wabridge.WasSent(b.now))
	three := b.take(0, "1b")
	b.move(two, wabridge.HasFailed(b.now, wabridge.CodeUndeliverable, "gone"))
	b.nothing(0, free)
	b.move(three, wabridge.Released(b.now, b.now.Add(time.Minute), wabridge.CodeScreen, "later"))
	if again := b.nothing(0, free); !again.Equal(b.now.Add(time.Minute)) {
		b.Errorf("ask again: got %v, want in a minute", again.Sub(b.now))
	}
	b.send(time.Minute, "1b")
	b.send(time.Minute, "1c")
}

func claimOrder(b *bench) {
	due := func(n, priority int, ago time.Duration) wabridge.Message {
		m := text(number(n), fmt.Sprint(n))
		m.Priority = priority
		if ago != 0 {
			m.Due = time.Now().Add(-ago)
		}
		return m
	}
	b.accept(due(1, 0, 0), due(2, 0, time.Hour), due(3, 5, 0), due(4, 100, time.Second), due(5, 0, 2*time.Hour), due(6, -1, 3*time.Hour), due(7, 0, 0))
	for _, want := range []string{"4", "3", "5", "2", "1", "7", "6"} {
		b.take(time.Minute, want)
	}
}

func claimExtremes(b *bench) {
	for i, p := range []int{math.MinInt, 0, math.MaxInt} {
		m := text(number(i), fmt.Sprint(i))
		m.Priority = p
		b.accept(m)
	}
	for _, want := range []string{"2", "1", "0"} {
		b.take(0, want)
	}
}

func claimOvertake(b *bench) {
	urgent := text(number(1), "urgent")
	urgent.Priority = 100
	b.accept(text(number(1), "plain"), text(number(2), "other"), urgent)
	b.send(0, "plain")
	b.send(0, "urgent")
	b.send(0, "other")
}

func claimUnconfirmed(b *bench) {
	b.accept(text(number(1), "doubtful"), text(number(1), "next"), text(number(2), "other"))
	m := b.take(0, "doubtful")
	b.intend(m, 0)
	b.move(m, wabridge.Doubted(b.now, wabridge.CodeAmbiguous, "link lost"))
	b.take(0, "other")
	b.nothing(0, free)
	b.move(m, wabridge.ProvenAbsent(b.now, time.Time{}))
	b.send(0, "doubtful")
	b.send(0, "next")
}

func claimUndecided(b *bench) {
	b.accept(text(number(1), "doubtful"), text(number(1), "next"))
	m := b.take(0, "doubtful")
	b.intend(m, 0)
	b.move(m, wabridge.Doubted(b.now, wabridge.CodeAmbiguous, "link lost"))
	b.nothing(0, free)
	left := b.move(m, wabridge.LeftUndecided(b.now, "its chat could not tell"))
	if !left.Undecided() || left.Reason == "" {
		b.Errorf("got %s, held %v, %q", left.State, left.Held, left.Reason)
	}
	if list, err := b.Unconfirmed(b.ctx, phone); err != nil || len(list) != 0 {
		b.Errorf("it is still looked for: %d, %v", len(list), err)
	}
	if list, err := b.Undecided(b.ctx, phone, b.now.Add(-time.Hour)); err != nil || len(list) != 1 || list[0].Intent == nil {
		b.Errorf("undecided: got %d, %v, want it with its note", len(list), err)
	}
	b.send(0, "next")
	for _, mv := range []wabridge.Move{wabridge.ProvenAbsent(b.now, time.Time{}), wabridge.WasCanceled(b.now), wabridge.LeftUndecided(b.now, "again")} {
		_, err := b.Apply(b.ctx, m.ID, 0, mv)
		b.code(err, wabridge.CodeStale)
	}
	_, err := b.Cancel(b.ctx, m.ID, b.now)
	b.code(err, wabridge.CodeTooLate)
	if got := b.move(m, wabridge.WasDelivered(b.now)); got.State != wabridge.Delivered || got.Held {
		b.Errorf("its bubble was seen later: got %s, held %v", got.State, got.Held)
	}
}

func claimDue(b *bench) {
	m := text(number(1), "later")
	m.Due = b.now.Add(time.Hour)
	b.accept(m, text(number(1), "behind it"))
	if again := b.nothing(0, free); !again.Equal(m.Due) {
		b.Errorf("ask again: got %v, want %v", again, m.Due)
	}
	b.send(time.Hour, "later")
	b.send(time.Hour, "behind it")
}

func claimClock(b *bench) {
	b.accept(text(number(1), "x"))
	b.take(-24*time.Hour, "x") // the clock was set right in between
}

func claimExpiry(b *bench) {
	short, long := text(number(1), "short"), text(number(1), "long")
	short.Expires, long.Expires = b.now.Add(time.Minute), b.now.Add(time.Hour)
	ms := b.accept(short, long, text(number(1), "last"))
	never := func(*wabridge.Message, queue.Usage, time.Time) time.Time { return b.now.Add(24 * time.Hour) }
	if again := b.nothing(0, never); !again.Equal(short.Expires) {
		b.Errorf("ask again: got %v, want at the expiry %v", again, short.Expires)
	}
	b.nothing(time.Minute, never)
	got := b.state(ms[0].ID, wabridge.Expired)
	if got.Code != wabridge.CodeUndeliverable || got.Ended.IsZero() {
		b.Errorf("expired: code %d, ended %v", got.Code, got.Ended)
	}
	b.state(ms[1].ID, wabridge.Queued)
	b.send(2*time.Hour, "last")
	b.state(ms[1].ID, wabridge.Expired)
	if events, _ := b.Statuses(b.ctx, ms[1].ID); len(events) != 2 {
		b.Errorf("events of an expired message: got %d, want 2", len(events))
	}
}

func claimGate(b *bench) {
	urgent := text(number(3), "urgent")
	urgent.Priority = 100
	b.accept(text(number(1), "first contact"), text(number(2), "hello again"))
	hold := func(m *wabridge.Message, u queue.Usage, now time.Time) time.Time {
		switch {
		case m.Priority >= 100:
			return time.Time{}
		case u.First:
			return now.Add(time.Hour)
		case len(u.Pair) > 0:
			return now.Add(time.Minute)
		}
		return now
	}
	if again := b.nothing(0, hold); !again.Equal(b.now.Add(time.Hour)) {
		b.Errorf("ask again: got %v, want in an hour", again.Sub(b.now))
	}
	b.hear(number(2))
	m, _ := b.claim(0, hold)
	if m == nil || m.Text != "hello again" {
		b.Fatalf("got %v, want the known contact", m)
	}
	b.intend(m, 0)
	b.move(m, wabridge.WasSent(b.now))
	b.accept(text(number(2), "too soon"), urgent)
	m, _ = b.claim(0, hold)
	if m == nil || m.Text != "urgent" {
		b.Fatalf("got %v, want the urgent one", m)
	}
	if again := b.nothing(time.Second, hold); !again.Equal(b.now.Add(time.Minute + time.Second)) {
		b.Errorf("ask again: got %v, want in a minute", again.Sub(b.now))
	}
}

// hear records that a number wrote to us.
func (b *bench) hear(number string) {
	b.Helper()
	_, err := b.Reconcile(b.ctx, phone, wabridge.ChatRef{JID: wabridge.UserJID(number)}, 10,
		func(wabridge.Chat, []wabridge.Message) queue.Changes {
			return queue.Changes{New: []wabridge.Message{{Text: "hi", Source: "notification"}}}
		})
	if err != nil {
		b.Fatalf("reconcile: %v", err)
	}
}

func claimUsage(b *bench) {
	at := []time.Duration{0, 23 * time.Hour, 24*time.Hour + 30*time.Minute, 24*time.Hour + 31*time.Minute, 24*time.Hour + 31*time.Minute + 6*time.Second}
	to := []int{1, 2, 3, 1, 1}
	for i, n := range to {
		b.accept(text(number(n), fmt.Sprint(i)))
		b.send(at[i], fmt.Sprint(i))
	}
	b.accept(text(number(1), "asks"))
	var got queue.Usage
	spy := func(_ *wabridge.Message, u queue.Usage, now time.Time) time.Time { got = u; return now.Add(time.Hour) }
	now := at[4] + 10*time.Second
	b.nothing(now, spy)
	if !got.Last.Equal(b.now.Add(at[4])) || got.Hour != 3 || got.Day != 4 || got.NewToday != 2 || got.First {
		b.Errorf("usage: got %+v, want last 10 s ago, 3 in the hour, 4 in the day, 2 new, not first", got)
	}
	for name, c := range map[string]struct {
		got  time.Time
		want int
	}{"hour": {got.HourFrom, 2}, "day": {got.DayFrom, 1}, "new": {got.NewFrom, 1}} {
		if !c.got.Equal(b.now.Add(at[c.want])) {
			b.Errorf("oldest of the %s: got %v, want that of message %d", name, c.got.Sub(b.now), c.want)
		}
	}
	if len(got.Pair) != 2 || !got.Pair[0].Equal(b.now.Add(at[3])) || !got.Pair[1].Equal(b.now.Add(at[4])) {
		b.Errorf("pair: got %v, want the last two", got.Pair)
	}
}

func claimAbsent(b *bench) {
	b.accept(text(number(1), "x"))
	m := b.take(0, "x")
	b.intend(m, 0)
	b.move(m, wabridge.Doubted(b.now, wabridge.CodeAmbiguous, "?"))
	b.move(m, wabridge.ProvenAbsent(b.now, time.Time{}))
	var got queue.Usage
	b.nothing(time.Second, func(_ *wabridge.Message, u queue.Usage, now time.Time) time.Time { got = u; return now.Add(1) })
	if got.Hour != 0 || got.NewToday != 0 || !got.First || !got.Last.IsZero() {
		b.Errorf("usage: got %+v, want none", got)
	}
}

func claimPhones(b *bench) {
	other := text(number(1), "other phone's")
	other.Phone = "100000000000002"
	b.accept(other, text(number(1), "ours"))
	b.take(0, "ours")
	b.nothing(0, free)
}

// claimRandom does random legal work with random recipients and demands that
// each recipient's messages reach their end in the order of acceptance.
func claimRandom(b *bench) {
	rng := rand.New(rand.NewPCG(1, 2))
	const people, total = 5, 120
	accepted, ended := map[string][]string{}, map[string][]string{}
	held := map[string]*wabridge.Message{}
	count := 0
	now := time.Duration(0)
	for left := total; left > 0; {
		now += time.Second
		switch n := rng.IntN(4); {
		case n == 0 && count < total:
			m := text(number(rng.IntN(people)), fmt.Sprint(count))
			m.Priority = rng.IntN(3)
			if rng.IntN(4) == 0 {
				m.Due = b.now.Add(now + time.Duration(rng.IntN(20))*time.Second)
			}
			m = b.accept(m)[0]
			accepted[m.Chat] = append(accepted[m.Chat], m.ID)
			count++
		case n == 1 || n == 2:
			m, _ := b.claim(now, free)
			if m == nil {
				continue
			}
			if held[m.Chat] != nil {
				b.Fatalf("two messages of one recipient in work")
			}
			if rng.IntN(2) == 0 && m.Taps < wabridge.MaxTaps {
				b.intend(m, now)
			}
			held[m.Chat] = m
		default:
			for chat, m := range held {
				if b.finish(rng, m, now) {
					ended[chat] = append(ended[chat], m.ID)
					left--
				}
				delete(held, chat)
				break
			}
		}
	}
	for chat, want := range accepted {
		if fmt.Sprint(want) != fmt.Sprint(ended[chat]) {
			b.Errorf("a recipient's messages ended out of order:\n got %v\nwant %v", ended[chat], want)
		}
	}
}

// finish gives a claimed message one of its possible outcomes and reports
// whether that is its end.
func (b *bench) finish(rng *rand.Rand, m *wabridge.Message, now time.Duration) bool {
	b.Helper()
	at := b.now.Add(now)
	cur, err := b.Message(b.ctx, m.ID)
	if err != nil {
		b.Fatal(err)
	}
	switch n := rng.IntN(4); {
	case n == 0 && cur.Intent == nil:
		b.move(m, wabridge.Released(at, at.Add(time.Second), wabridge.CodeSlow, "slow"))
		return false
	case n == 1:
		b.move(m, wabridge.Doubted(at, wabridge.CodeAmbiguous, "?"))
		b.move(m, wabridge.ProvenAbsent(at, time.Time{}))
		return false
	case n == 2:
		b.move(m, wabridge.HasFailed(at, wabridge.CodeUndeliverable, "gone"))
		return true
	}
	b.move(m, wabridge.WasSent(at))
	return true
}
