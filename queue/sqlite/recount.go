package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"
)

// schemaAnalytics is the schema from which on messages are counted.
const schemaAnalytics = 3

// recountAt is after how many deltas a recount writes them down.
const recountAt = 20_000

const messagesByChat = `
SELECT chat, direction, phone, number, group_id, template, category, state, created, sent, delivered, read, ended
FROM message
ORDER BY chat, seq`

// recount counts all messages that there are, chat by chat, as if each move
// was counted when it was made. Nothing may have been counted before.
func recount(t *tx) error {
	// Not from t's own statements: while it is read, others run.
	rows, err := t.w.conn.QueryContext(context.Background(), messagesByChat)
	if err != nil {
		return err
	}
	defer rows.Close()
	var one []record // of one chat
	for rows.Next() {
		var r record
		var created int64
		var sent, delivered, read, ended sql.NullInt64
		if err := rows.Scan(&r.chat, &r.Direction, &r.Phone, &r.Number, &r.Group, &r.Template, &r.Category, &r.State,
			&created, &sent, &delivered, &read, &ended); err != nil {
			return err
		}
		r.Created = time.UnixMilli(created).UTC()
		r.SentAt, r.Delivered, r.ReadAt, r.Ended = instant(sent), instant(delivered), instant(read), instant(ended)
		if len(one) > 0 && one[0].chat != r.chat {
			if err := t.recountChat(one); err != nil {
				return err
			}
			one = one[:0]
		}
		one = append(one, r)
	}
	return errors.Join(rows.Err(), rows.Close(), t.recountChat(one), t.flush())
}

// recountChat counts the messages of one chat in the order in which they were
// delivered, because that is the order in which conversations begin.
func (t *tx) recountChat(all []record) error {
	past := chatPast{windows: map[string]time.Time{}}
	for i := range all {
		if h := whatHappened(&all[i]); !h.received.IsZero() {
			past.in = append(past.in, h.received)
		}
	}
	slices.SortStableFunc(all, func(a, b record) int { return whatHappened(&a).delivered.Compare(whatHappened(&b).delivered) })
	for i := range all {
		deltas, err := count(&past, &record{}, &all[i])
		if err != nil {
			return err
		}
		t.deltas = append(t.deltas, deltas...)
	}
	for category, at := range past.windows {
		if err := t.open(all[0].chat, category, at); err != nil {
			return err
		}
	}
	if len(t.deltas) < recountAt {
		return nil
	}
	return t.flush()
}

// chatPast is the chatHistory of one chat, in memory.
type chatPast struct {
	in      []time.Time // as stored, oldest first
	windows map[string]time.Time
}

func (p *chatPast) newestIn(_ int64, at time.Time) (time.Time, error) {
	for _, in := range slices.Backward(p.in) {
		if !in.After(at) {
			return in, nil
		}
	}
	return time.Time{}, nil
}

func (p *chatPast) opened(_ int64, category string) (time.Time, error) {
	return p.windows[category], nil
}

func (p *chatPast) open(_ int64, category string, at time.Time) error {
	p.windows[category] = at
	return nil
}
