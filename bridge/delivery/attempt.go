package delivery

import (
	"context"
	"errors"
	"time"
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
