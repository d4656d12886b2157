package inbox

import (
	"slices"
	"time"

	"github.com/wabridge/wabridge"
)

// An entry is something known of a chat: a received message, one typed on the
// phone, or one that we sent ourselves.
//
// It came into the chat between two moments, and so the entries of a chat are in
// part in a certain order (above), in part not: a notification tells a message's
// own time, in whole seconds of another clock, and not when it came; the screen
// tells its minute. Where the order is not certain, nothing is concluded from it.
type entry struct {
	*wabridge.Message
	own  bool
	time time.Time // the best that is known, zero if nothing is
	from time.Time // it did not stand in the chat before; zero: not known
	by   time.Time // it stood in the chat then; zero: not known
	// zone and place tell where it stood in the look before.
	zone  zone
	place int
	used  bool
}

// zone is where an entry stands by the look before: the window had it, it stands
// above the window, or it came since.
type zone int

const (
	anywhere zone = iota // not known
	higher
	within
	since
)

const (
	// clockError is by how much a message's own time may be ahead of the phone's
	// clock: both are set by the network.
	clockError = 3 * time.Second
	// readSoon is how long after its own time a message was read at the latest
	// where that was not noted (before schema 12).
	readSoon = 3 * time.Minute
)

// entries puts what is known into the order of the chat, as far as times tell.
func entries(known, ours []wabridge.Message) []entry {
	var out []entry
	for i := range known {
		if known[i].Type == "reaction" && known[i].Direction == wabridge.In {
			continue // no bubble: it stands below that of another message
		}
		out = append(out, heard(&known[i]))
	}
	for i := range ours {
		if m := &ours[i]; tapped(m) {
			out = append(out, sent(m))
		}
	}
	sortStable(out)
	return out
}

// tapped reports whether a message of ours may stand in its chat. The intent is
// committed before the tap, and a look before it shows the chat without it.
func tapped(m *wabridge.Message) bool {
	return m.State != wabridge.Queued && (m.State != wabridge.Sending || m.Intent != nil || m.Taps > 0 || m.Tries > 1)
}

// linesOf are the known messages in their order, as the lines of a notification
// may hold them: reactions are among them.
func linesOf(known []wabridge.Message) []entry {
	out := make([]entry, 0, len(known))
	for i := range known {
		out = append(out, heard(&known[i]))
	}
	sortStable(out)
	return out
}

// heard is the entry of a message that was received, or typed by a person.
func heard(m *wabridge.Message) entry {
	e := entry{Message: m, own: m.Direction != wabridge.In, time: m.Created, from: m.Created, by: m.StoodBy}
	if m.Source == fromScreen { // its time is when it was written at the latest
		e.from = e.from.Truncate(time.Minute)
	}
	e.from = e.from.Add(-clockError)
	switch {
	case m.Created.IsZero():
		e.from = time.Time{}
	case e.by.IsZero():
		e.by = m.Created.Add(readSoon)
	case e.by.Before(e.from): // the clocks are further apart
		e.from = e.by
	}
	return e
}

// sent is the entry of a message of ours. Where its outcome is open, or it was
// taken for absent once, only its newest tap is known, which may not be the one
// that counts.
func sent(m *wabridge.Message) entry {
	e := entry{Message: m, own: true, time: handed(m), from: m.Tapped, by: m.HandedAt}
	switch {
	case m.State == wabridge.Sending || m.State == wabridge.Unconfirmed:
		e.from, e.by = time.Time{}, time.Time{}
	case e.from.IsZero():
		e.from = m.HandedAt
	}
	return e
}

// above reports whether an entry certainly stands above another one.
func (e entry) above(o entry) bool {
	switch {
	case e.zone == anywhere || o.zone == anywhere:
	case e.zone != o.zone:
		return e.zone < o.zone
	case e.zone == within:
		return e.place < o.place
	}
	return !e.by.IsZero() && !o.from.IsZero() && e.by.Before(o.from)
}

// handed is when a message of ours left, as far as it is known.
func handed(m *wabridge.Message) time.Time {
	switch {
	case !m.HandedAt.IsZero():
		return m.HandedAt
	case m.Intent != nil:
		return m.Intent.At
	case !m.SentAt.IsZero():
		return m.SentAt
	}
	return m.Created
}

func sortStable(list []entry) {
	for i := 1; i < len(list); i++ { // nearly sorted already
		for j := i; j > 0 && list[j].earlier(list[j-1]); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

// earlier reports whether an entry more likely stands above another one. Of the
// time of a message that was seen on the screen only the minute is known: within
// that, what stood there first stands above.
func (e entry) earlier(than entry) bool {
	shown := e.Source == fromScreen || than.Source == fromScreen
	stood := !ours(e) && !ours(than) && !e.StoodBy.IsZero() && !than.StoodBy.IsZero()
	if shown && stood && !e.StoodBy.Equal(than.StoodBy) && e.time.Sub(than.time).Abs() < time.Minute {
		return e.StoodBy.Before(than.StoodBy)
	}
	return e.time.Before(than.time)
}

// A Window is what a look showed of a chat: the order of what was known then.
// What was recorded later came in below it.
type Window struct {
	IDs []string // of the bubbles that are known messages, from the top
	Seq int64    // of the newest message recorded then
	At  time.Time

	whole bool // it goes down to the newest that was known then
	// doubt are the messages of ours whose outcome was open then, and of which it is
	// not known where they stood (mixedUp).
	doubt map[string]bool
}

// order puts what is known into the chat's order: what stood above the window,
// what stood in it, and what came since. Times alone say less: a notification's
// are whole seconds.
func (w Window) order(list []entry) []entry {
	if len(w.IDs) == 0 {
		return list
	}
	place := map[string]int{}
	for i, id := range w.IDs {
		if id != "" {
			place[id] = i
		}
	}
	var zones [since + 1][]entry
	for _, e := range list {
		z := higher
		switch at, shown := place[e.ID]; {
		case w.doubt[e.ID]:
			z = since // the newest of ours, if it left
		case shown:
			z, e.place = within, at
		case e.since(w):
			z = since
		}
		if e.zone = z; w.doubt[e.ID] || z != within && e.pending() {
			e.zone = anywhere
		}
		zones[z] = append(zones[z], e)
	}
	slices.SortStableFunc(zones[within], func(a, b entry) int { return a.place - b.place })
	return slices.Concat(zones[higher], zones[within], zones[since])
}

// mixedUp lists the messages of ours whose outcome is open and which a view shows
// nowhere, or in a bubble that could be that of another one of ours, or in any of
// several.
func mixedUp(ours []wabridge.Message, v View) map[string]bool {
	var list []entry
	for i := range ours {
		if tapped(&ours[i]) {
			list = append(list, sent(&ours[i]))
		}
	}
	all := map[string]bool{}
	for _, e := range list {
		if !e.inDoubt() {
			continue
		}
		fit := 0
		for _, s := range v.Seen {
			if e.fits(s, v.At.Location()) <= gone {
				continue
			}
			fit++
			if slices.ContainsFunc(list, func(o entry) bool { return o.ID != e.ID && o.fits(s, v.At.Location()) > gone }) {
				fit = 2
			}
		}
		if fit != 1 {
			all[e.ID] = true
		}
	}
	return all
}

// since reports whether a message that did not stand in the window came after it.
func (e entry) since(w Window) bool {
	if ours(e) {
		return e.pending() || !e.time.Before(w.At)
	}
	return e.Seq > w.Seq
}

func ours(e entry) bool { return e.Direction == wabridge.Out }
