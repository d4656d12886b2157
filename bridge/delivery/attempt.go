package delivery

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// An attempt is one post on its way.
type attempt struct {
	items []*item
	jobs  []Job
	age   int // of the worker's settings, when it began
	moved int
	began time.Time
	err   error // the job could not be made
	Answer
}

// dispatch starts the posts that may be started.
func (w *Worker) dispatch(work context.Context, now time.Time) {
	for w.inFlight < w.Parallel && w.unsaved.count < maxUnsaved && !w.saveFails {
		if w.down && (w.inFlight > 0 || w.until.After(now)) {
			return
		}
		c := w.win.pop()
		if c == nil {
			return
		}
		w.post(work, w.batch(c))
	}
}

// batch collects what one post can carry, beginning with a conversation's next
// item.
func (w *Worker) batch(c *conversation) []*item {
	first := c.head()
	list := []*item{first}
	if !joins(first, first) || c.probing > 0 || w.MaxBatch == 1 {
		return list
	}
	list = w.extend(list, c, 1)
	for i := 0; i < len(w.win.ready) && len(list) < w.MaxBatch && !c.apart; i++ {
		if other := w.win.ready[i]; other.posting == 0 && other.probing == 0 && !other.apart && len(other.items) > 0 {
			list = w.extend(list, other, 0)
		}
	}
	return list
}

// extend adds the items of a conversation, from the i-th, that can join.
func (w *Worker) extend(list []*item, c *conversation, i int) []*item {
	for ; i < len(c.items) && len(list) < w.MaxBatch && joins(list[0], c.items[i]); i++ {
		list = append(list, c.items[i])
	}
	return list
}

// joins reports whether an item may share a post with another one.
func joins(a, b *item) bool {
	return a.job != nil && b.job != nil && a.job.Batch != "" && a.job.Batch == b.job.Batch && !a.alone && !b.alone
}

// post starts a post. Its goroutine ends with it; run waits for its result.
func (w *Worker) post(work context.Context, items []*item) {
	a := &attempt{items: items, age: w.age, moved: w.moved, began: time.Now()}
	for _, it := range items {
		it.conv.posting++
		it.conv.lastTry = a.began
		if it.tries == 0 && !it.proven {
			it.takenFirst, it.takenLast = w.taken, w.taken
		}
		if it.job != nil {
			a.jobs = append(a.jobs, *it.job)
		}
	}
	w.inFlight++
	w.posts.Go(func() {
		if len(a.jobs) == 0 {
			a.again(work, w)
		}
		if a.err == nil {
			a.Answer = w.Post(work, a.jobs)
		}
		w.results <- a
	})
}

// errLost: the log does not hold the event any more.
var errLost = errors.New("the event is no longer kept")

// again renders the event of an attempt anew.
func (a *attempt) again(ctx context.Context, w *Worker) {
	number := a.items[0].number
	events, _, err := w.Store.Events(ctx, number-1, 1, w.Filter)
	switch {
	case err != nil:
		a.err = err
		return
	case len(events) == 0 || events[0].Number != number:
		a.err = errLost
		return
	}
	job, err := w.Render(ctx, events[0])
	job.Event = events[0]
	a.jobs, a.err = []Job{job}, err
}

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
	defer func() {
		for _, it := range a.items {
			if len(it.conv.items) > 0 {
				w.win.enqueue(it.conv, now)
			} else if w.win.convs[it.conv.key] == it.conv {
				delete(w.win.convs, it.conv.key)
			}
		}
	}()
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
	f := failure{verdict: Judge(a.Answer), retryAfter: a.RetryAfter, alive: w.alive(it), tries: it.tries + 1, refusals: it.refusals,
		inARow: w.pauses + 1, behind: len(c.items) > c.probing+1, proven: it.proven, depth: c.probing, untried: w.win.untried()}
	if w.taken == it.takenFirst {
		w.suspects[it.number] = true
	}
	f.suspects = len(w.suspects)
	w.noteFailure(a, now)
	r := w.Policy.afterFailure(f, rand.Float64())
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
