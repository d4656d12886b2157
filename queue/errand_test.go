package queue_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// hand starts a lane that a person can reach into.
func (w *world) hand() (l *queue.Lane, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	l = &queue.Lane{Phone: phoneID, Store: w.db, Sender: w.fake, Gate: w.pacing.Gate, Log: discard}
	var wg sync.WaitGroup
	wg.Go(func() { _ = l.Run(ctx, context.Background()) })
	return l, func() { cancel(); wg.Wait() }
}

func nothing(context.Context) error { return nil }

func TestErrandWaitsForTheMessageInWork(t *testing.T) {
	inWorld(t, func(w *world) {
		w.fake.typing = 10 * time.Second
		l, stop := w.hand()
		defer stop()
		w.wait(time.Second) // the phone is probed
		begin := time.Now()
		w.accept(1, "one")
		w.wait(3 * time.Second)
		if err := l.Do(context.Background(), 0, nothing); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(begin); got < 10*time.Second || got > 11*time.Second {
			t.Errorf("an errand was carried out after %v, want after the message of 10 s", got)
		}
	})
}

func TestErrandInTimeOrNotAtAll(t *testing.T) {
	inWorld(t, func(w *world) {
		w.fake.typing = 10 * time.Second
		l, stop := w.hand()
		w.wait(time.Second)
		w.accept(1, "one")
		w.wait(time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		ran := false
		err := l.Do(ctx, queue.HandHold, func(context.Context) error { ran = true; return nil })
		if wabridge.CodeOf(err) != wabridge.CodeSlow {
			t.Errorf("while a message is typed: %v, want code %d", err, wabridge.CodeSlow)
		}
		w.wait(time.Minute)
		if ran {
			t.Error("an errand that nobody waits for any more was carried out")
		}
		want := errors.New("of the errand")
		if err := l.Do(context.Background(), 0, func(context.Context) error { return want }); !errors.Is(err, want) {
			t.Errorf("got %v, want the errand's own error", err)
		}
		stop()
		if err := l.Do(context.Background(), 0, nothing); wabridge.CodeOf(err) != wabridge.CodeStopping {
			t.Errorf("after the lane's end: %v, want code %d", err, wabridge.CodeStopping)
		}
	})
}

func TestPersonHoldsSendingForABoundedTime(t *testing.T) {
	for name, c := range map[string]struct {
		acts   int // 10 s apart
		then   func(l *queue.Lane, w *world)
		least  time.Duration
		atMost time.Duration
	}{
		"one act":        {acts: 1, least: 20 * time.Second, atMost: 21 * time.Second},
		"acts in a row":  {acts: 4, least: 50 * time.Second, atMost: 51 * time.Second},
		"never too long": {acts: 60, least: 5 * time.Minute, atMost: 5*time.Minute + time.Second},
		"released": {acts: 1, atMost: time.Second, then: func(l *queue.Lane, w *world) {
			if err := l.Do(context.Background(), queue.HandRelease, nothing); err != nil {
				w.Error(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				l, stop := w.hand()
				defer stop()
				w.wait(time.Second)
				begin := time.Now()
				for i := range c.acts {
					if err := l.Do(context.Background(), queue.HandHold, nothing); err != nil {
						t.Fatal(err)
					}
					if i == 0 {
						w.accept(1, "one")
					}
					if i < c.acts-1 {
						w.wait(10 * time.Second)
					}
				}
				if c.then != nil {
					c.then(l, w)
				}
				w.drained(10 * time.Minute)
				w.fake.mu.Lock()
				defer w.fake.mu.Unlock()
				if len(w.fake.times) != 1 {
					t.Fatalf("%d messages were sent, want 1", len(w.fake.times))
				}
				if got := w.fake.times[0].Sub(begin); got < c.least || got > c.atMost {
					t.Errorf("the message went out after %v, want %v to %v", got, c.least, c.atMost)
				}
			})
		})
	}
}

func TestErrandsOfAPausedPhone(t *testing.T) {
	inWorld(t, func(w *world) {
		l, stop := w.hand()
		defer stop()
		w.wait(time.Second)
		if err := w.db.HoldPhone(context.Background(), phoneID, true, time.Now()); err != nil {
			t.Fatal(err)
		}
		w.wait(time.Second)
		w.accept(1, "one")
		if err := l.Do(context.Background(), queue.HandHold, nothing); err != nil {
			t.Errorf("a person could not act on a paused phone: %v", err)
		}
		w.wait(time.Second)
		if err := w.db.HoldPhone(context.Background(), phoneID, false, time.Now()); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		w.drained(time.Minute)
		if got := time.Since(begin); got > time.Second {
			t.Errorf("after resume the message went out after %v, want at once", got)
		}
	})
}
