package queue

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
)

// maxStrange is how many unknown screens in a row pause a phone, so that it
// does not burn its queue.
const maxStrange = 3

// How often a phone that is down is probed: soon where it comes back by
// itself, seldom where a person must act.
const (
	probeBase, probeCap     = time.Second, 30 * time.Second
	personBase, personCap   = 10 * time.Second, 2 * time.Minute
	strangeBase, strangeCap = time.Minute, 15 * time.Minute
)

// A trouble is why a phone cannot send now.
type trouble struct {
	state  wabridge.PhoneState
	code   wabridge.Code
	reason string
	probes int // in vain
	next   time.Time
}

// phoneStates are the codes that concern the whole phone.
var phoneStates = map[wabridge.Code]wabridge.PhoneState{
	wabridge.CodeOffline:       wabridge.PhoneOffline,
	wabridge.CodeNetwork:       wabridge.PhoneOffline,
	wabridge.CodeLockedScreen:  wabridge.PhoneAttention,
	wabridge.CodeAttention:     wabridge.PhoneAttention,
	wabridge.CodeLocked:        wabridge.PhoneAttention,
	wabridge.CodeNotRegistered: wabridge.PhoneAttention,
}

// wait is the time until the n-th probe.
func (t *trouble) wait(n int) time.Duration {
	switch t.state {
	case wabridge.PhoneAttention:
		return Backoff(n, personBase, personCap)
	case wabridge.PhonePaused:
		return Backoff(n, strangeBase, strangeCap)
	}
	return Backoff(n, probeBase, probeCap)
}

// judge tells what an error says of the phone; nil: nothing. strange is the
// number of unknown screens in a row, this one counted.
func judge(err error, strange int) *trouble {
	code := codeOf(err)
	if code == wabridge.CodeScreen && strange >= maxStrange {
		return &trouble{state: wabridge.PhonePaused, code: code, reason: reasonOf(err)}
	}
	state, ok := phoneStates[code]
	if !ok {
		return nil
	}
	return &trouble{state: state, code: code, reason: reasonOf(err)}
}

// mind draws from an error of the sender what it says of the phone, and tells
// the outside. The error returned is the database's.
func (l *Lane) mind(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // stopping: what failed says nothing
	}
	if codeOf(err) == wabridge.CodeScreen {
		l.strange++
	} else {
		l.strange = 0
	}
	if codeOf(err) == wabridge.CodeNoNewChats {
		return l.restrict(ctx, err)
	}
	t := judge(err, l.strange)
	if t == nil {
		return nil
	}
	// After a pause one more unknown screen pauses again, each time for longer.
	t.next = time.Now().Add(t.wait(max(1, l.strange-maxStrange+1)))
	l.down = t
	l.Log.Warn("phone is down", "phone", l.Phone, "state", string(t.state), "code", int(t.code), "reason", t.reason)
	return l.tell(ctx)
}

// tell writes the phone's state.
func (l *Lane) tell(ctx context.Context) error {
	t := trouble{state: wabridge.PhoneReady}
	switch {
	case l.down != nil:
		t = *l.down
	case l.limit != nil:
		t = *l.limit
	}
	return l.Store.SetPhoneState(ctx, l.Phone, t.state, t.code, t.reason, time.Now())
}

// hold notes that a person paused the phone: after resume it is probed first.
func (l *Lane) hold() {
	l.down = &trouble{state: wabridge.PhoneStarting}
	l.limit, l.strange = nil, 0
}

// resumed reports whether a person asked for a phone that is down to be tried
// again at once.
func (l *Lane) resumed(p wabridge.Phone) bool {
	return l.down != nil && p.State == wabridge.PhoneStarting && l.down.state != wabridge.PhoneStarting
}

// probe asks whether a phone that is down can work again, when that is due or
// when a person resumed it (p.State is `starting` then).
func (l *Lane) probe(ctx context.Context, p wabridge.Phone) (time.Time, error) {
	now := time.Now()
	if !l.resumed(p) && now.Before(l.down.next) {
		return l.down.next, nil
	}
	err := l.Sender.Probe(ctx)
	if ctx.Err() != nil {
		return time.Time{}, nil //nolint:nilerr // as in mind
	}
	if err == nil {
		l.down = nil
		l.idleAt = time.Time{}
		l.Log.Info("phone is ready", "phone", l.Phone)
		return now, l.tell(ctx)
	}
	t := judge(err, maxStrange)
	if t == nil { // a failing probe always says something of the phone
		t = &trouble{state: wabridge.PhoneOffline, code: codeOf(err), reason: reasonOf(err)}
	}
	if t.state == l.down.state {
		t.probes = l.down.probes
	}
	t.probes++
	t.next = time.Now().Add(t.wait(t.probes))
	l.down = t
	return t.next, l.tell(ctx)
}
