package queue

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
)

// MaxPicture is how large the picture of a contact may be, in bytes.
const MaxPicture = 256 << 10

// A Contact is a chat with what was last said in it.
type Contact struct {
	wabridge.Chat
	Last     *LastMessage `json:"last_message,omitempty"`
	Pictured time.Time    `json:"-"` // when its picture was taken; zero without one
	Position string       `json:"-"` // in the list: ContactFilter.After of the next page
}

// A LastMessage is the newest message of a chat, without what it says.
type LastMessage struct {
	ID        string             `json:"id"`
	Direction wabridge.Direction `json:"direction"`
	Type      string             `json:"type"`
	Created   time.Time          `json:"created"`
}

// A ContactFilter narrows a list of contacts.
type ContactFilter struct {
	Phone  string // "" for all
	Search string // a part of the name, or of the number if it has digits only
	Groups bool   // groups too
	After  string // Position of the last one of the page before
	Limit  int    // 1..1000
}

// Contacts lists the people that were written to or heard from.
type Contacts interface {
	// Contacts lists them, those with the newest messages first. Names are
	// compared without regard to case. CodeParameter if After is no Position.
	Contacts(ctx context.Context, f ContactFilter) ([]Contact, error)
}

// Pictures keeps the newest picture of each chat, as its header shows it.
type Pictures interface {
	// PutPicture stores a PNG of at most MaxPicture bytes in the place of an
	// earlier one; CodeParameter if it is none or larger, CodeNotFound if
	// there is no such chat.
	PutPicture(ctx context.Context, phone string, ref wabridge.ChatRef, png []byte, at time.Time) error
	// Picture finds it by the chat's id; CodeNotFound.
	Picture(ctx context.Context, phone, chat string) (png []byte, at time.Time, err error)
}
