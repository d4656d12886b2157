package notification

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// Kind says what a record of the app is.
type Kind string

// The kinds. Only Chat has messages.
const (
	Chat       Kind = "chat"
	Summary    Kind = "summary"     // "3 messages from 2 chats": the children say it better
	Service    Kind = "service"     // backup, "checking for new messages", WhatsApp Web, sending media
	MissedCall Kind = "missed_call" // a call, not a message
	Ringing    Kind = "ringing"     // a call that may be answered now
	Hidden     Kind = "hidden"      // a chat, but the phone shows no text of it
)

// A Conversation is what one record tells of a chat.
type Conversation struct {
	Kind     Kind      `json:"-"`
	Package  string    `json:"package"`
	Key      string    `json:"key"`
	User     int       `json:"-"`
	ChatID   string    `json:"chat_id,omitempty"` // the shortcut's JID; "" where the record has none
	Number   string    `json:"number,omitempty"`  // digits, of a chat with one person, where known
	Chat     string    `json:"chat"`              // the chat's name as shown
	Sender   string    `json:"sender,omitempty"`  // of the newest message
	Group    string    `json:"group,omitempty"`   // the group's name
	IsGroup  bool      `json:"-"`
	Messages []Message `json:"messages"`
	Stranger bool      `json:"-"` // the name is the one the person chose, not one saved on the phone
	Unread   int       `json:"-"` // the app's own count, 0 where it gives none
	// Redacted: the dump leaves texts out, because it was made without --noredact.
	Redacted bool `json:"redacted,omitempty"`
	// Doubtful: the record holds messages that could not be told apart.
	Doubtful bool `json:"doubtful,omitempty"`
}

// A Message is one of those a record holds, oldest first.
type Message struct {
	Sender string    `json:"sender"` // as shown; in a group without the "~" of unsaved names
	Number string    `json:"number,omitempty"`
	Text   string    `json:"text"`            // as the app shows it
	Time   time.Time `json:"time"`            // by the app; whole seconds on the phones seen
	Media  string    `json:"media,omitempty"` // its kind (whatsapp.MessageKind) where it reads like the app's words for one; "" is a text
	Own    bool      `json:"own,omitempty"`   // our own reply from the notification or another device
	Cut    bool      `json:"cut,omitempty"`   // Android cut it at its limit
	// Stranger: the sender is not saved on the phone; the name is the one they chose.
	Stranger bool `json:"-"`
	Gone     bool `json:"deleted,omitempty"` // it reads like the words for a deleted message
	// Paraphrase is what Text says if it is the app's own description of a message.
	Paraphrase whatsapp.Paraphrase `json:"-"`
	URI        string              `json:"-"` // of a picture that the phone has; "" as long as it has not
}

// Ref is the chat as the store looks it up.
func (c Conversation) Ref() wabridge.ChatRef {
	return wabridge.ChatRef{JID: c.ChatID, Number: c.Number, Name: c.Chat, Group: c.IsGroup}
}

var jid = regexp.MustCompile(`^(\d{4,20}@s\.whatsapp\.net|\d{4,20}@lid|[\d-]{8,40}@g\.us)$`)

// serviceChannels are those on which the app posts no messages.
var serviceChannels = []string{
	"chat_history_backup", "sending_media", "other_notifications", "critical_app_alerts",
	"failure_notifications", "media_playback", voipChannel,
}

// Messages says what a record of WhatsApp holds.
func Messages(rec Record, words Words) Conversation {
	c := Conversation{Package: rec.Package, Key: rec.Key, User: rec.User, Doubtful: rec.Doubtful, Unread: rec.Number, Redacted: rec.Redacted}
	c.Kind = kind(rec, words)
	if jid.MatchString(rec.Shortcut) {
		c.ChatID = rec.Shortcut
	} else if jid.MatchString(rec.Tag) {
		c.ChatID = rec.Tag // 2018: the tag was the JID in clear
	}
	if other := strings.Contains(rec.Shortcut, "@"); other && c.ChatID == "" {
		c.Kind = Service // status@broadcast, a channel's newsletter
	}
	c.IsGroup = wabridge.IsGroup(c.ChatID) || c.ChatID == "" && rec.Group
	name(&c, rec, words)
	if c.Kind != Chat {
		return c
	}
	c.Messages = messages(rec, c, words)
	if len(c.Messages) == 0 {
		c.Kind = Hidden
		return c
	}
	c.Sender = c.Messages[len(c.Messages)-1].Sender
	return c
}

func kind(rec Record, words Words) Kind {
	switch {
	case rec.Summary:
		return Summary
	case rec.Category == "missed_call":
		return MissedCall
	case rec.Category == "call" || strings.HasPrefix(rec.Channel, voipChannel):
		if ringing(rec, words) {
			return Ringing
		}
		return Service
	}
	for _, ch := range serviceChannels {
		if strings.HasPrefix(rec.Channel, ch) {
			return Service
		}
	}
	switch {
	case rec.Count > 0 || len(rec.Elements) > 0 || rec.Shortcut != "" || jid.MatchString(rec.Tag):
		return Chat // whatever its words are: somebody may write them
	case words.oneOf(rec.Text, missedCall) || words.oneOf(rec.Title, missedCall):
		return MissedCall
	case words.oneOf(rec.Text, service):
		return Service
	case strings.HasSuffix(rec.Template, "MessagingStyle"):
		return Chat
	}
	return Service
}

// name fills in how the chat is called and, for one person, the number.
func name(c *Conversation, rec Record, words Words) {
	title := Name(rec.Title)
	if !c.IsGroup {
		c.Chat = strings.TrimSuffix(title, ":")
		c.Stranger = isStranger(rec.Title)
		c.Number = wabridge.NumberOf(c.ChatID)
		if c.Number == "" && c.ChatID == "" || strings.HasSuffix(c.ChatID, "@lid") {
			c.Number = NumberIn(c.Chat)
		}
		return
	}
	c.Group = words.cutCounter(Name(rec.TitleConv))
	if c.Group == "" {
		before, _, _ := strings.Cut(title, ": ")
		c.Group = words.cutCounter(before)
	}
	c.Chat = c.Group
}

// isStranger reports whether a name is shown as one that is not saved.
func isStranger(shown string) bool {
	return strings.HasPrefix(strings.TrimSpace(uiauto.Clean(shown)), "~")
}

// Name removes invisible marks from a name: direction marks, zero width
// blanks, the "~" before the names of people who are not saved.
func Name(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == 0x200B || r == 0x2060 || r == 0xFEFF {
			return -1
		}
		return r
	}, uiauto.Clean(s))
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "~"); ok {
		s = strings.TrimSpace(rest)
	}
	return s
}

var numberShape = regexp.MustCompile(`^\+[\d ().\-]{6,30}$`)

// NumberIn gives the digits of a title that is a number as the app shows it
// ("+49 170 1234567"), else "".
func NumberIn(title string) string {
	title = uiauto.ASCIIDigits(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == 0x2011 {
			return ' '
		}
		return r
	}, title))
	title = strings.TrimSpace(title)
	if !numberShape.MatchString(title) {
		return ""
	}
	if n := wabridge.Digits(title); len(n) >= 7 && len(n) <= 15 {
		return n
	}
	return ""
}

// Android cuts the texts of notifications at 1024 characters (UTF-16 units),
// older versions at five times that.
const cutAt, cutAtOld = 1024, 5 * 1024

// WasCut reports whether a text has exactly the length at which Android cuts.
func WasCut(text string) bool {
	n := 0
	for _, r := range text {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n == cutAt || n == cutAtOld || n == cutAt-1 || n == cutAtOld-1
}

func messages(rec Record, c Conversation, words Words) []Message {
	var out []Message
	for _, e := range rec.Elements {
		m := Message{Sender: Name(e.Sender), Text: e.Text, Time: e.Time, URI: e.URI}
		m.Own = own(e.Sender, rec.SelfName, c, words)
		m.Stranger = isStranger(e.Sender)
		m.Sender, m.Text = reply(m.Sender, m.Text)
		out = append(out, finish(m, c, words))
	}
	if len(rec.Elements) > 0 || rec.Doubtful || rec.Text == "" {
		return out
	}
	m := Message{Text: rec.Text, Time: rec.When, Sender: c.Chat}
	if c.IsGroup {
		_, sender, _ := strings.Cut(Name(rec.Title), ": ")
		m.Sender = sender
	}
	return append(out, finish(m, c, words))
}

// own reports whether a line is ours: it has no sender, or the name by which
// the app calls us. Others cannot take that name: one who is not saved stands
// there with a "~", and a chat's only other person has the chat's name.
func own(sender, self string, c Conversation, words Words) bool {
	if sender == "" {
		return true
	}
	shown := strings.TrimSpace(uiauto.Clean(sender))
	if isStranger(sender) || !c.IsGroup && Name(sender) == c.Chat {
		return false
	}
	if self != "" {
		return shown == strings.TrimSpace(uiauto.Clean(self))
	}
	return words.Is("you", shown)
}

// reply undoes how the app shows a quoted reply to us: the sender is
// "⤷ You got a reply" and the text "Name: words".
func reply(sender, text string) (string, string) {
	if !strings.HasPrefix(sender, "⤷") {
		return sender, text
	}
	name, words, ok := strings.Cut(text, ": ")
	if !ok {
		return "", text
	}
	return Name(name), words
}

func finish(m Message, c Conversation, words Words) Message {
	m.Paraphrase = whatsapp.ReadParaphrase(m.Text, words.Words)
	m.Media = m.Paraphrase.Kind
	m.Cut = WasCut(m.Text)
	m.Gone = m.Media == whatsapp.DeletedMessage
	switch {
	case m.Own:
	case !c.IsGroup:
		m.Sender, m.Number = c.Chat, c.Number
	default:
		m.Number = NumberIn(m.Sender)
	}
	return m
}
