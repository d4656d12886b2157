package queue

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
)

// Sessions keeps the talks with chats. A draft starts one by Draft.Session: it
// is stored with the message, in state waiting, and opens when the message is
// handed over (a session that was open with the chat ends then, "replaced"); if
// the message fails, expires or is canceled before, it ends ("not_sent"; or
// "unconfirmed" where it is never known whether it left), and what else is queued
// of it is canceled.
//
// A message to a chat whose session is open belongs to it, in either direction
// (Message.Session); the store sets that, and the session's counts and times, in
// the transaction that records the message. A message to send joins when it is
// accepted, or, if it waits for its time (Due) or no session is open, when it
// is handed over, and counts (Sent) from then on. A received one that is older
// than the session by more than two minutes is no part of it. What came in
// between the tap that sent a session's first message and its opening joins
// when it opens; Received of the opened event tells how many those are.
//
// The person's time runs while nothing of ours is on its way: Deadline is moved
// on by the time for which a message of the session waited in the queue, and
// nothing is due before the session's messages have left (those that wait for
// their own time, Message.Held, do not count).
type Sessions interface {
	// Session finds one; CodeNotFound.
	Session(ctx context.Context, id string) (wabridge.Session, error)
	// OpenSession is the one that is open with a chat; CodeNotFound.
	OpenSession(ctx context.Context, phone, chat string) (wabridge.Session, error)
	// Sessions lists them in the order of SessionFilter.
	Sessions(ctx context.Context, f SessionFilter) ([]wabridge.Session, error)
	CountSessions(ctx context.Context, f SessionFilter) (int, error)
	// DueSessions lists open sessions whose Deadline or Ends has come, the
	// earliest first; next is when the next one does (zero: none). One of which
	// something is still to be said is not listed, and not in next.
	DueSessions(ctx context.Context, now time.Time, limit int) (due []wabridge.Session, next time.Time, err error)
	// MoveSession changes one session, in one transaction: change is handed
	// the stored one and returns what it becomes; the events that tell of the
	// difference (results, operator, end: changes of SessionData) are written,
	// and drafts accepted (a bot's words; their recipient and Session are set
	// here), all or nothing. What a session is with, its counts and its times of
	// the past cannot be changed. Drafts move Ends on as if they had been sent. If
	// step.Event is not 0, step.Reader has dealt with that event now, and a
	// second call with it (or an older one) does nothing and returns the session
	// as it is. CodeNotFound; CodeConflict if change would open a second session
	// with the chat; an error of change as it is. change may be called twice, and
	// must not call the store.
	MoveSession(ctx context.Context, id string, change func(wabridge.Session) (wabridge.Session, []Draft, error), step SessionStep) (wabridge.Session, error)
	// StartSession starts one without a message of ours (somebody wrote), open
	// at once, likewise, with a chat that is known (CodeNotFound). Message may
	// name the received message, which then belongs to it. CodeConflict if one
	// is open with the chat.
	StartSession(ctx context.Context, s wabridge.Session, drafts []Draft, step SessionStep) (wabridge.Session, error)
	// SessionCursor is the newest event that reader has dealt with; CodeNotFound
	// if it never has with any.
	SessionCursor(ctx context.Context, reader string) (int64, error)
	// SaveSessionCursor notes it where nothing else was to be done. It never
	// goes back.
	SaveSessionCursor(ctx context.Context, reader string, event int64) error
	// SetPlainSessions makes each message to a person with whom no session is
	// open or waiting start one without a bot, from now on; 0 ends that.
	SetPlainSessions(ttl wabridge.Seconds)
}

// A SessionStep is what a change of a session was made for.
type SessionStep struct {
	Reader string // "" with Event 0
	Event  int64
	At     time.Time // zero: now
	Reason string    // of a hand-over
	// Silence: what the bot has not said yet (Message.Source is SourceBot, and
	// it is queued) is canceled. If a session that waits ends, all that is queued
	// of it is; its first message goes if it does not end.
	Silence bool
}

// SessionFilter narrows a list of sessions; empty members let all pass.
type SessionFilter struct {
	IDs                     []string
	Phone, Chat, Chatbot    string
	Bot                     string
	States                  []wabridge.SessionState
	Since, Until            time.Time // of Created
	HasResults, HasReceived bool
	Oldest                  bool // by Created; otherwise newest first
	ByName                  bool // by Name instead, then by Created
	Offset, Limit           int  // Limit 1..1000
}
