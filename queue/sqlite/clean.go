package sqlite

import (
	"context"
	"errors"
	"time"
)

// The least that Clean keeps, whatever it is asked.
const (
	MinKeys   = 24 * time.Hour
	MinEvents = 8 * 24 * time.Hour  // webhooks are tried for 7 days
	MinAudit  = 31 * 24 * time.Hour // the schema refuses to drop what is younger than 30 days
)

// Retention says how long things are kept. Zero members mean the default.
type Retention struct {
	Events time.Duration // 30 days
	Keys   time.Duration // 48 hours
	Audit  time.Duration // 365 days
	// Keep is how long messages, calls, sessions and campaigns stay: for ever.
	// Events stay no longer than it. MinKeep is the least.
	Keep time.Duration
}

// Cleaned counts what was dropped.
type Cleaned struct {
	Events, Keys, Audit                  int64
	Messages, Campaigns, Sessions, Calls int64
}

// cleanStep is how much is dropped in one transaction, so that nobody waits
// long behind it.
const cleanStep = 1000

const (
	deleteKeys = `
DELETE FROM idempotency
WHERE (owner, key) IN (SELECT owner, key FROM idempotency WHERE created < ?1 ORDER BY created LIMIT ?2)`

	// Numbers grow with time, so the old ones stand first.
	oldEvents = `
SELECT coalesce(max(number), 0)
FROM (SELECT number, at FROM event ORDER BY number LIMIT ?2)
WHERE at < ?1`

	deleteEvents = `DELETE FROM event WHERE number <= ?1`

	// A delivery without its event has nothing to deliver any more.
	deleteDeliveries = `DELETE FROM delivery WHERE event <= ?1`
)

// Clean drops old events and idempotency keys and, if there is a Retention.Keep,
// what is older than that: messages that have ended or came in, what belongs to
// them, campaigns, sessions and calls. It never drops what something open needs
// (unneeded), nor the newest message of a chat that the phone shows, by which a look
// into the chat tells old from new. It is meant to be called once an hour or so,
// by one caller; it works in small steps and rests between them, and whoever
// breaks it off loses nothing.
func (db *DB) Clean(ctx context.Context, now time.Time, r Retention) (Cleaned, error) {
	if r.Events == 0 {
		r.Events = 30 * 24 * time.Hour
	}
	if r.Keys == 0 {
		r.Keys = 48 * time.Hour
	}
	if r.Audit == 0 {
		r.Audit = 365 * 24 * time.Hour
	}
	if r.Keep > 0 {
		r.Keep = max(r.Keep, MinKeep)
		r.Events = min(r.Events, r.Keep)
	}
	var c Cleaned
	err := errors.Join(
		db.drop(ctx, &c.Keys, func(t *tx) (int64, error) {
			return t.change(deleteKeys, now.Add(-max(r.Keys, MinKeys)).UnixMilli(), cleanStep)
		}),
		db.drop(ctx, &c.Events, func(t *tx) (int64, error) {
			var last int64
			if err := t.row(oldEvents, []any{now.Add(-max(r.Events, MinEvents)).UnixMilli(), cleanStep}, &last); err != nil || last == 0 {
				return 0, err
			}
			if err := t.exec(deleteDeliveries, last); err != nil {
				return 0, err
			}
			return t.change(deleteEvents, last)
		}),
		db.drop(ctx, &c.Audit, func(t *tx) (int64, error) {
			return t.change(deleteAudit, now.Add(-max(r.Audit, MinAudit)).UnixMilli(), cleanStep)
		}),
	)
	if err == nil && r.Keep > 0 {
		err = db.dropOld(ctx, now.Add(-r.Keep), &c)
	}
	return c, err
}

// drop repeats a step until it finds nothing more, and rests after each.
func (db *DB) drop(ctx context.Context, total *int64, step func(*tx) (int64, error)) error {
	for {
		var n int64
		begin := time.Now()
		err := db.update(ctx, "clean up", func(t *tx) (err error) {
			n, err = step(t)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
		*total += n
		if err := rest(ctx, time.Since(begin)); err != nil {
			return err
		}
	}
}
