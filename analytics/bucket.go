package analytics

import (
	"slices"
	"time"
)

// Widths of what is counted. A message's move falls into the half hour, and
// into the day, of UTC in which it was seen.
const (
	HalfHour = 30 * time.Minute
	Day      = 24 * time.Hour
)

// Slot is the beginning of the stretch of a width, counted in UTC, that a time
// falls into.
func Slot(t time.Time, width time.Duration) time.Time { return t.UTC().Truncate(width) }

// A Step is the distance between two data points.
type Step int

// The steps.
const (
	ByHalfHour Step = iota
	ByDay
	ByMonth
)

// Buckets are the data points that a stretch of time is cut into: point i goes
// from Bounds[i] to Bounds[i+1].
type Buckets struct{ Bounds []time.Time }

// Cut cuts [start, end). Days and months are counted from start, in the time
// zone in which start is midnight, as the documented examples have it: a day is
// 24 hours from start, and a month ends where the calendar of that time zone
// begins the next one. Start is brought down, and end up, to the half hour. The
// last point is as short as end makes it.
func Cut(start, end time.Time, step Step) Buckets {
	start = Slot(start, HalfHour)
	return cut(start.In(zoneOfMidnight(start)), ceil(end), step)
}

// CutDays cuts into the days of a time zone, of which the first and the last
// are whole.
func CutDays(start, end time.Time, zone *time.Location) Buckets {
	start = midnight(start.In(zone))
	last := midnight(end.In(zone))
	if last.Before(end) {
		last = next(last, ByDay)
	}
	return cut(start, last, ByDay)
}

func cut(start, end time.Time, step Step) Buckets {
	b := Buckets{Bounds: []time.Time{start.UTC()}}
	for at := start; at.Before(end); {
		if at = next(at, step); at.After(end) {
			at = end
		}
		b.Bounds = append(b.Bounds, at.UTC())
	}
	return b
}

func next(t time.Time, step Step) time.Time {
	switch step {
	case ByMonth:
		return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, t.Location())
	case ByDay:
		in := t.Add(HalfHour) // see midnight: t may lie a little before its day
		return midnight(time.Date(in.Year(), in.Month(), in.Day()+1, 0, 0, 0, 0, t.Location()))
	}
	return t.Add(HalfHour)
}

func ceil(t time.Time) time.Time {
	if s := Slot(t, HalfHour); !s.Equal(t) {
		return s.Add(HalfHour)
	}
	return t
}

// midnight is where the day of t begins; in zones whose clocks are off by
// a quarter of an hour, the half hour before.
func midnight(t time.Time) time.Time {
	return Slot(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location()), HalfHour).In(t.Location())
}

// zoneOfMidnight is the zone nearest to UTC in which t is midnight.
func zoneOfMidnight(t time.Time) *time.Location {
	after := t.Sub(Slot(t, Day))
	if after > 12*time.Hour {
		after -= Day
	}
	return time.FixedZone("", -int(after/time.Second))
}

// Len is the number of points.
func (b Buckets) Len() int { return len(b.Bounds) - 1 }

// From and To are the ends of all of it.
func (b Buckets) From() time.Time { return b.Bounds[0] }

// To is the end of the last point.
func (b Buckets) To() time.Time { return b.Bounds[len(b.Bounds)-1] }

// Index is the point that t falls into, or -1.
func (b Buckets) Index(t time.Time) int {
	i, exact := slices.BinarySearchFunc(b.Bounds, t, time.Time.Compare)
	if !exact {
		i--
	}
	if i >= b.Len() {
		return -1
	}
	return i
}

// After drops the points that ended by t.
func (b Buckets) After(t time.Time) Buckets {
	i := 0
	for i < b.Len() && !b.Bounds[i+1].After(t) {
		i++
	}
	return Buckets{b.Bounds[i:]}
}

// Days are the bounds with those of the days within longer points among them:
// what changes from one day to the next, as prices do, can be told by them.
func (b Buckets) Days() []time.Time {
	var all []time.Time
	for i, t := range b.Bounds {
		all = append(all, t)
		for i < b.Len() {
			if t = t.Add(Day); !t.Before(b.Bounds[i+1]) {
				break
			}
			all = append(all, t)
		}
	}
	return all
}
