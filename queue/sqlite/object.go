package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

var _ queue.Objects = (*DB)(nil)

const (
	insertObject = `
INSERT INTO object (kind, owner, id, name, version, data, created, changed)
VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?6)
ON CONFLICT DO NOTHING`

	updateObject = `
UPDATE object
SET name = ?4, version = version + 1, data = ?5, changed = ?6
WHERE kind = ?1 AND owner = ?2 AND id = ?3 AND version = ?7`
)

// PutObject implements queue.Objects.
func (db *DB) PutObject(ctx context.Context, o queue.Object, at time.Time, events ...wabridge.Event) (queue.Object, error) {
	out := o
	err := db.update(ctx, "store "+o.Kind, func(t *tx) error {
		text, args := insertObject, []any{o.Kind, o.Owner, o.ID, o.Name, string(o.Data), at.UnixMilli()}
		if o.Version > 0 {
			text, args = updateObject, append(args, o.Version)
		}
		n, err := t.change(text, args...)
		if err == nil && n == 0 {
			err = wabridge.Fail(wabridge.CodeConflict, nil, "the %s was changed by somebody else", o.Kind)
		}
		if err != nil {
			return taken(err, "the name of this "+o.Kind)
		}
		if out, err = t.object(o.Kind, o.Owner, o.ID); err != nil {
			return err
		}
		return t.tell(at, events)
	})
	if err != nil {
		return queue.Object{}, err
	}
	return out, nil
}

// object reads one in the transaction.
func (t *tx) object(kind, owner, id string) (queue.Object, error) {
	s, err := t.stmt(objectByID)
	if err != nil {
		return queue.Object{}, err
	}
	return scanObject(s.QueryRowContext(context.Background(), kind, owner, id))
}

// tell writes the events that come with a change; one without a time is of at.
func (t *tx) tell(at time.Time, events []wabridge.Event) error {
	for _, e := range events {
		if e.At.IsZero() {
			e.At = at
		}
		if err := t.event(e.Kind, e.Phone, e.Message, e.At, e.Data); err != nil {
			return err
		}
	}
	return nil
}

const (
	selectObject = `
SELECT kind, owner, id, name, version, data, created, changed
FROM object
`
	objectByID = selectObject + `WHERE kind = ?1 AND owner = ?2 AND id = ?3`
	// The planner would read all of a kind: it takes a second column for little.
	objectOfAny = selectObject + `INDEXED BY object_id
WHERE kind = ?1 AND id = ?2
LIMIT 1`
	objectByName = selectObject + `WHERE kind = ?1 AND owner = ?2 AND name = ?3 AND name <> ''`
	objectsOf    = selectObject + `WHERE kind = ?1 AND owner = ?2 AND id > ?3
ORDER BY id
LIMIT ?4`
	objectsOfAll = selectObject + `WHERE kind = ?1 AND id > ?2
ORDER BY id, owner
LIMIT ?3`
	countObjects    = `SELECT count(*) FROM object WHERE kind = ?1 AND owner = ?2`
	countAllObjects = `SELECT count(*) FROM object WHERE kind = ?1`
	deleteObject    = `DELETE FROM object WHERE kind = ?1 AND owner = ?2 AND id = ?3`
)

func scanObject(from interface{ Scan(...any) error }) (queue.Object, error) {
	var o queue.Object
	var data string
	var created, changed int64
	if err := from.Scan(&o.Kind, &o.Owner, &o.ID, &o.Name, &o.Version, &data, &created, &changed); err != nil {
		return queue.Object{}, err
	}
	o.Data, o.Created, o.Changed = json.RawMessage(data), time.UnixMilli(created).UTC(), time.UnixMilli(changed).UTC()
	return o, nil
}

// Object implements queue.Objects.
func (db *DB) Object(ctx context.Context, kind, owner, id string) (queue.Object, error) {
	if owner == "" {
		return oneObject(kind, db.read.QueryRowContext(ctx, objectOfAny, kind, id))
	}
	return oneObject(kind, db.read.QueryRowContext(ctx, objectByID, kind, owner, id))
}

// ObjectByName implements queue.Objects.
func (db *DB) ObjectByName(ctx context.Context, kind, owner, name string) (queue.Object, error) {
	return oneObject(kind, db.read.QueryRowContext(ctx, objectByName, kind, owner, name))
}

func oneObject(kind string, row *sql.Row) (queue.Object, error) {
	o, err := scanObject(row)
	if err != nil {
		return o, readError("read "+kind, err)
	}
	return o, nil
}

// Objects implements queue.Objects.
func (db *DB) Objects(ctx context.Context, kind, owner, after string, limit int) (all []queue.Object, err error) {
	text, args := objectsOf, []any{kind, owner, after, limit}
	if owner == "" {
		text, args = objectsOfAll, []any{kind, after, limit}
	}
	rows, err := db.read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, readError("list objects", err)
	}
	defer rows.Close()
	for rows.Next() {
		o, err := scanObject(rows)
		if err != nil {
			return nil, readError("list objects", err)
		}
		all = append(all, o)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, readError("list objects", err)
	}
	return all, nil
}

// CountObjects implements queue.Objects.
func (db *DB) CountObjects(ctx context.Context, kind, owner string) (n int, err error) {
	text, args := countObjects, []any{kind, owner}
	if owner == "" {
		text, args = countAllObjects, args[:1]
	}
	if err := db.read.QueryRowContext(ctx, text, args...).Scan(&n); err != nil {
		return 0, readError("count objects", err)
	}
	return n, nil
}

// DeleteObject implements queue.Objects.
func (db *DB) DeleteObject(ctx context.Context, kind, owner, id string, events ...wabridge.Event) error {
	return db.update(ctx, "delete "+kind, func(t *tx) error {
		n, err := t.change(deleteObject, kind, owner, id)
		if err == nil && n == 0 {
			err = wabridge.Fail(wabridge.CodeNotFound, nil, "there is no such %s", kind)
		}
		if err != nil {
			return err
		}
		return t.tell(time.Now(), events)
	})
}
