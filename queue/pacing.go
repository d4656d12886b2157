package queue

import (
	"time"

	"github.com/wabridge/wabridge"
)

// Urgent is the priority from which a message passes pacing and hours.
const Urgent = 100

// Pacing says how fast a phone may send. Zero members set no limit. It is
// there to keep people from being annoyed, not to make a machine look like a
// person.
type Pacing struct {
	Gap       time.Duration // between two messages of the phone
	PerHour   int           // messages in any 60 minutes
	PerDay    int           // messages in any 24 hours
	NewPerDay int           // first contacts in any 24 hours
	Hours     Hours         // when messages may go out
	Pair      Pair          // to one recipient
}

// unknownWait is waited when a cap is reached and nobody knows since when.
const unknownWait = time.Minute

// Gate tells when a message may go: a time not after now means now. It is a
// Gate.
func (p Pacing) Gate(m *wabridge.Message, u Usage, now time.Time) time.Time {
	if m.Priority >= Urgent {
		return now
	}
	at := now
	wait := func(until time.Time) {
		if until.After(at) {
			at = until
		}
	}
	if p.Gap > 0 && !u.Last.IsZero() {
		wait(u.Last.Add(p.Gap))
	}
	wait(room(p.PerHour, u.Hour, u.HourFrom, time.Hour, now))
	wait(room(p.PerDay, u.Day, u.DayFrom, 24*time.Hour, now))
	if u.First {
		wait(room(p.NewPerDay, u.NewToday, u.NewFrom, 24*time.Hour, now))
	}
	wait(p.Pair.Next(u.Pair, now))
	return p.Hours.Next(at)
}

// room is when a full window of messages has room again.
func room(limit, used int, oldest time.Time, window time.Duration, now time.Time) time.Time {
	switch {
	case limit <= 0 || used < limit:
		return now
	case oldest.IsZero():
		return now.Add(unknownWait)
	}
	return oldest.Add(window)
}

// Pair limits the messages to one recipient: one in Every, of which up to
// Burst may be sent at once as a loan that is paid back before anything more
// is accepted. The zero value sets no limit.
type Pair struct {
	Every time.Duration
	Burst int
}

// CloudPair is the Cloud API's pair limit: one message in 6 seconds to one
// user, up to 45 within 6 seconds as a loan (after n of them nothing more for
// n times 6 seconds). The exact window is a reading of Meta's text, not a
// measurement (facts of the contract, section 4).
var CloudPair = Pair{Every: 6 * time.Second, Burst: 45}

// Next is the earliest time, not before now, at which one more message may go
// to a recipient, given the times of the earlier ones (oldest first). Looking
// back Burst times Every is enough.
func (p Pair) Next(sent []time.Time, now time.Time) time.Time {
	if p.Every <= 0 {
		return now
	}
	var start time.Time // of the running loan
	n := 0
	paid := func() time.Time { return start.Add(time.Duration(n) * p.Every) }
	for _, at := range sent {
		if at.After(now) {
			break // the clock was set back
		}
		if n > 0 && at.Before(paid()) {
			n++
			continue
		}
		start, n = at, 1
	}
	if n == 0 || !now.Before(paid()) || now.Sub(start) < p.Every && n < p.Burst {
		return now
	}
	return paid()
}
