package adb

import (
	"testing"
	"time"
)

func TestStuckSince(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	offline := &Error{Op: "open", Device: "X", Kind: ErrOffline}
	mute := &Error{Op: "open", Device: "X", Kind: ErrTimeout}
	for _, c := range []struct {
		name    string
		since   time.Time
		now     time.Duration
		err     error
		want    time.Time
		tooLong bool
	}{
		{"offline for the first time", time.Time{}, 0, offline, begin, false},
		{"mute for the first time", time.Time{}, 0, mute, begin, false},
		{"still, not long", begin, stuckAfter - 1, mute, begin, false},
		{"still, too long: once", begin, stuckAfter, offline, begin.Add(stuckAfter), true},
		{"left the list: nothing to make anew", begin, stuckAfter, &Error{Kind: ErrNotFound}, time.Time{}, false},
		{"the server is gone", begin, stuckAfter, &Error{Kind: ErrServerGone}, time.Time{}, false},
	} {
		got, tooLong := stuckSince(c.since, begin.Add(c.now), c.err)
		if !got.Equal(c.want) || tooLong != c.tooLong {
			t.Errorf("%s: got %v, %v; want %v, %v", c.name, got, tooLong, c.want, c.tooLong)
		}
	}
}
