package inbox

import (
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// A View is one look at an open chat.
type View struct {
	Seen []Sighting
	At   time.Time // when the screen was read, in the phone's zone
	// Scrolled: the newest messages may stand below the screen.
	Scrolled bool
	// Unread is how many of the newest incoming messages the app counted as
	// unread before the chat was opened; 0 if that is not known.
	Unread int
	// Before is the look before this one; zero if there was none, or it is
	// forgotten.
	Before Window
}

// recently is how old a message on the screen may be to be new although
// nothing on the screen is known.
const recently = 3 * time.Minute

// Shown decides which bubbles of a view are new messages; anchored tells
// whether anything on the screen was known, so that nothing can be missing
// between the screen and what is known (if not, look further up).
//
// The chat is a window on one order, and so is what is known; they are laid
// over each other where most fits. What stands below something known and is
// not known itself is new; so is what the app counted as unread, and what came
// in the last minutes. All else is the past before our time.
//
// ids are those of the bubbles' messages; the empty ones in it are new, in the
// order of ch.New.
func Shown(chat wabridge.Chat, known, ours []wabridge.Message, v View) (ch queue.Changes, ids []string, anchored bool) {
	list := v.Before.order(entries(known, ours))
	pair := align(list, v)
	unread := v.Unread
	fresh := make([]bool, len(v.Seen))
	for i := len(v.Seen) - 1; i >= 0; i-- {
		if s := v.Seen[i]; !s.Own && unread > 0 {
			fresh[i] = true
			unread--
		}
	}
	latest, stood := latestTimes(list, pair, v), stoodBy(list, pair, v)
	for i, s := range v.Seen {
		if pair[i] >= 0 {
			anchored = true
			ids = append(ids, list[pair[i]].ID)
			continue
		}
		recent := !s.Time.IsZero() && !s.Time.Before(v.At.Truncate(time.Minute).Add(-recently))
		if s.Hold || s.Own && s.Media == whatsapp.DeletedMessage || !anchored && !fresh[i] && !recent || doubtful(list, pair, s, v) {
			continue
		}
		s.Time = latest[i]
		m := s.message(chat, fromScreen)
		m.StoodBy = stood[i]
		ch.New, ids = append(ch.New, m), append(ids, "")
	}
	return ch, ids, anchored || unread <= 0 && v.Unread > 0
}

// doubtful reports whether a bubble of ours may be that of a message in doubt: it
// is nobody's echo before that is settled. (Which of several equal bubbles is the
// message's own is for its sender to find out.) One that nobody looks for any more
// accounts for one bubble.
func doubtful(list []entry, pair []int, s Sighting, v View) bool {
	return s.Own && slices.ContainsFunc(list, func(e entry) bool {
		return e.inDoubt() && e.fits(s, v.At.Location()) > gone && !(e.Undecided() && paired(list, pair, e.ID))
	})
}

func paired(list []entry, pair []int, id string) bool {
	return slices.ContainsFunc(pair, func(i int) bool { return i >= 0 && list[i].ID == id })
}

// again is the end of the newest bubble's minute while a further message could
// look like it: the chat list shows the newest message's text and minute. Zero
// if that minute is over, or the newest is ours.
func (v View) again() time.Time {
	if len(v.Seen) == 0 || v.Scrolled {
		return time.Time{}
	}
	if i := slices.IndexFunc(v.Seen, func(s Sighting) bool { return s.Hold }); i >= 0 {
		return v.Seen[i].waitsUntil(v.At)
	}
	newest := v.Seen[len(v.Seen)-1]
	end := newest.Time.Add(time.Minute + overSlack)
	if newest.Own || newest.Time.IsZero() || !v.At.Before(end) {
		return time.Time{}
	}
	return end
}

// latestTimes tells for each bubble when it was written at the latest: before
// it was seen, before the end of its minute, before what stands below. It is
// the message's time as long as no notification tells it, and what stands in a
// notification with a later one is another message.
func latestTimes(list []entry, pair []int, v View) []time.Time {
	out := make([]time.Time, len(v.Seen))
	limit := v.At
	for i := len(v.Seen) - 1; i >= 0; i-- {
		minute := v.Seen[i].Time
		if pair[i] >= 0 {
			if t := list[pair[i]].time; t.Before(limit) && !minute.IsZero() && !t.Before(minute.Add(-orderSlack)) {
				limit = t
			}
			continue
		}
		out[i] = limit
		if end := minute.Add(time.Minute - time.Millisecond); !minute.IsZero() && end.Before(limit) {
			out[i], limit = end, end
		}
		if out[i].Before(minute) { // out of order
			out[i] = minute
		}
	}
	return out
}

// stoodBy tells for each bubble when it stood in the chat at the latest: when it
// was seen, and before what stands below it came.
func stoodBy(list []entry, pair []int, v View) []time.Time {
	out := make([]time.Time, len(v.Seen))
	limit := v.At
	for i := len(v.Seen) - 1; i >= 0; i-- {
		if pair[i] >= 0 {
			e := list[pair[i]]
			at := e.by
			if ours(e) && !e.from.IsZero() {
				at = e.from
			}
			if !at.IsZero() && !at.After(limit) {
				limit = at.Add(-time.Millisecond)
			}
		}
		out[i] = limit
	}
	return out
}
