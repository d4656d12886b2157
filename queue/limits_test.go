package queue

import (
	"fmt"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

// at is a time after noon.
func at(d time.Duration) time.Time { return noon.Add(d) }

func taken(l *Limits, phone, chat string, now time.Time) error {
	again, err := l.Take(phone, chat, now)
	if (err != nil) != (again > 0) {
		return fmt.Errorf("again in %v, but: %w", again, err)
	}
	return err
}

func TestThroughput(t *testing.T) {
	l := NewLimits(0, Pair{})
	take := func(d time.Duration, n int) wabridge.Code {
		return wabridge.CodeOf(taken(l, "p", fmt.Sprint(n), at(d)))
	}
	for i := range DefaultThroughput {
		if code := take(time.Duration(i)*time.Millisecond, i); code != 0 {
			t.Fatalf("message %d of 80: %d", i+1, code)
		}
	}
	if code := take(80*time.Millisecond, 80); code != wabridge.CodeThroughput {
		t.Errorf("the 81st within the second: %d", code)
	}
	if code := take(time.Second-1, 80); code != wabridge.CodeThroughput {
		t.Errorf("just before the first is a second old: %d", code)
	}
	if code := take(time.Second, 80); code != 0 {
		t.Errorf("when the first is a second old: %d", code)
	}
	if code := take(time.Second, 81); code != wabridge.CodeThroughput {
		t.Errorf("another one then: %d", code)
	}
	if err := taken(l, "other", "x", at(time.Second)); err != nil {
		t.Errorf("another number has its own: %v", err)
	}
}

func TestThroughputCountsBothWays(t *testing.T) {
	l := NewLimits(10, Pair{})
	l.Heard("p", 9, at(0))
	if err := taken(l, "p", "a", at(0)); err != nil {
		t.Errorf("9 came in, one goes out: %v", err)
	}
	if err := taken(l, "p", "b", at(0)); wabridge.CodeOf(err) != wabridge.CodeThroughput {
		t.Errorf("9 came in, the second goes out: %v", err)
	}
	l.Heard("p", 1000, at(time.Second)) // what comes in is never refused, but counts
	if err := taken(l, "p", "b", at(2*time.Second-1)); wabridge.CodeOf(err) != wabridge.CodeThroughput {
		t.Errorf("1000 came in: %v", err)
	}
	if err := taken(l, "p", "b", at(2*time.Second)); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

func TestPairLimit(t *testing.T) {
	// each step is a message at a time, and whether it is taken
	type step struct {
		at   time.Duration
		want bool
	}
	burst := func(n int) []step {
		var out []step
		for range n {
			out = append(out, step{0, true})
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"one in six seconds", []step{{0, true}, {6 * time.Second, true}, {12 * time.Second, true}, {18 * time.Second, true}}},
		{"45 within six seconds, not 46", append(burst(44), step{6*time.Second - 1, true}, step{6*time.Second - 1, false})},
		{"two are a loan until 12 seconds are over", append(burst(2), step{6 * time.Second, false}, step{12*time.Second - 1, false}, step{12 * time.Second, true})},
		{"20 take two minutes", append(burst(20), step{6 * time.Second, false}, step{120*time.Second - 1, false}, step{120 * time.Second, true})},
		{"45 take 270 seconds", append(burst(45), step{0, false}, step{270*time.Second - 1, false}, step{270 * time.Second, true})},
		{"a paid loan gives a new burst", append(burst(45), step{270 * time.Second, true}, step{270 * time.Second, true}, step{282*time.Second - 1, false}, step{282 * time.Second, true})},
		{"a refused one costs nothing", append(burst(2), step{7 * time.Second, false}, step{8 * time.Second, false}, step{12 * time.Second, true})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := NewLimits(1000, CloudPair)
			for i, s := range tt.steps {
				err := taken(l, "p", "chat", at(s.at))
				if (err == nil) != s.want || err != nil && wabridge.CodeOf(err) != wabridge.CodePair {
					t.Fatalf("message %d at %v: %v", i+1, s.at, err)
				}
			}
			if err := taken(l, "p", "another chat", at(0)); err != nil {
				t.Errorf("another recipient: %v", err)
			}
		})
	}
}

func TestGiveBack(t *testing.T) {
	l := NewLimits(2, CloudPair)
	for range 100 { // refused by the database, again and again
		if err := taken(l, "p", "chat", at(0)); err != nil {
			t.Fatal(err)
		}
		l.GiveBack("p", "chat")
	}
	if err := taken(l, "p", "chat", at(0)); err != nil {
		t.Error(err)
	}
	l.GiveBack("p", "unknown")
}

func TestClockSetBack(t *testing.T) {
	l := NewLimits(1, CloudPair)
	for _, when := range []time.Duration{time.Hour, 0} {
		if err := taken(l, "p", "chat", at(when)); err != nil {
			t.Errorf("at %v: %v", when, err)
		}
	}
}

func TestLimitsForget(t *testing.T) {
	l := NewLimits(100, CloudPair)
	for i := range 200_000 {
		if err := taken(l, "p", fmt.Sprint(i), at(time.Duration(i)*10*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(l.loans); n > 2048 {
		t.Errorf("%d loans are kept, 600 of them are owed", n)
	}
}

func TestQuota(t *testing.T) {
	q := NewQuota()
	for i := range CallsPerHour {
		if used, again := q.Take("a", CallsPerHour, true, at(time.Duration(i)*time.Second)); used != i+1 || again != 0 {
			t.Fatalf("call %d: used %d, again %v", i+1, used, again)
		}
	}
	if used, again := q.Take("a", CallsPerHour, true, at(30*time.Minute)); used != 200 || again != 30*time.Minute {
		t.Errorf("call 201: used %d, again in %v", used, again)
	}
	if used, again := q.Take("b", CallsPerHour, true, at(30*time.Minute)); used != 1 || again != 0 {
		t.Errorf("another caller: used %d, again %v", used, again)
	}
	if _, again := q.Take("a", CallsPerHour, true, at(time.Hour-1)); again != 1 {
		t.Errorf("just before the first minute is an hour old: again in %v", again)
	}
	if used, again := q.Take("a", CallsPerHour, true, at(time.Hour)); used != 141 || again != 0 {
		t.Errorf("when the first minute is an hour old: used %d, again %v", used, again)
	}
	if used, again := q.Take("a", 100, false, at(time.Hour)); used != 142 || again == 0 {
		t.Errorf("counted, but not refused: used %d, again %v", used, again)
	}
	if used, _ := q.Take("a", 100, true, at(9*time.Hour)); used != 1 {
		t.Errorf("hours later: used %d", used)
	}
	if used, _ := q.Take("a", 100, true, at(0)); used != 1 {
		t.Errorf("the clock was set back: used %d", used)
	}
	if _, again := q.Take("c", 0, true, at(0)); again != time.Hour {
		t.Errorf("a limit of none: %v", again)
	}
}

func TestQuotaForgets(t *testing.T) {
	q := NewQuota()
	for i := range 10_000 {
		q.Take(fmt.Sprint(i), 10, true, at(time.Duration(i)*time.Minute))
	}
	if n := len(q.counts); n > 512 {
		t.Errorf("%d callers are kept, 60 called within the hour", n)
	}
}
