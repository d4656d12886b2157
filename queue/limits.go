package queue

import (
	"fmt"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
)

// DefaultThroughput is how many messages a phone number may have in a second,
// in and out together, unless told otherwise (contract, section 4).
const DefaultThroughput = 80

// Limits are the Cloud API's limits of a phone number, for callers who want
// them kept as Meta keeps them: what is above a limit is refused, instead of
// waiting in the queue as Pacing has it. It is made of pure parts (Window,
// Loan) and of the times that it is given; a restart forgives all.
//
// It is safe for many goroutines. Its memory is bounded: a window for each
// phone, and a loan for each recipient of the last 270 seconds (45 times 6),
// of whom there can be no more than throughput allows.
type Limits struct {
	perSecond int
	pair      Pair

	mu      sync.Mutex
	windows map[string]*Window
	loans   map[pairKey]Loan
	sweepAt int // loans that are looked through for old ones
}

type pairKey struct{ phone, chat string }

// NewLimits makes limits of perSecond messages for each phone (0: the default)
// and of a pair limit.
func NewLimits(perSecond int, pair Pair) *Limits {
	if perSecond <= 0 {
		perSecond = DefaultThroughput
	}
	return &Limits{perSecond: perSecond, pair: pair, windows: map[string]*Window{}, loans: map[pairKey]Loan{}, sweepAt: 1024}
}

// PerSecond is the throughput of a phone.
func (l *Limits) PerSecond() int { return l.perSecond }

// Take counts a message to a chat, if the limits let it through. CodeThroughput
// (130429) and CodePair (131056) say in how long to come again.
func (l *Limits) Take(phone, chat string, now time.Time) (again time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.window(phone)
	if again := w.Full(now); again > 0 {
		return again, wabridge.Fail(wabridge.CodeThroughput, nil, "this number had %d messages within a second, in and out together; come again in %s",
			l.perSecond, rounded(again))
	}
	key := pairKey{phone, chat}
	loan, again := l.loans[key].Next(l.pair, now)
	if again > 0 {
		return again, wabridge.Fail(wabridge.CodePair, nil, "messages to this recipient: one in %v, up to %d at once as a loan; it is paid back in %s",
			l.pair.Every, l.pair.Burst, rounded(again))
	}
	w.Add(now)
	l.loans[key] = loan
	l.sweep(now)
	return 0, nil
}

// rounded writes a time to wait, rounded up so that who waits so long gets through.
func rounded(d time.Duration) string {
	const unit = 10 * time.Millisecond
	return fmt.Sprint(((d + unit - 1) / unit * unit))
}

// GiveBack takes back what Take counted: the message was not accepted after
// all, or was a known one.
func (l *Limits) GiveBack(phone, chat string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.window(phone).undo()
	key := pairKey{phone, chat}
	if loan, ok := l.loans[key]; ok {
		if loan.N--; loan.N > 0 {
			l.loans[key] = loan
		} else {
			delete(l.loans, key)
		}
	}
}

// Heard counts messages that came in; they are never refused.
func (l *Limits) Heard(phone string, n int, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.window(phone)
	for range min(n, l.perSecond) {
		w.Add(now)
	}
}

func (l *Limits) window(phone string) *Window {
	w := l.windows[phone]
	if w == nil {
		w = NewWindow(l.perSecond, time.Second)
		l.windows[phone] = w
	}
	return w
}

// sweep forgets the loans that are paid back, each time that as many came anew
// as were left by the last sweep.
func (l *Limits) sweep(now time.Time) {
	if len(l.loans) < l.sweepAt {
		return
	}
	for key, loan := range l.loans {
		if !now.Before(loan.Paid(l.pair)) {
			delete(l.loans, key)
		}
	}
	l.sweepAt = max(1024, 2*len(l.loans))
}

// A Window knows the newest times of a series, to tell when a further one
// would be too many within a span. It is not safe for many goroutines.
type Window struct {
	span  time.Duration
	times []time.Time // a ring
	next  int         // where the following one goes: the oldest stands there
}

// NewWindow makes a window of at most limit events within a span.
func NewWindow(limit int, span time.Duration) *Window {
	return &Window{span: span, times: make([]time.Time, limit)}
}

// Full is how long to wait until one more fits; 0: it fits now.
func (w *Window) Full(now time.Time) time.Duration {
	oldest := w.times[w.next]
	if oldest.IsZero() || oldest.After(now) { // the clock was set back
		return 0
	}
	return max(0, oldest.Add(w.span).Sub(now))
}

// Add notes one more.
func (w *Window) Add(now time.Time) {
	w.times[w.next] = now
	w.next = (w.next + 1) % len(w.times)
}

// undo forgets the newest.
func (w *Window) undo() {
	w.next = (w.next + len(w.times) - 1) % len(w.times)
	w.times[w.next] = time.Time{}
}

// A Loan is what one recipient was sent lately: N messages since Start. The
// zero value owes nothing. It is the reference model of the contract's section
// 4: a burst is paid back before anything more is accepted.
type Loan struct {
	Start time.Time
	N     int
}

// Paid is when nothing is owed any more.
func (l Loan) Paid(p Pair) time.Time { return l.Start.Add(time.Duration(l.N) * p.Every) }

// Next is the loan after one more message, or how long to wait for it.
func (l Loan) Next(p Pair, now time.Time) (Loan, time.Duration) {
	switch {
	case p.Every <= 0 || l.N == 0 || !now.Before(l.Paid(p)) || l.Start.After(now): // or the clock was set back
		return Loan{Start: now, N: 1}, 0
	case now.Sub(l.Start) < p.Every && l.N < p.Burst:
		return Loan{Start: l.Start, N: l.N + 1}, 0
	}
	return l, l.Paid(p).Sub(now)
}
