package sqlite

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const noteResent = `
UPDATE message
SET resent = ?2
WHERE seq = ?1 AND resent = ''`

// Resend implements queue.Resender.
func (db *DB) Resend(ctx context.Context, id string, mayHaveLeft bool, at time.Time) (wabridge.Message, error) {
	var out wabridge.Message
	err := db.update(ctx, "send message "+id+" again", func(t *tx) error {
		r, err := t.get(id)
		if err != nil {
			return err
		}
		if err := queue.CheckResend(&r.Message, mayHaveLeft); err != nil {
			return err
		}
		accepted, err := t.accept(queue.Again(r.Message, at), at)
		if err != nil {
			return err
		}
		out = accepted.Message
		return t.exec(noteResent, r.Seq, out.ID)
	})
	if err != nil {
		return wabridge.Message{}, err
	}
	return out, nil
}
