package wabridge

import "time"

// PhoneState is what a phone is doing.
type PhoneState string

// The states of a phone.
const (
	PhoneReady     PhoneState = "ready"           // reachable and able to send
	PhoneOffline   PhoneState = "offline"         // not reachable; comes back by itself
	PhonePaused    PhoneState = "paused"          // by a person, or by us at a screen we do not know
	PhoneAttention PhoneState = "needs_attention" // logged out, banned, locked, update forced: a person must act
	PhoneStarting  PhoneState = "starting"
)

// A Phone is one WhatsApp number: a device serial, an Android user and an app.
type Phone struct {
	ID      string `json:"phone_number_id"` // decimal digits, as in the Cloud API
	WABA    string `json:"waba_id"`
	Serial  string `json:"serial"`  // ADB serial, or host:port
	User    int    `json:"user"`    // Android user, 0 unless a work profile
	Package string `json:"package"` // com.whatsapp or com.whatsapp.w4b
	Number  string `json:"number"`  // own digits, E.164 without "+"; empty while unknown
	Name    string `json:"name"`    // verified_name of the Cloud API
	Version string `json:"app_version,omitempty"`

	State  PhoneState `json:"state"`
	Code   Code       `json:"code,omitempty"`
	Reason string     `json:"reason,omitempty"`
	// Held is set when a person paused the phone through API, CLI or console;
	// it survives a restart and only resume clears it.
	Held bool `json:"held,omitempty"`
	// Maintenance refuses calls on the number (131057); its queue goes on.
	Maintenance bool `json:"maintenance,omitempty"`

	Changed time.Time `json:"changed"`
}

// A ChatRef is what was seen of a chat; any of its members may be empty.
type ChatRef struct {
	JID    string // as in a shortcut id: <digits>@s.whatsapp.net, <id>@g.us, <id>@lid
	Number string // digits
	Name   string // as the phone shows it
	Group  bool
	// Shared: several people may bear the name, because several are saved under
	// it or because one chose it, so it finds no chat.
	Shared bool
}

// A Chat is one conversation of one phone.
type Chat struct {
	ID     string `json:"chat_id"`
	Phone  string `json:"phone_number_id"`
	JID    string `json:"jid,omitempty"`
	Number string `json:"number,omitempty"`
	Name   string `json:"name,omitempty"`
	Group  bool   `json:"group,omitempty"`
}
