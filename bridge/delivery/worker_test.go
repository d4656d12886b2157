package delivery

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// TestPoisonedEventIsSetAside: an event that is refused for ever holds up its
// own conversation until it is set aside, and no other.
func TestPoisonedEventIsSetAside(t *testing.T) {
	for name, bad := range map[string]Answer{
		"500": refuses(500), "400": refuses(400), "401": refuses(401), "404": refuses(404), "302": refuses(302),
		"hangs": hangs, "breaks off": {Status: 200, Err: fmt.Errorf("unexpected EOF")},
		"410": refuses(410), "429": refuses(429), "503 with Retry-After": {Status: 503, RetryAfter: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory("a")
				r := newReceiver(func(n int64, _ int) Answer {
					if n == 1 {
						return bad
					}
					return accepted
				})
				run := start(t, m, "a", r)
				m.add("poisoned")
				behind := m.add("poisoned")
				began := time.Now()
				slowest := time.Duration(0)
				for i := range 300 { // others write now and then
					n := m.add(chatNumber(i % 7))
					at := time.Now()
					time.Sleep(time.Minute)
					if took := r.since(n, at); i > 5 && (took < 0 || took > time.Second) {
						t.Fatalf("event %d of another conversation took %v", n, took)
					} else if i <= 5 {
						slowest = max(slowest, took)
					}
				}
				if took := r.since(behind, began); took < 0 || took > 4*time.Hour {
					t.Errorf("the event behind it came after %v", took)
				} else {
					t.Logf("behind it: %v; others while it was not known: %v", took, slowest)
				}
				if got := m.dead(t, "a"); !slices.Equal(got, []int64{1}) {
					t.Errorf("dead letters %v, want the poisoned event", got)
				}
				inOrder(t, m, r)
				s, err := run.Status(t.Context())
				if err != nil || s.DeadLetters != 1 || s.Pending != 0 || s.Retrying != 0 || s.Health() != HealthOK {
					t.Errorf("status %+v, %v", s, err)
				}

				r.answer(nil)
				if n, err := run.Replay(t.Context(), nil); n != 1 || err != nil {
					t.Errorf("replayed %d, %v", n, err)
				}
				synctest.Wait()
				time.Sleep(time.Second)
				if r.since(1, began) < 0 || len(m.dead(t, "a")) != 0 {
					t.Errorf("after the replay: taken %v, dead %v", r.got(), m.dead(t, "a"))
				}
			})
		})
	}
}

// TestPoisonedEventInTheOnlyConversation: with nobody else writing, the event
// behind it tells a bad event from a bad receiver.
func TestPoisonedEventInTheOnlyConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory("a")
		poisoned := []int64{1, 2, 6}
		r := newReceiver(func(n int64, _ int) Answer {
			if slices.Contains(poisoned, n) {
				return refuses(500)
			}
			return accepted
		})
		start(t, m, "a", r)
		began := time.Now()
		for range 10 {
			m.add("only")
		}
		time.Sleep(2 * time.Hour)
		if got, want := r.got(), []int64{3, 4, 5, 7, 8, 9, 10}; !slices.Equal(got, want) {
			t.Fatalf("taken %v, want %v", got, want)
		}
		t.Logf("the last event came after %v", r.since(10, began))
		if got := m.dead(t, "a"); !slices.Equal(got, poisoned) {
			t.Errorf("dead letters %v, want %v", got, poisoned)
		}
	})
}

// TestReceiverThatIsDownKeepsItsQueue: whatever it answers to everything,
// nothing is set aside, it is not flooded, and all arrives in order afterwards.
func TestReceiverThatIsDownKeepsItsQueue(t *testing.T) {
	for name, bad := range map[string]Answer{
		"connection refused": unreachable, "500": refuses(500), "404": refuses(404), "401": refuses(401), "hangs": hangs,
		"410": refuses(410), "429": refuses(429), "503 with Retry-After": {Status: 503, RetryAfter: time.Minute}, "301": refuses(301),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory("a")
				r := newReceiver(func(int64, int) Answer { return bad })
				run := start(t, m, "a", r)
				for i := range 200 {
					m.add(chatNumber(i % 20))
					time.Sleep(10 * time.Second)
				}
				time.Sleep(24 * time.Hour)
				if got := m.dead(t, "a"); len(got) > 0 {
					t.Errorf("dead letters %v", got)
				}
				if n := len(r.all()); n > 4000 {
					t.Errorf("%d posts to a receiver that is down for a day", n)
				} else {
					t.Logf("%d posts in a day", n)
				}
				if s, err := run.Status(t.Context()); err != nil || s.Health() != HealthFailing || s.Pending < 200 || s.Failing.IsZero() || s.Next.IsZero() || s.LastError == "" || s.Oldest.IsZero() {
					t.Errorf("status %+v, %v", s, err)
				}
				r.answer(nil)
				time.Sleep(75 * time.Minute)
				if got := r.got(); len(got) != 200 {
					t.Errorf("%d of 200 arrived", len(got))
				}
				inOrder(t, m, r)
			})
		})
	}
}

// TestRetryAfterIsHonoured: not sooner than the receiver says, and at most an
// hour later.
func TestRetryAfterIsHonoured(t *testing.T) {
	for _, a := range []Answer{{Status: 429, RetryAfter: 90 * time.Second}, {Status: 503, RetryAfter: MaxRetryAfter}} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory("a")
			var times []time.Time
			r := newReceiver(func(int64, int) Answer {
				times = append(times, time.Now())
				if len(times) < 3 {
					return a
				}
				return accepted
			})
			start(t, m, "a", r)
			m.add("c")
			m.add("d")
			time.Sleep(3 * time.Hour)
			if len(r.got()) != 2 {
				t.Fatalf("taken %v", r.got())
			}
			// Both conversations may be tried before the first answer is there.
			if gap := times[2].Sub(times[0]); gap < a.RetryAfter || gap > a.RetryAfter+a.RetryAfter/5 {
				t.Errorf("tried again after %v, want %v", gap, a.RetryAfter)
			}
		})
	}
}

// TestSlowEventDoesNotHoldTheCursor: one answer is awaited for 15 s while
// thousands pass it; a crash then repeats few.
func TestSlowEventDoesNotHoldTheCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory("a")
		r := newReceiver(func(n int64, _ int) Answer {
			if n == 1 {
				time.Sleep(15 * time.Second)
			}
			return accepted
		})
		r.takes = nil
		slow := true
		r.slow = func() time.Duration {
			if slow {
				slow = false
				return 15 * time.Second
			}
			return 0
		}
		run := start(t, m, "a", r)
		for i := range 3000 {
			m.add(chatNumber(i % 50))
		}
		time.Sleep(10 * time.Second)
		if n := len(r.got()); n < 2900 {
			t.Fatalf("only %d passed the slow one", n)
		}
		m.Places = m.Copy() // what a kill leaves behind
		run.end()
		before := len(r.all())
		start(t, m, "a", r)
		time.Sleep(time.Minute)
		if n := len(r.all()) - before; n > maxUnsaved+maxLag+60 {
			t.Errorf("%d posts after the crash", n)
		}
		if n := len(r.got()); n != 3000 {
			t.Errorf("%d of 3000 taken", n)
		}
		inOrder(t, m, r)
	})
}

// TestSeekDropsWhatWaitsAndKeepsDeadLetters
func TestSeekMovesAndKeepsDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory("a")
		r := newReceiver(func(n int64, _ int) Answer {
			if n <= 2 {
				return refuses(500)
			}
			return accepted
		})
		run := start(t, m, "a", r)
		m.add("bad")
		for range 20 {
			m.add("good")
			time.Sleep(time.Minute)
		}
		m.add("bad")
		if err := run.Seek(t.Context(), 22); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if w, err := m.DeliveriesOf(t.Context(), "a", queue.DeliveryWaiting, 0, 10); err != nil || len(w) != 0 {
			t.Errorf("waiting %+v, %v", w, err)
		}
		if got := m.Place("a").Cursor; got != 22 {
			t.Errorf("cursor %d, want 22", got)
		}
		r.answer(nil)
		if err := run.Seek(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if n := len(r.got()); n != 22 {
			t.Errorf("%d of 22 taken", n)
		}
	})
}
