package queue

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
)

// Sessions keeps the talks with chats. A draft starts one by Draft.Session: it
// is stored with the message, in state waiting, and opens when the message is
// handed over (a session that was open with the chat ends then, "replaced"). A
// message to a chat whose session is open belongs to it, in either direction
// (Message.Session); the store sets that, and the session's counts and times, in
// the transaction that records the message.
type Sessions interface {
	// Session finds one; CodeNotFound.
	Session(ctx context.Context, id string) (wabridge.Session, error)
	// OpenSession is the one that is open with a chat; CodeNotFound.
	OpenSession(ctx context.Context, phone, chat string) (wabridge.Session, error)
	// Sessions lists them in the order of SessionFilter.
	Sessions(ctx context.Context, f SessionFilter) ([]wabridge.Session, error)
	CountSessions(ctx context.Context, f SessionFilter) (int, error)
	// DueSessions lists open sessions whose Deadline or Ends has come, the
	// earliest first; next is when the next one does (zero: none).
	DueSessions(ctx context.Context, now time.Time, limit int) (due []wabridge.Session, next time.Time, err error)
	// MoveSession changes one session, in one transaction: change is handed
	// the stored one and returns what it becomes; the events that tell of the
	// difference (changes of SessionData) are written, and drafts accepted (a
	// bot's words), all or nothing. If done is not 0, the reader of events
	// `reader` has dealt with event done, and a second call with it does
	// nothing. CodeNotFound; CodeConflict if change would open a second session
	// with the chat. change may be called twice, and must not call the store.
	MoveSession(ctx context.Context, id string, change func(wabridge.Session) (wabridge.Session, []Draft, error), step SessionStep) (wabridge.Session, error)
	// StartSession starts one without a message of ours (somebody wrote), open
	// at once, likewise. CodeConflict if one is open with the chat.
	StartSession(ctx context.Context, s wabridge.Session, drafts []Draft, step SessionStep) (wabridge.Session, error)
	// SessionCursor is the newest event that reader has dealt with.
	SessionCursor(ctx context.Context, reader string) (int64, error)
	// SaveSessionCursor notes it where nothing else was to be done.
	SaveSessionCursor(ctx context.Context, reader string, event int64) error
}

// A SessionStep is what a change of a session was made for.
type SessionStep struct {
	Reader string // "" with Event 0
	Event  int64
	At     time.Time
	Reason string // of a hand-over
}

// SessionFilter narrows a list of sessions.
type SessionFilter struct {
	IDs                     []string
	Phone, Chat, Chatbot    string
	Bot                     string
	States                  []wabridge.SessionState
	Since, Until            time.Time // of Created
	HasResults, HasReceived bool
	Oldest                  bool // by Created; otherwise newest first
	Offset, Limit           int  // Limit 1..1000
}
