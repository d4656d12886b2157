package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// MinKeep is the least that Retention.Keep may be: whoever is told of events
// has as long to hear of them.
const MinKeep = MinEvents

// unneeded is true of a message m that is older than ?1 and that nothing needs: it
// can not leave any more, nothing happened to it since, nobody has still to be
// told of it (the log has no event of it left), no open message quotes it, no
// idempotency key is answered with it, and its campaign and its session are
// over. What it says of a message stays true, but for a new quote or key.
const unneeded = `
  (m.open = 0 OR m.state = 'unconfirmed' AND m.held = 1 AND coalesce(m.typed, 0) < ?1) AND m.created < ?1 AND coalesce(m.handed, 0) < ?1 AND coalesce(m.ended, 0) < ?1
  AND NOT EXISTS (SELECT 1 FROM event e INDEXED BY event_message WHERE e.message = m.id AND e.message <> '')
  AND NOT EXISTS (SELECT 1 FROM message o INDEXED BY message_quotes WHERE o.context = m.id AND o.open = 1 AND o.context <> '')
  AND NOT EXISTS (SELECT 1 FROM idempotency k INDEXED BY idempotency_duplicate
    WHERE k.message = m.id AND substr(k.print, -10) = char(10) || 'duplicate')
  AND (m.session = '' OR EXISTS (SELECT 1 FROM session s WHERE s.id = m.session AND s.state = 'ended' AND s.ended < ?1))`

const (
	walkMessages = `
SELECT m.seq, m.chat, m.direction <> 'out' OR m.typed IS NOT NULL, m.campaign, m.session <> '', m.created < ?1, (` + unneeded + `)
FROM message m
WHERE m.seq > ?2
ORDER BY m.seq
LIMIT ?3`

	// Visible on the phone's screen, as far as we know.
	newestVisible = `
SELECT seq
FROM message INDEXED BY message_chat
WHERE chat = ?1 AND (direction <> 'out' OR typed IS NOT NULL)
ORDER BY seq DESC
LIMIT 1`

	deleteMessage = `
DELETE FROM message AS m
WHERE m.seq = ?2 AND` + unneeded + `
RETURNING id, phone, chat, direction`

	detachMessage = `
UPDATE message AS m
SET campaign = '', session = ''
WHERE m.seq = ?2 AND` + unneeded

	deleteRaw = `DELETE FROM object WHERE kind = ?1 AND owner = ?2 AND id = ?3`

	noteGone = `INSERT INTO gone (print) VALUES (?1) ON CONFLICT DO NOTHING`

	findGone = `SELECT EXISTS (SELECT 1 FROM gone WHERE print = ?1)`

	unreadOf    = `SELECT unread FROM chat WHERE key = ?1`
	clampUnread = `
UPDATE chat
SET unread = min(unread, (SELECT count(*) FROM (
  SELECT 1 FROM message INDEXED BY message_heard WHERE chat = ?1 AND direction <> 'out' AND direction = 'in' LIMIT ?2)))
WHERE key = ?1`

	// A campaign that is over takes no more messages, or a chat whose message
	// has gone could get another one.
	closeCampaign = `
UPDATE campaign
SET state = 'canceled'
WHERE id = ?2 AND created < ?1 AND changed < ?1 AND settled = 1
  AND NOT EXISTS (SELECT 1 FROM message m INDEXED BY message_progress
    WHERE m.campaign = ?2 AND m.campaign <> '' AND m.state IN ('queued', 'sending', 'unconfirmed'))
  AND coalesce((SELECT m.created FROM message m INDEXED BY message_campaign
    WHERE m.campaign = ?2 AND m.campaign <> '' ORDER BY m.seq DESC LIMIT 1), 0) < ?1`

	walkCampaigns = `
SELECT id, created
FROM campaign
WHERE (created, id) > (?2, ?3) AND created < ?1
ORDER BY created, id
LIMIT ?4`

	deleteCampaign = `
DELETE FROM campaign
WHERE id = ?2 AND created < ?1 AND changed < ?1
  AND NOT EXISTS (SELECT 1 FROM message m INDEXED BY message_campaign WHERE m.campaign = ?2 AND m.campaign <> '')`

	walkSessions = `
SELECT id, created
FROM session
WHERE (created, id) > (?2, ?3) AND created < ?1
ORDER BY created, id
LIMIT ?4`

	deleteSession = `
DELETE FROM session
WHERE id = ?2 AND state = 'ended' AND ended < ?1
  AND NOT EXISTS (SELECT 1 FROM message m INDEXED BY message_session WHERE m.session = ?2 AND m.session <> '')`

	deleteCalls = `
DELETE FROM call
WHERE id IN (SELECT id FROM call WHERE at < ?1 AND state <> 'ringing' ORDER BY at LIMIT ?2)`
)

// How much is done at a time, so that nobody waits long behind it.
const (
	walkPage  = 500
	stepTime  = 3 * time.Millisecond // in one transaction
	callsStep = 200
	restTimes = 3                    // as long as a step took, it rests so many times
	leastRest = 5 * time.Millisecond // after a step
)

// rest lets the others write.
func rest(ctx context.Context, took time.Duration) error {
	t := time.NewTimer(max(restTimes*took, leastRest))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return stopped(ctx)
	}
}

// A sweep drops what is older than a moment, in the order in which it was
// stored. What it has found out of a chat or a campaign holds for the whole
// sweep: later moves only make more stay.
type sweep struct {
	db       *DB
	before   int64           // milliseconds
	newest   map[int64]int64 // by chat: the newest message that the phone shows; it stays
	blocked  map[int64]bool  // by chat: an older message that the phone shows has stayed
	over     map[string]bool // by campaign
	cleaned  *Cleaned
	messages int64 // dropped in the transaction that runs
}

// An aged is a message as the sweep meets it.
type aged struct {
	seq, chat int64
	visible   bool // the phone may show it
	campaign  string
	session   bool
	old, goes bool
}

func scanAged(rows *sql.Rows) (a aged, err error) {
	return a, rows.Scan(&a.seq, &a.chat, &a.visible, &a.campaign, &a.session, &a.old, &a.goes)
}

// dropOld drops messages, and then campaigns, sessions and calls that have
// nothing left.
func (db *DB) dropOld(ctx context.Context, before time.Time, c *Cleaned) error {
	s := &sweep{
		db: db, before: before.UnixMilli(), cleaned: c,
		newest: map[int64]int64{}, blocked: map[int64]bool{}, over: map[string]bool{},
	}
	if err := s.sweepMessages(ctx); err != nil {
		return err
	}
	return errors.Join(
		s.sweepNamed(ctx, walkCampaigns, deleteCampaign, &c.Campaigns),
		s.sweepNamed(ctx, walkSessions, deleteSession, &c.Sessions),
		db.drop(ctx, &c.Calls, func(t *tx) (int64, error) { return t.change(deleteCalls, s.before, callsStep) }),
	)
}

// sweepMessages reads page by page what there is, beside all others, until a
// whole page is too young, and drops of each page what goes.
func (s *sweep) sweepMessages(ctx context.Context) error {
	for after := int64(0); ; {
		page, err := scanned(ctx, s.db, walkMessages, []any{s.before, after, walkPage}, scanAged)
		if err != nil {
			return readError("look for old messages", err)
		}
		old := false
		for _, a := range page {
			old = old || a.old
			after = a.seq
		}
		if !old {
			return nil
		}
		if err := s.prepare(ctx, page); err != nil {
			return err
		}
		if err := s.dropPage(ctx, page); err != nil {
			return err
		}
	}
}

// prepare finds out what must be known of the page's chats and campaigns.
func (s *sweep) prepare(ctx context.Context, page []aged) error {
	for i := range page {
		a := &page[i]
		if !a.goes {
			continue
		}
		if _, known := s.newest[a.chat]; !known {
			var seq int64
			err := s.db.read.QueryRowContext(ctx, newestVisible, a.chat).Scan(&seq)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return readError("look for a chat's newest message", err)
			}
			s.newest[a.chat] = seq
		}
		if a.campaign == "" {
			continue
		}
		over, known := s.over[a.campaign]
		if !known {
			err := s.db.update(ctx, "close an old campaign", func(t *tx) error {
				n, err := t.change(closeCampaign, s.before, a.campaign)
				over = n > 0
				return err
			})
			if err != nil {
				return err
			}
			s.over[a.campaign] = over
		}
		a.goes = over
	}
	return nil
}

// dropPage drops what goes of a page, in short transactions.
func (s *sweep) dropPage(ctx context.Context, page []aged) error {
	for len(page) > 0 {
		if !page[0].goes {
			s.stays(page[0])
			page = page[1:]
			continue
		}
		begin, done := time.Now(), 0
		err := s.db.update(ctx, "drop old messages", func(t *tx) (err error) {
			done, err = s.dropSome(t, page)
			return err
		})
		if err != nil {
			return err
		}
		s.cleaned.Messages += s.messages
		page = page[done:]
		if err := rest(ctx, time.Since(begin)); err != nil {
			return err
		}
	}
	return nil
}

// dropSome is one transaction's part: it tells how many of the list it has
// dealt with.
func (s *sweep) dropSome(t *tx, list []aged) (done int, err error) {
	s.messages = 0
	heard := map[int64]bool{}
	for begin := time.Now(); done < len(list) && (done == 0 || time.Since(begin) < stepTime); done++ {
		a := list[done]
		switch {
		case !a.goes:
			s.stays(a)
		case a.visible && (s.blocked[a.chat] || a.seq >= s.newest[a.chat]):
			s.stays(a)
			if a.campaign != "" || a.session {
				err = t.exec(detachMessage, s.before, a.seq)
			}
		default:
			err = s.dropOne(t, a, heard)
		}
		if err != nil {
			return 0, err
		}
	}
	for chat := range heard {
		if err := t.forgetUnread(chat); err != nil {
			return 0, err
		}
	}
	return done, nil
}

// stays notes that a message is left where it is. What stands below it on the
// phone then stays too, so that it is not taken for new when the chat is
// looked at.
func (s *sweep) stays(a aged) {
	if a.visible {
		s.blocked[a.chat] = true
	}
}

// dropOne drops a message with all that belongs to it alone.
func (s *sweep) dropOne(t *tx, a aged, heard map[int64]bool) error {
	var id, phone, direction string
	var chat int64
	err := t.row(deleteMessage, []any{s.before, a.seq}, &id, &phone, &chat, &direction)
	if errors.Is(err, sql.ErrNoRows) {
		s.stays(a) // something has come to need it
		return nil
	}
	if err != nil {
		return err
	}
	s.messages++
	if wabridge.Direction(direction) == wabridge.Out {
		return t.exec(noteGone, gonePrint(id))
	}
	heard[chat] = true
	return t.exec(deleteRaw, queue.ObjectNotification, phone, id)
}

// forgetUnread counts no more messages of a chat as unread than there are.
func (t *tx) forgetUnread(chat int64) error {
	var unread int64
	if err := t.row(unreadOf, []any{chat}, &unread); err != nil || unread == 0 {
		return err
	}
	return t.exec(clampUnread, chat, unread)
}

// sweepNamed drops of a list by time and id what nothing refers to any more.
func (s *sweep) sweepNamed(ctx context.Context, walk, text string, total *int64) error {
	type place struct {
		id string
		at int64
	}
	var last place
	for {
		page, err := scanned(ctx, s.db, walk, []any{s.before, last.at, last.id, walkPage}, func(rows *sql.Rows) (p place, err error) {
			return p, rows.Scan(&p.id, &p.at)
		})
		if err != nil {
			return readError("look for what is old", err)
		}
		if len(page) == 0 {
			return nil
		}
		last = page[len(page)-1]
		for len(page) > 0 {
			begin, done, dropped := time.Now(), 0, int64(0)
			err := s.db.update(ctx, "drop what is old", func(t *tx) error {
				done, dropped = 0, 0
				for begin := time.Now(); done < len(page) && (done == 0 || time.Since(begin) < stepTime); done++ {
					n, err := t.change(text, s.before, page[done].id)
					if err != nil {
						return err
					}
					dropped += n
				}
				return nil
			})
			if err != nil {
				return err
			}
			*total, page = *total+dropped, page[done:]
			if err := rest(ctx, time.Since(begin)); err != nil {
				return err
			}
		}
	}
}

// gonePrint is what is kept of the id of a message that went.
func gonePrint(id string) []byte {
	sum := sha256.Sum256([]byte(id))
	return sum[:16]
}

// Gone reports whether a message to send had this id and was dropped for its
// age (Clean): the id can not be used again.
func (db *DB) Gone(ctx context.Context, id string) (gone bool, err error) {
	if err := db.read.QueryRowContext(ctx, findGone, gonePrint(id)).Scan(&gone); err != nil {
		return false, readError("look for a message that went", err)
	}
	return gone, nil
}

// unused refuses the id of a message that went.
func (t *tx) unused(id string) error {
	if id == "" {
		return nil
	}
	var gone bool
	err := t.row(findGone, []any{gonePrint(id)}, &gone)
	if err == nil && gone {
		err = wabridge.Fail(wabridge.CodeConflict, nil, "message id %s is taken", id)
	}
	return err
}
