package delivery

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
)

// A fault is how a receiver treats what it cannot take.
var faults = []Answer{
	refuses(500), refuses(502), refuses(503), refuses(400), refuses(403), refuses(404), refuses(413), refuses(422), refuses(302), refuses(410), refuses(429),
	hangs, {Status: 200, Err: fmt.Errorf("unexpected EOF")}, {Status: 503, RetryAfter: 30 * time.Second}, {Status: 429, RetryAfter: 5 * time.Minute},
	{Status: 500, RetryAfter: time.Minute},
}

// A story is a random receiver: which events it never takes, when it is down,
// how slow it is, when the program is killed or its database fails.
type story struct {
	*rand.Rand
	poisoned map[int64]Answer
	downs    [][2]time.Duration // since the start
	down     Answer
	flaky    float64
	// receiver draws what the receiver does: its posts have goroutines of their
	// own, under its lock.
	receiver *rand.Rand
}

func newStory(seed uint64) *story {
	s := &story{Rand: rand.New(rand.NewPCG(seed, 7)), poisoned: map[int64]Answer{}, receiver: rand.New(rand.NewPCG(seed, 8))}
	s.down = append(slices.Clone(faults), unreachable, unreachable, unreachable)[s.IntN(len(faults)+3)]
	for range s.IntN(4) {
		from := time.Duration(s.IntN(5000)) * time.Second
		s.downs = append(s.downs, [2]time.Duration{from, from + time.Duration(s.IntN(2000))*time.Second})
	}
	if s.IntN(2) == 0 {
		s.flaky = s.Float64() / 5
	}
	return s
}

// takes answers as the story has it.
func (s *story) takes(began time.Time) func(int64, int) Answer {
	return func(n int64, _ int) Answer {
		at := time.Since(began)
		for _, d := range s.downs {
			if at >= d[0] && at < d[1] {
				return s.down
			}
		}
		if a, bad := s.poisoned[n]; bad {
			return a
		}
		if s.receiver.Float64() < s.flaky {
			return faults[s.receiver.IntN(4)]
		}
		return accepted
	}
}

// TestRandomReceivers: whatever a receiver does, each event that it can take
// arrives at least once and in order within its conversation, no matter when
// the process is killed; the others are dead letters; and a good receiver of
// the same events is never delayed by a bad one.
func TestRandomReceivers(t *testing.T) {
	stories := uint64(60)
	if testing.Short() {
		stories = 12
	}
	for seed := range stories {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { tell(t, newStory(seed)) })
		})
	}
}

func tell(t *testing.T, s *story) {
	m := newMemory("bad", "good")
	began := time.Now()
	bad, good := newReceiver(s.takes(began)), newReceiver(nil)
	if s.IntN(2) == 0 {
		bad.slow = func() time.Duration { return time.Duration(s.receiver.IntN(3000)) * time.Millisecond }
	}
	run := start(t, m, "bad", bad)
	other := start(t, m, "good", good)
	conversations, total := 1+s.IntN(12), 100+s.IntN(300)
	for range total {
		time.Sleep(time.Duration(s.ExpFloat64() * float64(10*time.Second)))
		n := int64(len(m.events) + 1)
		if s.IntN(15) == 0 {
			bad.mu.Lock()
			s.poisoned[n] = faults[s.IntN(len(faults))]
			bad.mu.Unlock()
		}
		m.add(chatNumber(s.IntN(conversations)))
		at := time.Now()
		switch s.IntN(40) {
		case 0: // killed: only what was stored is left
			places := m.Copy()
			run.end()
			other.end()
			m.Places = places
			run, other = start(t, m, "bad", bad), start(t, m, "good", good)
		case 1:
			m.FailSaving(wabridge.Fail(wabridge.CodeStorage, nil, "disk full"))
			time.Sleep(time.Duration(s.IntN(5000)) * time.Millisecond)
			m.FailSaving(nil)
		default:
			synctest.Wait()
			if took := good.since(n, at); took < 0 && m.Place("good").Failures == 0 {
				time.Sleep(3 * time.Second) // the database failed a moment ago
				if good.since(n, at) < 0 {
					t.Fatalf("event %d did not reach the good receiver", n)
				}
			}
		}
	}
	// Later events prove to the worker that the receiver is up.
	for range 200 {
		time.Sleep(20 * time.Minute)
		m.add(chatNumber(s.IntN(conversations)))
	}
	time.Sleep(6 * time.Hour)
	check(t, s, m, bad)
	if n := len(good.got()); n != len(m.events) {
		t.Errorf("the good receiver got %d of %d", n, len(m.events))
	}
	inOrder(t, m, good)
}

// check compares what the bad receiver got with the story.
func check(t *testing.T, s *story, m *memory, bad *receiver) {
	t.Helper()
	dead := m.dead(t, "bad")
	got := bad.got()
	for _, ev := range m.events {
		_, poisoned := s.poisoned[ev.Number]
		taken, buried := slices.Contains(got, ev.Number), slices.Contains(dead, ev.Number)
		switch {
		case poisoned && (taken || !buried):
			t.Errorf("poisoned event %d (%+v): taken %t, a dead letter %t", ev.Number, s.poisoned[ev.Number], taken, buried)
		case !poisoned && !taken:
			t.Errorf("event %d was not taken; a dead letter: %t", ev.Number, buried)
		}
	}
	inOrder(t, m, bad)
}
