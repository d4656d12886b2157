package inbox

import (
	"context"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the phone's zone must be known on any computer

	"github.com/wabridge/wabridge"
)

// Zone is the phone's time zone; the computer's until it is known.
func (r *Reader) Zone() *time.Location {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.zone
}

// setClock takes what the phone said of its clock when ours showed at; a
// second is as exact as it says it.
func (r *Reader) setClock(zone *time.Location, now, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if zone != nil {
		r.zone = zone
	}
	if now.IsZero() {
		return
	}
	r.ahead = now.Add(time.Second / 2).Sub(at)
	if r.ahead.Abs() <= time.Second {
		r.ahead = 0
	}
}

// phoneTime is a time of ours by the phone's clock; zero stays zero.
func (r *Reader) phoneTime(t time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.IsZero() {
		return t
	}
	return t.Add(r.ahead).In(r.zone)
}

// stoodByPhone turns the times of this computer in received messages into those
// of the phone.
func (r *Reader) stoodByPhone(known []wabridge.Message) {
	for i := range known {
		known[i].StoodBy = r.phoneTime(known[i].StoodBy)
	}
}

// stoodByUs is the reverse of stoodByPhone.
func (r *Reader) stoodByUs(fresh []wabridge.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range fresh {
		if t := &fresh[i].StoodBy; !t.IsZero() {
			*t = t.Add(-r.ahead)
		}
	}
}

// byPhone turns the times of a message of ours into those of the phone.
func (r *Reader) byPhone(m *wabridge.Message) {
	for _, t := range []*time.Time{&m.Created, &m.Tapped, &m.HandedAt, &m.SentAt, &m.Delivered} {
		*t = r.phoneTime(*t)
	}
	if m.Intent != nil {
		note := *m.Intent
		note.At = r.phoneTime(note.At)
		m.Intent = &note
	}
}

// readClock learns the phone's time zone and how far its clock is ahead of
// ours; what it does not say stays as it was last known.
func (s *session) readClock(ctx context.Context) error {
	started := time.Now()
	out, err := timed{s.dev, commandLimit}.Output(ctx, clockCommand)
	if err != nil {
		return err
	}
	zone, now := parseClock(out)
	if zone == nil {
		s.r.log.Warn("the phone's time zone is unknown")
	}
	s.r.setClock(zone, now, started.Add(time.Since(started)/2))
	return nil
}

// parseClock reads a zone's name ("America/Manaus") and, for a name that is
// not known here, the offset ("-0400"); and the phone's time in seconds.
func parseClock(out string) (zone *time.Location, now time.Time) {
	for line := range strings.SplitSeq(out, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || len(line) > 64 {
			continue
		}
		if s, err := strconv.ParseInt(line, 10, 64); err == nil && s > 1e9 {
			now = time.Unix(s, 0)
			continue
		}
		if t, err := time.Parse("-0700", line); err == nil {
			if _, offset := t.Zone(); zone == nil {
				zone = time.FixedZone(line, offset)
			}
			continue
		}
		if l, err := time.LoadLocation(line); err == nil && line != "Local" {
			zone = l
		}
	}
	return zone, now
}
