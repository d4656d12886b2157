package notification

import (
	"regexp"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/displayname"
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
	Number   string    `json:"number,omitempty"`  // digits, of a chat with one person, where ChatID tells
	Chat     string    `json:"chat"`              // the chat's name as shown (displayname.Clean)
	Sender   string    `json:"sender,omitempty"`  // of the newest message
	Group    string    `json:"group,omitempty"`   // the group's name
	IsGroup  bool      `json:"-"`
	Messages []Message `json:"messages"`
	// Shown is the number that the title of a chat with one person reads like: the
	// app shows the number of people who are not saved, and people can be saved
	// under such a name. It identifies nobody by itself. "" for a chosen name.
	Shown    string `json:"-"`
	Stranger bool   `json:"-"` // the name is the one the person chose, not one saved on the phone
	Unread   int    `json:"-"` // the app's own count, 0 where it gives none
	// Redacted: the dump leaves texts out, because it was made without --noredact.
	Redacted bool `json:"redacted,omitempty"`
	// Doubtful: the record holds messages that could not be told apart.
	Doubtful bool `json:"doubtful,omitempty"`
}

// A Message is one of those a record holds, oldest first.
type Message struct {
	Sender string    `json:"sender"`           // as shown; in a group without the "~" of unsaved names
	Number string    `json:"number,omitempty"` // of the chat with one person; nothing identifies a group's senders
	Text   string    `json:"text"`             // as the app shows it
	Time   time.Time `json:"time"`             // by the app; whole seconds on the phones seen
	Media  string    `json:"media,omitempty"`  // its kind (whatsapp.MessageKind) where it reads like the app's words for one; "" is a text
	Own    bool      `json:"own,omitempty"`    // our own reply from the notification or another device
	// LikeUs: the sender of a group's line has the name by which the app calls us.
	// It is ours, or that of a person who is saved under that name.
	LikeUs bool `json:"-"`
	Cut    bool `json:"cut,omitempty"` // Android cut it at its limit
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

// name fills in how the chat is called and, for one person, the number that its
// id tells.
func name(c *Conversation, rec Record, words Words) {
	title := displayname.Clean(rec.Title)
	if !c.IsGroup {
		c.Chat = title
		if oldTitle.MatchString(rec.Title) {
			c.Chat = strings.TrimSuffix(title, ":")
		}
		c.Stranger = displayname.IsChosen(c.Chat)
		c.Shown = displayname.Number(c.Chat)
		c.Number = wabridge.NumberOf(c.ChatID)
		return
	}
	c.Group = words.groupName(rec.TitleConv, rec.Number)
	if c.Group == "" {
		before, _, _ := strings.Cut(title, ": ")
		c.Group = words.groupName(before, rec.Number)
	}
	c.Chat = c.Group
}

// oldTitle is the title of a chat in 2018: "Ana: " and a zero-width blank.
var oldTitle = regexp.MustCompile(`:[\s\x{200B}]+$`)

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
		out = append(out, finish(message(e, rec, c, words), c, words))
	}
	if len(rec.Elements) > 0 || rec.Doubtful || rec.Text == "" {
		return out
	}
	m := Message{Text: rec.Text, Time: rec.When, Sender: c.Chat}
	if c.IsGroup {
		_, sender, _ := strings.Cut(displayname.Clean(rec.Title), ": ")
		m.Sender, m.Stranger = displayname.Plain(sender), displayname.IsChosen(sender)
	}
	return append(out, finish(m, c, words))
}

// message reads one line: whose it is, and what it says.
func message(e Element, rec Record, c Conversation, words Words) Message {
	sender := displayname.Clean(e.Sender)
	m := Message{Sender: displayname.Plain(sender), Stranger: displayname.IsChosen(sender), Text: e.Text, Time: e.Time, URI: e.URI}
	switch {
	case isOwn(e, sender, rec, c, words):
		m.Own = true
	case c.IsGroup && isCalledLikeUs(sender, rec.SelfName, words):
		m.LikeUs = true
	case isReply(sender):
		m.Sender, m.Text = splitReply(e.Text)
		m.Stranger = true // a name inside of a text may be anybody's
	}
	return m
}

// isOwn reports whether the structure of a line proves that it is ours: it has
// no sender (Android's rule for messages of the phone's user), it has the very
// Person of the phone's user, or it stands in a chat with one person and is not
// that person's. A group's line with our name proves nothing: somebody may be
// saved under it.
func isOwn(e Element, sender string, rec Record, c Conversation, words Words) bool {
	switch {
	case e.Sender == "" || e.Person != "" && e.Person == rec.SelfPerson:
		return true
	case c.IsGroup || sender == c.Chat:
		return false
	}
	return isCalledLikeUs(sender, rec.SelfName, words)
}

// isCalledLikeUs reports whether a sender has the name by which the app calls
// the phone's user. One who is not saved stands there with a "~".
func isCalledLikeUs(sender, self string, words Words) bool {
	switch {
	case displayname.IsChosen(sender):
		return false
	case self != "":
		return displayname.Same(sender, self)
	}
	return words.Is("you", sender)
}

// isReply reports whether the app shows a quoted reply to us: the sender is
// "⤷ You got a reply" and the text "Name: words". A name that a person chose
// has the app's mark before it.
func isReply(sender string) bool { return strings.HasPrefix(sender, "⤷") }

// splitReply gives the sender and the words of a quoted reply's text.
func splitReply(text string) (sender, words string) {
	sender, words, ok := strings.Cut(text, ": ")
	if !ok {
		return "", text
	}
	return displayname.Plain(displayname.Clean(sender)), words
}

func finish(m Message, c Conversation, words Words) Message {
	m.Paraphrase = whatsapp.ReadParaphrase(m.Text, words.Words)
	m.Media = m.Paraphrase.Kind
	m.Cut = WasCut(m.Text)
	m.Gone = m.Media == whatsapp.DeletedMessage
	if !m.Own && !c.IsGroup {
		m.Sender, m.Number, m.Stranger = displayname.Plain(c.Chat), c.Number, c.Stranger
	}
	return m
}
