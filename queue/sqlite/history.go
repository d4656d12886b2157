package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const selectEvent = `
SELECT number, kind, phone, message, at, data
FROM event
`

const eventsAfter = selectEvent + `WHERE number > ?1 AND number <= ?2
  AND (?4 = '' OR phone IN (SELECT value FROM json_each(?4)))
  AND (?5 = '' OR kind IN (SELECT value FROM json_each(?5)))
ORDER BY number
LIMIT ?3`

// Events implements queue.Log.
func (db *DB) Events(ctx context.Context, after int64, limit int, f queue.EventFilter) ([]wabridge.Event, int64, error) {
	// All that has a number up to this one is committed: there is one writer.
	last, err := db.LastEvent(ctx)
	if err != nil || last <= after {
		return nil, after, err
	}
	events, err := db.events(ctx, eventsAfter, after, last, limit, jsonList(f.Phones), jsonList(f.Kinds))
	if err != nil {
		return nil, after, err
	}
	if len(events) == limit {
		last = events[limit-1].Number
	}
	return events, last, nil
}

// jsonList is a filter's list for json_each; empty for none.
func jsonList[T ~string](list []T) string {
	if len(list) == 0 {
		return ""
	}
	b, _ := json.Marshal(list) // strings always can be
	return string(b)
}

func (db *DB) events(ctx context.Context, text string, args ...any) (all []wabridge.Event, err error) {
	rows, err := db.read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, readError("read events", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e wabridge.Event
		var at int64
		var data string
		if err := rows.Scan(&e.Number, &e.Kind, &e.Phone, &e.Message, &at, &data); err != nil {
			return nil, readError("read events", err)
		}
		e.At, e.Data = time.UnixMilli(at).UTC(), json.RawMessage(data)
		all = append(all, e)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, readError("read events", err)
	}
	return all, nil
}

const (
	// The sequence remembers the newest number even when its event was
	// cleaned away.
	lastEvent  = `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)`
	firstEvent = `SELECT coalesce(min(number), 0) FROM event`
)

// LastEvent implements queue.Log.
func (db *DB) LastEvent(ctx context.Context) (n int64, err error) {
	if err := db.read.QueryRowContext(ctx, lastEvent).Scan(&n); err != nil {
		return 0, readError("read the newest event's number", err)
	}
	return n, nil
}

// FirstEvent implements queue.Log.
func (db *DB) FirstEvent(ctx context.Context) (n int64, err error) {
	if err := db.read.QueryRowContext(ctx, firstEvent).Scan(&n); err != nil {
		return 0, readError("read the oldest event's number", err)
	}
	return n, nil
}

// Message implements queue.History.
func (db *DB) Message(ctx context.Context, id string) (wabridge.Message, error) {
	var r record
	err := r.scan(db.read.QueryRowContext(ctx, messageByID, id))
	if err != nil {
		return wabridge.Message{}, readError("read message "+id, err)
	}
	return r.Message, nil
}

// Messages implements queue.History.
func (db *DB) Messages(ctx context.Context, f queue.MessageFilter) ([]wabridge.Message, error) {
	text, args := filtered(f)
	return db.list(ctx, "list messages", text, args...)
}

// filtered writes the query of a filter: only the conditions that are asked
// for, so that the planner sees which index serves.
func filtered(f queue.MessageFilter) (text string, args []any) {
	var b strings.Builder
	b.WriteString(selectMessage)
	clause := "WHERE "
	and := func(condition string, arg any) { // # stands for the argument
		args = append(args, arg)
		b.WriteString(clause + strings.ReplaceAll(condition, "#", "?"+strconv.Itoa(len(args))) + "\n")
		clause = "  AND "
	}
	if f.Phone != "" {
		and("m.phone = #", f.Phone)
	}
	if f.Chat != "" {
		and("m.chat IN (SELECT key FROM chat WHERE id = # OR lid = #)", f.Chat)
	}
	if f.Number != "" {
		and(`m.seq IN (
      SELECT p.seq FROM message p JOIN chat d ON d.key = p.chat WHERE d.number IN (SELECT value FROM json_each(#)) AND d.number <> ''
      UNION ALL
      SELECT p.seq FROM message p WHERE p.number IN (SELECT value FROM json_each(#)) AND p.number <> '' AND p.group_id <> '')`, jsonList(wabridge.NumberForms(wabridge.Digits(f.Number))))
	}
	if f.Campaign != "" {
		and("m.campaign = # AND m.campaign <> ''", f.Campaign)
	}
	if f.Session != "" {
		and("m.session = # AND m.session <> ''", f.Session)
	}
	if f.Direction != "" {
		and("m.direction = #", string(f.Direction))
	}
	if len(f.States) > 0 {
		and("m.state IN (SELECT value FROM json_each(#))", jsonList(f.States))
	}
	if !f.Since.IsZero() {
		and("m.created >= #", f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		and("m.created < #", f.Until.UnixMilli())
	}
	if f.Before != 0 {
		and("m.seq < #", f.Before)
	}
	if f.After != 0 {
		and("m.seq > #", f.After)
	}
	order := "ORDER BY m.seq DESC"
	if f.Oldest {
		order = "ORDER BY m.seq"
	}
	b.WriteString(order + "\nLIMIT " + strconv.Itoa(min(max(f.Limit, 1), 1000)))
	return b.String(), args
}

const statusesOf = selectEvent + `WHERE message = ?1 AND message <> '' AND kind = 'status'
ORDER BY number`

// Statuses implements queue.History.
func (db *DB) Statuses(ctx context.Context, id string) ([]wabridge.Event, error) {
	return db.events(ctx, statusesOf, id)
}

const depthOf = `
SELECT state, count(*), min(created)
FROM message
WHERE phone = ?1 AND open = 1
GROUP BY state`

// Depth implements queue.History.
func (db *DB) Depth(ctx context.Context, phone string) (map[wabridge.State]int, time.Time, error) {
	fail := func(err error) (map[wabridge.State]int, time.Time, error) {
		return nil, time.Time{}, readError("count messages", err)
	}
	rows, err := db.read.QueryContext(ctx, depthOf, phone)
	if err != nil {
		return fail(err)
	}
	defer rows.Close()
	depth := map[wabridge.State]int{}
	var oldest time.Time
	for rows.Next() {
		var state wabridge.State
		var n int
		var created sql.NullInt64
		if err := rows.Scan(&state, &n, &created); err != nil {
			return fail(err)
		}
		depth[state] = n
		sooner(&oldest, instant(created))
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fail(err)
	}
	return depth, oldest, nil
}
