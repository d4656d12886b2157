package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// A Worker carries the event log to one destination. One goroutine, run, owns
// all of its state; posts and writes of progress have goroutines of their own
// that tell it what came of them.
type Worker struct {
	Config
	id      string
	log     *slog.Logger
	results chan *attempt
	saved   chan error
	control chan func(context.Context)
	poke    chan struct{} // capacity 1: the log may be read further
	stop    context.CancelFunc
	done    chan struct{} // closed when run has ended
	posts   sync.WaitGroup

	// What follows belongs to run.
	d        queue.Destination
	win      window
	read     int64           // events up to here are settled, or in the window
	grown    bool            // the log may hold more than that
	changed  <-chan struct{} // tells when it has grown
	inFlight int
	disabled bool
	age      int // counts moves of the cursor and changes of settings
	moved    int // counts moves of the cursor

	down     bool      // the receiver is held to be down: one post at a time
	until    time.Time // it is left alone until then
	since    time.Time // when that pause began
	pauses   int       // of this outage, in a row
	taken    int64     // events that the receiver took since the start
	suspects map[int64]bool

	// Events above the cursor that the database has a row of: those that wait
	// up to known, and dead letters.
	known int64
	dead  map[int64]bool

	unsaved   unsaved
	stopping  bool
	saveFails bool      // nothing is posted until it works again
	hold      time.Time // the database is left alone until then
	failing   bool      // its last call failed; logged
}

// NewWorker makes the worker of a stored destination.
func NewWorker(c Config, d queue.Destination) *Worker {
	if c.Parallel <= 0 {
		c.Parallel = DefaultParallel
	}
	c.MaxBatch = max(c.MaxBatch, 1)
	return &Worker{
		Config: c, id: d.ID, log: c.Log.With("endpoint", d.ID), d: d,
		results: make(chan *attempt, c.Parallel+1), saved: make(chan error, 1),
		control: make(chan func(context.Context)), poke: make(chan struct{}, 1), done: make(chan struct{}),
		win: newWindow(), read: d.Cursor, grown: true, suspects: map[int64]bool{}, dead: map[int64]bool{}, unsaved: newUnsaved(d.Cursor),
	}
}

// Start runs the worker until stop is done, or Close. work breaks off what is
// on its way.
func (w *Worker) Start(wg *sync.WaitGroup, stop, work context.Context) {
	own, cancel := context.WithCancel(stop)
	w.stop = cancel
	wg.Go(func() {
		defer close(w.done)
		defer cancel()
		w.run(own, work)
	})
}

// Close ends the worker after the posts on their way, and waits for it.
func (w *Worker) Close() {
	w.stop()
	<-w.done
}

// Cancel tells the worker to end, and does not wait.
func (w *Worker) Cancel() { w.stop() }

// run is the worker's goroutine. Start starts it; it ends with stop, after the
// posts on their way (which work breaks off), and stores its progress.
func (w *Worker) run(stop, work context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	w.restore(stop, work)
	for stop.Err() == nil {
		next := w.step(stop, work)
		timer.Stop()
		if !next.IsZero() {
			timer.Reset(max(time.Until(next), 0))
		}
		w.wait(stop, work, timer.C)
	}
	w.stopping = true
	w.posts.Wait()
	for w.inFlight > 0 {
		w.finish(work, <-w.results)
	}
	if w.unsaved.busy {
		w.savingEnded(work, <-w.saved)
	}
	w.saveNow(work)
}

// step does all that can be done now, and says when there is more to do; zero:
// only after something happens.
func (w *Worker) step(stop, work context.Context) (next time.Time) {
	now := time.Now()
	if w.hold.After(now) {
		return w.hold
	}
	if w.disabled {
		w.save(work)
		return time.Time{}
	}
	next = w.win.wake(now)
	for w.room() && w.grown && stop.Err() == nil {
		if w.dispatch(work, now); !w.fill(work) {
			break
		}
	}
	w.dispatch(work, now)
	w.save(work)
	for _, t := range []time.Time{w.hold, w.until} {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next
}

// wait waits until something has happened, and deals with it.
func (w *Worker) wait(stop, work context.Context, timer <-chan time.Time) {
	select {
	case <-stop.Done():
	case <-timer:
	case <-w.changed:
		w.grown, w.changed = true, nil
	case <-w.poke:
		w.grown = true
	case a := <-w.results:
		w.finish(work, a)
	case err := <-w.saved:
		w.savingEnded(work, err)
	case do := <-w.control:
		do(work)
	}
	for { // what has happened meanwhile
		select {
		case a := <-w.results:
			w.finish(work, a)
		default:
			return
		}
	}
}

// restore reads the deliveries that waited when the program last ended.
func (w *Worker) restore(stop, work context.Context) {
	for stop.Err() == nil {
		list, err := w.Store.DeliveriesOf(work, w.id, queue.DeliveryWaiting, 0, maxWindow)
		var dead []queue.Delivery
		if err == nil {
			dead, err = w.Store.DeliveriesOf(work, w.id, queue.DeliveryDead, w.d.Cursor, maxWindow)
		}
		if w.storeOK(work, "read what waits", err) {
			w.add(list)
			for _, v := range dead {
				w.dead[v.Event] = true
			}
			break
		}
		select {
		case <-stop.Done():
		case <-time.After(storeWait):
		}
	}
	if w.d.Failures > 0 && w.d.Next.Sub(time.Now()) <= longestWait {
		w.down, w.until, w.pauses = true, w.d.Next, w.d.Failures
	}
}

// add puts stored deliveries into the window.
func (w *Worker) add(list []queue.Delivery) {
	now := time.Now()
	for _, v := range list {
		if w.win.has(v.Event, v.Conversation) {
			continue
		}
		w.win.add(itemOf(v), v.Conversation)
		w.known = max(w.known, v.Event)
		c := w.win.convs[v.Conversation]
		if v.Tries > 0 && v.Next.After(now) && (c.next.IsZero() || v.Next.Before(c.next)) {
			c.next = v.Next
		}
	}
	for _, c := range w.win.convs {
		w.win.enqueue(c, now)
	}
}

// room reports whether more of the log is wanted.
func (w *Worker) room() bool {
	most := maxFresh
	if w.down {
		most = page
	}
	return len(w.win.ready) <= w.Parallel && len(w.win.fresh) < most && w.win.size < maxWindow && !w.hold.After(time.Now())
}

// fill reads a page of the log; false if there is no more, or it cannot be read.
func (w *Worker) fill(work context.Context) bool {
	if w.changed == nil {
		w.changed = w.Store.Changed() // before looking, so that nothing is missed
	}
	limit := int64(-1)
	if w.Limit != nil {
		if limit = w.Limit(); limit <= w.read {
			w.grown = false
			return false
		}
	}
	events, searched, err := w.Store.Events(work, w.read, page, w.Filter)
	if !w.storeOK(work, "read the log", err) {
		return false
	}
	for _, ev := range events {
		if limit >= 0 && ev.Number > limit {
			break
		}
		if !w.take(work, ev) {
			return false
		}
		w.read = ev.Number
	}
	if limit >= 0 {
		searched = min(searched, limit)
	}
	w.read = max(w.read, searched)
	w.grown = len(events) == page
	return w.grown
}

// take puts an event into the window, if it is meant for the destination; false
// if it must be looked at again.
func (w *Worker) take(work context.Context, ev wabridge.Event) bool {
	key := ConversationOf(ev)
	if w.dead[ev.Number] || ev.Number <= w.known && w.win.has(ev.Number, key) {
		return true
	}
	job, err := w.Render(work, ev)
	it := &item{number: ev.Number, at: ev.At, job: &job}
	switch {
	case errors.Is(err, ErrSkip):
		return true
	case errors.Is(err, ErrLater):
		w.hold = time.Now().Add(storeWait)
		return false
	case err != nil && !errors.Is(err, ErrUnreadable):
		return w.storeOK(work, "render an event", err)
	}
	job.Event = ev
	now := time.Now()
	w.win.add(it, key)
	switch {
	case err != nil:
		w.giveUp(it, shorten(err.Error()))
		w.log.Error("event cannot be rendered, it is a dead letter", "event", ev.Number, "err", err)
		return true
	case Expired(ev.At, w.d.Failing, now):
		w.giveUp(it, w.d.LastError)
		return true
	}
	w.behindRefused(it.conv)
	w.win.enqueue(it.conv, now)
	return true
}

// behindRefused lets a conversation be tried soon whose first event was refused
// often: the event that now stands behind it tells whether it is the event that
// is wrong, or the receiver.
func (w *Worker) behindRefused(c *conversation) {
	if len(c.items) == 2 && c.items[0].tries >= w.Policy.refusals() && !w.down {
		c.next = time.Time{}
		delete(w.win.waiting, c)
	}
}

// storeOK reports whether a call to the database went well; of several
// failures in a row it logs the first. After one the database is left alone for
// a moment.
func (w *Worker) storeOK(ctx context.Context, doing string, err error) bool {
	if err != nil && !w.failing && ctx.Err() == nil {
		w.log.Error("delivery cannot use the database", "doing", doing, "err", err)
	}
	if w.failing = err != nil; w.failing {
		w.hold = time.Now().Add(storeWait)
	}
	return err == nil
}

// call has the worker's goroutine do something, and waits for it.
func (w *Worker) call(ctx context.Context, do func(context.Context)) error {
	end := make(chan struct{})
	select {
	case w.control <- func(ctx context.Context) { defer close(end); do(ctx) }:
		<-end
		return nil
	case <-w.done:
		return wabridge.Fail(wabridge.CodeNotFound, nil, "destination %s is not running", w.id)
	case <-ctx.Done():
		return fmt.Errorf("destination %s: %w", w.id, ctx.Err())
	}
}
