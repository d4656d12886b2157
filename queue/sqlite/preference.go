package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// SetOptOut implements queue.Campaigns.
func (db *DB) SetOptOut(words queue.OptOut) {
	w := words.Wishes()
	db.wishes.Store(&w)
}

// optedOut ends a message to somebody who does not want it.
func optedOut(at time.Time) wabridge.Move {
	return wabridge.HasFailed(at, wabridge.CodeOptedOut, "this person wants no campaigns (opt-out list)")
}

// promotes reports whether a message may not go to those who want no
// campaigns. Groups have no such wish.
func promotes(r *record) bool {
	return r.Group == "" && (r.Campaign != "" || r.Category == "marketing")
}

const isStopped = `
SELECT EXISTS (SELECT 1 FROM preference WHERE chat = ?1 AND value = 'stop')`

func (t *tx) unwanted(r *record) (stop bool, err error) {
	if !promotes(r) {
		return false, nil
	}
	return stop, t.row(isStopped, []any{r.chat}, &stop)
}

// PutPreference implements queue.Campaigns.
func (db *DB) PutPreference(ctx context.Context, p wabridge.Preference) (wabridge.Preference, error) {
	if p.At.IsZero() {
		p.At = time.Now()
	}
	err := db.update(ctx, "note a preference", func(t *tx) error {
		c, err := t.chatOf(p.Phone, wabridge.ChatRef{JID: p.Chat, Number: p.Number})
		if err != nil {
			return err
		}
		if c.Group {
			return wabridge.Fail(wabridge.CodeParameter, nil, "a group has no preference")
		}
		p.Chat, p.Number, p.At = c.ID, c.Number, stored(p.At)
		return t.prefer(c.key, p)
	})
	return p, err
}

const (
	putPreference = `
INSERT INTO preference (chat, value, message, word, at)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (chat) DO UPDATE SET value = excluded.value, message = excluded.message, word = excluded.word, at = excluded.at
WHERE excluded.at >= at`

	// +state, so that the index is the chat's.
	unwantedOf = selectMessage + `WHERE m.chat = ?1 AND m.open = 1 AND +m.state = 'queued' AND (m.campaign <> '' OR m.category = 'marketing') AND m.group_id = ''`
)

// prefer notes a wish, unless a newer one is known, and ends what it forbids.
func (t *tx) prefer(chat int64, p wabridge.Preference) error {
	n, err := t.change(putPreference, chat, p.Value, p.Message, p.Word, p.At.UnixMilli())
	if err != nil || n == 0 {
		return err
	}
	now := time.Now()
	if err := t.event(wabridge.EventPreference, p.Phone, p.Message, now, p); err != nil {
		return err
	}
	if p.Value != wabridge.PreferenceStop {
		return nil
	}
	return t.refuse(chat, now)
}

// refuse ends the queued messages that somebody does not want.
func (t *tx) refuse(chat int64, now time.Time) error {
	all, err := collect(t.rows(unwantedOf, chat))
	if err != nil {
		return err
	}
	for i := range all {
		r, err := t.bySeq(all[i].Seq) // an earlier one may have made it the head
		if err != nil {
			return err
		}
		if r.State != wabridge.Queued {
			continue // canceled with the session that an earlier one was to start
		}
		if err := t.apply(&r, optedOut(now)); err != nil {
			return err
		}
	}
	return nil
}

// hear notes the wish that a received message is. One to hear more is one only
// from those who had enough.
func (t *tx) hear(c *chat, r *record) error {
	if t.w.wishes == nil || c.Group || r.Direction != wabridge.In {
		return nil
	}
	wishes := t.w.wishes.Load()
	if wishes == nil {
		return nil
	}
	wish, ok := wishes.Heard(string(r.Text))
	if !ok {
		return nil
	}
	if wish.Value == wabridge.PreferenceResume {
		var stopped bool
		if err := t.row(isStopped, []any{c.key}, &stopped); err != nil || !stopped {
			return err
		}
	}
	return t.prefer(c.key, wabridge.Preference{
		Phone: r.Phone, Chat: c.ID, Number: cmp.Or(c.Number, r.Number), Value: wish.Value, Message: r.ID, Word: wish.Word, At: r.Created,
	})
}

const (
	selectPreference = `
SELECT c.phone, c.id, c.number, p.value, p.message, p.word, p.at
FROM preference p JOIN chat c ON c.key = p.chat
`
	preferencesBefore = selectPreference + `WHERE p.at < ?1 AND (?2 = '' OR c.phone = ?2) AND (?3 = '' OR p.value = ?3)
ORDER BY p.at DESC, p.chat DESC
LIMIT ?4`

	preferenceOf = selectPreference + `WHERE p.chat = (SELECT key FROM chat WHERE phone = ?1 AND id = ?2)`
)

func scanPreference(scan func(...any) error) (p wabridge.Preference, err error) {
	var at int64
	err = scan(&p.Phone, &p.Chat, &p.Number, &p.Value, &p.Message, &p.Word, &at)
	p.At = time.UnixMilli(at).UTC()
	return p, err
}

// Preferences implements queue.Campaigns.
func (db *DB) Preferences(ctx context.Context, phone, value string, before time.Time, limit int) ([]wabridge.Preference, error) {
	all, err := scanned(ctx, db, preferencesBefore, []any{beforeMillis(before), phone, value, limit}, func(rows *sql.Rows) (wabridge.Preference, error) {
		return scanPreference(rows.Scan)
	})
	if err != nil {
		return nil, readError("list preferences", err)
	}
	return all, nil
}

// Preference implements queue.Campaigns.
func (db *DB) Preference(ctx context.Context, phone, chat string) (wabridge.Preference, error) {
	p, err := scanPreference(db.read.QueryRowContext(ctx, preferenceOf, phone, chat).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return wabridge.Preference{}, wabridge.Fail(wabridge.CodeNotFound, nil, "there is no preference of this chat")
	}
	if err != nil {
		return wabridge.Preference{}, readError("read a preference", err)
	}
	return p, nil
}

const mergePreferences = `
INSERT INTO preference (chat, value, message, word, at)
SELECT ?1, value, message, word, at FROM preference WHERE chat = ?2
ON CONFLICT (chat) DO UPDATE SET value = excluded.value, message = excluded.message, word = excluded.word, at = excluded.at
WHERE excluded.at > at`

// mergePreference gives two chats that become one their newest wish.
func (t *tx) mergePreference(keep, gone int64) error {
	return t.exec(mergePreferences, keep, gone)
}
