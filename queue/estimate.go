package queue

import (
	"slices"
	"time"

	"github.com/wabridge/wabridge"
)

// Estimate is how long the phone takes for what is left of a campaign and may
// go, at the pace of its newest messages (newest first, see Campaigns.Typed).
// The middle one of the gaps between them counts, so that a night is no pace;
// ok is false where nothing is left or there are fewer than three messages. It
// is a pure function.
func Estimate(c wabridge.Campaign, typed []time.Time) (left time.Duration, ok bool) {
	n := c.Counts[wabridge.Queued] + c.Counts[wabridge.Sending] + c.Counts[wabridge.Unconfirmed] - c.Held - c.Undecided
	if n <= 0 || len(typed) < 3 {
		return 0, false
	}
	gaps := make([]time.Duration, 0, len(typed))
	for i := range len(typed) - 1 {
		gaps = append(gaps, typed[i].Sub(typed[i+1]))
	}
	slices.Sort(gaps)
	return time.Duration(n) * max(gaps[len(gaps)/2], 0), true
}
