package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/wabridge/wabridge"
)

// eventGap is left between the events of a backup and those after its restore,
// so that no number is given twice: readers outside may have seen more events
// than the backup holds.
const eventGap = 10_000_000

const (
	// What may have gone to the app since the backup, without a note of the
	// chat by which that could be told. A time that has not come yet is proof
	// that it has not.
	mayHaveLeft = selectMessage + `
WHERE m.open = 1 AND (m.state = 'queued' AND NOT (m.timed = 1 AND m.due > ?1) OR m.state = 'sending' AND m.intent IS NULL)
ORDER BY m.seq LIMIT ?2`

	skipEvents = `
UPDATE sqlite_sequence
SET seq = seq + ?1
WHERE name = 'event'`

	firstEvents = `
INSERT INTO sqlite_sequence (name, seq)
SELECT 'event', ?1
WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'event')`
)

// Restored prepares a database that was taken from a backup: its event numbers
// go on far above those of the lost one, and what waited to be sent has failed
// (CodeInternal), for it may have left after the backup was made; it counts
// them. With resend it waits on. What was due later than now, and what the chat
// itself can tell of (a note was made before the tap), is left as it is.
func (db *DB) Restored(ctx context.Context, now time.Time, resend bool) (failed int, err error) {
	err = db.update(ctx, "number events after a restore", func(t *tx) error {
		n, err := t.change(skipEvents, eventGap)
		if err == nil && n == 0 {
			err = t.exec(firstEvents, eventGap)
		}
		return err
	})
	if err != nil || resend {
		return 0, err
	}
	for {
		n := 0
		err := db.update(ctx, "end what waited in a backup", func(t *tx) (err error) {
			n, err = t.failAll(now)
			return err
		})
		if failed += n; err != nil || n == 0 {
			return failed, err
		}
	}
}

func (t *tx) failAll(now time.Time) (int, error) {
	list, err := collect(t.rows(mayHaveLeft, now.UnixMilli(), cleanStep))
	if err != nil {
		return 0, err
	}
	move := wabridge.HasFailed(now, wabridge.CodeInternal,
		"it was restored from a backup in which it waited, and may have left the phone since; look into the chat, and send it again if it is not there")
	for i := range list {
		// An earlier one of this loop may have made it the head.
		r, err := t.get(list[i].ID)
		if err == nil {
			err = t.apply(&r, move)
		}
		if err != nil {
			return 0, fmt.Errorf("message %s: %w", list[i].ID, err)
		}
	}
	return len(list), nil
}
