package inbox

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/inbox/notification"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// Sources of a message.
const (
	fromNotification = "notification"
	fromScreen       = "screen"
)

// A Sighting is a message that was seen once, in a notification or in an open
// chat. Whether it is a new one is for Posted and Shown to say.
type Sighting struct {
	Own    bool // ours: typed on the phone, another device, or by us
	LikeUs bool // the sender is called as the app calls us, so it may be ours
	Sender string
	Number string // of the sender, digits, where known
	Saved  bool   // Sender is a name of the phone's address book, as far as is known
	Text   string
	Time   time.Time // exact to the second in a notification; in a chat the start of the shown minute, zero if unknown
	Clock  string    // in a chat: the time as shown
	// Media is what it is (whatsapp.MessageKind): a guess in a notification, known
	// from ids in a chat; "" for a text.
	Media string
	Cut   bool             // Text is only the beginning of the true one
	File  *whatsapp.Bubble // the bubble of a file of ours
	// Emoji and Quote are those of a reaction; of a text, those that it has if it is
	// a reaction in words that are not known.
	Emoji, Quote string
	ReactsTo     string // the id of the message that a reaction is to, "" if it is not known
	// Hold: its text has not come yet. It is not told before waitingTime is over.
	Hold bool
	// Arrived: the phone has the file; a notification that shows a picture says so.
	Arrived bool
}

// waitingTime is how long a message whose text has not come ("Waiting for this
// message…") is held back, by its own time. Then it is told as unsupported; if its
// text comes later, that is told as well.
const waitingTime = 10 * time.Minute

// waitsAt reports whether a message of that kind and time is still held back.
func waitsAt(kind whatsapp.MessageKind, sent, now time.Time) bool {
	return kind == whatsapp.WaitingMessage && now.Before(sent.Add(waitingTime))
}

// waitsUntil is when the chat of a message that is held back is to be looked at
// again, after a look at a time: its text may have come without a notification.
// Each wait is as long as the message is old, so that there are few of them; the
// last ends with waitingTime.
func (s Sighting) waitsUntil(at time.Time) time.Time {
	next := at.Add(max(time.Minute, at.Sub(s.Time)))
	if end := s.Time.Add(waitingTime); end.Before(next) {
		return end
	}
	return next
}

// postedSightings are the sightings of a notification that was read at a time by
// the phone's clock.
func postedSightings(c notification.Conversation, now time.Time) []Sighting {
	out := make([]Sighting, 0, len(c.Messages))
	for _, m := range c.Messages {
		s := Sighting{Own: m.Own, Sender: m.Sender, Number: m.Number, Text: m.Text,
			Saved: !m.Stranger, LikeUs: m.LikeUs, Time: m.Time, Media: m.Media, Cut: m.Cut, Arrived: m.URI != "", Hold: waitsAt(m.Media, m.Time, now)}
		switch m.Media {
		case whatsapp.ReactionMessage:
			s.Emoji, s.Quote = m.Paraphrase.Emoji, m.Paraphrase.Quote
		case whatsapp.TextMessage:
			if emoji, quote, ok := whatsapp.ReadReaction(m.Text); ok {
				s.Emoji, s.Quote = emoji, quote
			}
		}
		out = append(out, s)
	}
	return out
}

// shownSightings are the sightings of an open chat, oldest first. Bubbles
// without a time are left out: they are clipped, or not messages. at is when
// the screen was read, in the phone's zone.
//
// In a group the app names the sender above the first bubble of a run. Where that
// is out of sight, nobody knows whose the run is: it is never taken for that of
// somebody further up.
func shownSightings(s whatsapp.Screen, at time.Time) []Sighting {
	var out []Sighting
	sender := "" // not known
	for _, b := range s.Bubbles {
		switch {
		case b.Out:
			sender = ""
		case b.Sender != "":
			sender = displayname.Plain(b.Sender)
		case b.CutTop: // a name may stand above it, out of sight
			sender = ""
		}
		if b.Time == "" {
			continue
		}
		m := Sighting{Own: b.Out, Text: b.Text, Clock: b.Time, Media: b.Media, Cut: b.More, Sender: sender}
		if m.Media != "" && b.Out {
			m.File = &b
		}
		if m.Media != "" && !b.Out || m.Text == "" {
			m.Text = whatsapp.Placeholder(m.Media, shownBeside(b))
		}
		if m.Media == whatsapp.TextMessage { // the app's description stands in a bubble like a text
			switch kind := whatsapp.ReadParaphrase(b.Text, words().Words).Kind; kind {
			case whatsapp.WaitingMessage, whatsapp.DeletedMessage, whatsapp.UnsupportedMessage:
				m.Media = kind
			}
		}
		out = append(out, m)
	}
	dateShown(out, at)
	for i, s := range out {
		out[i].Hold = waitsAt(s.Media, s.Time, at)
	}
	return out
}

// shownBeside is what a bubble says besides its kind: a caption, or the name on a
// contact card, which notifications have in its place.
func shownBeside(b whatsapp.Bubble) string {
	if b.Text == "" && b.Media == whatsapp.ContactMessage {
		return b.File
	}
	return b.Text
}

// dateShown gives each bubble the latest time that fits: bubbles stand in
// order and show only their minute, so going up, a later clock is the day
// before. Bubbles that are days old may get too late a date.
func dateShown(seen []Sighting, at time.Time) {
	last := at.Add(clockSlack)
	for i := len(seen) - 1; i >= 0; i-- {
		minute, ok := clockMinute(seen[i].Clock)
		if !ok {
			continue
		}
		day := time.Date(last.Year(), last.Month(), last.Day(), minute/60, minute%60, 0, 0, last.Location())
		if day.After(last) {
			day = time.Date(last.Year(), last.Month(), last.Day()-1, minute/60, minute%60, 0, 0, last.Location())
		}
		seen[i].Time = day
		last = day.Add(orderSlack)
	}
}

const (
	// clockSlack is how far the clocks of phone and computer may differ.
	clockSlack = 2 * time.Minute
	// orderSlack is by how much a chat may be out of order: a message that
	// was under way for a while keeps its sender's minute.
	orderSlack = 3 * time.Minute
)

// clockMinute reads a bubble's time ("22:37", "10:52 PM", "12:00 am",
// "10:52 p. m.", "١٠:٥٢ م") as minutes after midnight.
func clockMinute(s string) (int, bool) {
	s = strings.ToLower(uiauto.ASCIIDigits(uiauto.Clean(s)))
	nums := strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if len(nums) != 2 || len(nums[0]) > 2 || len(nums[1]) != 2 {
		return 0, false
	}
	h, m := number(nums[0]), number(nums[1])
	half := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
	switch half {
	case "am", "a", "ص":
		if h > 12 {
			return 0, false
		}
		h %= 12
	case "pm", "p", "م":
		if h > 12 {
			return 0, false
		}
		h = h%12 + 12
	}
	if h > 23 || m > 59 {
		return 0, false
	}
	return h*60 + m, true
}

func number(s string) int {
	n := 0
	for _, r := range s {
		n = n*10 + int(r-'0')
	}
	return n
}

// message makes the record of a new message.
func (s Sighting) message(chat wabridge.Chat, source string) wabridge.Message {
	body, _ := json.Marshal(map[string]string{"body": s.Text}) // strings always encode
	m := wabridge.Message{
		Direction: wabridge.In, Type: "text", Text: wabridge.Text(s.Text), Body: body,
		Number: s.Number, Name: s.Sender, Created: s.Time.UTC(), Source: source, Clock: s.Clock,
	}
	if s.Time.IsZero() {
		m.Created = time.Time{}
	}
	if s.Own {
		m.Direction, m.Name, m.Number = wabridge.Echo, displayname.Plain(chat.Name), chat.Number
	}
	s.setKind(&m)
	if chat.Group {
		m.Group, m.GroupName = chat.ID, chat.Name
	} else if m.Number == "" {
		m.Number = chat.Number
	}
	return m
}
