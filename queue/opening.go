package queue

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/wabridge/wabridge"
)

// MaxRanges bounds the ranges of a message's Hours.
const MaxRanges = 24

// CheckHours says what is wrong with a message's hours, in words for the
// caller; nil for none. What it passes never makes Opening fail.
func CheckHours(h *wabridge.Hours) error {
	if h == nil {
		return nil
	}
	if len(h.Ranges) > MaxRanges {
		return fmt.Errorf("there are %d ranges, at most %d are possible", len(h.Ranges), MaxRanges)
	}
	for _, r := range h.Ranges {
		if _, err := parseRange(r); err != nil {
			return err
		}
	}
	if h.Zone == "" {
		return nil
	}
	_, err := zone(h.Zone)
	return err
}

// Opening is the first time, not before t, at which the hours let a message to
// this number go; t itself if they do now, or if there are none. It is a pure
// function.
//
// Times of day are those of the hours' zone, or of the number's own. Where a
// number may be in several zones the hours must hold in all of them; if they
// never do within eight days, those of the zone in the middle count. A number
// that tells no zone counts as UTC. On a day on which the clock is changed, a
// range begins and ends by the clock on the wall; a range that the change
// leaves nothing of does not open on that day.
func Opening(h *wabridge.Hours, number string, t time.Time) time.Time {
	if h == nil || len(h.Ranges) == 0 {
		return t
	}
	var ranges []clockRange
	for _, r := range h.Ranges {
		if c, err := parseRange(r); err == nil {
			ranges = append(ranges, c)
		}
	}
	zones := zonesOf(h.Zone, number, t)
	if at, ok := openInAll(ranges, zones, t); ok {
		return at
	}
	at, ok := opening(ranges, zones[len(zones)/2], t)
	if !ok {
		return t.Add(24 * time.Hour) // no range can be read: look again tomorrow
	}
	return at
}

// openInAll looks for a time at which it is open in every zone.
func openInAll(ranges []clockRange, zones []*time.Location, t time.Time) (time.Time, bool) {
	for at, end := t, t.AddDate(0, 0, 8); at.Before(end); {
		latest := at
		for _, z := range zones {
			open, ok := opening(ranges, z, at)
			if !ok {
				return at, false
			}
			if open.After(latest) {
				latest = open
			}
		}
		if latest.Equal(at) {
			return at, true
		}
		at = latest
	}
	return t, false
}

// opening is the first time, not before t, within one of the ranges.
func opening(ranges []clockRange, zone *time.Location, t time.Time) (first time.Time, ok bool) {
	year, month, day := t.In(zone).Date()
	for ahead := -1; ahead <= 8; ahead++ { // yesterday's range may go over midnight
		for _, r := range ranges {
			from := time.Date(year, month, day+ahead, 0, 0, r.from, 0, zone)
			to := time.Date(year, month, day+ahead, 0, 0, r.to, 0, zone)
			if !t.Before(to) || !from.Before(to) {
				continue
			}
			if !t.Before(from) {
				return t, true
			}
			if !ok || from.Before(first) {
				first, ok = from, true
			}
		}
		if ok && ahead >= 0 {
			return first.In(t.Location()), true
		}
	}
	return t, false
}

// A clockRange is a part of a day in seconds since its midnight; to may be on
// the next day.
type clockRange struct{ from, to int }

const daySeconds = 24 * 60 * 60

func parseRange(r [2]string) (c clockRange, err error) {
	if c.from, err = parseClock(r[0]); err != nil {
		return c, err
	}
	if c.to, err = parseClock(r[1]); err != nil {
		return c, err
	}
	if c.from == c.to {
		return c, fmt.Errorf("the range %s-%s is empty; the whole day is 00:00-24:00", r[0], r[1])
	}
	if c.to < c.from {
		c.to += daySeconds
	}
	return c, nil
}

// parseClock reads "09:00" or "09:00:00", up to "24:00".
func parseClock(word string) (int, error) {
	wrong := fmt.Errorf("want a time of day as in 09:00, not %q", word)
	parts := strings.Split(word, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, wrong
	}
	seconds := 0
	for i, p := range parts {
		if len(p) != 2 && !(i == 0 && len(p) == 1) {
			return 0, wrong
		}
		n := 0
		for _, c := range []byte(p) {
			if c < '0' || c > '9' {
				return 0, wrong
			}
			n = n*10 + int(c-'0')
		}
		if i > 0 && n > 59 {
			return 0, wrong
		}
		seconds = seconds*60 + n
	}
	if len(parts) == 2 {
		seconds *= 60
	}
	if seconds > daySeconds {
		return 0, wrong
	}
	return seconds, nil
}

// zones are the time zones that were asked for: they are read from files. Only
// names that exist are kept, so their number is bounded.
var zones sync.Map

// zone finds a time zone by its IANA name or its offset ("+03:00", "-0330").
func zone(name string) (*time.Location, error) {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location), nil
	}
	if z := offset(name); z != nil {
		return z, nil
	}
	z, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("want a time zone as in Europe/Berlin or +03:00, not %q", name)
	}
	zones.Store(name, z)
	return z, nil
}

func offset(name string) *time.Location {
	for _, layout := range []string{"-07:00", "-0700", "-07"} {
		if t, err := time.Parse(layout, name); err == nil {
			_, seconds := t.Zone()
			return time.FixedZone(name, seconds)
		}
	}
	return nil
}

// zonesOf are the zones in which the hours must hold, by their offset at t;
// there is always one.
func zonesOf(name, number string, t time.Time) []*time.Location {
	if name != "" {
		if z, err := zone(name); err == nil {
			return []*time.Location{z}
		}
		return []*time.Location{time.UTC}
	}
	var all []*time.Location
	for _, name := range zoneNames(number) {
		if z, err := zone(name); err == nil {
			all = append(all, z)
		}
	}
	if len(all) == 0 {
		return []*time.Location{time.UTC}
	}
	slices.SortStableFunc(all, func(a, b *time.Location) int {
		_, x := t.In(a).Zone()
		_, y := t.In(b).Zone()
		return x - y
	})
	return slices.CompactFunc(all, func(a, b *time.Location) bool { return a.String() == b.String() })
}

// zoneNames asks Google's table of prefixes and zones.
func zoneNames(number string) []string {
	n, err := phonenumbers.Parse("+"+number, "ZZ")
	if err != nil {
		return nil
	}
	names, err := phonenumbers.GetTimezonesForNumber(n)
	if err != nil {
		return nil
	}
	return names
}
