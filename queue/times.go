package queue

import (
	"context"
	"slices"
	"time"
)

// A TimesQuery asks how long messages took that left the phone, as far as was
// seen, from each of Bounds to the next one. Empty filters let all pass.
type TimesQuery struct {
	Bounds    []time.Time // in order
	Phones    []string
	Templates []string // only what was made from these
}

// A Spread tells of a set of durations: half of them are at most P50, 95 of 100
// at most P95. All are zero where there are none.
type Spread struct {
	Count    int
	P50, P95 time.Duration
}

// SpreadOf sorts the durations and finds the ranks (nearest rank).
func SpreadOf(all []time.Duration) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	slices.Sort(all)
	rank := func(percent int) time.Duration { return all[(len(all)*percent+99)/100-1] }
	return Spread{len(all), rank(50), rank(95)}
}

// A TimesTally is how long the messages of one stretch took, from when they were
// accepted until the tick was seen. What waited for its time, or for the phone,
// counts with its wait.
type TimesTally struct {
	Start           time.Time
	Sent, Delivered Spread
}

// Times tells how long messages took.
type Times interface {
	// Times answers in the order of Start, without what is empty, and last with
	// a zero Start all of it together.
	Times(ctx context.Context, q TimesQuery) ([]TimesTally, error)
	// LastIncoming is the time of a phone's newest incoming message; zero if
	// none came in.
	LastIncoming(ctx context.Context, phone string) (time.Time, error)
	// CountAwaiting counts what Awaiting would list.
	CountAwaiting(ctx context.Context, phone string, since time.Time, limit int) (int, error)
}
