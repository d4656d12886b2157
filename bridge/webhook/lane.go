package webhook

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const (
	page      = 100         // events read at once
	skipsKept = 1000        // numbers passed over before progress is saved without a delivery
	storeWait = time.Second // pause after the database refused
	onChange  = -1          // pass: come back when the log has grown
)

// kinds are the events that can have a form in the Cloud API.
var kinds = queue.EventFilter{Kinds: []wabridge.EventKind{
	wabridge.EventMessage, wabridge.EventEcho, wabridge.EventStatus, wabridge.EventPhone, wabridge.EventCall, wabridge.EventAccount,
	wabridge.EventPreference,
}}

// A lane brings the log to one endpoint, one event at a time. Only its own
// goroutine changes its progress; others read it and hand in settings.
type lane struct {
	store  Store
	log    *slog.Logger
	posts  Observer
	choose Chain // which events go to this endpoint, and as what
	send   Chain // how they go there
	cancel context.CancelFunc
	poke   chan struct{} // capacity 1: look again, settings or place have changed

	mu         sync.Mutex
	e          queue.Endpoint // settings and progress
	seek       *int64         // where a person wants it to go on
	changes    int            // of progress, since the start
	stored     int            // the newest of changes that is on disk
	saved      int64          // cursor on disk
	storeFails bool           // its last call to the database failed; logged
	beside     bool           // progress is being saved beside the POSTs
	saves      sync.Mutex
	wg         sync.WaitGroup
}

// ahead is how many deliveries the lane may be before its progress on disk: as
// many are repeated after a crash. Saving each one before the next POST would
// be one fsync a webhook, which slow disks cannot do at 300 a second.
const ahead = 16

func newLane(d *Deliverer, e queue.Endpoint, cancel context.CancelFunc) *lane {
	return &lane{
		store:  d.store,
		log:    d.log.With("endpoint", e.ID),
		posts:  d.Observer,
		choose: Chain{lookup(d.store), route(d.endpoints), render, d.marks.admit},
		send:   Chain{sign, post(d.client), judge},
		cancel: cancel,
		poke:   make(chan struct{}, 1),
		e:      e,
		saved:  e.Cursor,
	}
}

// run is the lane's goroutine. The supervisor starts it; it ends with stop,
// after the POST on its way (which work breaks off), and saves its place.
func (l *lane) run(stop, work context.Context) {
	l.checkGap(work)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for stop.Err() == nil {
		changed := l.store.Changed() // before looking, so that nothing is missed
		wait := l.pass(stop, work)
		if wait == 0 {
			continue
		}
		if wait > 0 {
			changed = nil
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-stop.Done():
		case <-changed:
		case <-timer.C:
		case <-l.poke:
		}
	}
	l.wg.Wait()
	l.save(work)
}

// pass deals with one page of the log and says when to come back: at once
// (0), when the log has grown (onChange), or after a pause.
func (l *lane) pass(stop, work context.Context) time.Duration {
	if !l.settle(work) {
		return storeWait
	}
	e := l.endpoint()
	if e.Disabled {
		return onChange
	}
	if wait := pause(e, time.Now()); wait > 0 {
		return wait
	}
	events, searched, err := l.store.Events(work, e.Cursor, page, kinds)
	if !l.storeOK(work, "read the log", err) {
		return storeWait
	}
	for _, ev := range events {
		if stop.Err() != nil {
			return onChange
		}
		if next := l.handle(work, ev); next != goOn {
			return 0 // settle and pause know what is to be done
		}
	}
	l.passOver(work, searched)
	if len(events) == 0 {
		return onChange
	}
	return 0
}

// next says how a lane goes on after one event.
type next bool

const (
	goOn      next = true
	lookAgain next = false
)

// handle brings one event to its end, or notes why it must wait.
func (l *lane) handle(work context.Context, ev wabridge.Event) next {
	d := &Delivery{Endpoint: l.endpoint(), Event: ev}
	if d.Endpoint.Disabled {
		return lookAgain // since this page was read; its events are not passed over
	}
	err := l.choose.Run(work, d)
	if err == nil {
		err = l.send.Run(work, d)
		l.posted(d, err)
	}
	switch {
	case err == nil:
		return l.delivered(work, ev)
	case errors.Is(err, errSkip):
		return l.passOver(work, ev.Number)
	case work.Err() != nil:
		return lookAgain // we broke it off ourselves: no failure of theirs
	case errors.Is(err, errStore):
		l.storeOK(work, "look up the phone", err)
		l.hold(time.Now().Add(storeWait))
		return lookAgain
	case errors.Is(err, errUnreadable):
		l.log.Error("event cannot be rendered, dropped for this endpoint", "event", ev.Number, "err", err)
		return l.drop(work, ev.Number, 1)
	}
	l.failed(work, err)
	return lookAgain
}

// posted tells of a POST and its answer.
func (l *lane) posted(d *Delivery, err error) {
	status := d.Status
	if err != nil && status/100 == 2 { // its answer broke off
		status = 0
	}
	if l.posts != nil {
		l.posts.Posted(d.Endpoint.ID, status, d.Took)
	}
	l.log.Debug("webhook posted", "message_id", d.Event.Message, "event", d.Event.Number, "field", d.Field,
		"status", status, "took", d.Took)
}

// delivered notes a success. It is made durable beside the next POSTs; when
// that is behind, they wait.
func (l *lane) delivered(work context.Context, ev wabridge.Event) next {
	now := time.Now()
	l.mu.Lock()
	failures, since := l.e.Failures, l.e.Failing
	l.e.Cursor, l.e.LastOK = ev.Number, now
	l.e.Failures, l.e.Failing, l.e.Next, l.e.LastError = 0, time.Time{}, time.Time{}, ""
	l.changes++
	l.mu.Unlock()
	if failures > 0 {
		l.log.Info("webhook endpoint answers again", "failures", failures, "after", now.Sub(since).Round(time.Second))
	}
	if !l.saveBeside(work) {
		return lookAgain
	}
	return l.undisturbed()
}

// failed notes a failure, decides when to try again, and gives up what has
// waited for too long.
func (l *lane) failed(work context.Context, err error) {
	now := time.Now()
	l.mu.Lock()
	l.e.Failures++
	if l.e.Failing.IsZero() {
		l.e.Failing = now
	}
	wait := Backoff(l.e.Failures, rand.Float64())
	l.e.Next, l.e.LastError = now.Add(wait), shorten(err.Error())
	l.changes++
	first := l.e.Failures == 1
	failing := l.e.Failing
	l.mu.Unlock()
	if first {
		l.log.Warn("webhook endpoint fails, its events wait", "err", err, "retry_in", wait.Round(time.Millisecond))
	} else {
		l.log.Debug("webhook endpoint still fails", "err", err, "retry_in", wait.Round(time.Millisecond))
	}
	if now.Sub(failing) >= Horizon {
		l.giveUp(work, failing, now)
	}
	l.save(work)
}

// giveUp passes over the events at the head of the lane that have waited for
// Horizon, and counts those that this endpoint should have had.
func (l *lane) giveUp(work context.Context, failing, now time.Time) {
	var lost int64
	defer func() {
		if lost > 0 {
			l.log.Warn("webhook events given up after 7 days without an answer", "count", lost, "failing_since", failing)
		}
	}()
	for {
		events, searched, err := l.store.Events(work, l.endpoint().Cursor, page, kinds)
		if !l.storeOK(work, "read the log", err) {
			return
		}
		for _, ev := range events {
			if !Expired(ev.At, failing, now) {
				return
			}
			err := l.choose.Run(work, &Delivery{Endpoint: l.endpoint(), Event: ev})
			if errors.Is(err, errStore) || work.Err() != nil {
				return
			}
			l.mu.Lock()
			l.e.Cursor = ev.Number
			if !errors.Is(err, errSkip) {
				l.e.Dropped++
				lost++
			}
			l.mu.Unlock()
		}
		if len(events) == 0 {
			l.passOver(work, searched)
			return
		}
	}
}

// drop passes over an event that this endpoint should have had.
func (l *lane) drop(work context.Context, number, count int64) next {
	l.mu.Lock()
	l.e.Cursor = number
	l.e.Dropped += count
	l.changes++
	l.mu.Unlock()
	if !l.save(work) {
		return lookAgain
	}
	return l.undisturbed()
}

// passOver moves on past events that are not for this endpoint. To pass over
// them again after a crash does no harm, so this is saved now and then only.
func (l *lane) passOver(work context.Context, number int64) next {
	l.mu.Lock()
	l.e.Cursor = max(l.e.Cursor, number)
	due := l.e.Cursor-l.saved >= skipsKept
	l.mu.Unlock()
	if due && !l.save(work) {
		return lookAgain
	}
	return l.undisturbed()
}

// undisturbed is goOn unless a person has moved the lane meanwhile.
func (l *lane) undisturbed() next {
	l.mu.Lock()
	defer l.mu.Unlock()
	return next(l.seek == nil)
}

// shorten bounds a text that is stored and shown.
func shorten(s string) string {
	const most = 300
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}
