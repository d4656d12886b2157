package analytics

import (
	"time"

	"github.com/wabridge/wabridge"
)

// Window is how long a contact's last message lets the business answer at no
// cost, and how long a conversation lasts, as the Cloud API has it.
const Window = 24 * time.Hour

// Product types of `analytics`.
const (
	Template    = 0   // made from a template
	NonTemplate = 2   // any other message sent
	Inbound     = 100 // received
)

// Product is the type that a message counts as.
func Product(m *wabridge.Message) int {
	switch {
	case m.Direction == wabridge.In:
		return Inbound
	case m.Template != "":
		return Template
	}
	return NonTemplate
}

// Category is what a message counts as; without one it is service.
func Category(m *wabridge.Message) string {
	if m.Category == "" {
		return wabridge.Service
	}
	return m.Category
}

// Answering reports whether at lies in the window that the contact's last
// message before it, at heard, has opened. The zero time is "never".
func Answering(heard, at time.Time) bool {
	return !heard.IsZero() && !heard.After(at) && at.Sub(heard) < Window
}

// Free reports whether a message of this category, delivered at a time, counts
// as FREE_CUSTOMER_SERVICE: service and utility messages within the window.
func Free(category string, heard, at time.Time) bool {
	return (category == wabridge.Service || category == wabridge.Utility) && Answering(heard, at)
}

// Opens reports whether a message delivered at a time opens a conversation of
// its category with a contact, where the last one was opened at opened.
func Opens(opened, at time.Time) bool {
	return opened.IsZero() || at.Sub(opened) >= Window
}

// ByUser reports whether the conversation that such a message opens was
// initiated by the user: it is of category service and answers him.
func ByUser(category string, heard, at time.Time) bool {
	return category == wabridge.Service && Answering(heard, at)
}
