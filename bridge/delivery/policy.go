package delivery

import "time"

const (
	// Horizon is how long an event is tried for one destination.
	Horizon = 7 * 24 * time.Hour
	// firstWait and maxWait bound the pause between two tries.
	firstWait = time.Second
	maxWait   = 15 * time.Minute
	// DefaultMaxRefusals is the default of Policy.MaxRefusals: with the pauses
	// of Backoff, some two minutes.
	DefaultMaxRefusals = 8
	// maxSuspects is how many different events have to fail, without one that is
	// taken between them, before the receiver as a whole is held to be down.
	maxSuspects = 3
	// maxProbed is how far behind a refused event of one conversation others
	// are tried to find out whether it is that event or the receiver.
	maxProbed = 5
	// provenRefusals is how often an event is refused before it is set aside once
	// the receiver took the one behind it: it may have recovered between the two.
	provenRefusals = 3
	// maxUntried bounds the pause of a receiver that refuses everything while
	// events wait that it has not seen: one of them may be one that it takes.
	maxUntried = 30 * time.Second
)

// Backoff is the pause after the n-th failure in a row (n from 1): 1 s, 2 s,
// 4 s … 512 s, then 15 min for ever, spread by a quarter up and down so that
// the destinations of one dead host do not call it in step. spread is a random
// number in [0,1).
func Backoff(n int, spread float64) time.Duration {
	wait := maxWait
	if n = max(n, 1); n <= 10 {
		wait = min(firstWait<<(n-1), maxWait)
	}
	return time.Duration(float64(wait) * (0.75 + spread/2))
}

// Expired reports whether an event of that age is given up: it has waited for
// Horizon, and has failed for that long, too. So an old event that is replayed,
// or that waited while the program was off, still gets its seven days, and the
// events behind a dead receiver's first one do not get seven days each, one
// after the other.
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

// A Policy says when an event is set aside.
type Policy struct {
	// MaxRefusals is how often a receiver refuses one event, while it takes
	// others, before the event is set aside; 0: DefaultMaxRefusals. An event
	// whose answer never comes is set aside after twice as many.
	MaxRefusals int
}

// refusals is MaxRefusals or its default.
func (p Policy) refusals() int {
	if p.MaxRefusals <= 0 {
		return DefaultMaxRefusals
	}
	return p.MaxRefusals
}

// A failure is what is known when a post has failed.
type failure struct {
	verdict    Verdict
	retryAfter time.Duration
	// alive: the receiver is up, as far as can be told without this event. It
	// took another event since this event's previous try (or, at its first,
	// while it was tried), or since the first and nothing else fails.
	alive bool
	// suspects counts the different events that have failed since the receiver
	// last took one, without those that failed before while others were taken.
	suspects int
	// untried: an event that was never tried waits in another conversation.
	untried  bool
	tries    int // of this event, this one included
	refusals int // of these, before this one: while the receiver took others
	inARow   int // failed posts of the destination, this one included
	// behind: another event of its conversation waits behind it.
	behind bool
	// proven: the receiver took the event behind it just after it had refused
	// this one often.
	proven bool
	// depth is how many refused events of its conversation stand before it.
	depth int
}

// A reaction is what follows a failed post.
type reaction struct {
	pauseAll bool          // the whole destination waits, else the conversation
	wait     time.Duration // without spread
	counts   bool          // the try counts as one of this event
	refused  bool          // it counts as a refusal by a receiver that is up
	setAside bool          // the event becomes a dead letter
	probe    bool          // the event behind it is tried next, to tell the two apart
}

// afterFailure decides what follows a failed post. It is a pure function.
func (p Policy) afterFailure(f failure, spread float64) reaction {
	r := reaction{counts: f.verdict != Unreachable}
	r.pauseAll = !f.alive && outage(f)
	if f.verdict == Unreachable {
		r.pauseAll = true
	}
	hint := f.retryAfter
	if f.verdict == Gone && !f.alive {
		hint = max(hint, goneWait)
	}
	r.wait = Backoff(f.tries, spread)
	if r.pauseAll {
		r.wait = Backoff(f.inARow, spread)
	}
	if f.untried && (f.verdict == Refused || f.verdict == Broken) && r.pauseAll {
		r.wait = min(r.wait, maxUntried)
	}
	if hint > 0 {
		r.wait = time.Duration(float64(hint) * (1 + spread/10)) // never sooner
	}
	if !r.counts {
		return r
	}
	r.refused = f.alive
	limit := p.refusals()
	switch {
	case f.proven:
		limit = min(limit, provenRefusals)
	case f.verdict == Broken:
		limit *= 2
	}
	if r.refused && f.refusals+1 >= limit {
		r.setAside = true
		return r
	}
	r.probe = f.tries >= limit && f.behind && !f.proven && f.depth+1 < maxProbed
	return r
}

// outage reports whether a failure speaks of the receiver rather than of the
// event, as long as it takes no other event.
func outage(f failure) bool {
	switch f.verdict {
	case Unreachable, Limited:
		return true
	case Gone:
		return f.suspects >= 2
	}
	return f.suspects >= maxSuspects
}
