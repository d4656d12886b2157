package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// settledUpTo is the number up to which a destination d has everything, apart
// from dead letters.
const settledUpTo = `min(d.cursor, coalesce((SELECT min(v.event) - 1 FROM delivery v WHERE v.destination = d.id AND v.state = 'waiting'), d.cursor))`

const selectEndpoint = `
SELECT e.id, e.url, e.verify_token, e.secret, e.phones, e.fields, e.scope, ` + settledUpTo + `, d.failures, d.failing, d.next,
  d.last_error, d.last_ok, d.dropped, e.created, e.disabled,
  (SELECT count(*) FROM delivery v WHERE v.destination = e.id AND v.state = 'dead')
FROM endpoint e JOIN destination d ON d.id = e.id
ORDER BY e.created, e.id`

// Endpoints implements queue.Endpoints, oldest first.
func (db *DB) Endpoints(ctx context.Context) (all []queue.Endpoint, err error) {
	rows, err := db.read.QueryContext(ctx, selectEndpoint)
	if err != nil {
		return nil, readError("list endpoints", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e queue.Endpoint
		if err := scanEndpoint(&e, rows); err != nil {
			return nil, readError("list endpoints", err)
		}
		all = append(all, e)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, readError("list endpoints", err)
	}
	return all, nil
}

func scanEndpoint(e *queue.Endpoint, from interface{ Scan(...any) error }) error {
	var phones, fields string
	var failing, next, ok sql.NullInt64
	var created int64
	err := from.Scan(&e.ID, &e.URL, &e.VerifyToken, &e.Secret, &phones, &fields, &e.Scope, &e.Cursor, &e.Failures, &failing, &next,
		&e.LastError, &ok, &e.Dropped, &created, &e.Disabled, &e.DeadLetters)
	if err != nil {
		return err
	}
	e.Failing, e.Next, e.LastOK, e.Created = instant(failing), instant(next), instant(ok), time.UnixMilli(created).UTC()
	return errors.Join(json.Unmarshal([]byte(phones), &e.Phones), json.Unmarshal([]byte(fields), &e.Fields))
}

const (
	putEndpoint = `
INSERT INTO endpoint (id, url, verify_token, secret, phones, fields, scope, created, disabled)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (id) DO UPDATE
SET url = ?2, verify_token = ?3, secret = ?4, phones = ?5, fields = ?6, scope = ?7, disabled = ?9
RETURNING created`

	// A known endpoint keeps its place in the log and its record of failures:
	// those are SaveDeliveries'.
	addEndpointPlace = `
INSERT INTO destination (id, kind, cursor, created)
VALUES (?1, 'webhook', iif(?2 <> 0, ?2, (` + lastEvent + `)), ?3)
ON CONFLICT (id) DO NOTHING`

	endpointPlace = `SELECT ` + settledUpTo + ` FROM destination d WHERE id = ?1`
)

// PutEndpoint implements queue.Endpoints.
func (db *DB) PutEndpoint(ctx context.Context, e queue.Endpoint) (queue.Endpoint, error) {
	if e.ID == "" {
		var id [8]byte
		rand.Read(id[:])
		e.ID = hex.EncodeToString(id[:])
	}
	if e.Created.IsZero() {
		e.Created = time.Now()
	}
	err := db.update(ctx, "store endpoint "+e.ID, func(t *tx) error {
		var created int64
		t.changed = true
		args := []any{e.ID, e.URL, e.VerifyToken, e.Secret, listText(e.Phones), listText(e.Fields), e.Scope, e.Created.UnixMilli(), e.Disabled}
		if err := t.row(putEndpoint, args, &created); err != nil {
			return err
		}
		e.Created = time.UnixMilli(created).UTC()
		if err := t.exec(addEndpointPlace, e.ID, e.Cursor, created); err != nil {
			return err
		}
		return t.row(endpointPlace, []any{e.ID}, &e.Cursor)
	})
	return e, err
}

// listText is a list as stored.
func listText(list []string) string {
	if text := jsonList(list); text != "" {
		return text
	}
	return "null"
}

const deleteEndpoint = `DELETE FROM endpoint WHERE id = ?1`

// DeleteEndpoint implements queue.Endpoints.
func (db *DB) DeleteEndpoint(ctx context.Context, id string) error {
	return db.update(ctx, "delete endpoint "+id, func(t *tx) error {
		t.changed = true
		n, err := t.change(deleteEndpoint, id)
		if err := missing(n, err, id); err != nil {
			return err
		}
		return t.exec(deleteDestination, id)
	})
}
