package metrics

import (
	"cmp"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wabridge/wabridge/bridge/delivery"
)

// ofDestinations writes the gauges of all receivers of events. The receivers of
// callbacks come and go with the addresses that messages name: those of one
// interface are one endpoint, so that the labels stay few.
func ofDestinations(out gauges, list []delivery.Status) {
	sums := map[string]delivery.Status{}
	for _, s := range list {
		label := s.ID
		if s.Kind == "devino" || s.Kind == "twin" {
			label = s.Kind
		}
		sums[label] = sumOf(sums[label], s)
	}
	for label, s := range sums {
		out.set(hookBacklog, float64(s.Pending), label)
		out.age(hookOldest, s.Oldest, label)
		out.set(hookRetrying, float64(s.Retrying), label)
		out.set(hookDead, float64(s.DeadLetters), label)
		out.flag(hookFailing, s.Failures > 0 && !s.Disabled, label)
		since := s.Failing
		if s.Disabled || s.Failures == 0 {
			since = time.Time{}
		}
		out.age(hookFailingFor, since, label)
		out.flag(hookDisabled, s.Disabled, label)
		out.ch <- prometheus.MustNewConstMetric(hookDropped, prometheus.CounterValue, float64(s.Dropped), label)
	}
}

// sumOf adds one destination to others: counts are added, and the oldest time
// counts.
func sumOf(sum, s delivery.Status) delivery.Status {
	sum.Pending += s.Pending
	sum.Retrying += s.Retrying
	sum.DeadLetters += s.DeadLetters
	sum.Failures += s.Failures
	sum.Dropped += s.Dropped
	sum.Disabled = s.Disabled
	sum.Oldest, sum.Failing = earlier(sum.Oldest, s.Oldest), earlier(sum.Failing, s.Failing)
	return sum
}

// earlier is the earlier of two times, of those that are set.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.IsZero() {
		return cmp.Or(a, b)
	}
	return slices.MinFunc([]time.Time{a, b}, time.Time.Compare)
}
