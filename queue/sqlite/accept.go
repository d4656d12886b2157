package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Enqueue implements queue.Accepter.
func (db *DB) Enqueue(ctx context.Context, drafts ...queue.Draft) ([]queue.Accepted, error) {
	var out []queue.Accepted
	err := db.update(ctx, "enqueue", func(t *tx) error {
		out = make([]queue.Accepted, 0, len(drafts))
		now := time.Now()
		for i := range drafts {
			a, err := t.accept(drafts[i], now)
			if err != nil {
				return err
			}
			out = append(out, a)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

const insertKey = `
INSERT INTO idempotency (owner, key, print, message, created)
VALUES (?1, ?2, ?3, ?4, ?5)`

// accept stores one draft, or finds what its key stood for.
func (t *tx) accept(d queue.Draft, now time.Time) (queue.Accepted, error) {
	if d.Key != "" {
		first, err := t.repeated(d)
		if err != nil || first != nil {
			return queue.Accepted{Message: deref(first), Repeated: true}, err
		}
	}
	r, err := t.draft(d.Message, now)
	if err != nil {
		return queue.Accepted{}, err
	}
	if err := t.add(&r); err != nil {
		return queue.Accepted{}, taken(err, "message id "+r.ID)
	}
	if err := t.touch(r.chat, now); err != nil {
		return queue.Accepted{}, err
	}
	if d.Key != "" {
		if err := t.exec(insertKey, d.Owner, d.Key, d.Print, r.ID, now.UnixMilli()); err != nil {
			return queue.Accepted{}, err
		}
	}
	err = t.event(wabridge.EventStatus, r.Phone, r.ID, now, wabridge.StatusData{
		ID: r.ID, State: wabridge.Queued, At: r.Created, Chat: r.Chat, Number: r.Number, Group: r.Group, Callback: r.Callback,
	})
	return queue.Accepted{Message: r.Message}, err
}

const openInChat = `
SELECT EXISTS (SELECT 1 FROM message WHERE chat = ?1 AND open = 1)`

// draft is the record of a new message to send, in its chat.
func (t *tx) draft(m wabridge.Message, now time.Time) (record, error) {
	r := record{Message: m}
	if r.ID == "" {
		r.ID = wabridge.NewID()
	}
	r.Direction, r.State = wabridge.Out, wabridge.Queued
	r.Created, r.Due, r.Expires = stored(now), stored(r.Due), stored(r.Expires)
	r.Code, r.Reason, r.Tries, r.Fence, r.Intent = 0, "", 0, 0, nil
	r.Priority = min(max(r.Priority, math.MinInt32), math.MaxInt32) // lane.go counts down from above it
	r.due = r.Created
	if !r.Due.IsZero() {
		r.due = r.Due
	}
	c, err := t.chatOf(m.Phone, wabridge.ChatRef{JID: m.Chat, Number: personal(m), Name: m.GroupName, Group: m.Group != ""})
	if err != nil {
		return r, err
	}
	r.chat, r.Chat, r.fresh = c.key, c.ID, !c.known
	var open bool
	if err := t.row(openInChat, []any{c.key}, &open); err != nil {
		return r, err
	}
	r.head = !open
	return r, nil
}

// personal is the number that names the chat; a group has none.
func personal(m wabridge.Message) string {
	if m.Group != "" || wabridge.IsGroup(m.Chat) {
		return ""
	}
	return m.Number
}

const findKey = `
SELECT print, message
FROM idempotency
WHERE owner = ?1 AND key = ?2`

// repeated finds the first answer to a key; nil if the key is new.
func (t *tx) repeated(d queue.Draft) (*wabridge.Message, error) {
	var print, id string
	err := t.row(findKey, []any{d.Owner, d.Key}, &print, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if print != d.Print {
		return nil, errOtherRequest
	}
	r, err := t.get(id)
	return &r.Message, err
}

// Repeated implements queue.Accepter.
func (db *DB) Repeated(ctx context.Context, d queue.Draft) (first queue.Accepted, ok bool, err error) {
	if d.Key == "" {
		return first, false, nil
	}
	var print, id string
	err = db.read.QueryRowContext(ctx, findKey, d.Owner, d.Key).Scan(&print, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return first, false, nil
	}
	if err != nil {
		return first, false, readError("look for an idempotency key", err)
	}
	if print != d.Print {
		return first, false, errOtherRequest
	}
	m, err := db.Message(ctx, id)
	return queue.Accepted{Message: m, Repeated: true}, err == nil, err
}

// errOtherRequest is the answer to a key that stands for something else.
var errOtherRequest = wabridge.Fail(wabridge.CodeConflict, nil, "the idempotency key was used for another request")

func deref(m *wabridge.Message) wabridge.Message {
	if m == nil {
		return wabridge.Message{}
	}
	return *m
}

// taken tells what exists already from other broken constraints.
func taken(err error, what string) error {
	if e, ok := errors.AsType[sqlite3.Error](err); ok && (e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey) {
		return wabridge.Fail(wabridge.CodeConflict, nil, "%s is taken", what)
	}
	return err
}
