package queue

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
)

// The interfaces below are what the rest of the program needs of a database,
// cut by who needs it. queue/sqlite's DB has them all; queue/queuetest holds
// every implementation to what the comments promise. All errors carry a
// wabridge.Code (wabridge.CodeOf); CodeStorage means that the database could
// not do it (disk full, broken) and that nothing was half-written.

// Store is all of it.
type Store interface {
	Accepter
	LaneStore
	InboxStore
	MediaStore
	Log
	History
	Phones
	Tokens
	Endpoints
	Deliveries
	Analytics
	Times
	Contacts
	Pictures
	Objects
	Calls
	Campaigns
	Sessions
	Conversations
	Outbox
	Close() error
}

// A Draft is a message as a caller handed it in.
type Draft struct {
	Message wabridge.Message // ID made if empty; State, Seq, Created are set by the store
	// Key is the caller's idempotency key, "" for none; Owner (a token's id)
	// keeps the keys of two callers apart; Print is a hash of the request.
	Key, Owner, Print string
	// Session, if not nil, is the session that the message starts: its ID (made
	// if empty), Name, Bot, Talk, Deadline, Variables, Results, Chatbot, Client
	// and TTL (0: wabridge.DefaultTTL) count.
	Session *wabridge.Session
}

// Accepted is the answer to a Draft.
type Accepted struct {
	Message  wabridge.Message
	Repeated bool // the key was known: this is the first answer again
	// Duplicate: its campaign has a message for that chat, which is Message.
	Duplicate bool
}

// Accepter takes messages in.
type Accepter interface {
	// Enqueue commits all drafts (fsync) or none, and answers in their order.
	// Calls of many goroutines share commits. A known key with the same print
	// gives the first message again; with another print CodeConflict. Keys are
	// remembered for at least 24 hours. Seq follows the order of the calls.
	// Each new message gets a status event (State queued, no Previous). Its
	// Chat is the chat's canonical id, which may be the other form of the same
	// Brazilian or Mexican number; Number stays as the caller gave it. An id
	// that is taken gives CodeConflict.
	Enqueue(ctx context.Context, drafts ...Draft) ([]Accepted, error)
	// Repeated finds the first answer to a draft's key, whatever has become of
	// its message since; ok is false if there is no key or it is new. With
	// another print CodeConflict.
	Repeated(ctx context.Context, d Draft) (first Accepted, ok bool, err error)
	// Cancel ends a message that is still queued; CodeTooLate if it is not,
	// CodeNotFound if there is none.
	Cancel(ctx context.Context, id string, at time.Time) (wabridge.Message, error)
}

// Usage is what a phone has sent lately; the pacing functions judge by it.
type Usage struct {
	Last      time.Time // newest claim that was typed
	Hour, Day int       // messages typed in the last 60 minutes and 24 hours
	NewToday  int       // first contacts in the last 24 hours
	HourFrom  time.Time // the oldest of Hour; likewise DayFrom, NewFrom
	DayFrom   time.Time
	NewFrom   time.Time
	Pair      []time.Time // to this recipient, in the last 10 minutes, oldest first
	First     bool        // nothing was ever sent to, or received from, this person; false for groups
}

// A Gate decides, given what was sent, when the message may go: the zero time
// or one not after now means now. It is a pure function (queue.Pacing.Gate)
// that judges m by its Priority alone: for an equal Priority, equal First and
// empty Pair a store may ask once and use the answer for all, and a Pair that
// is not empty never lets a message go sooner.
type Gate func(m *wabridge.Message, u Usage, now time.Time) time.Time

// LaneStore is what the one lane of a phone needs.
type LaneStore interface {
	// Claim takes the next message of the phone into `sending`, with a new
	// fence and a lease until now+lease, and expires those whose time is over.
	// Order: priority, then due, then seq, but never past an open message of
	// the same recipient (chat): per recipient strictly first in first out,
	// and nothing while one of its messages is sending or unconfirmed, an
	// undecided one apart. Held
	// messages stand in no line; they come back into it by their Seq when
	// their Due has come. One whose Hours are closed becomes held until they
	// open, whatever its priority.
	// Without one it returns nil and the time to ask again (zero: only after
	// a change, see Changed). A recipient that its Gate holds back does not
	// hold back others.
	Claim(ctx context.Context, phone string, now time.Time, lease time.Duration, gate Gate) (*wabridge.Message, time.Time, error)
	// Renew prolongs the lease; CodeStale if the fence is not the newest.
	Renew(ctx context.Context, id string, fence int64, until time.Time) error
	// Intend commits (fsync) what was on the screen just before the tap; only
	// from `sending` and with the newest fence, else CodeStale. Every call counts
	// as a tap (Message.Taps); beyond wabridge.MaxTaps it is refused: CodeTapped.
	Intend(ctx context.Context, id string, fence int64, note wabridge.Intent) error
	// Apply makes the move and writes its status event in one transaction.
	// CodeStale if the message is not in a state the move starts from or, for
	// fence != 0, if the fence is not the newest. From `sending` back to
	// `queued` only while no intent was committed, else CodeStale: what may
	// have left the phone goes over `unconfirmed`. Likewise from `unconfirmed`
	// while it is undecided: it is never sent again. CodeNotFound if there is
	// no such message. The moved message is returned.
	Apply(ctx context.Context, id string, fence int64, move wabridge.Move) (wabridge.Message, error)
	// Recover is called when a lane starts: what an earlier process left in
	// `sending` (its lease does not matter: one process owns a phone) goes back to `queued`
	// where no intent was committed, with the try given back, and to
	// `unconfirmed` where one was.
	Recover(ctx context.Context, phone string, now time.Time) error
	// Unconfirmed lists what must be looked for, oldest first.
	Unconfirmed(ctx context.Context, phone string) ([]wabridge.Message, error)
	// Undecided lists the unconfirmed messages that nobody looks for any more
	// (wabridge.LeftUndecided) and whose intent was committed after since,
	// newest first.
	Undecided(ctx context.Context, phone string, since time.Time) ([]wabridge.Message, error)
	// Awaiting lists messages in handed, sent or delivered, newest first, that
	// were handed over after since: their ticks may have moved.
	Awaiting(ctx context.Context, phone string, since time.Time, limit int) ([]wabridge.Message, error)
	// Changed returns a channel that is closed at the next change that may
	// concern a lane or a reader of the log (message accepted, moved,
	// received; phone changed). Fetch it before asking.
	Changed() <-chan struct{}
}

// Changes is what reconciling one chat came to. Messages in New get ids, seq
// and one event each, in order; those in Update (by ID) get their exact time,
// Source, Number, Name and Clock set, without an event.
type Changes struct {
	New    []wabridge.Message
	Update []wabridge.Message
	// Objects are stored in the same transaction; their ids must be new.
	Objects []Object
}

// InboxStore is what the way back needs.
type InboxStore interface {
	// Reconcile finds (or makes) the chat, hands its newest known incoming
	// and outgoing-by-hand messages (at most limit, oldest first, by Seq) to
	// decide, and stores what decide returns, all in one transaction. The
	// messages stored as new are returned. The chat is found by JID, else by
	// Number (either form), else by Name where only one chat has it; a chat
	// known by its name alone has the id "<16 hex digits>@name" until more is
	// seen of it. Of a new message Phone, Chat, State (Received) and, where
	// empty, ID, Number, Group, GroupName, Direction (In), Type (text) and
	// Created are set here, and a text that answers a question of the chat is
	// stored and told as that answer (see Answer). decide may be called twice (its first transaction
	// failed) and must not call the store.
	Reconcile(ctx context.Context, phone string, ref wabridge.ChatRef, limit int,
		decide func(chat wabridge.Chat, known []wabridge.Message) Changes) ([]wabridge.Message, error)
	// Chat finds the chat of a reference without making one; CodeNotFound.
	Chat(ctx context.Context, phone string, ref wabridge.ChatRef) (wabridge.Chat, error)
	// Learn joins an @lid chat and a number, once it is known: the chat's
	// messages keep their ids, the chat gets the number's id.
	Learn(ctx context.Context, phone, jid, number string) error
	// Chats lists the newest chats.
	Chats(ctx context.Context, phone string, limit int) ([]wabridge.Chat, error)
	// ChatsNamed lists the chats, of people and groups, that the phone shows under
	// a name, at most limit, in no order.
	ChatsNamed(ctx context.Context, phone, name string, limit int) ([]wabridge.Chat, error)
}

// EventFilter narrows a reading of the log; empty members let all pass.
type EventFilter struct {
	Phones []string
	Kinds  []wabridge.EventKind
}

// Log is the event log.
type Log interface {
	// Events returns at most limit events with a number above after, in
	// order, and the number up to which the log has been searched (so that a
	// filtered reader need not search it again).
	Events(ctx context.Context, after int64, limit int, f EventFilter) (events []wabridge.Event, searched int64, err error)
	// LastEvent is the newest number, 0 if there is none. FirstEvent is the
	// oldest one kept: a cursor below FirstEvent-1 has missed something.
	LastEvent(ctx context.Context) (int64, error)
	FirstEvent(ctx context.Context) (int64, error)
	Changed() <-chan struct{}
}

// MessageFilter narrows a list of messages.
type MessageFilter struct {
	Phone, Chat, Number string
	Campaign            string
	Session             string
	Direction           wabridge.Direction
	States              []wabridge.State
	Since, Until        time.Time // of Created
	Before, After       int64     // by Seq: a page's cursors
	Oldest              bool      // oldest first; otherwise newest first
	Limit               int       // 1..1000
}

// History reads messages.
type History interface {
	Message(ctx context.Context, id string) (wabridge.Message, error)
	Messages(ctx context.Context, f MessageFilter) ([]wabridge.Message, error)
	// Statuses lists the status events of one message, oldest first.
	Statuses(ctx context.Context, id string) ([]wabridge.Event, error)
	// Depth counts the messages of a phone by state (open ones only, without
	// those that are undecided) and
	// tells when the oldest of them was accepted.
	Depth(ctx context.Context, phone string) (map[wabridge.State]int, time.Time, error)
}

// Phones keeps what is known of each phone.
type Phones interface {
	Phones(ctx context.Context) ([]wabridge.Phone, error)
	Phone(ctx context.Context, id string) (wabridge.Phone, error)
	// PutPhone adds or changes a phone (not its state, reason, held, maintenance).
	PutPhone(ctx context.Context, p wabridge.Phone) error
	// SetPhoneState changes the state, with an event if anything changed.
	SetPhoneState(ctx context.Context, id string, s wabridge.PhoneState, code wabridge.Code, reason string, at time.Time) error
	// HoldPhone pauses or resumes on a person's wish.
	HoldPhone(ctx context.Context, id string, held bool, at time.Time) error
	// MaintainPhone puts a phone's number into maintenance, or ends it: calls
	// on the number are refused then (131057), while its queue goes on.
	MaintainPhone(ctx context.Context, id string, on bool, at time.Time) error
}

// Scopes of tokens.
const (
	ScopeSend  = "send"
	ScopeRead  = "read"
	ScopeAdmin = "admin" // includes the others

	// How limits are kept for this token, whatever the configuration says: as
	// Meta keeps them, or absorbed by the queue.
	ScopeOfficial = "limits:official"
	ScopeAbsorb   = "limits:absorb"
)

// Scopes are all that a token may have.
var Scopes = []string{ScopeSend, ScopeRead, ScopeAdmin, ScopeOfficial, ScopeAbsorb}

// A Token lets a caller in. Its secret is never stored.
type Token struct {
	ID      string    `json:"id"` // short, shown in lists
	Name    string    `json:"name"`
	Scopes  []string  `json:"scopes"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"last_used,omitzero"`
	Revoked time.Time `json:"revoked,omitzero"`
}

// Tokens keeps the tokens, as SHA-256 hashes of 256-bit random secrets.
type Tokens interface {
	// CreateToken stores a token for the secret (made by NewSecret, or given).
	CreateToken(ctx context.Context, name, secret string, scopes []string, at time.Time) (Token, error)
	// Authenticate finds the live token of a secret; CodeToken if there is
	// none or it was revoked. Cheap: it is called for every request.
	Authenticate(ctx context.Context, secret string) (Token, error)
	Tokens(ctx context.Context) ([]Token, error)
	// RevokeToken ends a token; CodeNotFound. The last live token with the scope
	// admin stays: CodeConflict, for without it nobody could make another one.
	RevokeToken(ctx context.Context, id string, at time.Time) error
}

// An Endpoint is a webhook receiver with its own place in the log.
type Endpoint struct {
	ID          string    `json:"id"`
	URL         string    `json:"url"`
	VerifyToken string    `json:"-"`
	Secret      string    `json:"-"`                // the app secret, for X-Hub-Signature-256
	Phones      []string  `json:"phones,omitempty"` // empty: all
	Fields      []string  `json:"fields,omitempty"` // empty: messages; else messages, smb_message_echoes … or *
	Scope       string    `json:"scope"`            // "app", "waba" or "phone": the override level
	Cursor      int64     `json:"cursor"`           // up to this number every event was dealt with
	Failures    int       `json:"failures,omitempty"`
	Failing     time.Time `json:"failing_since,omitzero"`
	Next        time.Time `json:"next_try,omitzero"`
	LastError   string    `json:"last_error,omitempty"`
	LastOK      time.Time `json:"last_ok,omitzero"`
	Dropped     int64     `json:"dropped,omitempty"`      // given up after 7 days; they are dead letters
	DeadLetters int       `json:"dead_letters,omitempty"` // set aside, to be replayed
	Created     time.Time `json:"created"`
	Disabled    bool      `json:"disabled,omitempty"`
}

// Endpoints keeps the webhook receivers.
type Endpoints interface {
	Endpoints(ctx context.Context) ([]Endpoint, error)
	// PutEndpoint adds or changes one (by ID; made if empty). A new one starts
	// at the newest event, so that it is not flooded with the past, unless
	// Cursor is set. Of a known one the place in the log and the record of
	// failures stay: they are its Destination's (Deliveries), of the same id.
	PutEndpoint(ctx context.Context, e Endpoint) (Endpoint, error)
	// DeleteEndpoint deletes one with its Destination; CodeNotFound.
	DeleteEndpoint(ctx context.Context, id string) error
}
