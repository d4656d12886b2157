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

var _ queue.Deliveries = (*DB)(nil)

const selectDestination = `
SELECT id, kind, receiver, cursor, failures, failing, next, last_error, last_ok, dropped, created,
  (SELECT count(*) FROM delivery v WHERE v.destination = d.id AND v.state = 'dead')
FROM destination d
WHERE ?1 = '' OR kind = ?1
ORDER BY created, id`

// Destinations implements queue.Deliveries.
func (db *DB) Destinations(ctx context.Context, kind string) (all []queue.Destination, err error) {
	rows, err := db.read.QueryContext(ctx, selectDestination, kind)
	if err != nil {
		return nil, readError("list destinations", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d queue.Destination
		var failing, next, ok sql.NullInt64
		var created int64
		if err := rows.Scan(&d.ID, &d.Kind, &d.Receiver, &d.Cursor, &d.Failures, &failing, &next, &d.LastError, &ok, &d.Dropped, &created,
			&d.DeadLetters); err != nil {
			return nil, readError("list destinations", err)
		}
		d.Failing, d.Next, d.LastOK, d.Created = instant(failing), instant(next), instant(ok), time.UnixMilli(created).UTC()
		all = append(all, d)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, readError("list destinations", err)
	}
	return all, nil
}

const addDestination = `
INSERT INTO destination (id, kind, receiver, cursor, created)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (id) DO NOTHING`

// AddDestination implements queue.Deliveries.
func (db *DB) AddDestination(ctx context.Context, d queue.Destination) error {
	return db.update(ctx, "store destination "+d.ID, func(t *tx) error {
		return t.exec(addDestination, d.ID, d.Kind, d.Receiver, d.Cursor, d.Created.UnixMilli())
	})
}

const deleteDestination = `DELETE FROM destination WHERE id = ?1`

// DeleteDestination implements queue.Deliveries.
func (db *DB) DeleteDestination(ctx context.Context, id string) error {
	return db.update(ctx, "delete destination "+id, func(t *tx) error {
		n, err := t.change(deleteDestination, id)
		return missing(n, err, id)
	})
}

const (
	saveDestination = `
UPDATE destination
SET cursor = ?2, failures = ?3, failing = ?4, next = ?5, last_error = ?6, last_ok = ?7, dropped = ?8
WHERE id = ?1`

	dropWaiting = `DELETE FROM delivery WHERE destination = ?1 AND state = 'waiting'`

	putDelivery = `
INSERT INTO delivery (destination, event, conversation, state, tries, refusals, status, error, failed, next, changed)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (destination, event) DO UPDATE
SET conversation = ?3, state = ?4, tries = ?5, refusals = ?6, status = ?7, error = ?8, failed = ?9, next = ?10, changed = ?11`

	deleteDelivery = `DELETE FROM delivery WHERE destination = ?1 AND event = ?2`
)

// SaveDeliveries implements queue.Deliveries. It goes before other writes that
// wait, so that a flood of messages does not hold deliveries up.
func (db *DB) SaveDeliveries(ctx context.Context, p queue.DeliveryProgress) error {
	d := p.Destination
	return db.updateBy((*writer).writeFirst, ctx, "store progress of destination "+d.ID, func(t *tx) error {
		n, err := t.change(saveDestination, d.ID, d.Cursor, d.Failures, millis(d.Failing), millis(d.Next), d.LastError, millis(d.LastOK), d.Dropped)
		if err := missing(n, err, d.ID); err != nil {
			return err
		}
		if p.Reset {
			if err := t.exec(dropWaiting, d.ID); err != nil {
				return err
			}
		}
		for _, event := range p.Done {
			if err := t.exec(deleteDelivery, d.ID, event); err != nil {
				return err
			}
		}
		for _, v := range p.Put {
			if err := t.exec(putDelivery, d.ID, v.Event, v.Conversation, string(v.State), v.Tries, v.Refusals, v.Status, v.Error,
				millis(v.Failed), millis(v.Next), v.Changed.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}

const (
	selectDelivery = `
SELECT v.destination, v.event, v.conversation, v.state, v.tries, v.refusals, v.status, v.error, v.failed, v.next, v.changed,
  coalesce(e.kind, ''), coalesce(e.phone, ''), coalesce(e.message, ''), e.at
FROM delivery v LEFT JOIN event e ON e.number = v.event
`
	deliveriesOf = selectDelivery + `WHERE v.destination = ?1 AND v.state = ?2 AND v.event > ?3
ORDER BY v.event
LIMIT ?4`
	deadLetters = selectDelivery + `WHERE v.destination = ?1 AND v.state = 'dead' AND (?2 = '' OR v.event IN (SELECT value FROM json_each(?2)))
ORDER BY v.event
LIMIT ?3`
	reviveDelivery = `
UPDATE delivery
SET state = 'waiting', tries = 0, refusals = 0, failed = NULL, next = NULL, changed = ?3
WHERE destination = ?1 AND event = ?2`
)

// maxDeliveries bounds one list of deliveries.
const maxDeliveries = 10000

// DeliveriesOf implements queue.Deliveries.
func (db *DB) DeliveriesOf(ctx context.Context, destination string, state queue.DeliveryState, after int64, limit int) ([]queue.Delivery, error) {
	rows, err := db.read.QueryContext(ctx, deliveriesOf, destination, string(state), after, min(max(limit, 1), maxDeliveries))
	list, err := scanDeliveries(rows, err)
	if err != nil {
		return nil, readError("list deliveries", err)
	}
	return list, nil
}

func scanDeliveries(rows *sql.Rows, err error) (all []queue.Delivery, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v queue.Delivery
		var failed, next, at sql.NullInt64
		var changed int64
		if err := rows.Scan(&v.Destination, &v.Event, &v.Conversation, &v.State, &v.Tries, &v.Refusals, &v.Status, &v.Error, &failed, &next, &changed,
			&v.Kind, &v.Phone, &v.Message, &at); err != nil {
			return nil, err
		}
		v.Failed, v.Next, v.Changed, v.At = instant(failed), instant(next), time.UnixMilli(changed).UTC(), instant(at)
		all = append(all, v)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}

// ReplayDeadLetters implements queue.Deliveries.
func (db *DB) ReplayDeadLetters(ctx context.Context, destination string, events []int64, limit int, at time.Time) (list []queue.Delivery, err error) {
	chosen := ""
	if len(events) > 0 {
		b, _ := json.Marshal(events) // numbers always can be
		chosen = string(b)
	}
	err = db.update(ctx, "replay dead letters of "+destination, func(t *tx) (err error) {
		if list, err = scanDeliveries(t.rows(deadLetters, destination, chosen, min(max(limit, 1), maxDeliveries))); err != nil {
			return err
		}
		for i := range list {
			v := &list[i]
			v.State, v.Tries, v.Refusals, v.Failed, v.Next = queue.DeliveryWaiting, 0, 0, time.Time{}, time.Time{}
			if err := t.exec(reviveDelivery, destination, v.Event, at.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// missing says that a row that was to be changed is not there.
func missing(n int64, err error, id string) error {
	if err == nil && n == 0 {
		return wabridge.Fail(wabridge.CodeNotFound, nil, "there is no destination %s", id)
	}
	return err
}
