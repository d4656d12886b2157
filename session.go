package wabridge

import (
	"encoding/json"
	"time"
)

// A Session is one talk with a chat: it begins with a message of ours (or, where
// a bot greets strangers, of theirs), what is said while it is open belongs to
// it, and it ends by time, by a result or by somebody's wish. Of one chat at
// most one is open.
type Session struct {
	ID     string       `json:"id"` // a UUID, see NewUUID
	Phone  string       `json:"phone_number_id"`
	Chat   string       `json:"chat_id"`
	Number string       `json:"number,omitempty"`
	Name   string       `json:"name,omitempty"` // as its starter called it (TWIN: chatSessionName)
	State  SessionState `json:"state"`
	// Operator: a person answers; the bot is silent.
	Operator bool `json:"operator,omitempty"`

	// Bot is the name of the scenario that leads it, "" for none. Talk is
	// where its conversation stands, a bot.State as JSON.
	Bot       string            `json:"bot,omitempty"`
	Talk      json.RawMessage   `json:"-"`
	Variables map[string]string `json:"variables,omitempty"` // given at the start
	Results   map[string]string `json:"results,omitempty"`
	// Outcome is why it ended: the scenario's word, or one of the Ended words.
	Outcome string `json:"outcome,omitempty"`

	// Chatbot and Client are ids that the starter uses (TWIN: chatId and
	// clientId); opaque.
	Chatbot string `json:"chatbot_id,omitempty"`
	Client  string `json:"client_id,omitempty"`

	Message  string    `json:"message_id,omitempty"` // the one that started it
	Sent     int       `json:"sent"`                 // messages of ours that belong to it
	Received int       `json:"received"`             // messages of theirs
	Created  time.Time `json:"created"`
	Started  time.Time `json:"started,omitzero"`  // its first message was handed over, or came in
	Last     time.Time `json:"last,omitzero"`     // newest message of either side
	Ends     time.Time `json:"ends,omitzero"`     // it ends then if nothing is said before (Last + TTL); zero while it waits
	Deadline time.Time `json:"deadline,omitzero"` // the bot goes on then without an answer
	Ended    time.Time `json:"ended,omitzero"`
	TTL      Seconds   `json:"ttl"`
}

// Seconds is a length of time in whole seconds.
type Seconds int64

// SessionState is where a session stands.
type SessionState string

// The states of a session.
const (
	SessionWaiting SessionState = "waiting" // its first message has not left the phone
	SessionOpen    SessionState = "open"
	SessionEnded   SessionState = "ended"
)

// Outcomes that the program gives itself; package bot has further ones.
const (
	EndedTime     = "timeout"     // nothing was said for its TTL
	EndedReplaced = "replaced"    // a new one was started with the chat
	EndedUnsent   = "not_sent"    // its first message failed, expired or was canceled
	EndedInDoubt  = "unconfirmed" // it was never found out whether its first message left
	EndedByCaller = "ended"       // through the API, without a better word
	EndedHanded   = "handed_over" // a person answers; given by package bot, too
)

// DefaultTTL is how long a session stays open after its last message.
const DefaultTTL Seconds = 24 * 60 * 60

// What happens to a session (SessionData.Change). Each is started once, opened
// at most once, and ends once.
const (
	ChangeStarted    = "started"
	ChangeOpened     = "opened"
	ChangeResult     = "result"
	ChangeHandedOver = "handed_over" // a person answers from here on
	ChangeTakenBack  = "taken_back"  // the bot does again
	ChangeEnded      = "ended"
)

// SessionData is the payload of a session event.
type SessionData struct {
	Session
	Change string `json:"change"`
	Key    string `json:"key,omitempty"`    // of a result
	Value  string `json:"value,omitempty"`  // of a result
	Reason string `json:"reason,omitempty"` // of a hand-over
}
