package queue

import (
	"context"
	"log/slog"
	"time"

	"github.com/wabridge/wabridge"
)

// A Sender drives one phone's screen; phone.Session is one. A Lane calls it
// from one goroutine only.
type Sender interface {
	// Send types and sends m. It calls intend immediately before the tap; if
	// intend fails it does not tap. It returns the tick that was seen (Handed,
	// Sent, Delivered, Read) or an error with a code; CodeAmbiguous after
	// intend when the outcome is unknown, CodeMediaUpload when the bubble was
	// seen and its file could not be uploaded.
	Send(ctx context.Context, m *wabridge.Message, intend func(context.Context, wabridge.Intent) error) (wabridge.State, error)
	// Resolve looks into the chat of an unconfirmed message: (state, nil) when
	// its bubble was found, (Queued, nil) when it is proven absent; an error
	// means that it cannot tell now, but CodeMediaUpload as in Send.
	Resolve(ctx context.Context, m *wabridge.Message) (wabridge.State, error)
	// Idle does low-priority work (ticks, catch-up) in small steps; next says
	// when to call again.
	Idle(ctx context.Context) (next time.Duration, err error)
	// Probe reports whether the phone can work now: reachable, unlocked, the
	// app logged in.
	Probe(ctx context.Context) error
}

// Keeper is what a Lane needs of a database.
type Keeper interface {
	LaneStore
	Phone(ctx context.Context, id string) (wabridge.Phone, error)
	SetPhoneState(ctx context.Context, id string, s wabridge.PhoneState, code wabridge.Code, reason string, at time.Time) error
}

// A Lane sends one phone's messages, one at a time: recover, probe, look for
// the unconfirmed, claim, send, note the outcome, and idle work in between.
//
//	         Probe ok                 Claim
//	down ──────────────> ready ─────────────────> Sender.Send ──> Apply(Outcome)
//	  ^                    │ ^ unconfirmed first: Sender.Resolve       │
//	  │                    │ └──────────────────────────────────────────┤
//	  └────────────────────┴── an error of the phone's (or 3 × CodeScreen)
type Lane struct {
	Phone  string
	Store  Keeper
	Sender Sender
	Gate   Gate
	Log    *slog.Logger
	// Lease is how long a claim lives without being renewed; 0: one minute.
	Lease time.Duration

	down      *trouble          // why nothing can be sent now; nil: the phone is ready
	limit     *trouble          // why no first contact can be sent, until limit.next; nil: they can
	looks     map[string]*looks // at unconfirmed messages, by id
	strange   int               // errors CodeScreen in a row
	idleAt    time.Time         // when Idle is due
	stumbles  int               // errors of the database in a row
	recovered bool
	hands     errands // what Do asks for
}

// looks counts the vain looks for an unconfirmed message.
type looks struct {
	n    int
	next time.Time
}

// settleTime bounds how long an outcome is tried to be stored while stopping.
const settleTime = 10 * time.Second

// Run is the lane's loop, on the caller's goroutine. When ctx ends it claims
// nothing more and returns once the message in work is done; when work ends,
// that is cut short too. It returns nil: what goes wrong on the way is waited
// out and told in the phone's state and the log.
func (l *Lane) Run(ctx, work context.Context) error {
	if l.Lease <= 0 {
		l.Lease = time.Minute
	}
	l.looks = map[string]*looks{}
	l.down = &trouble{state: wabridge.PhoneStarting}
	l.hands.init()
	defer l.hands.close()
	for ctx.Err() == nil && work.Err() == nil {
		changed := l.Store.Changed()
		again, err := l.step(ctx, work)
		if err != nil {
			again = l.stumble(ctx, err)
		} else {
			l.stumbles = 0
		}
		e, err := restOr(ctx, changed, again, l.hands.asked)
		if e.do != nil { // also while stopping: somebody waits for it
			l.carryOut(work, e)
		}
		if err != nil {
			break
		}
	}
	return nil
}

// rest waits until a change or until a time; the zero time: until a change.
func rest(ctx context.Context, changed <-chan struct{}, until time.Time) error {
	_, err := restOr(ctx, changed, until, nil)
	return err
}

// restOr waits as rest does, or until an errand is asked for.
func restOr(ctx context.Context, changed <-chan struct{}, until time.Time, asked <-chan errand) (e errand, err error) {
	var timer <-chan time.Time
	if !until.IsZero() {
		wait := time.Until(until)
		if wait <= 0 {
			select {
			case e = <-asked:
			default:
			}
			return e, ctx.Err()
		}
		timer = time.After(wait)
	}
	select {
	case <-ctx.Done():
	case e = <-asked:
	case <-changed:
	case <-timer:
	}
	return e, ctx.Err()
}

// step does one thing, the most urgent, and says when to come again (a time
// in the past: at once; zero: only after a change). Its errors are the
// database's.
func (l *Lane) step(ctx, work context.Context) (time.Time, error) {
	if !l.recovered {
		if err := l.Store.Recover(ctx, l.Phone, time.Now()); err != nil {
			return time.Time{}, err
		}
		l.recovered = true
	}
	p, err := l.Store.Phone(ctx, l.Phone)
	if err != nil {
		return time.Time{}, err
	}
	if p.Held {
		l.hold()
		l.hands.note(HandRelease, time.Now())
		return time.Time{}, nil
	}
	if until := l.hands.held(time.Now()); !until.IsZero() && !l.resumed(p) {
		return until, nil
	}
	if l.down == nil && p.State == wabridge.PhoneStarting {
		l.hold() // paused and resumed while a message was in work
	}
	if l.down != nil {
		return l.probe(ctx, p)
	}
	if err := l.lift(ctx); err != nil {
		return time.Time{}, err
	}
	resolveAt, did, err := l.resolve(ctx)
	if err != nil || did {
		return resolveAt, err
	}
	m, claimAt, err := l.Store.Claim(ctx, l.Phone, time.Now(), l.Lease, l.gate())
	if err != nil {
		return time.Time{}, err
	}
	if m != nil {
		return time.Now(), l.deliver(ctx, work, m)
	}
	idleAt, err := l.idle(ctx)
	return soonest(resolveAt, claimAt, idleAt, l.limited()), err
}

// soonest is the earliest of the times that are set.
func soonest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// idle lets the sender do its low-priority work when that is due.
func (l *Lane) idle(ctx context.Context) (time.Time, error) {
	if time.Now().Before(l.idleAt) {
		return l.idleAt, nil
	}
	next, err := l.Sender.Idle(ctx)
	if err != nil {
		next = max(next, idleRetry)
		if err := l.mind(ctx, err); err != nil {
			return time.Time{}, err
		}
	}
	l.idleAt = time.Now().Add(max(next, time.Millisecond))
	return l.idleAt, nil
}

// idleRetry is the pause after idle work that went wrong.
const idleRetry = 10 * time.Second

// stumble notes an error of the database and says when to go on.
func (l *Lane) stumble(ctx context.Context, err error) time.Time {
	if ctx.Err() != nil {
		return time.Time{}
	}
	l.stumbles++
	if l.stumbles == 1 {
		l.Log.Error("lane cannot use the database", "phone", l.Phone, "err", err)
	}
	return time.Now().Add(Backoff(l.stumbles, waitBase, waitCap))
}
