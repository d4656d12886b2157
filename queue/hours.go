package queue

import (
	"fmt"
	"strings"
	"time"
)

// Hours are the times of the week at which messages may go out, in one time
// zone. The zero value means always.
type Hours struct {
	Zone *time.Location // nil: UTC
	Days [7][]Span      // by time.Weekday; a day without a span is closed
}

// A Span is a part of a day, in minutes since midnight: From is in it, To is
// not. To may be up to 24*60.
type Span struct{ From, To int }

// always reports whether no hours are set.
func (h Hours) always() bool {
	for _, day := range h.Days {
		if len(day) > 0 {
			return false
		}
	}
	return true
}

// Next is the first time, not before t, that lies within the hours. Days are
// local days: on those with a change of the clock a span moves with it.
func (h Hours) Next(t time.Time) time.Time {
	if h.always() {
		return t
	}
	zone := h.Zone
	if zone == nil {
		zone = time.UTC
	}
	local := t.In(zone)
	year, month, day := local.Date()
	for ahead := range 9 { // today up to the same weekday after next week's change of clock
		var first time.Time
		for _, s := range h.Days[(int(local.Weekday())+ahead)%7] {
			from := time.Date(year, month, day+ahead, 0, s.From, 0, 0, zone)
			to := time.Date(year, month, day+ahead, 0, s.To, 0, 0, zone)
			if !t.Before(to) {
				continue
			}
			if !t.Before(from) {
				return t
			}
			if first.IsZero() || from.Before(first) {
				first = from
			}
		}
		if !first.IsZero() {
			return first.In(t.Location())
		}
	}
	return t.Add(24 * time.Hour) // spans without length: look again tomorrow
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseHours reads hours written as "mon-fri 09:00-18:00, sat 10:00-14:00".
// A span that ends before it begins runs over midnight ("fri 22:00-02:00").
// "" and "always" mean always.
func ParseHours(text string, zone *time.Location) (Hours, error) {
	h := Hours{Zone: zone}
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" || text == "always" {
		return h, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		if err := h.add(strings.Fields(part)); err != nil {
			return Hours{}, fmt.Errorf("hours %q: %w", strings.TrimSpace(part), err)
		}
	}
	return h, nil
}

// add reads one "mon-fri 09:00-18:00".
func (h *Hours) add(words []string) error {
	if len(words) != 2 {
		return fmt.Errorf("want days and a span, as in mon-fri 09:00-18:00")
	}
	first, last, err := parseDays(words[0])
	if err != nil {
		return err
	}
	from, to, ok := strings.Cut(words[1], "-")
	if !ok {
		return fmt.Errorf("want a span, as in 09:00-18:00")
	}
	var s Span
	if s.From, err = parseMinute(from); err != nil {
		return err
	}
	if s.To, err = parseMinute(to); err != nil {
		return err
	}
	if s.From == s.To {
		return fmt.Errorf("the span is empty")
	}
	for d := first; ; d = (d + 1) % 7 {
		h.put(d, s)
		if d == last {
			return nil
		}
	}
}

// put adds a span to a day, what is past midnight to the next one.
func (h *Hours) put(day int, s Span) {
	if s.From < s.To {
		h.Days[day] = append(h.Days[day], s)
		return
	}
	h.Days[day] = append(h.Days[day], Span{s.From, 24 * 60})
	if next := (day + 1) % 7; s.To > 0 {
		h.Days[next] = append(h.Days[next], Span{0, s.To})
	}
}

func parseDays(word string) (first, last int, err error) {
	if word == "daily" {
		return 0, 6, nil
	}
	from, to, ok := strings.Cut(word, "-")
	if !ok {
		to = from
	}
	first, last = indexOf(from), indexOf(to)
	if first < 0 || last < 0 {
		return 0, 0, fmt.Errorf("want days as in mon, mon-fri or daily")
	}
	return first, last, nil
}

func indexOf(word string) int {
	for i, d := range weekdays {
		if d == word {
			return i
		}
	}
	return -1
}

// parseMinute reads "09:00" up to "24:00".
func parseMinute(word string) (int, error) {
	var hour, minute int
	if n, err := fmt.Sscanf(word+" ", "%2d:%2d ", &hour, &minute); err != nil || n != 2 || len(word) > 5 ||
		hour < 0 || minute < 0 || minute > 59 || hour*60+minute > 24*60 {
		return 0, fmt.Errorf("want a time as in 09:00, not %q", word)
	}
	return hour*60 + minute, nil
}
