package app

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nyaruka/phonenumbers"
)

// An IncomingMessage is what somebody sends to the simulated account.
type IncomingMessage struct {
	From string `json:"from"`           // digits of the sender
	Name string `json:"name,omitempty"` // their name, if the phone's owner saved it; in a group as it is shown there
	// Profile is the name that they chose. The app shows it, marked with "~", where
	// they are not saved: in groups, and, if chats are named by @lid, everywhere.
	Profile string `json:"profile,omitempty"`
	Text    string `json:"text"`            // what they write; of a file its caption, of a reaction the emoji
	Group   string `json:"group,omitempty"` // name of the group it is written in
	Kind    string `json:"kind,omitempty"`  // "text" (or ""), image, video, audio, voice, document, sticker, location, contact, reaction, live_location, poll, view_once; deleted takes back the message that quote names
	Type    string `json:"type,omitempty"`  // another name for kind; "contacts" is contact
	ID      string `json:"id,omitempty"`    // given back by Received; made up if empty

	IncomingFile
	// Quote names the message that is answered or reacted to: its text, or the
	// number of its line in the ledger.
	Quote string `json:"quote,omitempty"`
}

// An IncomingFile is what comes with an incoming message that is not a text.
type IncomingFile struct {
	File         []byte   `json:"file,omitempty"` // Base64 in JSON; made up if empty
	MIME         string   `json:"mime,omitempty"`
	Filename     string   `json:"filename,omitempty"`
	Caption      string   `json:"caption,omitempty"`       // another name for text
	Seconds      int      `json:"seconds,omitempty"`       // of audio and video
	AutoDownload *bool    `json:"auto_download,omitempty"` // false: the file comes when its bubble is tapped
	Latitude     float64  `json:"latitude,omitempty"`
	Longitude    float64  `json:"longitude,omitempty"`
	Place        string   `json:"place,omitempty"`    // a location's name
	Address      string   `json:"address,omitempty"`  // of a location
	Contacts     []string `json:"contacts,omitempty"` // names, each with a number after a comma: "Ann,+15550001002"
}

// A ReceivedMessage is one that arrived, as the simulated app saw it.
type ReceivedMessage struct {
	IncomingMessage
	Chat      string    `json:"chat"`                // digits, or the group's JID
	At        time.Time `json:"at"`                  // when it was sent to the account
	Delivered time.Time `json:"delivered,omitzero"`  // when the app had it; zero: not yet
	Time      time.Time `json:"time,omitzero"`       // the message's own time, whole seconds
	Notified  bool      `json:"notified"`            // a notification was posted for it
	OnScreen  bool      `json:"on_screen,omitempty"` // its chat was open on the screen
	Path      string    `json:"path,omitempty"`      // where its file lies on the phone, once it does
	SHA256    string    `json:"sha256,omitempty"`    // of its file, hex
	data      []byte
}

// A SentMessage is a line of the ledger: what truly left through the app.
type SentMessage struct {
	Order int        `json:"order"`           // 1, 2, 3 … in the order of sending
	To    string     `json:"to"`              // digits, or the group's JID
	Text  string     `json:"text"`            // exactly what was in the composer
	At    time.Time  `json:"at"`              // when send was tapped
	Wire  time.Time  `json:"wire,omitzero"`   // when it left the phone; zero: still waiting for the network
	State string     `json:"state"`           // pending, sent, delivered, read
	Human bool       `json:"human,omitempty"` // typed by a person (Human), not through adb
	Kind  string     `json:"kind,omitempty"`  // image, document, reaction …; "" is text
	Media *SentMedia `json:"media,omitempty"`
	Quote string     `json:"quote,omitempty"` // text of the message that is answered or reacted to
}

// A State is how far an outgoing message has come.
type State int

// The states.
const (
	Pending State = iota
	Sent
	Delivered
	Read
)

var stateNames = []string{"pending", "sent", "delivered", "read"}

func (s State) String() string { return stateNames[s] }

// picture is the tick's name in phonesim/picture.
func (s State) picture() string {
	if s == Pending {
		return "clock"
	}
	return s.String()
}

// ParseState reads a state's name.
func ParseState(name string) (State, error) {
	for i, n := range stateNames {
		if n == name {
			return State(i), nil
		}
	}
	return 0, fmt.Errorf("unknown state %q: it is one of %s", name, strings.Join(stateNames, ", "))
}

// A Chat is one conversation.
type Chat struct {
	ID       string // digits of the person, or the group's JID
	Name     string // saved name, or the group's; "" shows the number
	profile  string // the name a person chose, where the app shows it instead of the number
	lookedUp bool   // a link led here by the number, so this account knows it
	Group    bool
	LID      string // digits of the @lid identity
	Messages []*Message
	Draft    string
	sound    *file    // stands unsent in place of the composer
	quoting  *Message // what the composer answers
	Unread   int
	Archived bool
	Last     time.Time
	place    int // in the order of newest messages: higher is newer
	scroll   int // pixels up from the end
	expanded map[int]bool
	Card     bool // the disappearing-messages card lies over it
}

// A Message is one bubble.
type Message struct {
	N      int // position in the chat, from 1
	Out    bool
	Text   string
	Kind   string // "" or "text", image …
	At     time.Time
	State  State
	From   string // digits of the sender in a group
	Sender string // shown name in a group
	held   bool   // a person set the state: it does not advance by itself
	sent   *SentMessage
	got    *ReceivedMessage
	noted  bool  // is part of the chat's notification
	file   *file // of all but texts
	quote  *Message
	mine   string // our reaction, "" for none
	theirs string
	hidden bool // in the notification only, no bubble

	waiting bool // its text has not come yet
	deleted bool // its author took it back
}

// jid is how the app names the chat in shortcuts: the number or the @lid.
func (a *App) jid(c *Chat) string {
	switch {
	case c.Group:
		return c.ID
	case a.cfg.Identity == "lid":
		return c.LID + "@lid"
	}
	return c.ID + "@s.whatsapp.net"
}

// tag is the notification's tag: Base64 of 32 bytes with a line feed after it, as
// android.util.Base64's default ends each line.
func (c *Chat) tag() string {
	h := sha256.Sum256([]byte("chat " + c.ID))
	return base64.StdEncoding.EncodeToString(h[:]) + "\n"
}

// title is what the header and the list call the chat.
func (c *Chat) title() string {
	switch {
	case c.Name != "":
		return c.Name
	case c.profile != "":
		return chosen(c.profile)
	}
	return FormatNumber(c.ID)
}

// chosen is how the app shows a name that its owner chose: "~" and U+202F before
// it (seen in captures).
func chosen(profile string) string { return "~\u202f" + profile }

// FormatNumber writes digits as the app shows a number that is not saved:
// "+55 92 9999-0101" (seen; libphonenumber's international form).
func FormatNumber(digits string) string {
	formats.Lock()
	defer formats.Unlock()
	if s, ok := formats.known[digits]; ok {
		return s
	}
	s := "+" + digits
	if n, err := phonenumbers.Parse(s, ""); err == nil {
		s = phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
	}
	if formats.known == nil || len(formats.known) >= keptFormats {
		formats.known = map[string]string{}
	}
	formats.known[digits] = s
	return s
}

// formats are the newest answers of FormatNumber: each row that is drawn and
// each notification asks, and the library takes its time.
var formats struct {
	sync.Mutex
	known map[string]string
}

const keptFormats = 10_000

// chat finds or makes the chat of a person.
func (a *App) chat(digits string) *Chat {
	if c := a.chats[digits]; c != nil {
		return c
	}
	c := &Chat{ID: digits, LID: lidOf(digits), expanded: map[int]bool{}}
	if strings.HasSuffix(digits, "@g.us") {
		c.Group, c.LID = true, ""
	}
	for _, k := range a.cfg.Contacts {
		if k.Number == digits {
			c.Name = k.Name
		}
	}
	a.chats[digits] = c
	return c
}

// lidOf is a made-up but stable 15-digit identity.
func lidOf(digits string) string {
	h := sha256.Sum256([]byte("lid " + digits))
	var n uint64
	for _, b := range h[:8] {
		n = n<<8 | uint64(b)
	}
	return fmt.Sprintf("%015d", 100000000000000+n%900000000000000)
}

// group finds or makes the group of a name. The JID is of the newer form.
func (a *App) group(name string) *Chat {
	if strings.HasSuffix(name, "@g.us") {
		return a.chat(name)
	}
	h := sha256.Sum256([]byte("group " + name))
	id := "120363"
	for _, b := range h[:12] {
		id += string(rune('0' + b%10))
	}
	c := a.chat(id + "@g.us")
	c.Name = name
	return c
}

// byList orders chats as the home screen does: newest first.
func (a *App) byList() []*Chat {
	var out []*Chat
	for _, c := range a.chats {
		if len(c.Messages) > 0 || c.Draft != "" {
			out = append(out, c)
		}
	}
	sortChats(out)
	return out
}

// listed are the chats of the list, or of that of the archived ones, newest first.
func (a *App) listed(archived bool) []*Chat {
	return slices.DeleteFunc(a.byList(), func(c *Chat) bool { return c.Archived != archived })
}

// Archive moves a chat to the archived ones, or back; it stays there when messages
// come, and they make no notification (the app's default).
func (a *App) Archive(who string, archived bool) error {
	c := a.find(who)
	if c == nil {
		return fmt.Errorf("no chat with %q", who)
	}
	c.Archived = archived
	a.readNotices(c)
	a.sys.Changed()
	return nil
}

func (c *Chat) newest() *Message {
	if len(c.Messages) == 0 {
		return nil
	}
	return c.Messages[len(c.Messages)-1]
}

// add appends a message to a chat and returns it.
func (a *App) add(c *Chat, m *Message) *Message {
	a.newest++
	c.place = a.newest
	m.N = len(c.Messages) + 1
	c.Messages = append(c.Messages, m)
	c.Last = m.At
	c.scroll = 0
	return m
}
