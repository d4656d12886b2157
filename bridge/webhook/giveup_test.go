package webhook

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func TestSevenDaysThenGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logs lines
		store, rt := newMemory(endpoint("a")), newReceivers()
		rt.answer = func(string, int) (int, error) { return 500, nil }
		start(t, store, rt, &logs)
		began := time.Now()
		store.text(t, 1, "first")
		time.Sleep(24 * time.Hour)
		store.text(t, 2, "second")
		store.add(event(t, wabridge.EventStatus, 3, moved(wabridge.Queued)))
		time.Sleep(Horizon - 24*time.Hour - time.Minute)
		if got := store.endpoint("a"); got.Cursor != 0 || got.Dropped != 0 || got.Failures < 500 {
			t.Errorf("just before 7 days: %+v, want nothing dropped", got)
		}
		time.Sleep(time.Hour)
		if got := store.endpoint("a"); got.Cursor != 1 || got.Dropped != 1 {
			t.Errorf("after 7 days: cursor %d, dropped %d, want the first event gone", got.Cursor, got.Dropped)
		}
		time.Sleep(23*time.Hour - 2*time.Minute)
		if strings.Count(logs.String(), "given up") != 1 {
			t.Errorf("log: %s", logs.String())
		}
		if got := strings.Count(logs.String(), "fails, its events wait"); got != 1 {
			t.Errorf("one streak was logged %d times", got)
		}
		rt.answers(nil)
		time.Sleep(time.Hour)
		if got := rt.texts("a"); !strings.HasSuffix(got, "second second") || strings.Contains(got, "second first") {
			t.Errorf("the second event did not arrive within its own 7 days")
		}
		for i, at := range rt.times("a")[1:] {
			gap := at.Sub(rt.times("a")[i])
			if gap > 20*time.Minute {
				t.Errorf("a pause of %v, %v after the start", gap, at.Sub(began))
			}
		}
	})
}

func TestReplayedEventsAreNotTooOldToBeTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, rt := newMemory(endpoint("a")), newReceivers()
		d := start(t, store, rt, io.Discard)
		store.textAt(t, 1, "old", time.Now().Add(-30*24*time.Hour))
		store.text(t, 2, "new")
		synctest.Wait()
		rt.answers(func(_ string, n int) (int, error) { return map[bool]int{true: 503, false: 200}[n < 6], nil })
		if err := d.Seek("a", 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got, want := rt.texts("a"), "old new old old old old new"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := store.endpoint("a"); got.Dropped != 0 || got.Cursor != 2 {
			t.Errorf("%+v", got)
		}
		if err := d.Seek("nobody", 0); wabridge.CodeOf(err) != wabridge.CodeNotFound {
			t.Errorf("seek of an unknown endpoint: %v", err)
		}
	})
}

func TestAWrongClockDoesNotHoldALane(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name string
		next time.Time
		want time.Duration
	}{
		{"no pause", time.Time{}, 0},
		{"a pause", now.Add(time.Minute), time.Minute},
		{"the clock was set back by a year", now.AddDate(1, 0, 0), 0},
	} {
		if got := pause(queue.Endpoint{Next: tt.next}, now); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestBackoffAndExpiry(t *testing.T) {
	for n, want := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 10: 512 * time.Second,
		11: 15 * time.Minute, 64: 15 * time.Minute, 1 << 40: 15 * time.Minute} {
		if got := Backoff(n, 0.5); got != want {
			t.Errorf("Backoff(%d) = %v, want %v", n, got, want)
		}
		if low, high := Backoff(n, 0), Backoff(n, 0.9999); low != want*3/4 || high > want*5/4 {
			t.Errorf("Backoff(%d) goes from %v to %v", n, low, high)
		}
	}
	now := time.Now()
	for _, tt := range []struct {
		name           string
		event, failing time.Duration // ago; 0: never
		want           bool
	}{
		{"fresh event, fresh failure", time.Minute, time.Minute, false},
		{"old event, fresh failure", 30 * 24 * time.Hour, time.Minute, false},
		{"fresh event, old failure", time.Minute, 30 * 24 * time.Hour, false},
		{"old event, old failure", Horizon, Horizon, true},
		{"old event, no failure", Horizon, 0, false},
		{"event of a clock that runs ahead", -365 * 24 * time.Hour, Horizon, true},
	} {
		var failing time.Time
		if tt.failing != 0 {
			failing = now.Add(-tt.failing)
		}
		if got := Expired(now.Add(-tt.event), failing, now); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
