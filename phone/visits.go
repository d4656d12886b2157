package phone

import (
	"fmt"
	"time"

	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// visits counts how often a chat was opened for what its row in the chat list
// shows. It is the last line of defence against opening a chat without end: what
// a row points to is there at the first visit, the last moments of a chat that was
// left at the second, and what could have come unseen in its newest minute at the
// third.
type visits struct {
	evidence string // what the row showed
	since    time.Time
	n        int
	told     bool // that no more are made
}

// So many visits are made for one and the same row in so long; more wait until it
// shows something else.
const (
	visitsOfRow  = 8
	visitsWithin = time.Hour
)

func evidenceOf(row whatsapp.Row) string {
	return fmt.Sprintf("%q %q %d %q %t", row.Preview, row.Time, row.Unread, row.Sender, row.Out)
}

// mayOpen reports whether the chat of a row may be opened once more.
func (s *Session) mayOpen(row whatsapp.Row, now time.Time) bool {
	v := s.opened[row.Name]
	if v.evidence != evidenceOf(row) || now.Sub(v.since) >= visitsWithin || v.n < visitsOfRow {
		return true
	}
	if !v.told {
		v.told = true
		s.opened[row.Name] = v
		s.log.Warn("a chat is not opened again: its row in the chat list shows nothing new", "visits", v.n)
	}
	if s.cfg.Observer != nil {
		s.cfg.Observer.Held(s.cfg.Phone.ID, "open", 1)
	}
	return false
}

// noteVisit counts a visit.
func (s *Session) noteVisit(row whatsapp.Row, now time.Time) {
	v := s.opened[row.Name]
	if e := evidenceOf(row); v.evidence != e || now.Sub(v.since) >= visitsWithin {
		v = visits{evidence: e, since: now}
	}
	v.n++
	s.opened[row.Name] = v
}
