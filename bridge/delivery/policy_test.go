package delivery

import (
	"testing"
	"time"
)

func TestBackoffAndExpiry(t *testing.T) {
	for n, want := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 10: 512 * time.Second,
		11: 15 * time.Minute, 64: 15 * time.Minute, 1 << 40: 15 * time.Minute} {
		if got := Backoff(n, 0.5); got != want {
			t.Errorf("Backoff(%d) = %v, want %v", n, got, want)
		}
		if low, high := Backoff(n, 0), Backoff(n, 0.9999); low != want*3/4 || high > want*5/4 {
			t.Errorf("Backoff(%d) goes from %v to %v", n, low, high)
		}
	}
	now := time.Now()
	for _, tt := range []struct {
		name           string
		event, failing time.Duration // ago; 0: never
		want           bool
	}{
		{"fresh event, fresh failure", time.Minute, time.Minute, false},
		{"old event, fresh failure", 30 * 24 * time.Hour, time.Minute, false},
		{"fresh event, old failure", time.Minute, 30 * 24 * time.Hour, false},
		{"old event, old failure", Horizon, Horizon, true},
		{"old event, no failure", Horizon, 0, false},
		{"event of a clock that runs ahead", -365 * 24 * time.Hour, Horizon, true},
	} {
		var failing time.Time
		if tt.failing != 0 {
			failing = now.Add(-tt.failing)
		}
		if got := Expired(now.Add(-tt.event), failing, now); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
