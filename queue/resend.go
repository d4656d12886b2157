package queue

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
)

// ResendTTL is how long a message that is sent again waits, as long as one of
// the Cloud API.
const ResendTTL = 30 * 24 * time.Hour

// A Resender sends ended messages again.
type Resender interface {
	// Resend accepts a new message with the content of one that ended, or is
	// undecided, without having been seen to leave, and notes it in the old one (Message.Resent),
	// in one transaction: one message is sent again once, whoever asks and
	// however many ask at the same time. The errors are those of CheckResend,
	// and CodeNotFound.
	Resend(ctx context.Context, id string, mayHaveLeft bool, at time.Time) (wabridge.Message, error)
}

// CheckResend reports why a message may not be sent again: CodeTooLate if it
// has not ended, or was sent; CodeConflict if it was sent again already;
// CodeOptedOut if its recipient wants no such messages; CodeAmbiguous if it may
// have left the phone, unless the caller knows that (mayHaveLeft). It is a pure
// function, and the only rule: every interface asks it through Resend.
func CheckResend(m *wabridge.Message, mayHaveLeft bool) error {
	switch {
	case m.Direction != wabridge.Out:
		return wabridge.Fail(wabridge.CodeTooLate, nil, "message %s was not sent from here", m.ID)
	case m.State != wabridge.Failed && m.State != wabridge.Expired && m.State != wabridge.Canceled && !m.Undecided():
		return wabridge.Fail(wabridge.CodeTooLate, nil, "message %s is %s; only one that failed, expired, was canceled or is undecided is sent again", m.ID, m.State)
	case m.Resent != "":
		return wabridge.Fail(wabridge.CodeConflict, nil, "message %s was sent again already, as %s", m.ID, m.Resent)
	case m.Code == wabridge.CodeOptedOut:
		return wabridge.Fail(wabridge.CodeOptedOut, nil, "the recipient of message %s wants no campaigns", m.ID)
	case MayHaveLeft(m) && !mayHaveLeft:
		return wabridge.Fail(wabridge.CodeAmbiguous, nil, "message %s may have arrived; look into the chat first, and say that you know it", m.ID)
	}
	return nil
}

// MayHaveLeft reports whether a message that ended may have left the phone
// nevertheless: its bubble was seen, or its fate was never learned.
func MayHaveLeft(m *wabridge.Message) bool {
	return m.Undecided() || !m.HandedAt.IsZero() || m.Code.Cloud() == wabridge.CodeInternal
}

// Again is the draft of a new message that says what an ended one said. It
// belongs to no campaign and starts no session.
func Again(m wabridge.Message, at time.Time) Draft {
	return Draft{Message: wabridge.Message{
		Phone: m.Phone, Direction: wabridge.Out, Chat: m.Chat, Number: m.Number, Group: m.Group, GroupName: m.GroupName, Input: m.Input,
		Type: m.Type, Text: m.Text, Body: m.Body, Media: m.Media, Choices: m.Choices, Template: m.Template, Category: m.Category,
		Context: m.Context, Callback: m.Callback, Hours: m.Hours, Priority: m.Priority, Expires: at.Add(ResendTTL), Source: wabridge.SourceConsole,
	}}
}
