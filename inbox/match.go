package inbox

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/inbox/notification"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// An entry is something known of a chat: a received message, one typed on the
// phone, or one that we sent ourselves.
type entry struct {
	*wabridge.Message
	own  bool
	time time.Time // the best that is known, zero if nothing is
	used bool
}

// entries puts what is known into the order of the chat.
func entries(known, ours []wabridge.Message) []entry {
	var out []entry
	for i := range known {
		out = append(out, entry{Message: &known[i], own: known[i].Direction != wabridge.In, time: known[i].Created})
	}
	for i := range ours {
		if m := &ours[i]; m.State != wabridge.Queued {
			out = append(out, entry{Message: m, own: true, time: handed(m)})
		}
	}
	sortStable(out)
	return out
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
		for j := i; j > 0 && list[j].time.Before(list[j-1].time); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

// shows reports whether a bubble can be the known message: same side, same
// text as far as the app shows it, and the minute of its time.
func (e entry) shows(s Sighting, zone *time.Location) bool {
	if e.own != s.Own || !sameSender(e, s) || !sameShown(string(e.Text), s) {
		return false
	}
	minute, ok := clockMinute(s.Clock)
	if !ok {
		return true
	}
	if e.Direction == wabridge.Out {
		return leftAt(e.Message, minute, zone)
	}
	if e.Source == fromScreen {
		mine, ok := clockMinute(e.Clock)
		return !ok || mine == minute
	}
	local := e.time.In(zone)
	return local.Hour()*60+local.Minute() == minute
}

// leftAt reports whether a message of ours can have left in a minute of the
// day, by the phone's clock. One that was tried again, or whose outcome is not
// known yet, can have left at any time.
func leftAt(m *wabridge.Message, minute int, zone *time.Location) bool {
	if m.State == wabridge.Sending || m.State == wabridge.Unconfirmed || m.Tries > 1 {
		return true
	}
	times := []time.Time{m.HandedAt, m.SentAt, m.Delivered}
	if m.Intent != nil {
		times = append(times, m.Intent.At)
	}
	known := false
	for _, t := range times {
		if t.IsZero() {
			continue
		}
		known = true
		t = t.In(zone)
		d := (t.Hour()*60 + t.Minute() - minute + 24*60) % (24 * 60)
		if d <= 5 || d >= 24*60-5 {
			return true
		}
	}
	return !known
}

// sameSender reports whether two names can be one person: in a chat with one
// person always, in a group unless both are known and differ.
func sameSender(e entry, s Sighting) bool {
	if e.own || e.Group == "" || e.Name == "" || s.Sender == "" || e.Name == s.Sender {
		return true
	}
	return e.Number != "" && wabridge.SameNumber(e.Number, s.Number)
}

// sameShown compares a text from a notification, the queue or an earlier look
// with a bubble.
func sameShown(text string, s Sighting) bool {
	if whatsapp.BubbleShows(text, whatsapp.Bubble{Text: s.Text, More: s.Cut}) {
		return true
	}
	if notification.WasCut(text) && len(s.Text) > len(text) {
		return whatsapp.BubbleShows(text, whatsapp.Bubble{Text: firstRunes(s.Text, utf8.RuneCountInString(text))})
	}
	return s.Media != "" && sameMedia(text, s)
}

// sameMedia compares "📷 Foto" with a picture whose kind the chat only hints at.
func sameMedia(text string, s Sighting) bool {
	kind := words().MediaKind(text)
	if kind == "" {
		return strings.HasPrefix(text, "📎 ")
	}
	_, caption, _ := strings.Cut(text, " ")
	_, shown, _ := strings.Cut(s.Text, " ")
	return shown == caption || kind == s.Media || s.Media == "media"
}

func words() notification.Words { return notification.DefaultWords() }

func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
