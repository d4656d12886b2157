package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const (
	page      = 100 // events read at once
	unsaved   = 1000
	firstWait = time.Second
	maxWait   = 5 * time.Minute
	storeWait = time.Second
	saving    = 5 * time.Second // bounds a write while stopping
	onWake    = -1
	// probeAfter is how often an item is refused before the one behind it is
	// tried, too.
	probeAfter = 5
)

// backoff is the pause after the n-th failure in a row (from 1): 1 s, 2 s …
// 256 s, then 5 min, spread by a quarter. spread is a random number in [0,1).
func backoff(n int, spread float64) time.Duration {
	wait := maxWait
	if n = max(n, 1); n <= 9 {
		wait = min(firstWait<<(n-1), maxWait)
	}
	return time.Duration(float64(wait) * (0.75 + spread/2))
}

// after is when to try again: the CRM may have said it.
func after(n int, err error) time.Duration {
	if e, ok := errors.AsType[*refused](err); ok && e.retryIn > 0 {
		return e.retryIn
	}
	return backoff(n, rand.Float64())
}

// laneState is a lane's place in the log and its failures, as stored.
type laneState struct {
	Cursor   int64     `json:"cursor"`
	Failures int       `json:"failures,omitempty"`
	Failing  time.Time `json:"failing_since,omitzero"`
	Next     time.Time `json:"next_try,omitzero"`
	Dropped  int64     `json:"dropped,omitempty"`
}

// A job is what becomes of an event.
type job struct {
	number   int64
	at       time.Time
	result   *result
	incoming *incoming
}

// A lane tells the CRM one kind of events, in order. Only its own goroutine
// changes its state.
type lane struct {
	p      *Poller
	id     string // results or incoming
	kinds  queue.EventFilter
	render func(context.Context, wabridge.Event) (job, bool, error)
	most   int
	poke   chan struct{} // capacity 1

	mu       sync.Mutex
	state    laneState
	lastErr  string
	aside    int
	version  int64
	saved    int64         // the cursor in the database
	behind   bool          // the state in the database is an older one
	asideAt  time.Time     // of the last look for what is due again
	single   bool          // one at a time: one of them may be what the CRM cannot take
	progress chan struct{} // closed and replaced when the place moves
}

func newLane(p *Poller, id string, kind wabridge.EventKind, most int, render func(context.Context, wabridge.Event) (job, bool, error)) *lane {
	return &lane{p: p, id: id, kinds: queue.EventFilter{Kinds: []wabridge.EventKind{kind}}, render: render, most: most,
		poke: make(chan struct{}, 1), progress: make(chan struct{})}
}

func (l *lane) wake() {
	select {
	case l.poke <- struct{}{}:
	default: // a wake-up is waiting already
	}
}

func (l *lane) current() laneState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// change changes the state, and tells those who wait for it.
func (l *lane) change(f func(*laneState)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.state)
	close(l.progress)
	l.progress = make(chan struct{})
}

// load reads the place, or makes it at the newest event: what was before the
// poller is not told.
func (l *lane) load(ctx context.Context) error {
	o, err := l.p.store.Object(ctx, objectPlace, l.p.cfg.Name, l.id)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		if l.state.Cursor, err = l.p.store.LastEvent(ctx); err != nil {
			return err
		}
		return l.save(ctx)
	}
	if err != nil {
		return err
	}
	l.version = o.Version
	if err := json.Unmarshal(o.Data, &l.state); err != nil {
		return fmt.Errorf("read the place of a poller: %w", err)
	}
	l.saved = l.state.Cursor
	return nil
}

// save stores the state, also while the lane is being broken off.
func (l *lane) save(ctx context.Context) error {
	s := l.current()
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saving)
	defer cancel()
	o, err := l.p.store.PutObject(ctx, queue.Object{Kind: objectPlace, Owner: l.p.cfg.Name, ID: l.id, Version: l.version, Data: data}, time.Now())
	if l.behind = err != nil; err != nil {
		return fmt.Errorf("save the place of a poller: %w", err)
	}
	l.version, l.saved = o.Version, s.Cursor
	return nil
}

// run is the lane's goroutine: Start starts it, Stop ends it.
func (l *lane) run(stop, work context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for stop.Err() == nil {
		changed := l.p.store.Changed() // before looking, so that nothing is missed
		wait, err := l.pass(stop, work)
		if err != nil && work.Err() == nil {
			l.p.log.Error("poller waits for the database", "lane", l.id, "err", err)
			wait, changed = storeWait, nil
		}
		if wait == 0 {
			continue
		}
		if wait > 0 {
			changed = nil // what is new waits behind what failed
		}
		timer.Stop()
		if wait > 0 {
			timer.Reset(wait)
		} else {
			timer.Reset(asideCheck)
		}
		select {
		case <-stop.Done():
		case <-timer.C:
		case <-changed:
		case <-l.poke:
		}
	}
	if l.current().Cursor != l.saved {
		if err := l.save(work); err != nil {
			l.p.log.Warn("place in the log not saved; some events are looked at again", "lane", l.id, "err", err)
		}
	}
}

// pass tells what is next and says when to come back: at once (0), when
// something changes (onWake), or after a pause. Its error is the database's.
func (l *lane) pass(stop, work context.Context) (time.Duration, error) {
	if l.behind {
		if err := l.save(work); err != nil {
			return 0, err
		}
	}
	s := l.current()
	if wait := time.Until(s.Next); wait > 0 && wait <= 2*maxRetryIn { // further away: a clock was wrong
		return wait, nil
	}
	limit := l.most
	if l.single {
		limit = 1
	}
	if l.id == laneResults {
		if did, err := l.tellExtras(work, limit); did || err != nil {
			return 0, err
		}
	}
	jobs, past, err := l.next(work, s.Cursor, limit)
	if err != nil {
		return 0, err
	}
	if len(jobs) == 0 {
		l.change(func(s *laneState) { s.Cursor = past })
		if past-l.saved >= unsaved {
			return 0, l.save(work)
		}
		if past > s.Cursor {
			return 0, nil
		}
		return onWake, l.retryAside(stop, work)
	}
	if stop.Err() != nil {
		return onWake, nil
	}
	return l.tell(work, jobs)
}

// tell posts events. An answer is noted before anything else is posted.
func (l *lane) tell(work context.Context, jobs []job) (time.Duration, error) {
	if err := l.p.post(work, jobs); err != nil {
		if work.Err() != nil {
			return onWake, nil // we broke it off ourselves: no failure of theirs
		}
		return 0, l.failed(work, err, jobs)
	}
	l.succeeded(jobs[len(jobs)-1].number)
	return 0, l.save(work)
}

func (l *lane) succeeded(cursor int64) {
	if n := l.current().Failures; n > 0 {
		l.p.log.Info("CRM takes them again", "lane", l.id, "failures", n)
	}
	l.single = false
	l.change(func(s *laneState) {
		*s = laneState{Cursor: max(cursor, s.Cursor), Dropped: s.Dropped}
		l.lastErr = ""
	})
}

// next collects what one request can carry. Without any, past is where to go
// on.
func (l *lane) next(ctx context.Context, cursor int64, limit int) (jobs []job, past int64, err error) {
	events, searched, err := l.p.store.Events(ctx, cursor, page, l.kinds)
	if err != nil {
		return nil, 0, err
	}
	for _, ev := range events {
		j, ok, err := l.render(ctx, ev)
		if errors.Is(err, errUnreadable) {
			l.p.log.Error("event cannot be told", "lane", l.id, "event", ev.Number, "err", err)
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			continue
		}
		if jobs = append(jobs, j); len(jobs) == limit {
			break
		}
	}
	return jobs, searched, nil
}

// tellExtras tells rejections and what is told again; did is false if there
// are none.
func (l *lane) tellExtras(work context.Context, limit int) (did bool, err error) {
	list, done, err := l.p.extras(work, limit)
	if err != nil {
		return false, err
	}
	if len(list) == 0 {
		return false, done(work)
	}
	if err := l.p.postResults(work, list); err != nil {
		if work.Err() != nil {
			return true, nil
		}
		if l.current().Failures < probeAfter || !l.single || !answered(err) {
			return true, l.failed(work, err, nil)
		}
		l.p.log.Warn("CRM does not take a result; it is dropped until the item is handed out again", "err", err)
	}
	if err := done(work); err != nil {
		return true, err
	}
	l.change(func(*laneState) {})
	if l.current().Failures > 0 {
		l.succeeded(0)
	}
	return true, nil
}

// failed notes a failure and decides when to try again. jobs is empty where
// the results stand in no log.
func (l *lane) failed(work context.Context, err error, jobs []job) error {
	now := time.Now()
	s := l.current()
	if s.Failing.IsZero() {
		s.Failing = now
		l.p.log.Warn("CRM does not take them, they wait", "lane", l.id, "err", err)
	}
	s.Failures++
	if answered(err) && l.single && s.Failures > probeAfter && len(jobs) == 1 {
		if passed, err := l.passBy(work, jobs[0]); passed || err != nil {
			return err
		}
	}
	l.single = l.single || answered(err)
	s.Next = now.Add(after(s.Failures, err))
	l.change(func(to *laneState) { *to, l.lastErr = s, err.Error() })
	return l.save(work)
}

// answered reports whether the CRM said no, rather than nothing: one of what
// it was sent may be more than it can take. (What it says of our secret, of
// its address or of its load is about no message.)
func answered(err error) bool {
	e, ok := errors.AsType[*refused](err)
	if !ok {
		return errors.Is(err, errNotTaken)
	}
	switch e.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return false
	}
	return e.status >= 400 && e.retryIn == 0
}

// errNotTaken: the answer's status is 200, and its body says that nothing was
// taken.
var errNoList = errors.New("where the list should stand is neither a list nor an object")

var errWrongSecret = errors.New("the secret of the answer is another one than the configured")

var errNotTaken = errors.New("the CRM says that it did not take it")
