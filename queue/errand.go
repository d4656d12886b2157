package queue

import (
	"context"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
)

// How long a person at a phone's screen keeps messages back.
const (
	// HandHold is what each act of a person adds: time to see what came of it
	// and to do the next.
	HandHold = 20 * time.Second
	// HandMost is the most that acts in a row come to. Then the lane makes a
	// step, one message if there is one, before a person's next act holds it
	// again.
	HandMost = 5 * time.Minute
	// HandRelease, given to Do as hold, lets sending go on at once.
	HandRelease = time.Duration(-1)
)

// An errand is work on the phone's screen that somebody outside the lane asked
// for.
type errand struct {
	do   func(context.Context) error
	hold time.Duration
	done chan error // with room for the one answer
}

// errands is where a lane is asked for them. The zero value is ready.
type errands struct {
	once  sync.Once
	asked chan errand
	ended chan struct{} // closed when the lane has ended
	end   sync.Once

	// The rest is the lane's own.
	since time.Time // when the first of the acts in a row was
	until time.Time // sending is held until then
}

func (e *errands) init() {
	e.once.Do(func() { e.asked, e.ended = make(chan errand), make(chan struct{}) })
}

func (e *errands) close() {
	e.init()
	e.end.Do(func() { close(e.ended) })
}

// Do has the lane's goroutine, which owns the phone's screen, carry out do: at
// once, or after the message or the idle work that it is at; never in the
// middle of it. Sending is then held for hold, so that a person finds the
// screen as he left it: 0 holds nothing, HandRelease ends an earlier hold. do
// gets the lane's context and must bound itself.
//
// Where ctx ends first: CodeSlow if do was not begun (it will not be then) or
// is not yet done; CodeStopping when the lane has ended.
func (l *Lane) Do(ctx context.Context, hold time.Duration, do func(context.Context) error) error {
	l.hands.init()
	e := errand{do: do, hold: hold, done: make(chan error, 1)}
	select {
	case l.hands.asked <- e:
	case <-l.hands.ended:
		return wabridge.Fail(wabridge.CodeStopping, nil, "phone %s is being stopped", l.Phone)
	case <-ctx.Done():
		return wabridge.Fail(wabridge.CodeSlow, context.Cause(ctx), "phone %s is busy with a message", l.Phone)
	}
	select {
	case err := <-e.done:
		return err
	case <-ctx.Done():
		return wabridge.Fail(wabridge.CodeSlow, context.Cause(ctx), "phone %s takes long", l.Phone)
	}
}

// carryOut does an errand and notes how long it holds sending.
func (l *Lane) carryOut(ctx context.Context, e errand) {
	err := e.do(ctx)
	l.hands.note(e.hold, time.Now())
	e.done <- err
}

// note holds sending from now on, as far as acts in a row may.
func (e *errands) note(hold time.Duration, now time.Time) {
	switch {
	case hold < 0:
		e.until = time.Time{}
	case hold > 0:
		if e.since.IsZero() {
			e.since = now
		}
		e.until = now.Add(min(hold, max(0, e.since.Add(HandMost).Sub(now))))
	}
}

// held reports until when sending is held; the zero time if it is not, and then
// acts in a row are over.
func (e *errands) held(now time.Time) time.Time {
	if now.Before(e.until) {
		return e.until
	}
	e.since, e.until = time.Time{}, time.Time{}
	return time.Time{}
}
