package webhook

import "time"

const (
	// Horizon is how long an event is tried for one endpoint.
	Horizon = 7 * 24 * time.Hour
	// firstWait and maxWait bound the pause between two tries.
	firstWait = time.Second
	maxWait   = 15 * time.Minute
)

// Backoff is the pause after the n-th failure in a row (n from 1): 1 s, 2 s,
// 4 s … 512 s, then 15 min for ever, spread by a quarter up and down so that
// the endpoints of one dead host do not call it in step. spread is a random
// number in [0,1).
func Backoff(n int, spread float64) time.Duration {
	wait := maxWait
	if n = max(n, 1); n <= 10 {
		wait = min(firstWait<<(n-1), maxWait)
	}
	return time.Duration(float64(wait) * (0.75 + spread/2))
}

// Expired reports whether an event of that age is given up: it has waited for
// Horizon, and for that long nothing has reached the endpoint either. So an
// old event that is replayed, or that waited while the daemon was off, still
// gets its seven days, and the events behind a dead endpoint's first one do
// not get seven days each, one after the other.
func Expired(event, failingSince, now time.Time) bool {
	if failingSince.IsZero() {
		return false
	}
	since := event
	if failingSince.After(event) || event.After(now) { // a clock was wrong
		since = failingSince
	}
	return now.Sub(since) >= Horizon
}
