package sqlite

import (
	"context"
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
// are to go later, do not count.
func (db *DB) Waiting(ctx context.Context, now time.Time) (map[string]time.Time, error) {
	rows, err := db.read.QueryContext(ctx, waitingLongest, now.UnixMilli())
	if err != nil {
		return nil, readError("look for the oldest message", err)
	}
	defer rows.Close()
	oldest := map[string]time.Time{}
	for rows.Next() {
		var phone string
		var due int64
		if err := rows.Scan(&phone, &due); err != nil {
			return nil, readError("look for the oldest message", err)
		}
		oldest[phone] = time.UnixMilli(due).UTC()
	}
	if err := rows.Err(); err != nil {
		return nil, readError("look for the oldest message", err)
	}
	return oldest, nil
}

const waitingLongest = `
SELECT phone, min(due)
FROM message INDEXED BY message_turn
WHERE head = 1 AND state = 'queued' AND due <= ?1
GROUP BY phone`

const depths = `
SELECT phone, state, count(*), min(created)
FROM message INDEXED BY message_depth
WHERE open = 1
GROUP BY phone, state`

// Depths counts the open messages of all phones, by phone and state.
func (db *DB) Depths(ctx context.Context) (list []queue.Depth, err error) {
	rows, err := db.read.QueryContext(ctx, depths)
	if err != nil {
		return nil, readError("count messages", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d queue.Depth
		var oldest int64
		if err := rows.Scan(&d.Phone, &d.State, &d.Count, &oldest); err != nil {
			return nil, readError("count messages", err)
		}
		d.Oldest = time.UnixMilli(oldest).UTC()
		list = append(list, d)
	}
	if err := rows.Err(); err != nil {
		return nil, readError("count messages", err)
	}
	return list, nil
}
