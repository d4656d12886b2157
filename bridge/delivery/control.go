package delivery

import (
	"context"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// Wake lets the worker read the log further: Config.Limit has changed. It never
// blocks.
func (w *Worker) Wake() {
	select {
	case w.poke <- struct{}{}:
	default: // a wake-up is waiting already
	}
}

// Configure says that what Render and Post go by has changed: everything that
// waits is rendered anew. A destination that is disabled keeps its place and
// posts nothing. retry tries at once what failed.
func (w *Worker) Configure(ctx context.Context, disabled, retry bool) error {
	return w.call(ctx, func(context.Context) {
		w.disabled = disabled
		w.age++
		for _, c := range w.win.convs {
			for _, it := range c.items {
				it.job = nil
			}
		}
		if retry {
			w.retryNow()
		}
	})
}

// retryNow tries at once what failed.
func (w *Worker) retryNow() {
	w.until = time.Time{}
	w.win.wakeAll(time.Now())
}

// Seek makes the worker go on after the given event: back, to deliver again
// what is kept (0: all of it), or forward, past what waits. Dead letters stay.
func (w *Worker) Seek(ctx context.Context, after int64) error {
	return w.call(ctx, func(context.Context) {
		w.moved++
		w.win = newWindow()
		w.read, w.grown = max(after, 0), true
		w.down, w.until, w.pauses = false, time.Time{}, 0
		clear(w.suspects)
		clear(w.dead)
		clear(w.unsaved.gone)
		for event, d := range w.unsaved.rows {
			if d.State == queue.DeliveryWaiting {
				delete(w.unsaved.rows, event)
			}
		}
		w.unsaved.reset = true
	})
}

// Replay makes dead letters wait again: the given events, or all if there are
// none. It returns how many there were.
func (w *Worker) Replay(ctx context.Context, events []int64) (n int, err error) {
	failed := w.call(ctx, func(work context.Context) {
		if w.unsaved.busy { // it may carry one that is asked for
			w.savingEnded(work, <-w.saved)
		}
		w.saveNow(work)
		var list []queue.Delivery
		if list, err = w.Store.ReplayDeadLetters(work, w.id, events, maxReplayed, time.Now()); err != nil {
			return
		}
		n = len(list)
		w.d.DeadLetters = max(w.d.DeadLetters-n, 0)
		w.add(list)
	})
	if failed != nil {
		return 0, failed
	}
	return n, err
}
