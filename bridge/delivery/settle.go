package delivery

import (
	"time"

	"github.com/wabridge/wabridge/queue"
)

// nextTry is when a failing destination is tried next, for people and for the
// next start; zero while it does not fail.
func (w *Worker) nextTry() (next time.Time) {
	if w.d.Failures == 0 {
		return next
	}
	if w.down {
		return w.until
	}
	for c := range w.win.waiting {
		if next.IsZero() || c.next.Before(next) {
			next = c.next
		}
	}
	return next
}

// putWaiting stores that an event waits.
func (w *Worker) putWaiting(it *item) {
	it.stored = true
	w.win.dropFresh(it)
	w.unsaved.put(it.delivery(w.id, queue.DeliveryWaiting, time.Now()))
}

// settle takes an event out that was delivered, or is not meant.
func (w *Worker) settle(it *item) {
	if it.stored {
		w.unsaved.drop(it.number)
	}
	w.win.remove(it)
	delete(w.suspects, it.number)
}

// setAside makes an event a dead letter.
func (w *Worker) setAside(it *item) {
	w.log.Warn("event set aside: the receiver refuses it and takes others; it can be replayed", "event", it.number, "tries", it.tries, "err", it.err)
	w.bury(it)
}

// giveUp makes an event a dead letter that was tried for too long, or cannot be
// rendered, and counts it.
func (w *Worker) giveUp(it *item, why string) {
	it.err = why
	w.d.Dropped++
	w.bury(it)
}

func (w *Worker) bury(it *item) {
	it.stored = true
	w.unsaved.put(it.delivery(w.id, queue.DeliveryDead, time.Now()))
	w.unsaved.urgent = true
	w.d.DeadLetters++
	w.win.remove(it)
}

// expire gives up the events that have waited for Horizon; true if it did.
func (w *Worker) expire(it *item, now time.Time) (did bool) {
	since := it.failed
	if w.down && !w.d.Failing.IsZero() && w.d.Failing.Before(since) {
		since = w.d.Failing
	}
	if !Expired(it.at, since, now) {
		return false
	}
	given := 0
	for _, c := range w.win.convs {
		for c.posting == 0 && len(c.items) > 0 && Expired(c.items[0].at, w.failingSince(c.items[0]), now) {
			w.giveUp(c.items[0], it.err)
			given++
		}
	}
	w.log.Warn("events given up after 7 days without success; they are dead letters", "count", given)
	return given > 0
}

// failingSince is since when an event, or the whole destination, fails.
func (w *Worker) failingSince(it *item) time.Time {
	if w.down && !w.d.Failing.IsZero() && (it.failed.IsZero() || w.d.Failing.Before(it.failed)) {
		return w.d.Failing
	}
	return it.failed
}
