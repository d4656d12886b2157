package bridge

import (
	"context"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonenumber"
	"github.com/wabridge/wabridge/queue"
)

// A MessageLister finds messages; the store is one.
type MessageLister interface {
	Messages(ctx context.Context, f queue.MessageFilter) ([]wabridge.Message, error)
}

// ReadRecipient reads a person's number as docs/api.md ("Numbers") says, for a
// message from the phone. A number that can be read in two ways is the one
// that the phone has a chat with. What cannot be read is a *phonenumber.Error.
func ReadRecipient(ctx context.Context, store MessageLister, phone wabridge.Phone, to string) (digits string, err error) {
	return phonenumber.Parse(to, phone.Number, func(digits string) bool {
		found, err := store.Messages(ctx, queue.MessageFilter{Phone: phone.ID, Number: digits, Limit: 1})
		return err == nil && len(found) > 0
	})
}

// Unusable says why nothing is taken for a phone, "" if it is: what its queue
// could only wait for in vain.
func Unusable(phone wabridge.Phone) string {
	switch {
	case phone.Maintenance:
		return "this phone's number is in maintenance"
	case phone.State == wabridge.PhoneAttention && phone.Code == wabridge.CodeNotRegistered:
		return "the phone is logged out of WhatsApp"
	case phone.State == wabridge.PhoneAttention && phone.Code == wabridge.CodeLocked:
		return "WhatsApp has banned this account"
	}
	return ""
}
