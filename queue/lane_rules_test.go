package queue_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func TestLaneKeepsTheGap(t *testing.T) {
	inWorld(t, func(w *world) {
		w.pacing = queue.Pacing{Gap: 30 * time.Second}
		for i := range 5 {
			w.accept(i, "x")
		}
		stop, _ := w.start(w.db)
		defer stop()
		w.drained(time.Hour)
		for i := 1; i < len(w.fake.times); i++ {
			if d := w.fake.times[i].Sub(w.fake.times[i-1]); d < 30*time.Second || d > 32*time.Second {
				t.Errorf("gap %d: got %v, want 30 s and a little", i, d)
			}
		}
	})
}

func TestLaneWaitsForHoursAndCaps(t *testing.T) {
	inWorld(t, func(w *world) {
		// Fake time begins on Saturday 2000-01-01 00:00 UTC.
		hours, err := queue.ParseHours("mon 09:00-18:00", nil)
		if err != nil {
			t.Fatal(err)
		}
		w.pacing = queue.Pacing{Hours: hours, PerHour: 2}
		for i := range 3 {
			w.accept(i, "x")
		}
		stop, _ := w.start(w.db)
		defer stop()
		w.drained(7 * 24 * time.Hour)
		monday := time.Date(2000, 1, 3, 9, 0, 0, 0, time.UTC)
		if d := w.fake.times[0].Sub(monday); d < 0 || d > 2*time.Second {
			t.Errorf("first: got %v, want Monday at nine", w.fake.times[0].UTC())
		}
		if d := w.fake.times[2].Sub(w.fake.times[0]); d < time.Hour || d > time.Hour+2*time.Second {
			t.Errorf("third: %v after the first, want an hour", d)
		}
	})
}

func TestLaneFinishesWhatItHolds(t *testing.T) {
	inWorld(t, func(w *world) {
		w.fake.typing = 8 * time.Second
		first, second := w.accept(1, "in work"), w.accept(2, "waiting")
		stop, _ := w.start(w.db)
		time.Sleep(2 * time.Second)
		stop()
		if s := w.message(first.ID).State; s != wabridge.Sent {
			t.Errorf("the message in work: got %s, want sent", s)
		}
		if s := w.message(second.ID).State; s != wabridge.Queued {
			t.Errorf("the one behind it: got %s, want queued", s)
		}
	})
}

func TestLaneIsCutShortAfterTheGrace(t *testing.T) {
	inWorld(t, func(w *world) {
		w.fake.typing = time.Hour
		m := w.accept(1, "slow")
		ctx, stop := context.WithCancel(context.Background())
		work, kill := context.WithCancel(context.Background())
		done := make(chan struct{})
		l := &queue.Lane{Phone: phoneID, Store: w.db, Sender: w.fake, Gate: w.pacing.Gate, Log: discard}
		go func() { defer close(done); _ = l.Run(ctx, work) }()
		time.Sleep(2 * time.Second)
		stop()
		time.Sleep(20 * time.Second)
		if s := w.message(m.ID).State; s != wabridge.Sending {
			t.Errorf("during the grace: got %s, want sending", s)
		}
		kill()
		<-done
		if got := w.message(m.ID); got.State != wabridge.Queued || got.Tries != 0 {
			t.Errorf("after it: got %s, try %d; want queued, the try given back", got.State, got.Tries)
		}
	})
}

func TestLaneRenewsItsLease(t *testing.T) {
	inWorld(t, func(w *world) {
		w.fake.typing = 10 * time.Minute
		w.accept(1, "long")
		k := &counting{Keeper: w.db}
		stop, _ := w.start(k)
		defer stop()
		w.drained(time.Hour)
		if k.renewed < 20 {
			t.Errorf("renewed %d times in 10 minutes, want every 20 s", k.renewed)
		}
	})
}

// A counting Keeper counts what is renewed.
type counting struct {
	queue.Keeper
	renewed int
}

func (k *counting) Renew(ctx context.Context, id string, fence int64, until time.Time) error {
	k.renewed++
	return k.Keeper.Renew(ctx, id, fence, until)
}

func TestLaneGivesUpAfterTheLastTry(t *testing.T) {
	inWorld(t, func(w *world) {
		tries := 0
		w.fake.before = func(m *wabridge.Message) error {
			if m.Text == "hopeless" {
				tries++
				return wabridge.Fail(wabridge.CodeWrongChat, nil, "the header shows somebody else")
			}
			return nil
		}
		m := w.accept(1, "hopeless")
		w.accept(1, "next")
		stop, _ := w.start(w.db)
		defer stop()
		w.drained(24 * time.Hour)
		got := w.message(m.ID)
		if got.State != wabridge.Failed || got.Code != wabridge.CodeWrongChat || got.Reason != "the header shows somebody else" || tries != queue.MaxTries {
			t.Errorf("got %s, code %d, %q after %d tries", got.State, got.Code, got.Reason, tries)
		}
		if w.fake.texts() != "next " {
			t.Errorf("sent: %q, want the next one alone", w.fake.texts())
		}
	})
}

func TestLaneWaitsForAnOfflinePhone(t *testing.T) {
	inWorld(t, func(w *world) {
		offline := wabridge.Fail(wabridge.CodeOffline, nil, "unplugged")
		var cut atomic.Bool
		cut.Store(true)
		w.fake.before = func(*wabridge.Message) error {
			if cut.Load() {
				return offline
			}
			return nil
		}
		w.fake.probe = func() error {
			if cut.Load() && time.Since(epoch) > time.Second {
				return offline
			}
			return nil
		}
		m := w.accept(1, "patient")
		stop, _ := w.start(w.db)
		defer stop()
		w.wait(time.Hour)
		if p := w.phone(wabridge.PhoneOffline); p.Reason != "unplugged" {
			t.Errorf("reason: got %q", p.Reason)
		}
		if got := w.message(m.ID); got.State != wabridge.Queued || got.Tries != 0 {
			t.Errorf("got %s, try %d; want queued, no try counted", got.State, got.Tries)
		}
		cut.Store(false)
		w.drained(time.Minute)
		w.phone(wabridge.PhoneReady)
	})
}

// epoch is when fake time begins.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func TestLaneStopsAtUnknownScreens(t *testing.T) {
	inWorld(t, func(w *world) {
		var tries atomic.Int64
		w.fake.before = func(*wabridge.Message) error {
			tries.Add(1)
			return wabridge.Fail(wabridge.CodeScreen, nil, "unknown screen")
		}
		for i := range 20 {
			w.accept(i, "x")
		}
		stop, _ := w.start(w.db)
		defer stop()
		w.wait(30 * time.Second)
		w.phone(wabridge.PhonePaused)
		if tries.Load() != 3 {
			t.Errorf("tries before the pause: got %d, want 3", tries.Load())
		}
		w.wait(10 * time.Hour)
		w.phone(wabridge.PhonePaused)
		if tries.Load() > 60 {
			t.Errorf("tries in ten hours: got %d, the queue is being burnt", tries.Load())
		}
		depth, _, _ := w.db.Depth(context.Background(), phoneID)
		if depth[wabridge.Queued] < 8 {
			t.Errorf("still queued: got %d of 20", depth[wabridge.Queued])
		}
	})
}

func TestLaneIsHeldByAPerson(t *testing.T) {
	inWorld(t, func(w *world) {
		var idle atomic.Int64
		w.fake.idle = func() (time.Duration, error) { idle.Add(1); return time.Minute, nil }
		stop, _ := w.start(w.db)
		defer stop()
		w.wait(time.Second)
		w.phone(wabridge.PhoneReady)
		if err := w.db.HoldPhone(context.Background(), phoneID, true, time.Now()); err != nil {
			t.Fatal(err)
		}
		w.accept(1, "x")
		before := idle.Load()
		w.wait(time.Hour)
		w.phone(wabridge.PhonePaused)
		if len(w.fake.sent()) != 0 || idle.Load() != before {
			t.Errorf("a held phone was used: %d sent, %d idle steps", len(w.fake.sent()), idle.Load()-before)
		}
		if err := w.db.HoldPhone(context.Background(), phoneID, false, time.Now()); err != nil {
			t.Fatal(err)
		}
		w.wait(5 * time.Second)
		w.phone(wabridge.PhoneReady)
		w.drained(time.Minute)
	})
}

func TestLaneComesBackAtOnceAfterResume(t *testing.T) {
	inWorld(t, func(w *world) {
		var broken atomic.Bool
		broken.Store(true)
		w.fake.before = func(*wabridge.Message) error {
			if broken.Load() {
				return wabridge.Fail(wabridge.CodeAttention, nil, "log in again")
			}
			return nil
		}
		w.accept(1, "x")
		w.fake.probe = func() error {
			if broken.Load() {
				return wabridge.Fail(wabridge.CodeAttention, nil, "log in again")
			}
			return nil
		}
		stop, _ := w.start(w.db)
		defer stop()
		w.wait(time.Hour)
		w.phone(wabridge.PhoneAttention)
		broken.Store(false)
		w.wait(3 * time.Minute) // the probe finds out by itself
		w.phone(wabridge.PhoneReady)
	})
}

func TestLaneLooksForTheUnconfirmedFirst(t *testing.T) {
	inWorld(t, func(w *world) {
		var looked []string
		w.fake.look = func(m *wabridge.Message) error {
			looked = append(looked, string(m.Text))
			return nil
		}
		w.fake.after = func(m *wabridge.Message) (bool, error) {
			if m.Text == "doubtful" && len(looked) == 0 {
				return true, wabridge.Fail(wabridge.CodeOffline, nil, "cable")
			}
			return false, nil
		}
		m := w.accept(1, "doubtful")
		w.accept(2, "other")
		stop, _ := w.start(w.db)
		defer stop()
		w.drained(time.Hour)
		if strings.Join(looked, " ") != "doubtful" {
			t.Errorf("looked for %v, want the doubtful one, once", looked)
		}
		if w.fake.texts() != "doubtful other " && w.fake.texts() != "other doubtful " {
			t.Errorf("sent: %q, want each once", w.fake.texts())
		}
		if got := w.message(m.ID); got.State != wabridge.Sent {
			t.Errorf("got %s, want sent", got.State)
		}
	})
}

func TestDoubtEndsUndecidedAndHoldsNothingBack(t *testing.T) {
	inWorld(t, func(w *world) {
		w.fake.after = func(m *wabridge.Message) (bool, error) {
			if m.Text == "lost" {
				return false, wabridge.Fail(wabridge.CodeAmbiguous, nil, "unreadable")
			}
			return false, nil
		}
		w.fake.look = func(*wabridge.Message) error { return wabridge.Fail(wabridge.CodeWrongChat, nil, "chat not found") }
		m := w.accept(1, "lost")
		w.accept(1, "next")
		stop, _ := w.start(w.db)
		defer stop()
		w.wait(10 * time.Minute)
		if got := w.message(m.ID); !got.Undecided() || got.Code != wabridge.CodeAmbiguous || got.Reason == "" {
			t.Errorf("got %s, code %d, %q; want undecided with a reason: it may have left", got.State, got.Code, got.Reason)
		}
		if w.fake.texts() != "lost next " {
			t.Errorf("sent: %q; nothing may be typed twice", w.fake.texts())
		}
	})
}

func TestNoMessageIsTappedMoreThanThreeTimes(t *testing.T) {
	inWorld(t, func(w *world) {
		w.fake.after = func(*wabridge.Message) (bool, error) { return true, nil }
		m := w.accept(1, "x")
		stop, _ := w.start(w.db)
		defer stop()
		w.drained(7 * 24 * time.Hour)
		if got := w.message(m.ID); got.State != wabridge.Failed || got.Code != wabridge.CodeTapped || got.Taps != wabridge.MaxTaps {
			t.Errorf("got %s, code %d after %d taps, want failed after %d", got.State, got.Code, got.Taps, wabridge.MaxTaps)
		}
	})
}

func TestLaneTellsNoPrivateText(t *testing.T) {
	inWorld(t, func(w *world) {
		cause := wabridge.Fail(0, nil, "am start 15550000001 secret words")
		w.fake.before = func(*wabridge.Message) error { return wabridge.Fail(wabridge.CodeUndeliverable, cause, "") }
		m := w.accept(1, "secret words")
		stop, _ := w.start(w.db)
		defer stop()
		w.drained(time.Hour)
		if got := w.message(m.ID); got.Reason != "the number is not on WhatsApp" {
			t.Errorf("reason: got %q", got.Reason)
		}
	})
}

func TestLaneIdles(t *testing.T) {
	inWorld(t, func(w *world) {
		var n atomic.Int64
		w.fake.idle = func() (time.Duration, error) { n.Add(1); return 10 * time.Second, nil }
		stop, _ := w.start(w.db)
		defer stop()
		w.wait(time.Minute + time.Second)
		if n.Load() != 7 {
			t.Errorf("idle steps in a minute: got %d, want 7", n.Load())
		}
	})
}
