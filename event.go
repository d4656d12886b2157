package wabridge

import (
	"encoding/json"
	"time"
)

// EventKind is the type of an event.
type EventKind string

// The kinds. Their names and the payloads below are part of the documented
// API: fields are added, never renamed.
const (
	EventMessage EventKind = "message" // a message came in; payload Message
	EventEcho    EventKind = "echo"    // somebody typed it on the phone; payload Message
	EventStatus  EventKind = "status"  // a message to send moved; payload StatusData
	EventPhone   EventKind = "phone"   // a phone's state changed; payload PhoneData
	EventCall    EventKind = "call"    // somebody called; payload Call
	EventAccount EventKind = "account" // a template, a profile … changed; payload AccountData

	EventSession    EventKind = "session"    // a session moved; payload SessionData
	EventCampaign   EventKind = "campaign"   // a campaign was made, paused, resumed, canceled, or is loaded; payload Campaign
	EventPreference EventKind = "preference" // somebody wants no campaigns, or wants them again; payload Preference
)

// An Event is one line of the log that the outside may read. Numbers grow by
// at least one and are never used twice; they may have gaps.
type Event struct {
	Number  int64           `json:"number"`
	Kind    EventKind       `json:"type"`
	Phone   string          `json:"phone_number_id"`
	Message string          `json:"message_id,omitempty"`
	At      time.Time       `json:"at"`
	Data    json.RawMessage `json:"data"`
}

// StatusData is the payload of a status event: a move of a message.
type StatusData struct {
	ID       string    `json:"id"`
	State    State     `json:"state"`
	Previous State     `json:"previous"`
	Status   string    `json:"status,omitempty"` // the Cloud API's word, if it has one
	At       time.Time `json:"at"`               // when it happened, as far as it is known
	Chat     string    `json:"chat_id"`
	Number   string    `json:"recipient_id,omitempty"`
	Group    string    `json:"group_id,omitempty"`
	Code     Code      `json:"code,omitempty"` // as the outside sees it (Code.Cloud)
	Reason   string    `json:"reason,omitempty"`
	Tries    int       `json:"tries,omitempty"`
	// Undecided: the message stays unconfirmed, nobody looks for it any more.
	Undecided bool   `json:"undecided,omitempty"`
	Callback  string `json:"biz_opaque_callback_data,omitempty"`
	Session   string `json:"session_id,omitempty"`
}

// PhoneData is the payload of a phone event.
type PhoneData struct {
	State    PhoneState `json:"state"`
	Previous PhoneState `json:"previous,omitempty"`
	Code     Code       `json:"code,omitempty"`
	Reason   string     `json:"reason,omitempty"` // what happened and what a person must do
}

// AccountData is the payload of an account event: what the Business Management
// API tells an app in a webhook of the same field and value.
type AccountData struct {
	WABA  string          `json:"waba_id"`
	Field string          `json:"field"` // message_template_status_update, account_update …
	Value json.RawMessage `json:"value"` // as it stands in the webhook's changes[].value
}
