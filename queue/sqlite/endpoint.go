package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const selectEndpoint = `
SELECT id, url, verify_token, secret, phones, fields, scope, cursor, failures, failing, next,
  last_error, last_ok, dropped, created, disabled
FROM endpoint
ORDER BY created, id`

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
		&e.LastError, &ok, &e.Dropped, &created, &e.Disabled)
	if err != nil {
		return err
	}
	e.Failing, e.Next, e.LastOK, e.Created = instant(failing), instant(next), instant(ok), time.UnixMilli(created).UTC()
	return errors.Join(json.Unmarshal([]byte(phones), &e.Phones), json.Unmarshal([]byte(fields), &e.Fields))
}

// A known endpoint keeps its place in the log and its record of failures:
// those are SaveProgress's.
const putEndpoint = `
INSERT INTO endpoint (id, url, verify_token, secret, phones, fields, scope, cursor, created, disabled)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, iif(?8 <> 0, ?8, (` + lastEvent + `)), ?9, ?10)
ON CONFLICT (id) DO UPDATE
SET url = ?2, verify_token = ?3, secret = ?4, phones = ?5, fields = ?6, scope = ?7, disabled = ?10
RETURNING cursor, created`

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
		args := []any{e.ID, e.URL, e.VerifyToken, e.Secret, listText(e.Phones), listText(e.Fields), e.Scope, e.Cursor, e.Created.UnixMilli(), e.Disabled}
		if err := t.row(putEndpoint, args, &e.Cursor, &created); err != nil {
			return err
		}
		e.Created = time.UnixMilli(created).UTC()
		return nil
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

const saveProgress = `
UPDATE endpoint
SET cursor = ?2, failures = ?3, failing = ?4, next = ?5, last_error = ?6, last_ok = ?7, dropped = ?8
WHERE id = ?1`

// SaveProgress implements queue.Endpoints.
func (db *DB) SaveProgress(ctx context.Context, e queue.Endpoint) error {
	return db.update(ctx, "store progress of endpoint "+e.ID, func(t *tx) error {
		n, err := t.change(saveProgress, e.ID, e.Cursor, e.Failures, millis(e.Failing), millis(e.Next), e.LastError, millis(e.LastOK), e.Dropped)
		return missing(n, err, e.ID)
	})
}

const deleteEndpoint = `DELETE FROM endpoint WHERE id = ?1`

// DeleteEndpoint implements queue.Endpoints.
func (db *DB) DeleteEndpoint(ctx context.Context, id string) error {
	return db.update(ctx, "delete endpoint "+id, func(t *tx) error {
		t.changed = true
		n, err := t.change(deleteEndpoint, id)
		return missing(n, err, id)
	})
}

func missing(n int64, err error, id string) error {
	if err == nil && n == 0 {
		return wabridge.Fail(wabridge.CodeNotFound, nil, "there is no endpoint %s", id)
	}
	return err
}
