package webhook

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/delivery"
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
		time.Sleep(delivery.Horizon - 24*time.Hour - time.Minute)
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
		// While the receiver refuses both, the second is tried behind the first,
		// to tell a bad event from a bad receiver.
		if got := rt.texts("a"); !strings.HasSuffix(got, "second second") {
			t.Errorf("the second event did not arrive within its own 7 days")
		}
		if dead, err := store.DeliveriesOf(t.Context(), "a", queue.DeliveryDead, 0, 10); err != nil || len(dead) != 1 || dead[0].Event != 1 {
			t.Errorf("dead letters %+v, %v, want the first event", dead, err)
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
		if err := d.Seek(t.Context(), "a", 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got, want := rt.texts("a"), "old new old old old old new"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := store.endpoint("a"); got.Dropped != 0 || got.Cursor != 2 {
			t.Errorf("%+v", got)
		}
		if err := d.Seek(t.Context(), "nobody", 0); wabridge.CodeOf(err) != wabridge.CodeNotFound {
			t.Errorf("seek of an unknown endpoint: %v", err)
		}
	})
}
