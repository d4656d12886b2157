package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

var _ queue.Calls = (*DB)(nil)

const (
	selectCall = `
SELECT id, phone, print, chat, number, name, state, video, at
FROM call
`
	callByID     = selectCall + `WHERE phone = ?1 AND id = ?2`
	callByPrint  = selectCall + `WHERE phone = ?1 AND print = ?2`
	callsRinging = selectCall + `WHERE phone = ?1 AND state = 'ringing'`

	insertCall = `
INSERT INTO call (id, phone, print, chat, number, name, state, video, at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`

	updateCall = `
UPDATE call
SET print = ?2, chat = ?3, number = ?4, name = ?5, state = ?6, video = ?7, at = ?8
WHERE id = ?1`
)

// RecordCall implements queue.Calls.
func (db *DB) RecordCall(ctx context.Context, c wabridge.Call, print string) (stored wabridge.Call, known bool, err error) {
	err = db.update(ctx, "store a call", func(t *tx) error {
		stored, known = c, false
		was, err := t.call(c, print)
		if errors.Is(err, sql.ErrNoRows) {
			stored.ID = wabridge.NewCallID()
			err := t.exec(insertCall, stored.ID, c.Phone, print, c.Chat, c.Number, c.Name, string(c.State), c.Video, c.At.UnixMilli())
			if err != nil {
				return taken(err, "the print of this call")
			}
			return t.event(wabridge.EventCall, c.Phone, "", time.Now(), stored)
		}
		if err != nil {
			return err
		}
		if was.State == c.State || c.State == wabridge.CallRinging || was.State == wabridge.CallMissed {
			stored, known = was, true
			return nil
		}
		stored = joined(was, c)
		err = t.exec(updateCall, stored.ID, print, stored.Chat, stored.Number, stored.Name, string(stored.State), stored.Video, stored.At.UnixMilli())
		if err != nil {
			return taken(err, "the print of this call")
		}
		return t.event(wabridge.EventCall, c.Phone, "", time.Now(), stored)
	})
	if err != nil {
		return wabridge.Call{}, false, err
	}
	return stored, known, nil
}

// call finds the stored call that c is, by its print or else its id;
// sql.ErrNoRows if there is none.
func (t *tx) call(c wabridge.Call, print string) (wabridge.Call, error) {
	was, err := t.oneCall(callByPrint, c.Phone, print)
	if errors.Is(err, sql.ErrNoRows) && c.ID != "" {
		return t.oneCall(callByID, c.Phone, c.ID)
	}
	return was, err
}

func (t *tx) oneCall(text, phone, key string) (wabridge.Call, error) {
	s, err := t.stmt(text)
	if err != nil {
		return wabridge.Call{}, err
	}
	c, _, err := scanCall(s.QueryRowContext(context.Background(), phone, key))
	return c, err
}

// joined is a call with what is newly known of it.
func joined(was, c wabridge.Call) wabridge.Call {
	was.State, was.At, was.Video = c.State, c.At, was.Video || c.Video
	if c.Chat != "" {
		was.Chat = c.Chat
	}
	if c.Number != "" {
		was.Number = c.Number
	}
	if c.Name != "" {
		was.Name = c.Name
	}
	return was
}

func scanCall(from interface{ Scan(into ...any) error }) (c wabridge.Call, print string, err error) {
	var at int64
	err = from.Scan(&c.ID, &c.Phone, &print, &c.Chat, &c.Number, &c.Name, &c.State, &c.Video, &at)
	c.At = time.UnixMilli(at).UTC()
	return c, print, err
}

// RingingCalls implements queue.Calls.
func (db *DB) RingingCalls(ctx context.Context, phone string) (map[string]wabridge.Call, error) {
	rows, err := db.read.QueryContext(ctx, callsRinging, phone)
	if err != nil {
		return nil, readError("list calls", err)
	}
	defer rows.Close()
	out := map[string]wabridge.Call{}
	for rows.Next() {
		c, print, err := scanCall(rows)
		if err != nil {
			return nil, readError("list calls", err)
		}
		out[print] = c
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, readError("list calls", err)
	}
	return out, nil
}
