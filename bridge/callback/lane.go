package callback

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/wabridge/wabridge/queue"
)

const (
	horizon   = 7 * 24 * time.Hour // how long an event is tried
	firstWait = time.Second
	maxWait   = 15 * time.Minute
	maxAnswer = 64 << 10
	onWake    = -1 // pass: come back when woken
)

// backoff is the pause after the n-th failure in a row (from 1): 1 s, 2 s …
// 512 s, then 15 min, spread by a quarter. spread is a random number in [0,1).
func backoff(n int, spread float64) time.Duration {
	wait := maxWait
	if n = max(n, 1); n <= 10 {
		wait = min(firstWait<<(n-1), maxWait)
	}
	return time.Duration(float64(wait) * (0.75 + spread/2))
}

// laneState is a lane's place in the log and its failures, as stored.
type laneState struct {
	Key      string    `json:"key"`
	Cursor   int64     `json:"cursor"`
	Failures int       `json:"failures,omitempty"`
	Failing  time.Time `json:"failing_since,omitzero"`
	Next     time.Time `json:"next_try,omitzero"`
	Dropped  int64     `json:"dropped,omitempty"`
}

// A lane brings its events to one receiver, in order. Only its own goroutine
// changes its state.
type lane struct {
	d      *Deliverer
	key    string
	poke   chan struct{} // capacity 1
	behind bool          // the stored state is an older one; its goroutine alone uses it
	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	state   laneState
	idle    time.Time  // since when it has nothing to do; zero while it has
	saves   sync.Mutex // guards version: one save after the other
	version int64
}

func newLane(d *Deliverer, key string, cursor int64) *lane {
	return &lane{d: d, key: key, poke: make(chan struct{}, 1), done: make(chan struct{}), state: laneState{Key: key, Cursor: cursor}}
}

func readLane(d *Deliverer, o queue.Object) (*lane, error) {
	var s laneState
	if err := json.Unmarshal(o.Data, &s); err != nil {
		return nil, fmt.Errorf("read the place of a receiver: %w", err)
	}
	l := newLane(d, s.Key, s.Cursor)
	l.state, l.version = s, o.Version
	return l, nil
}

// id is the key of the lane's object.
func (l *lane) id() string {
	sum := sha256.Sum256([]byte(l.key))
	return hex.EncodeToString(sum[:16])
}

// start runs the lane's goroutine; end or the stop ends it. The deliverer
// waits for it.
func (l *lane) start(stop, work context.Context) {
	own, cancel := context.WithCancel(stop)
	l.cancel = cancel
	l.d.wg.Go(func() {
		defer close(l.done)
		defer cancel()
		l.run(own, work)
	})
}

func (l *lane) end() {
	l.cancel()
	<-l.done
}

func (l *lane) wake() {
	select {
	case l.poke <- struct{}{}:
	default: // a wake-up is waiting already
	}
}

func (l *lane) onDisk() bool {
	l.saves.Lock()
	defer l.saves.Unlock()
	return l.version > 0
}

// finished reports whether the lane has had nothing to do since the last
// sweep, with its place at the head's.
func (l *lane) finished(head int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.idle.IsZero() && time.Since(l.idle) >= sweepTime && l.state.Cursor >= head
}

func (l *lane) current() laneState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// change changes the state.
func (l *lane) change(f func(*laneState)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.state)
}

// save stores the state, also while the lane is being broken off.
func (l *lane) save(ctx context.Context) error {
	l.saves.Lock()
	defer l.saves.Unlock()
	data, err := json.Marshal(l.current())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saving)
	defer cancel()
	o, err := l.d.Store.PutObject(ctx, queue.Object{Kind: l.d.kindLane(), Owner: l.d.Name, ID: l.id(), Version: l.version, Data: data}, time.Now())
	if err != nil {
		return fmt.Errorf("save the place of a receiver: %w", err)
	}
	l.version = o.Version
	return nil
}

func (l *lane) run(stop, work context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for stop.Err() == nil {
		wait, err := l.pass(stop, work)
		if err != nil && work.Err() == nil {
			l.d.Log.Error("webhooks wait for the database", "err", err)
			wait = storeWait
		}
		if wait == 0 {
			continue
		}
		timer.Stop()
		if wait > 0 {
			timer.Reset(wait)
		}
		select {
		case <-stop.Done():
		case <-timer.C:
		case <-l.poke:
		}
	}
}

// pass posts what is next and says when to come back: at once (0), when woken
// (onWake), or after a pause. Its error is the database's.
func (l *lane) pass(stop, work context.Context) (time.Duration, error) {
	if l.behind {
		if err := l.note(work); err != nil {
			return 0, err
		}
	}
	s := l.current()
	if wait := time.Until(s.Next); wait > 0 && wait <= 2*maxWait { // further away: a clock was wrong
		return wait, nil
	}
	limit := l.d.limit()
	if s.Cursor >= limit {
		l.rest()
		return onWake, nil
	}
	l.mu.Lock()
	l.idle = time.Time{}
	l.mu.Unlock()
	jobs, past, err := l.next(work, s.Cursor, limit)
	if err != nil {
		return 0, err
	}
	if len(jobs) == 0 {
		l.change(func(s *laneState) { s.Cursor = past })
		return 0, nil
	}
	if stop.Err() != nil {
		return onWake, nil
	}
	if err := l.d.post(work, jobs); err != nil {
		if work.Err() != nil {
			return onWake, nil // we broke it off ourselves: no failure of theirs
		}
		return 0, l.failed(work, err, jobs)
	}
	l.change(func(s *laneState) {
		*s = laneState{Key: s.Key, Cursor: jobs[len(jobs)-1].number, Dropped: s.Dropped}
	})
	if s.Failures > 0 {
		l.d.Log.Info("receiver answers again", "interface", l.d.Name, "failures", s.Failures)
	}
	return 0, l.note(work)
}

// note saves the state before anything else is posted.
func (l *lane) note(work context.Context) error {
	err := l.save(work)
	l.behind = err != nil
	return err
}

func (l *lane) rest() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.idle.IsZero() {
		l.idle = time.Now()
	}
}

// next collects what one POST can carry: the lane's next jobs for one address.
// Without any, past is where to go on.
func (l *lane) next(ctx context.Context, cursor, limit int64) (jobs []Job, past int64, err error) {
	events, searched, err := l.d.Store.Events(ctx, cursor, page, l.d.filter)
	if err != nil {
		return nil, 0, err
	}
	for _, ev := range events {
		if ev.Number > limit {
			break
		}
		j, err := l.d.render(ctx, ev)
		if errors.Is(err, ErrUnreadable) {
			continue // the head has told of it
		}
		if err != nil {
			return nil, 0, err
		}
		if j.Lane != l.key {
			continue
		}
		if len(jobs) > 0 && (j.Alone || j.URL != jobs[0].URL) {
			break
		}
		if jobs = append(jobs, j); j.Alone || len(jobs) >= l.d.Most {
			break
		}
	}
	return jobs, min(searched, limit), nil
}

// failed notes a failure and decides when to try again, or gives up what has
// waited for seven days.
func (l *lane) failed(work context.Context, err error, jobs []Job) error {
	now := time.Now()
	s := l.current()
	if s.Failing.IsZero() {
		s.Failing = now
	}
	s.Failures++
	s.Next = now.Add(backoff(s.Failures, rand.Float64()))
	lost := 0
	for lost < len(jobs) && expired(jobs[lost].at, s.Failing, now) {
		s.Cursor = jobs[lost].number
		lost++
	}
	switch {
	case lost > 0:
		s.Dropped, s.Next = s.Dropped+int64(lost), time.Time{}
		l.d.Log.Warn("webhooks given up after 7 days without an answer", "interface", l.d.Name, "count", lost)
	case s.Failures == 1:
		l.d.Log.Warn("receiver fails, its webhooks wait", "interface", l.d.Name, "err", err, "retry_in", time.Until(s.Next).Round(time.Millisecond))
	}
	l.change(func(to *laneState) { *to = s })
	return l.note(work)
}

// expired reports whether an event is given up: it has waited for seven days,
// and for that long nothing has reached the receiver either.
func expired(event, failing, now time.Time) bool {
	if failing.After(event) || event.After(now) { // the second: a clock was wrong
		event = failing
	}
	return now.Sub(event) >= horizon
}

// post sends one POST. Every 2xx acknowledges it. Its error never holds the
// address, which may carry a secret.
func (d *Deliverer) post(ctx context.Context, jobs []Job) error {
	raw, err := d.Encode(jobs)
	if err != nil {
		return fmt.Errorf("post: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, jobs[0].URL, bytes.NewReader(raw))
	if err != nil {
		return errors.New("post: the address is not valid")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "wabridge")
	resp, err := jobs[0].Client.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return fmt.Errorf("post: %w", err)
	}
	defer resp.Body.Close()                                            // nothing was written
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // the connection is used again
	switch {
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return fmt.Errorf("receiver answered %d", resp.StatusCode)
	case err != nil:
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}
