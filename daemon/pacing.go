package daemon

import (
	"fmt"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// policy turns the configuration into the queue's, naming every mistake.
func (c PacingConfig) policy() (queue.Pacing, Mistakes) {
	p := queue.Pacing{Gap: c.Gap, PerHour: c.PerHour, PerDay: c.PerDay, NewPerDay: c.NewPerDay}
	var wrong Mistakes
	bad := func(field, format string, args ...any) {
		wrong = append(wrong, Mistake{Field: "pacing." + field, Text: fmt.Sprintf(format, args...)})
	}
	for _, n := range []struct {
		field string
		value int
	}{{"gap", int(c.Gap)}, {"per_hour", c.PerHour}, {"per_day", c.PerDay}, {"new_contacts_per_day", c.NewPerDay}} {
		if n.value < 0 {
			bad(n.field, "is negative; 0 means no limit")
		}
	}
	if c.Pair {
		p.Pair = queue.CloudPair
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		bad("time_zone", "%q is no time zone; write it as Europe/Berlin", c.TimeZone)
		zone = time.UTC
	}
	if c.TimeZone == "" {
		zone = time.Local
	}
	if p.Hours, err = queue.ParseHours(c.Hours, zone); err != nil {
		bad("hours", "%v", err)
	}
	return p, wrong
}
