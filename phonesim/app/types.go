package app

import "time"

// An IncomingMessage is what somebody sends to the simulated account.
type IncomingMessage struct {
	From  string `json:"from"`            // digits of the sender
	Name  string `json:"name,omitempty"`  // their name, if the phone's owner saved it
	Text  string `json:"text"`            // what they write
	Group string `json:"group,omitempty"` // name of the group it is written in
	Kind  string `json:"kind,omitempty"`  // "text" (or ""), image, video, voice, document, sticker, location, contact
	ID    string `json:"id,omitempty"`    // given back by Received; made up if empty
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
}

// A SentMessage is a line of the ledger: what truly left through the app.
type SentMessage struct {
	Order int       `json:"order"`           // 1, 2, 3 … in the order of sending
	To    string    `json:"to"`              // digits, or the group's JID
	Text  string    `json:"text"`            // exactly what was in the composer
	At    time.Time `json:"at"`              // when send was tapped
	Wire  time.Time `json:"wire,omitzero"`   // when it left the phone; zero: still waiting for the network
	State string    `json:"state"`           // pending, sent, delivered, read
	Human bool      `json:"human,omitempty"` // typed by a person (Human), not through adb
	Kind  string    `json:"kind,omitempty"`  // image, document …; "" is text
}

// A Contact is a person in the phone's address book.
type Contact struct {
	Name   string `json:"name"`
	Number string `json:"number"` // digits
}
