package sqlite

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/queue"
)

const heardInChat = `SELECT ` + columns + `
FROM message m INDEXED BY message_heard
WHERE m.chat = ?1 AND m.direction <> 'out' ORDER BY m.seq DESC LIMIT ?2`

// Reconcile implements queue.InboxStore.
func (db *DB) Reconcile(ctx context.Context, phone string, ref wabridge.ChatRef, limit int,
	decide func(wabridge.Chat, []wabridge.Message) queue.Changes) ([]wabridge.Message, error) {
	var out []wabridge.Message
	err := db.update(ctx, "reconcile chat", func(t *tx) error {
		out = nil
		c, err := t.chatOf(phone, ref)
		if err != nil {
			return err
		}
		known, err := collect(t.rows(heardInChat, c.key, limit))
		if err != nil {
			return err
		}
		slices.Reverse(known)
		changes := decide(c.Chat, messages(known))
		for _, m := range changes.Update {
			if err := t.correct(c, m); err != nil {
				return err
			}
		}
		for _, m := range changes.New {
			r := received(c, m, time.Now())
			if err := t.answer(c, &r); err != nil {
				return err
			}
			if err := t.receive(c, &r); err != nil {
				return err
			}
			if err := t.hear(c, &r); err != nil {
				return err
			}
			out = append(out, r.Message)
		}
		for _, o := range changes.Objects {
			if err := t.exec(insertObject, o.Kind, o.Owner, o.ID, o.Name, string(o.Data), time.Now().UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// received is the record of a message that came in or was typed on the phone.
func received(c *chat, m wabridge.Message, now time.Time) record {
	r := record{Message: m, chat: c.key}
	r.Phone, r.Chat, r.State = c.Phone, c.ID, wabridge.Received
	if r.ID == "" {
		r.ID = wabridge.NewID()
	}
	if r.Direction != wabridge.Echo {
		r.Direction = wabridge.In
	}
	if r.Type == "" {
		r.Type = "text"
	}
	if r.Created.IsZero() {
		r.Created = now
	}
	r.Created = stored(r.Created)
	r.due = r.Created
	r.Due, r.Expires = time.Time{}, time.Time{}
	if c.Group {
		r.Group = c.ID
		if r.GroupName == "" {
			r.GroupName = c.Name
		}
		return r
	}
	if r.Number == "" {
		r.Number = c.Number
	}
	if r.Name == "" {
		r.Name = displayname.Plain(c.Name)
	}
	return r
}

// An echo says that somebody read the chat on the phone.
const hearChat = `
UPDATE chat
SET known = 1, newest = max(newest, ?2), talked = max(talked, ?2),
  heard = CASE ?3 WHEN 'in' THEN max(heard, ?2) ELSE heard END,
  unread = CASE ?3 WHEN 'in' THEN unread + 1 ELSE 0 END
WHERE key = ?1`

// receive stores a received message, its event, and that its chat is known. A
// message that waits for its file gets its event with it (Attach).
func (t *tx) receive(c *chat, r *record) error {
	s, err := t.hears(r)
	if err != nil {
		return err
	}
	if err := t.add(r); err != nil {
		return taken(err, "message id "+r.ID)
	}
	if s != nil {
		if err := t.heardIn(s, r); err != nil {
			return err
		}
	}
	if err := t.exec(hearChat, c.key, r.Created.UnixMilli(), string(r.Direction)); err != nil {
		return err
	}
	if !c.known {
		c.known = true
		if err := t.exec(agreeHead, c.key); err != nil {
			return err
		}
	}
	t.note(r, "")
	if err := errors.Join(t.count(&record{}, r), t.click(r)); err != nil {
		return err
	}
	if r.Media != nil && r.Media.Pending {
		t.changed = true // somebody fetches files
		return nil
	}
	return t.heard(r)
}

// heard writes the event of a received message.
func (t *tx) heard(r *record) error {
	kind := wabridge.EventMessage
	if r.Direction == wabridge.Echo {
		kind = wabridge.EventEcho
	}
	return t.event(kind, r.Phone, r.ID, time.Now(), r.Message)
}

const correctMessage = `
UPDATE message
SET created = ?3, source = ?4, number = ?5, name = ?6, clock = ?7
WHERE id = ?1 AND chat = ?2 AND direction <> 'out'`

// correct stores what a second source knows better of a received message.
func (t *tx) correct(c *chat, m wabridge.Message) error {
	before, err := t.get(m.ID)
	if err != nil {
		return err
	}
	n, err := t.change(correctMessage, m.ID, c.key, m.Created.UnixMilli(), m.Source, m.Number, m.Name, m.Clock)
	if err != nil {
		return err
	}
	if n == 0 {
		return wabridge.Fail(wabridge.CodeNotFound, nil, "there is no received message %s in this chat", m.ID)
	}
	after := before
	after.Created = stored(m.Created)
	if analytics.Slot(before.Created, analytics.HalfHour).Equal(analytics.Slot(after.Created, analytics.HalfHour)) {
		return nil // it is counted where it belongs
	}
	return t.count(&before, &after)
}

const newestChats = `
SELECT id, phone, number, lid, name, is_group
FROM chat
WHERE phone = ?1 AND newest > 0
ORDER BY newest DESC, key DESC
LIMIT ?2`

// Chats implements queue.InboxStore.
func (db *DB) Chats(ctx context.Context, phone string, limit int) (out []wabridge.Chat, err error) {
	rows, err := db.read.QueryContext(ctx, newestChats, phone, limit)
	if err != nil {
		return nil, readError("list chats", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c wabridge.Chat
		var lid string
		if err := rows.Scan(&c.ID, &c.Phone, &c.Number, &lid, &c.Name, &c.Group); err != nil {
			return nil, readError("list chats", err)
		}
		switch {
		case lid != "":
			c.JID = lid
		case !strings.HasSuffix(c.ID, nameSuffix):
			c.JID = c.ID
		}
		out = append(out, c)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, readError("list chats", err)
	}
	return out, nil
}
