package inbox

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/inbox/notification"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// fits tells how well a bubble fits the known message: 0 not at all, 1 or a
// little more if it is the same side, minute and text as far as the app shows
// them.
func (e entry) fits(s Sighting, zone *time.Location) float64 {
	if e.own != s.Own {
		return 0
	}
	worth := 1.0
	if minute, ok := clockMinute(s.Clock); ok {
		switch d := e.minutesFrom(minute, zone); {
		case ours(e) && d > oursSlack, !ours(e) && d > 0:
			return 0
		case ours(e):
			worth += 0.01 * float64(oursSlack-d)
		}
	}
	switch {
	case !sameSender(e, s):
		return 0
	case e.shownAs(s):
		if string(e.Text) != s.Text {
			worth -= otherForm
		}
		return worth
	case e.mayBe(s):
		return perhaps
	case s.Media == whatsapp.DeletedMessage && e.State != wabridge.Sending:
		return gone // what is being sent now was not taken back
	}
	return 0
}

// otherForm is what a text in another form is worth less than one that is equal
// character by character: of blank texts each is its own.
const otherForm = 0.05

// gone is what a bubble with the words for a deleted message is worth as that of
// any message of its side and minute: a little more than leaving both out.
const gone = 0.1

// perhaps is what a bubble is worth that cannot be told from that of an entry.
const perhaps = 0.5

// mayBe reports whether a bubble cannot be told from that of a message of ours:
// it is a file's that is cut off, or differs in nothing that the app keeps from a
// message whose outcome is open.
func (e entry) mayBe(s Sighting) bool {
	switch {
	case !ours(e) || e.Type == "reaction":
		return false
	case s.File != nil:
		return (s.File.Clipped || e.inDoubt()) && whatsapp.WantOf(e.Message).Compare(*s.File) != whatsapp.Different
	}
	return e.inDoubt() && whatsapp.WantOf(e.Message).Compare(whatsapp.Bubble{Out: true, Text: s.Text, More: s.Cut, Time: s.Clock}) != whatsapp.Different
}

// inDoubt reports whether it is not known yet whether a message of ours left.
func (e entry) inDoubt() bool {
	return ours(e) && (e.State == wabridge.Sending || e.State == wabridge.Unconfirmed)
}

// shownAs compares what is known with a bubble. A file of ours is known by its
// kind and caption; a reaction of ours is no bubble at all.
func (e entry) shownAs(s Sighting) bool {
	if ours(e) && (e.Media != nil || e.Type == "reaction") {
		return s.File != nil && whatsapp.WantOf(e.Message).Shows(*s.File)
	}
	return sameShown(string(e.Text), s)
}

// oursSlack is by how many minutes our time of a message and the one that its
// bubble shows may differ.
const oursSlack = 2

// minutesFrom is how many minutes of the day an entry is away from the one that
// a bubble shows. One of ours that was tried again, or whose outcome is not
// known yet, can have left at any time.
func (e entry) minutesFrom(minute int, zone *time.Location) int {
	switch {
	case !ours(e) && e.Source == fromScreen:
		if mine, ok := clockMinute(e.Clock); ok {
			return apart(mine, minute)
		}
		return 0
	case !ours(e):
		return apart(minuteOf(e.time, zone), minute)
	case e.pending():
		return oursSlack
	}
	times := []time.Time{e.HandedAt, e.SentAt, e.Delivered}
	if e.Intent != nil {
		times = append(times, e.Intent.At)
	}
	best := -1
	for _, t := range times {
		if d := apart(minuteOf(t, zone), minute); !t.IsZero() && (best < 0 || d < best) {
			best = d
		}
	}
	if best < 0 {
		return oursSlack
	}
	return best
}

// pending: ours, and when it left is not known: it was tried again, or its
// outcome is open.
func (e entry) pending() bool {
	return ours(e) && (e.State == wabridge.Sending || e.State == wabridge.Unconfirmed || e.Tries > 1)
}

func minuteOf(t time.Time, zone *time.Location) int {
	t = t.In(zone)
	return t.Hour()*60 + t.Minute()
}

// apart is how far two minutes of the day are from each other, over midnight.
func apart(a, b int) int {
	d := (a - b + 24*60) % (24 * 60)
	return min(d, 24*60-d)
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
// with a bubble. What is equal character by character is the same, also where
// the app's rules leave nothing to compare: a text of white space or of marks of
// formatting alone. Such texts are not told apart from each other.
func sameShown(text string, s Sighting) bool {
	if text == s.Text || whatsapp.Blank(text) && whatsapp.Blank(s.Text) || whatsapp.BubbleShows(text, whatsapp.Bubble{Text: s.Text, More: s.Cut}) {
		return true
	}
	if notification.WasCut(text) && len(s.Text) > len(text) {
		return whatsapp.BubbleShows(text, whatsapp.Bubble{Text: firstRunes(s.Text, utf8.RuneCountInString(text))})
	}
	return s.Media != "" && sameMedia(text, s)
}

// sameMedia compares "📷 Foto" with a picture whose kind the chat only hints at.
// Two pictures with captions are the same if these are.
func sameMedia(text string, s Sighting) bool {
	kind := words().MediaKind(text)
	if kind == whatsapp.TextMessage {
		return false
	}
	if a, b := captionOf(text), captionOf(s.Text); whatsapp.Alike(kind, whatsapp.ImageMessage) && a != "" && b != "" {
		return a == b || whatsapp.BubbleShows(a, whatsapp.Bubble{Text: b, More: s.Cut})
	}
	_, caption, _ := strings.Cut(text, " ")
	_, shown, _ := strings.Cut(s.Text, " ")
	return shown == caption || whatsapp.Alike(kind, s.Media)
}

// captionOf is what stands behind the sign of a kind, "" where that is the app's
// own word.
func captionOf(text string) string { return whatsapp.ReadParaphrase(text, words().Words).Rest }

func words() notification.Words { return notification.DefaultWords() }

func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
