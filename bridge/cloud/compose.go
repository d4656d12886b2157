package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/content"
)

// A Composer makes messages by the rules of POST /{phone}/messages for those
// who hand in many at once. Its refusals are of type *bridge.Refusal.
type Composer struct{ api *api }

// Compose makes the message of an object such as the Cloud API takes, without
// its recipient: type and the object of that name; templates are filled in and
// files fetched.
func (c *Composer) Compose(ctx context.Context, phone wabridge.Phone, object map[string]json.RawMessage) (wabridge.Message, error) {
	m, err := c.compose(ctx, phone, object)
	return m, refusal(err)
}

func (c *Composer) compose(ctx context.Context, phone wabridge.Phone, p params) (m wabridge.Message, err error) {
	if err := able(phone); err != nil {
		return m, err
	}
	kind, err := p.kind()
	if err != nil {
		return m, err
	}
	if kind == "reaction" || p.has("context") {
		return m, refuse(wabridge.CodeUnsupported, "message: one message to many cannot answer or react to one of a chat")
	}
	object, err := content.Parse(kind, p[kind])
	if err != nil {
		return m, err
	}
	carried := object.Carry()
	m = wabridge.Message{Phone: phone.ID, Direction: wabridge.Out, Type: kind, Body: carried.Body, Expires: time.Now().Add(c.api.TTL)}
	if object.Template != nil {
		if carried, err = c.api.render(ctx, phone, object.Template, &m); err != nil {
			return m, err
		}
	}
	m.Text, m.Choices = wabridge.Text(carried.Text), carried.Choices
	return m, c.api.attach(ctx, &m, carried)
}

// Recipient reads a person's number; of the message Chat, Number and Input are
// set.
func (c *Composer) Recipient(ctx context.Context, phone wabridge.Phone, to string) (m wabridge.Message, err error) {
	number, err := c.api.readNumber(ctx, phone, to)
	if err == nil && wabridge.SameNumber(number, phone.Number) {
		err = refuse(wabridge.CodeSelf, "to: this is the sending phone's own number; write to another one")
	}
	if err == nil {
		err = c.api.barred(ctx, phone, number)
	}
	return wabridge.Message{Chat: wabridge.UserJID(number), Number: number, Input: to}, refusal(err)
}

// refusal writes what the caller can mend in words of no interface; other
// errors stay.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	e := graphErrorOf(err)
	if e.cause != nil || e.Data == nil || statuses[wabridge.Code(e.Code)] >= 500 && !errors.As(err, new(*graphError)) {
		return err
	}
	r := &bridge.Refusal{Code: wabridge.Code(e.Code), Message: bridge.Title(wabridge.Code(e.Code)), Remedy: e.Data.Details}
	if field, remedy, ok := strings.Cut(e.Data.Details, ": "); ok && !strings.Contains(field, " ") {
		r.Field, r.Remedy = field, remedy
	}
	return r
}
