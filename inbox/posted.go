package inbox

import (
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// ownWindow is how far the time of a message of ours and that of the line in a
// notification may be apart.
const ownWindow = 5 * time.Minute

// screenSlack is how much later than a bubble was seen its exact time may be,
// for the clocks of computer and phone are not quite the same.
const screenSlack = time.Second

// A Reading is what one reading of the notifications holds of a chat. Its times
// are by the phone's clock; zero ones are not known and decide nothing.
type Reading struct {
	Seen  []Sighting
	Zone  *time.Location
	Began time.Time // before the list was read
	Ended time.Time // after it was read
	// Looked is when the chat was last on the screen.
	Looked time.Time
	// Last tells, by message id, when a message was last read in a notification,
	// or when it was first seen in the open chat.
	Last map[string]time.Time
}

// Posted decides which messages of a notification are new. known are the
// chat's received and echo messages, ours those that we sent, both oldest
// first. held are the ids of the known ones that the reading holds. A notification holds the newest messages of a chat and is posted
// again with every one of them, so:
//
//   - one known with that second, text and sender is the same message; of
//     equal ones as many are new as there are more than known,
//   - one seen as a bubble before, in that minute, gets its exact time,
//   - opening a chat takes its notification away: what a reading after that
//     holds came after that, even where second and text are known (see over),
//   - a line of our own is ours if we sent that text about then, else an echo,
//   - a group's line that bears our name is ours if that text left about then,
//     else it is of a person who is saved so: no message is hidden by a name,
//   - the words for a deleted message are no message where one of that second
//     is known,
//   - a reaction is one to a message of ours, if it is plain to which,
//   - a message whose text has not come yet is held back.
func Posted(chat wabridge.Chat, known, ours []wabridge.Message, r Reading) (ch queue.Changes, held []string) {
	p := posted{Reading: r, known: linesOf(known), ours: entries(nil, ours), pair: make([]int, len(r.Seen))}
	for i := range p.pair {
		p.pair[i] = -1
	}
	p.each(func(e entry, s Sighting) bool { return p.exactly(e, s) && sameSender(e, s) })
	p.each(func(e entry, s Sighting) bool { return p.exactly(e, s) && renamed(e, s, p.known, p.Seen) })
	p.each(p.asBubble)
	for i, s := range p.Seen {
		k := p.pair[i]
		if k >= 0 {
			held = append(held, p.known[k].ID)
		}
		switch {
		case k >= 0 && p.known[k].Source == fromScreen:
			ch.Update = append(ch.Update, exact(*p.known[k].Message, s))
		case k >= 0, s.Hold, s.Own && p.sentByUs(s), s.LikeUs && (p.sentByUs(s) || p.echoed(s)):
		case s.Media == whatsapp.DeletedMessage && (s.Own || p.second(s)):
		case s.Media == whatsapp.ReactionMessage && s.Own:
		default:
			m := p.asReaction(s).message(chat, fromNotification)
			m.StoodBy = p.Ended
			ch.New = append(ch.New, m)
		}
	}
	return ch, held
}

type posted struct {
	Reading
	known, ours []entry
	pair        []int // of each sighting: the known entry, or -1
}

// each pairs what is not paired yet, the first with the first.
func (p *posted) each(same func(entry, Sighting) bool) {
	for i, s := range p.Seen {
		if p.pair[i] >= 0 {
			continue
		}
		for k := range p.known {
			if !p.known[k].used && same(p.known[k], s) {
				p.pair[i], p.known[k].used = k, true
				break
			}
		}
	}
}

// exactly: known from a notification with the same second and text.
func (p *posted) exactly(e entry, s Sighting) bool {
	return e.Source == fromNotification && e.own == s.Own && e.time.Equal(s.Time) && sameLine(e, s) && !p.over(e, s)
}

// sameLine reports whether a known message was learned from such a line: a
// reaction is known by its emoji.
func sameLine(e entry, s Sighting) bool {
	return string(e.Text) == s.Text || e.Type == "reaction" && e.Context != "" && whatsapp.SameEmoji(string(e.Text), s.Emoji)
}

// asReaction finds the message of ours that a line is a reaction to: the only one
// that it quotes. A line in words that are not known is a reaction only if it
// quotes one; one in known words that quotes none, or several alike, stays a
// reaction to nothing that is known.
func (p *posted) asReaction(s Sighting) Sighting {
	if s.Own || s.Emoji == "" || s.Quote == "" || s.Media != whatsapp.ReactionMessage && s.Media != whatsapp.TextMessage {
		return s
	}
	var to *wabridge.Message
	quote := whatsapp.Quote{Text: s.Quote}
	for _, list := range [][]entry{p.ours, p.known} {
		for _, e := range list {
			if !e.own || e.Type == "reaction" || !whatsapp.WantOf(e.Message).Quotes(quote, words().Words) {
				continue
			}
			if to != nil {
				s.Media = whatsapp.ReactionMessage
				return s
			}
			to = e.Message
		}
	}
	if to != nil {
		s.Media, s.ReactsTo = whatsapp.ReactionMessage, to.ID
	}
	return s
}

// overSlack is how much older than a look into the chat a message may be, by
// its own time, that came after it: times are whole seconds of the network's
// clock, and a message is under way for a while.
const overSlack = 3 * time.Second

// over reports whether a known message was read or seen before the chat was
// last on the screen, so that it cannot stand in this reading, which is later.
// That opening a chat takes away its notification is known; that the app never
// posts what was read again is not, so it counts only near the time of the look.
func (p *posted) over(e entry, s Sighting) bool {
	last, looked := p.Last[e.ID], p.Looked
	if e.Source == fromScreen {
		if last.IsZero() {
			last = e.time
		}
		looked = last
	}
	if last.IsZero() || looked.IsZero() || last.After(looked) || !looked.Before(p.Began) {
		return false
	}
	return s.Time.After(looked.Add(-overSlack))
}

// renamed: a person of a group who was saved, or renamed, between two
// postings: neither name stands on the other side.
func renamed(e entry, s Sighting, known []entry, seen []Sighting) bool {
	gone := !slices.ContainsFunc(seen, func(o Sighting) bool { return o.Sender == e.Name })
	fresh := !slices.ContainsFunc(known, func(o entry) bool { return o.Name == s.Sender })
	return gone && fresh
}

// asBubble: seen in the open chat before, in the minute of the exact time.
func (p *posted) asBubble(e entry, s Sighting) bool {
	if e.Source != fromScreen || e.own != s.Own || !sameSender(e, s) || p.over(e, s) {
		return false
	}
	if d := e.time.Sub(s.Time); d < -screenSlack || d > orderSlack {
		return false
	}
	b := Sighting{Own: e.own, Sender: e.Name, Text: string(e.Text), Clock: e.Clock, Media: words().MediaKind(string(e.Text))}
	if !sameShown(s.Text, b) {
		return false
	}
	minute, ok := clockMinute(e.Clock)
	return !ok || minuteOf(s.Time, p.Zone) == minute
}

// second reports whether a received message of that very second is known.
func (p *posted) second(s Sighting) bool {
	return slices.ContainsFunc(p.known, func(e entry) bool { return e.own == s.Own && e.time.Equal(s.Time) })
}

// sentByUs takes one of our messages as the line's origin.
func (p *posted) sentByUs(s Sighting) bool {
	for k := range p.ours {
		e := &p.ours[k]
		d := e.time.Sub(s.Time)
		if !e.used && d < ownWindow && d > -ownWindow && sameShown(string(e.Text), Sighting{Text: s.Text}) {
			e.used = true
			return true
		}
	}
	return false
}

// echoed reports whether a person typed the line's text on the phone about then.
func (p *posted) echoed(s Sighting) bool {
	for k := range p.known {
		e := &p.known[k]
		d := e.time.Sub(s.Time)
		if e.own && !e.used && d < ownWindow && d > -ownWindow && sameShown(string(e.Text), Sighting{Text: s.Text}) {
			e.used = true
			return true
		}
	}
	return false
}

// exact is a known message with what the notification knows better.
func exact(m wabridge.Message, s Sighting) wabridge.Message {
	m.Created, m.Source = s.Time.UTC(), fromNotification
	if s.Number != "" {
		m.Number = s.Number
	}
	if s.Sender != "" && !s.Own {
		m.Name = s.Sender
	}
	return m
}
