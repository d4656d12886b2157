package crm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// errUnreadable marks an event that can never be told.
var errUnreadable = errors.New("unreadable event")

// An incoming is a message that somebody wrote, as the preset wabridge posts
// it; the others take from it what they have a place for.
type incoming struct {
	ID    string
	Phone string
	To    string // the phone's own number; "" while unknown
	From  string
	Name  string
	Type  string
	// Incidental: it tells of something that happened (wabridge.Message.Incidental).
	Incidental bool
	Text       string
	Timestamp  int64 // seconds
	Body       json.RawMessage
	Media      *wabridge.Media
	Context    string
	Group      string
	GroupName  string
	// Notification is what the phone showed, as package inbox kept it.
	Notification json.RawMessage
	raw          bool // it is asked for, even if it is not there

	number   bool      // From is a number
	received time.Time // when it was recorded
}

// MarshalJSON is its form on the wire of the preset wabridge.
func (in incoming) MarshalJSON() ([]byte, error) {
	out := map[string]any{
		"id": in.ID, "phone_number_id": in.Phone, "from": in.From, "name": in.Name,
		"type": in.Type, "text": in.Text, "timestamp": in.Timestamp,
	}
	if m := in.Media; m != nil && m.ID != "" && m.SHA256 != "" {
		out["media"] = map[string]any{"id": m.ID, "mime_type": m.MIME, "sha256": m.SHA256, "file_size": m.Size, "filename": m.Name}
	}
	if len(in.Body) > 0 && in.Type != "text" && in.Media == nil {
		out[in.Type] = in.Body
	}
	if in.Context != "" {
		out["context"] = map[string]string{"id": in.Context}
	}
	if in.Group != "" {
		out["group_id"], out["group_name"] = in.Group, in.GroupName
	}
	if in.raw {
		out["notification"] = in.Notification // null without one
	}
	return json.Marshal(out)
}

// incomingOf renders an event; ok is false if it is not for this CRM.
func (p *Poller) incomingOf(ctx context.Context, ev wabridge.Event) (j job, ok bool, err error) {
	var m wabridge.Message
	if err := json.Unmarshal(ev.Data, &m); err != nil {
		return j, false, fmt.Errorf("%w: message data: %w", errUnreadable, err)
	}
	if m.Direction != wabridge.In || p.cfg.Phone != "" && ev.Phone != p.cfg.Phone {
		return j, false, nil
	}
	blocked, err := queue.Blocked(ctx, p.store, ev.Phone, wabridge.Digits(m.Number), ev.At)
	if err != nil || blocked {
		return j, false, err
	}
	number := cmp.Or(m.Number, wabridge.NumberOf(m.Chat))
	in := &incoming{
		ID: m.ID, Phone: ev.Phone, From: number, Name: m.Name, Type: cmp.Or(m.Type, "text"), Incidental: m.Incidental(), Text: string(m.Text), Timestamp: m.Created.Unix(),
		Body: m.Body, Media: m.Media, Context: m.Context, Group: m.Group, GroupName: m.GroupName,
		number: number != "", received: ev.At,
	}
	if in.From == "" && m.Group == "" {
		in.From = m.Chat // the number is not known (yet)
	}
	if !p.wire.takes(*in) {
		return j, false, nil
	}
	phone, err := p.store.Phone(ctx, ev.Phone)
	if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
		return j, false, err
	}
	in.To = phone.Number
	if in.raw = p.cfg.RawNotification; in.raw {
		o, err := p.store.Object(ctx, queue.ObjectNotification, ev.Phone, m.ID)
		if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return j, false, err
		}
		in.Notification = o.Data
	}
	return job{number: ev.Number, at: ev.At, incoming: in}, true, nil
}
