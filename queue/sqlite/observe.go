package sqlite

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// An Observer hears of what was committed. Its methods must not wait; what they
// get is theirs. All but Committed are called by whoever asked for the change,
// in his context, before he gets his answer; different callers may come out of
// order.
type Observer interface {
	// Accepted hears of a new message to send.
	Accepted(ctx context.Context, m *wabridge.Message)
	// Moved hears of every move of a message.
	Moved(ctx context.Context, m *wabridge.Message, from wabridge.State)
	// Received hears of a message that came in, or was typed on the phone.
	Received(ctx context.Context, m *wabridge.Message)
	// Committed hears, from the one goroutine that writes, how long a
	// transaction of so many callers took.
	Committed(jobs int, took time.Duration)
}

// A note is what an Observer is to hear after the commit.
type note struct {
	message wabridge.Message
	from    wabridge.State // "" for a message that is new
}

func (n *note) tell(ctx context.Context, o Observer) {
	switch {
	case n.from != "":
		o.Moved(ctx, &n.message, n.from)
	case n.message.Direction == wabridge.Out:
		o.Accepted(ctx, &n.message)
	default:
		o.Received(ctx, &n.message)
	}
}

// note keeps what the observer, if there is one, is to hear.
func (t *tx) note(r *record, from wabridge.State) {
	if t.w.observed {
		t.notes = append(t.notes, note{r.Message, from})
	}
}

// observed runs a job and has the observer told, by the caller, of what it did.
// The job may run twice; what the last run did counts.
func (db *DB) observed(do func(*tx) error) (job func(*tx) error, tell func(context.Context)) {
	if db.observer == nil {
		return do, func(context.Context) {}
	}
	var notes []note
	job = func(t *tx) error {
		n := len(t.notes)
		err := do(t)
		notes = append(notes[:0], t.notes[n:]...)
		return err
	}
	return job, func(ctx context.Context) {
		for i := range notes {
			notes[i].tell(ctx, db.observer)
		}
	}
}

// Waiting tells, by phone, since when the oldest message waits that could be
// typed now: it is the next of its chat and due. Held messages, and those that
// are to go later, do not count. It asks the index message_turn once for each
// class and priority in use, so that it costs the same however many wait.
func (db *DB) Waiting(ctx context.Context, now time.Time) (map[string]time.Time, error) {
	oldest := map[string]time.Time{}
	err := db.snapshot(ctx, func(q snapshot) error {
		phones, err := column(q.rows(phonesWaiting))
		if err != nil {
			return err
		}
		for _, phone := range phones {
			for _, class := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
				at, err := q.oldestHead(phone, class[0], class[1], now)
				if err != nil {
					return err
				}
				if !at.IsZero() && (oldest[phone].IsZero() || at.Before(oldest[phone])) {
					oldest[phone] = at
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, readError("look for the oldest message", err)
	}
	return oldest, nil
}

// oldestHead is the due time of the head of one class that waits longest; the
// zero time if none is due.
func (q snapshot) oldestHead(phone string, fresh, timed bool, now time.Time) (oldest time.Time, err error) {
	for priority := int64(math.MaxInt64); ; {
		var next, due sql.NullInt64
		if err := q.row(nextPriority, []any{phone, fresh, timed, priority}, &next); err != nil || !next.Valid {
			return oldest, err
		}
		priority = next.Int64
		if err := q.row(oldestDue, []any{phone, fresh, timed, priority, now.UnixMilli()}, &due); err != nil {
			return oldest, err
		}
		if due.Valid {
			sooner(&oldest, instant(due))
		}
	}
}

const (
	// phonesWaiting lists the phones of an index by seeking past each one.
	phonesWaiting = `
WITH RECURSIVE p (phone) AS (
  SELECT min(phone) FROM message INDEXED BY message_turn WHERE head = 1 AND state = 'queued'
  UNION ALL
  SELECT (SELECT min(m.phone) FROM message m INDEXED BY message_turn WHERE m.phone > p.phone AND m.head = 1 AND m.state = 'queued')
  FROM p WHERE p.phone IS NOT NULL)
SELECT phone FROM p WHERE phone IS NOT NULL`

	oldestDue = `
SELECT min(due)
FROM message INDEXED BY message_turn
WHERE phone = ?1 AND fresh = ?2 AND timed = ?3 AND priority = ?4 AND due <= ?5 AND head = 1 AND state = 'queued'`
)

// selectDepths counts the open messages by phone and state, from what the
// triggers of schema 13 keep, without those that are undecided.
const selectDepths = `
SELECT c.phone, c.state,
  c.messages - iif(c.state = 'unconfirmed', (SELECT count(*) FROM message m INDEXED BY message_undecided
    WHERE m.phone = c.phone AND m.state = 'unconfirmed' AND m.held = 1), 0),
  iif(c.state = 'unconfirmed',
    (SELECT min(m.created) FROM message m INDEXED BY message_depth WHERE m.phone = c.phone AND m.state = 'unconfirmed' AND m.open = 1 AND m.held = 0),
    (SELECT min(m.created) FROM message m INDEXED BY message_depth WHERE m.phone = c.phone AND m.state = c.state AND m.open = 1))
FROM state_count c
WHERE c.messages > 0 AND c.direction = 'out' AND c.state IN ('queued', 'sending', 'unconfirmed')
`

const depths = selectDepths + `UNION ALL
SELECT c.phone, 'undecided',
  (SELECT count(*) FROM message m INDEXED BY message_undecided WHERE m.phone = c.phone AND m.state = 'unconfirmed' AND m.held = 1),
  (SELECT min(m.created) FROM message m INDEXED BY message_undecided WHERE m.phone = c.phone AND m.state = 'unconfirmed' AND m.held = 1)
FROM state_count c
WHERE c.messages > 0 AND c.direction = 'out' AND c.state = 'unconfirmed'`

// Depths counts the open messages of all phones, by phone and state; undecided
// ones are counted as queue.Undecided.
func (db *DB) Depths(ctx context.Context) ([]queue.Depth, error) {
	list, err := scanned(ctx, db, depths, nil, scanDepth)
	if err != nil {
		return nil, readError("count messages", err)
	}
	return slices.DeleteFunc(list, func(d queue.Depth) bool { return d.Count == 0 }), nil
}

func scanDepth(rows *sql.Rows) (d queue.Depth, err error) {
	var oldest sql.NullInt64
	err = rows.Scan(&d.Phone, &d.State, &d.Count, &oldest)
	d.Oldest = instant(oldest)
	return d, err
}
