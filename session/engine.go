package session

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/queue"
)

// Store is what the engine needs of the database.
type Store interface {
	queue.Sessions
	Events(ctx context.Context, after int64, limit int, f queue.EventFilter) ([]wabridge.Event, int64, error)
	LastEvent(ctx context.Context) (int64, error)
	Messages(ctx context.Context, f queue.MessageFilter) ([]wabridge.Message, error)
	Changed() <-chan struct{}
}

// A Greeter is the scenario that starts when somebody writes with whom no
// session is open. Groups, reactions and messages older than an hour are not
// greeted.
type Greeter struct {
	Bot string // "": none
	// FirstContact: only those with whom nothing was ever said before.
	FirstContact bool
	// CoolDown: nobody to whom anything was said within it, by whomever.
	CoolDown time.Duration
}

// Config is what an Engine is made of; Store, Scenarios and Log are needed.
type Config struct {
	Store     Store
	Scenarios *bot.Library
	Log       *slog.Logger
	Greeter   Greeter
	// TTL is how long a session that the greeter starts stays open after its
	// last message; 0: wabridge.DefaultTTL. A scenario that waits longer for an
	// answer keeps it open as long.
	TTL wabridge.Seconds
	// Grace is how long after the start nothing ends by time: what was
	// answered while the program was down is read from the phone first.
	Grace time.Duration
}

// Times of the loop.
const (
	page      = 200                    // events read at a time
	dueAtOnce = 100                    // sessions whose time has come, read at a time
	dueGap    = 250 * time.Millisecond // between two looks for them
	recheck   = time.Minute            // and at most: the clock may have been set
	retry     = time.Second            // after the database could not be read
	saveEvery = 1000                   // events of which nothing was to be done, before the cursor is saved
	putOff    = time.Minute            // before a session whose move failed is tried again
)

// reader names the cursor in the store.
const reader = "sessions"

// An Engine leads the open sessions: one goroutine, which reads the event log
// from its own cursor and watches the clock. What an answer comes to, the bot's
// words and the cursor are stored in one transaction, so that a stop at any
// point neither loses an answer nor says anything twice.
type Engine struct {
	Config
	cancel context.CancelFunc
	wg     sync.WaitGroup

	// Of the goroutine alone.
	at      int64 // the newest event dealt with
	saved   int64 // the newest that is stored
	began   time.Time
	looked  time.Time            // for due sessions
	due     time.Time            // when the next one is
	stumble map[string]time.Time // sessions that could not be moved, until when to leave them
}

// New makes an engine. Start starts it.
func New(c Config) *Engine { return &Engine{Config: c, stumble: map[string]time.Time{}} }

// Start reads the cursor and starts the goroutine, which Stop ends. An engine
// that never ran begins with what happens from now on.
func (e *Engine) Start(ctx context.Context) error {
	at, err := e.Store.SessionCursor(ctx, reader)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		if at, err = e.Store.LastEvent(ctx); err == nil {
			err = e.Store.SaveSessionCursor(ctx, reader, at)
		}
	}
	if err != nil {
		return err
	}
	e.at, e.saved, e.began = at, at, time.Now()
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	e.cancel = cancel
	e.wg.Go(func() { e.run(run) })
	return nil
}

// Stop ends the goroutine and waits for it: a transaction that has begun is
// finished. It may be called twice, and before Start.
func (e *Engine) Stop(ctx context.Context) error {
	if e.cancel == nil {
		return nil
	}
	e.cancel()
	done := make(chan struct{})
	go func() { // ends with the loop, which ends by the line above
		defer close(done)
		e.wg.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run is the engine's goroutine.
func (e *Engine) run(ctx context.Context) {
	told := false
	for ctx.Err() == nil {
		changed := e.Store.Changed()
		err := e.catchUp(ctx)
		if err == nil {
			err = e.watch(ctx, time.Now())
		}
		wait := e.wait(time.Now())
		if err != nil && ctx.Err() == nil {
			if !told {
				e.Log.Error("sessions wait for the database", "err", err)
			}
			changed, wait = nil, retry
		}
		told = err != nil
		select {
		case <-ctx.Done():
		case <-changed:
		case <-time.After(wait):
		}
	}
	if e.at > e.saved { // a stop of our own: nothing need be read again
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := e.Store.SaveSessionCursor(bounded, reader, e.at); err != nil {
			e.Log.Debug("cursor of sessions not saved", "err", err)
		}
	}
}

// wait is how long nothing is to be done if nothing happens.
func (e *Engine) wait(now time.Time) time.Duration {
	d := recheck
	if !e.due.IsZero() {
		d = min(d, e.due.Sub(now))
	}
	return max(d, time.Millisecond)
}

var kinds = queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventMessage, wabridge.EventEcho, wabridge.EventSession}}

// catchUp deals with all events that there are. An error is the database's;
// the event at which it happened comes again.
func (e *Engine) catchUp(ctx context.Context) error {
	for {
		events, searched, err := e.Store.Events(ctx, e.at, page, kinds)
		if err != nil {
			return err
		}
		for _, ev := range events {
			if ctx.Err() != nil {
				return nil
			}
			if err := e.event(ctx, ev); err != nil {
				return err
			}
			e.at = ev.Number
		}
		e.at = max(e.at, searched)
		if e.at-e.saved >= saveEvery {
			if err := e.Store.SaveSessionCursor(ctx, reader, e.at); err != nil {
				return err
			}
			e.saved = e.at
		}
		if len(events) < page {
			return nil
		}
	}
}

// transient tells errors after which the same is tried again from those that
// would come again for ever.
func transient(ctx context.Context, err error) bool {
	switch wabridge.CodeOf(err) {
	case wabridge.CodeStorage, wabridge.CodeStopping, wabridge.CodeSlow:
		return true
	}
	return ctx.Err() != nil
}

// watch moves on the sessions whose time has come, and finds out when the
// next one's does.
func (e *Engine) watch(ctx context.Context, now time.Time) error {
	if until := e.began.Add(e.Grace); now.Before(until) {
		e.due = until
		return nil
	}
	if since := now.Sub(e.looked); since >= 0 && since < dueGap {
		e.due = e.looked.Add(dueGap)
		return nil
	}
	e.looked = now
	for ctx.Err() == nil {
		due, next, err := e.Store.DueSessions(ctx, now, dueAtOnce+len(e.stumble))
		if err != nil {
			return err
		}
		e.due = next
		moved := 0
		for _, s := range due {
			if now.Before(e.stumble[s.ID]) || ctx.Err() != nil {
				continue
			}
			delete(e.stumble, s.ID)
			if err := e.late(ctx, s, now); err != nil && !errors.Is(err, errMoved) { // else it is looked at again
				return err
			}
			moved++
		}
		if moved < dueAtOnce {
			return nil
		}
	}
	return nil
}

// late moves on one session whose time has come. A scenario that waits goes
// before the session's own end.
func (e *Engine) late(ctx context.Context, s wabridge.Session, now time.Time) error {
	if !s.Deadline.IsZero() && !s.Deadline.After(now) && !s.Ends.Before(s.Deadline) && leads(s) {
		return e.move(ctx, s, queue.SessionStep{At: now}, func(sc *bot.Scenario, state bot.State) (bot.State, []bot.Action) {
			return bot.Tick(sc, state, now)
		})
	}
	if s.Ends.After(now) { // a deadline that concerns nobody any more
		t := turned{Session: s}
		t.Deadline = time.Time{}
		return e.store(ctx, s, t, queue.SessionStep{At: now})
	}
	return e.store(ctx, s, timedOut(s), queue.SessionStep{At: now, Silence: true})
}

// errMoved says that a session is not what it was when its turn was decided.
var errMoved = errors.New("the session has moved meanwhile")

// store makes a session what was decided, unless somebody else was faster:
// then the error is errMoved.
func (e *Engine) store(ctx context.Context, s wabridge.Session, t turned, step queue.SessionStep) error {
	step.Reason = t.reason
	_, err := e.Store.MoveSession(ctx, s.ID, func(is wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		if is.State != s.State || is.Operator != s.Operator || string(is.Talk) != string(s.Talk) || !is.Deadline.Equal(s.Deadline) {
			return is, nil, errMoved
		}
		for k, v := range t.Results {
			if was, ok := s.Results[k]; !ok || was != v {
				if is.Results == nil {
					is.Results = map[string]string{}
				}
				is.Results[k] = v
			}
		}
		is.State, is.Operator, is.Talk, is.Outcome, is.Deadline = t.State, t.Operator, t.Talk, t.Outcome, t.Deadline
		return is, t.drafts, t.err
	}, step)
	switch {
	case err == nil:
		e.saved = max(e.saved, step.Event)
	case errors.Is(err, errMoved), transient(ctx, err):
		return err
	default:
		e.Log.Error("session not moved", "session", s.ID, "err", err)
		e.stumble[s.ID] = time.Now().Add(putOff)
		return nil
	}
	return nil
}

// leads tells whether a session's bot is to speak.
func leads(s wabridge.Session) bool {
	return s.State == wabridge.SessionOpen && s.Bot != "" && !s.Operator
}
