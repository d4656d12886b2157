package daemon

import (
	"errors"
	"fmt"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// policy turns the configuration into the queue's, naming every mistake.
func (c PacingConfig) policy() (queue.Pacing, error) {
	p := queue.Pacing{Gap: c.Gap, PerHour: c.PerHour, PerDay: c.PerDay, NewPerDay: c.NewPerDay}
	var errs []error
	for field, n := range map[string]int{
		"gap": int(c.Gap), "per_hour": c.PerHour, "per_day": c.PerDay, "new_contacts_per_day": c.NewPerDay,
	} {
		if n < 0 {
			errs = append(errs, fmt.Errorf("pacing.%s: is negative; 0 means no limit", field))
		}
	}
	if c.Pair {
		p.Pair = queue.CloudPair
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		errs = append(errs, fmt.Errorf("pacing.time_zone: %w", err))
		zone = time.UTC
	}
	if c.TimeZone == "" {
		zone = time.Local
	}
	if p.Hours, err = queue.ParseHours(c.Hours, zone); err != nil {
		errs = append(errs, fmt.Errorf("pacing.hours: %w", err))
	}
	return p, errors.Join(errs...)
}
