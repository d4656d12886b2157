package delivery

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// finish deals with what came of an attempt.
func (w *Worker) finish(work context.Context, a *attempt) {
	w.inFlight--
	if a.moved != w.moved {
		return // a person has moved the cursor meanwhile; the items are gone
	}
	now := time.Now()
	for _, it := range a.items {
		it.conv.posting = 0
	}
	defer w.win.enqueueAll(a.items, now)
	if len(a.items) == 1 && a.err == nil && a.age == w.age {
		a.items[0].job = &a.jobs[0]
	}
	if a.err != nil {
		w.notPosted(work, a)
		return
	}
	w.observe(a)
	switch {
	case Judge(a.Answer) == Taken:
		w.delivered(a, now)
	case work.Err() != nil: // we broke it off ourselves: no failure of theirs
	case len(a.items) > 1:
		w.batchFailed(work, a, now)
	default:
		w.failed(work, a, now)
	}
}

// notPosted deals with an event that could not be rendered again.
func (w *Worker) notPosted(work context.Context, a *attempt) {
	it := a.items[0]
	switch {
	case errors.Is(a.err, ErrSkip):
		w.settle(it)
	case errors.Is(a.err, ErrLater):
		w.hold = time.Now().Add(storeWait)
	case errors.Is(a.err, errLost):
		w.log.Warn("an event that waited is no longer kept; it is given up", "event", it.number)
		w.d.Dropped++
		w.settle(it)
	case errors.Is(a.err, ErrUnreadable):
		w.giveUp(it, shorten(a.err.Error()))
	case work.Err() == nil:
		w.storeOK(work, "render an event", a.err)
	}
}

// observe tells of a post and its answer.
func (w *Worker) observe(a *attempt) {
	status := a.Status
	if a.Err != nil && status/100 == 2 { // its answer broke off
		status = 0
	}
	if w.Observer != nil {
		w.Observer.Posted(w.id, status, a.Took)
	}
	for _, j := range a.jobs {
		w.log.Debug("webhook posted", "message_id", j.Event.Message, "event", j.Event.Number, "status", status, "took", a.Took)
	}
}

// delivered notes a success.
func (w *Worker) delivered(a *attempt, now time.Time) {
	if w.d.Failures > 0 {
		w.log.Info("receiver answers again", "failures", w.d.Failures, "after", now.Sub(w.d.Failing).Round(time.Second))
	}
	w.d.LastOK = now
	w.d.Failures, w.d.Failing, w.d.LastError = 0, time.Time{}, ""
	w.taken += int64(len(a.items))
	clear(w.suspects)
	if w.down {
		w.down, w.until, w.pauses = false, time.Time{}, 0
		for _, c := range w.win.convs {
			c.apart = false
		}
		w.win.wakeAll(now)
	}
	c := a.items[0].conv
	if c.probing > 0 && len(a.items) == 1 {
		w.proveBefore(c, a.items[0])
	}
	for _, it := range a.items {
		it.conv.apart, it.conv.next, it.conv.probing = false, time.Time{}, 0
		w.settle(it)
		w.unsaved.count++
	}
}

// proveBefore notes that the receiver took an event just after it had refused
// those before it in its conversation. They get a few more tries, in case it has
// recovered in between, and are set aside then.
func (w *Worker) proveBefore(c *conversation, taken *item) {
	for _, it := range c.items {
		if it == taken {
			return
		}
		it.proven, it.tries, it.refusals = true, 0, 0
	}
}

// batchFailed deals with a refused post of several events: one of them may be
// what the receiver cannot take. Their conversations are posted apart then, and
// one that is still refused event by event.
func (w *Worker) batchFailed(work context.Context, a *attempt, now time.Time) {
	v := Judge(a.Answer)
	if first := a.items[0].conv; a.items[len(a.items)-1].conv != first && v != Unreachable && v != Limited {
		for _, it := range a.items {
			it.conv.apart = true
		}
		w.noteFailure(a, now)
		return
	}
	it := a.items[0]
	if w.failed(work, a, now); it.tries >= w.Policy.refusals() || it.tries > 1 && w.alive(it) {
		for _, it := range a.items {
			it.alone = true
		}
		it.tries, it.refusals, it.conv.next = 0, 0, time.Time{}
		delete(w.win.waiting, it.conv)
	}
}

// noteFailure keeps the destination's record of failures.
func (w *Worker) noteFailure(a *attempt, now time.Time) {
	w.d.Failures++
	if w.d.Failing.IsZero() {
		w.d.Failing = now
	}
	w.d.LastError = shorten(a.Reason())
	w.unsaved.urgent = true
	if w.d.Failures == 1 {
		w.log.Warn("receiver fails, its events wait", "event", a.items[0].number, "err", w.d.LastError)
	} else {
		w.log.Debug("receiver still fails", "event", a.items[0].number, "err", w.d.LastError, "failures", w.d.Failures)
	}
}

// alive reports whether the receiver is up, as far as can be told without this
// event.
func (w *Worker) alive(it *item) bool {
	if w.taken > it.takenLast {
		return true
	}
	return w.taken > it.takenFirst && !w.down && len(w.suspects) == 0
}

// failed notes a failure of the first item of an attempt, and decides how to go
// on.
func (w *Worker) failed(work context.Context, a *attempt, now time.Time) {
	it := a.items[0]
	c := it.conv
	if w.taken == it.takenFirst {
		w.suspects[it.number] = true
	}
	r := w.Policy.afterFailure(w.failureOf(a), rand.Float64())
	w.noteFailure(a, now)
	w.noteTry(it, r, a, now)
	w.pause(r, c, a, now)
	switch {
	case r.setAside && len(a.items) == 1:
		w.setAside(it)
		c.next, c.probing = time.Time{}, 0
	case w.expire(it, now):
	case r.probe && len(a.items) == 1 && !w.stopping:
		c.probing++
		w.putWaiting(it)
		w.post(work, []*item{c.head()})
		return
	default:
		w.putWaiting(it)
	}
	c.probing = 0
}

// failureOf is what the policy needs to know of a failed attempt.
func (w *Worker) failureOf(a *attempt) failure {
	it := a.items[0]
	c := it.conv
	return failure{verdict: Judge(a.Answer), retryAfter: a.RetryAfter, alive: w.alive(it), tries: it.tries + 1, refusals: it.refusals,
		inARow: w.pauses + 1, behind: len(c.items) > c.probing+1, proven: it.proven, depth: c.probing, untried: w.win.untried(),
		suspects: len(w.suspects)}
}

// noteTry keeps an item's record of a failed try.
func (w *Worker) noteTry(it *item, r reaction, a *attempt, now time.Time) {
	it.takenLast = w.taken
	it.status, it.err = a.Status, w.d.LastError
	if it.failed.IsZero() {
		it.failed = now
	}
	if r.counts {
		it.tries++
	}
	if r.refused {
		it.refusals++
	}
}

// pause puts off the next try of a conversation, or of everything.
func (w *Worker) pause(r reaction, c *conversation, a *attempt, now time.Time) {
	if !r.pauseAll {
		c.next = now.Add(r.wait)
		return
	}
	c.next = time.Time{}
	if w.down && a.began.Before(w.since) {
		return // it began before the pause that others have led to
	}
	w.down, w.since, w.until = true, now, now.Add(r.wait)
	w.pauses++
}
