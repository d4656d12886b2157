package sqlite

import (
	"context"
	"encoding/json"
	"errors"
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

const statusesOf = selectEvent + `WHERE message = ?1 AND message <> '' AND kind = 'status'
ORDER BY number`

// Statuses implements queue.History.
func (db *DB) Statuses(ctx context.Context, id string) ([]wabridge.Event, error) {
	return db.events(ctx, statusesOf, id)
}

const depthOf = selectDepths + `  AND c.phone = ?1`

// Depth implements queue.History.
func (db *DB) Depth(ctx context.Context, phone string) (map[wabridge.State]int, time.Time, error) {
	list, err := scanned(ctx, db, depthOf, []any{phone}, scanDepth)
	if err != nil {
		return nil, time.Time{}, readError("count messages", err)
	}
	depth := map[wabridge.State]int{}
	var oldest time.Time
	for _, d := range list {
		if d.Count == 0 { // all of them are undecided
			continue
		}
		depth[d.State] = d.Count
		sooner(&oldest, d.Oldest)
	}
	return depth, oldest, nil
}
