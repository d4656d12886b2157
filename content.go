package wabridge

import "time"

// A Media is a file that a message carries. Its bytes lie in package media
// under SHA256; what the database keeps beside it is queue.MediaRecord.
type Media struct {
	ID     string `json:"id"`                  // decimal digits, as in the Cloud API
	MIME   string `json:"mime_type"`           // "image/jpeg", "audio/ogg; codecs=opus"
	SHA256 string `json:"sha256,omitempty"`    // of the bytes, hex, lower case; empty while Pending
	Size   int64  `json:"file_size,omitempty"` // bytes
	Name   string `json:"filename,omitempty"`  // as the sender named it
	Voice  bool   `json:"voice,omitempty"`     // a voice note
	// Animated: a sticker that moves.
	Animated bool `json:"animated,omitempty"`
	// Pending: the phone told of the file, but it is not here yet. The event
	// of such a message is written when the file is (queue.MediaStore.Attach).
	Pending bool `json:"pending,omitempty"`
}

// A Choice is one of the answers that a message offers, in the order in which
// they are printed below it. A phone has no buttons: the person answers with
// the number or with the title.
type Choice struct {
	// Reply is the member of the webhook that the answer becomes:
	// "button_reply" or "list_reply" (of interactive), or "button" (of a
	// template's quick reply; ID is its payload).
	Reply       string `json:"reply"`
	Number      int    `json:"number"` // as printed, from 1
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

// Categories of messages, as the Cloud API prices them. A message without a
// template is Service.
const (
	Authentication = "authentication"
	Marketing      = "marketing"
	Utility        = "utility"
	Service        = "service"
)

// A Call is somebody's call to the phone, learned from its notification.
type Call struct {
	ID     string    `json:"id"` // "wacid." and 32 base64url characters
	Phone  string    `json:"phone_number_id"`
	Chat   string    `json:"chat_id,omitempty"`
	Number string    `json:"number,omitempty"` // digits, empty while unknown
	Name   string    `json:"name,omitempty"`
	State  CallState `json:"state"`
	Video  bool      `json:"video,omitempty"`
	At     time.Time `json:"at"` // of the notification
}

// CallState is what became of a call.
type CallState string

// The states of a call.
const (
	CallRinging CallState = "ringing"
	CallMissed  CallState = "missed"
	CallEnded   CallState = "ended" // answered or refused on the phone, or given up before it was missed
)
