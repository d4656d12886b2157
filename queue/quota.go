package queue

import (
	"sync"
	"time"
)

// Calls to the Business Management API in an hour, by one caller to one
// business account (contract, section 1.10).
const (
	CallsPerHour       = 200  // while the account has no registered number
	CallsPerHourActive = 5000 // when it has one
)

// A Quota counts calls in the last hour, minute by minute. It is safe for many
// goroutines; who has been quiet for an hour is forgotten.
type Quota struct {
	mu      sync.Mutex
	counts  map[string]*hour
	sweepAt int
}

// hour is a ring of minutes.
type hour struct {
	minute  int64 // of the newest count, since 1970
	minutes [60]int
	sum     int
}

// NewQuota makes a quota in which nobody has called yet.
func NewQuota() *Quota { return &Quota{counts: map[string]*hour{}, sweepAt: 256} }

// Take counts one call of a caller. used is how many there were within the
// hour, with this one; again is how long to wait if that is more than limit,
// and then the call is not counted if strict is set.
func (q *Quota) Take(caller string, limit int, strict bool, now time.Time) (used int, again time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	h := q.counts[caller]
	if h == nil {
		q.sweep(now)
		h = &hour{}
		q.counts[caller] = h
	}
	h.turn(now)
	if h.sum >= limit {
		again = h.room(limit, now)
		if strict {
			return h.sum, again
		}
	}
	h.minutes[h.minute%60]++
	h.sum++
	return h.sum, again
}

// turn forgets the minutes that are over.
func (h *hour) turn(now time.Time) {
	minute := now.Unix() / 60
	if minute < h.minute || minute >= h.minute+60 { // the clock was set back, or all is over
		*h = hour{minute: minute}
		return
	}
	for h.minute < minute {
		h.minute++
		h.sum -= h.minutes[h.minute%60]
		h.minutes[h.minute%60] = 0
	}
}

// room is how long it takes until one more call fits.
func (h *hour) room(limit int, now time.Time) time.Duration {
	over := h.sum - limit + 1
	for m := h.minute - 59; m <= h.minute; m++ {
		if m >= 0 {
			over -= h.minutes[m%60]
		}
		if over <= 0 {
			return time.Unix((m+60)*60, 0).Sub(now)
		}
	}
	return time.Hour // a limit of 0
}

// sweep forgets the quiet, each time that as many came anew as were left.
func (q *Quota) sweep(now time.Time) {
	if len(q.counts) < q.sweepAt {
		return
	}
	for caller, h := range q.counts {
		if h.turn(now); h.sum == 0 {
			delete(q.counts, caller)
		}
	}
	q.sweepAt = max(256, 2*len(q.counts))
}
