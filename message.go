package wabridge

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
)

// Direction tells which way a message went.
type Direction string

// The directions. An echo is what a person typed on the phone itself; the
// Cloud API calls it so (webhook field smb_message_echoes).
const (
	Out  Direction = "out"
	In   Direction = "in"
	Echo Direction = "echo"
)

// Text is what a person wrote. It logs as its length only.
type Text string

// LogValue tells the length only, so that private text never reaches a log.
func (t Text) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("<%d bytes>", len(t)))
}

// MaxText is the longest text of a message in characters (Unicode code
// points), as the Cloud API has it: text.body 1..4096 (contract, section 2.1).
const MaxText = 4096

// A Message is something to send or something received. Its ID is the wamid
// that the outside sees. Zero times mean "not yet" or "unknown".
type Message struct {
	ID        string    `json:"id"`
	Seq       int64     `json:"seq"` // order of acceptance or of recording; grows in one database
	Phone     string    `json:"phone_number_id"`
	Direction Direction `json:"direction"`

	// Chat is the canonical id of the chat: "<digits>@s.whatsapp.net",
	// "<id>@g.us", or "<id>@lid" as long as no number is known for it.
	Chat string `json:"chat_id"`
	// Number is the other person's digits in E.164 without "+"; empty while
	// unknown. In a group: the sender's, where known.
	Number string `json:"number,omitempty"`
	// Name is the other person's name as the phone shows it.
	Name string `json:"name,omitempty"`
	// Group is the group's id ("<id>@g.us") and GroupName its subject.
	Group     string `json:"group_id,omitempty"`
	GroupName string `json:"group_name,omitempty"`
	// Input is the recipient as the caller wrote it (`to`).
	Input string `json:"input,omitempty"`

	// Type is the Cloud API's: text, image, location …; Body is the object
	// of that name as accepted or as it goes into a webhook. Text is what the
	// phone types or showed, whatever the type; of a reaction, its emoji.
	Type string          `json:"type"`
	Text Text            `json:"text,omitempty"`
	Body json.RawMessage `json:"body,omitempty"`
	// Media is the file that goes with it; Text is then its caption.
	Media *Media `json:"media,omitempty"`
	// Choices are the answers it offers. Of an incoming message that answers
	// a question: the one that was chosen.
	Choices []Choice `json:"choices,omitempty"`
	// Template is the id of the template it was made from, and Category what
	// it counts as (marketing, utility …); "" is service.
	Template string `json:"template_id,omitempty"`
	Category string `json:"category,omitempty"`
	// Context is the id of the message that this one quotes, answers or, for
	// a reaction, reacts to.
	Context string `json:"context,omitempty"`
	// Callback is biz_opaque_callback_data, echoed in every status.
	Callback string `json:"biz_opaque_callback_data,omitempty"`

	// Campaign and Session are what it belongs to. An incoming message belongs
	// to the session that is open with its chat.
	Campaign string `json:"campaign_id,omitempty"`
	Session  string `json:"session_id,omitempty"`
	// Hours bound the times of day at which it may leave.
	Hours *Hours `json:"allowed_hours,omitempty"`
	// Held: it is out of its chat's line, so that later messages pass it: its
	// Due or its Hours have not come, or its campaign is paused. One that is
	// unconfirmed and held is Undecided.
	Held bool `json:"held,omitempty"`

	Priority int       `json:"priority,omitempty"` // 100 and above passes pacing and hours
	Due      time.Time `json:"due,omitzero"`       // not before
	Expires  time.Time `json:"expires,omitzero"`   // not after

	State  State  `json:"state"`
	Code   Code   `json:"code,omitempty"`   // why it failed or waits
	Reason string `json:"reason,omitempty"` // the same in words, no private text
	Tries  int    `json:"tries,omitempty"`
	// Taps counts how often the phone was about to tap a send control for it
	// (committed intents), at most MaxTaps in its life.
	Taps  int   `json:"taps,omitempty"`
	Fence int64 `json:"-"` // number of the claim that may move it
	// Intent is set from the moment before the tap until the outcome is known.
	Intent *Intent `json:"-"`

	Created   time.Time `json:"created"`
	HandedAt  time.Time `json:"handed_at,omitzero"`
	SentAt    time.Time `json:"sent_at,omitzero"`
	Delivered time.Time `json:"delivered_at,omitzero"`
	ReadAt    time.Time `json:"read_at,omitzero"`
	Ended     time.Time `json:"ended_at,omitzero"` // failed, expired or canceled
	// Resent is the id of the message that was accepted in place of this one,
	// which ended, or is undecided, without having been seen to leave.
	Resent string `json:"resent_as,omitempty"`

	// Source tells how an incoming message was learned: "notification" (its
	// time is exact) or "screen" (its time is the minute of the bubble). Of a
	// message to send it is SourceBot where a bot's scenario says it and
	// SourceConsole where a person wrote it in the console.
	Source string `json:"source,omitempty"`
	// Clock is the minute shown beside the bubble ("22:37") when Source is
	// "screen"; it pairs the message with a notification that comes later.
	Clock string `json:"-"`
	// Tapped is when `send` was last tapped for a message of ours, zero if it
	// never was: its bubble cannot have stood in the chat before.
	Tapped time.Time `json:"-"`
	// StoodBy is when a received message stood in its chat at the latest, by
	// this computer's clock: when it was read, or when that was tapped which
	// stands below it. What came in later stands below it. Zero if it is not
	// known: it was recorded by a program before schema 12.
	StoodBy time.Time `json:"-"`
}

// MaxTaps is how often a send control is tapped for one message in its whole
// life, whatever is believed about it: the intents that may be committed.
const MaxTaps = 3

// Undecided reports whether it could not be found out whether the message left
// the phone, and nobody looks for it any more: it stays unconfirmed, is never
// sent again, and holds nothing back. A bubble that is seen later still counts.
func (m *Message) Undecided() bool { return m.State == Unconfirmed && m.Held }

// Incidental reports whether a received message tells of something that happened
// and says nothing itself: a reaction, a missed call, a message that was taken back.
// Bots, and interfaces that know texts only, pass it over.
func (m *Message) Incidental() bool {
	switch m.Type {
	case "reaction", "call", "deleted":
		return true
	}
	return false
}

// SourceBot is the Source of what a bot says.
const SourceBot = "bot"

// SourceConsole is the Source of what a person writes in the console.
const SourceConsole = "console"

// An Intent is what was on the screen in the moment before `send` is tapped:
// it lets a later look tell whether our bubble is there.
type Intent struct {
	At      time.Time     `json:"at"`
	Bubbles []BubblePrint `json:"bubbles"` // newest last, at most 16
}

// A BubblePrint is a bubble without its text.
type BubblePrint struct {
	Out  bool   `json:"out"`
	Hash string `json:"hash"` // first 16 hex digits of the SHA-256 of the shown text
	// Text is the hash of a file's caption alone: it is there although the file
	// itself is out of sight, which leaves Hash empty.
	Text string `json:"text,omitempty"`
	Time string `json:"time"` // as shown, "22:37"
	// Tick is the state beside an outgoing bubble, "" for none. It never goes
	// back, so a bubble with an earlier one is another.
	Tick string `json:"tick,omitempty"`
	// First: nothing of the chat stood above it. It fixes where a chat of
	// few, equal messages begins.
	First bool `json:"first,omitempty"`
}

// NewID makes a message id: "wamid." and 32 base64url characters from 24
// random bytes. Ids are opaque to everybody and at most 128 characters.
func NewID() string { return newID("wamid.") }

// NewCallID makes the id of a Call: "wacid." and 32 characters likewise.
func NewCallID() string { return newID("wacid.") }

// NewUUID makes a random UUID (RFC 9562, version 4).
func NewUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func newID(prefix string) string {
	var b [24]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}
