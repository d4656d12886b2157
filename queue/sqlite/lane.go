package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Claim implements queue.LaneStore. Its cost does not grow with the number of
// waiting messages: only the head of each chat stands in the index
// message_turn, and of heads that the gate cannot tell apart (same class:
// fresh, timed, priority; nothing typed to them lately) one is asked for all.
func (db *DB) Claim(ctx context.Context, phone string, now time.Time, lease time.Duration, gate queue.Gate) (*wabridge.Message, time.Time, error) {
	var out *wabridge.Message
	var again time.Time
	err := db.update(ctx, "claim for phone "+phone, func(t *tx) error {
		out, again = nil, time.Time{}
		if err := t.expire(phone, now); err != nil {
			return err
		}
		if _, err := t.settle("", now); err != nil {
			return err
		}
		if err := t.release(phone, now); err != nil {
			return err
		}
		s, err := t.search(phone, now, gate)
		if err != nil {
			return err
		}
		if s.best == nil {
			again = s.again
			return errors.Join(t.soonest(&again, nextExpiry, phone), t.soonest(&again, nextHeld, phone))
		}
		r := s.best
		if r.Fence, err = t.nextFence(); err != nil {
			return err
		}
		if err := t.applyClaim(r, now, lease); err != nil {
			return err
		}
		out = &r.Message
		return nil
	})
	return out, again, err
}

// applyClaim is apply with a lease.
func (t *tx) applyClaim(r *record, now time.Time, lease time.Duration) error {
	move := wabridge.Claimed(now)
	before := *r
	*r = moved(before, move)
	r.lease = now.Add(lease)
	if err := t.put(before.State, r); err != nil {
		return err
	}
	return t.status(r, before.State, move)
}

const raiseFence = `
UPDATE counter
SET value = value + 1
WHERE name = 'fence'
RETURNING value`

func (t *tx) nextFence() (fence int64, err error) {
	return fence, t.row(raiseFence, nil, &fence)
}

const overdue = selectMessage + `WHERE m.phone = ?1 AND m.state = 'queued' AND m.expires IS NOT NULL AND m.expires <= ?2 ORDER BY m.expires LIMIT 500`

// expire ends messages whose time is over, some hundred at a time; the rest
// goes with the next claims.
func (t *tx) expire(phone string, now time.Time) error {
	late, err := collect(t.rows(overdue, phone, now.UnixMilli()))
	if err != nil {
		return err
	}
	for i := range late {
		// An earlier one in this loop may have made it the head.
		r, err := t.get(late[i].ID)
		if err != nil {
			return err
		}
		if r.State != wabridge.Queued {
			continue // canceled with the session that an earlier one was to start
		}
		if err := t.apply(&r, wabridge.HasExpired(now)); err != nil {
			return err
		}
	}
	return nil
}

// A search looks for the message that goes next.
type search struct {
	t     *tx
	phone string
	now   time.Time
	gate  queue.Gate
	usage queue.Usage // of the phone
	pairs map[int64][]time.Time
	best  *record
	again time.Time // when to ask again, zero: no time known
	aside int       // heads that may not go at this time of day, or at all, and left the line
}

// maxAside is how many heads one claim takes out of line; the next claim goes
// on.
const maxAside = 100

// search goes through the four kinds of heads: new contacts or known ones,
// with a time to wait for or without.
func (t *tx) search(phone string, now time.Time, gate queue.Gate) (*search, error) {
	s := &search{t: t, phone: phone, now: now, gate: gate}
	if err := s.loadUsage(); err != nil {
		return nil, err
	}
	for _, fresh := range []bool{false, true} {
		for _, timed := range []bool{false, true} {
			if err := s.kind(fresh, timed); err != nil {
				return nil, err
			}
		}
	}
	if s.aside > 0 {
		sooner(&s.again, now) // others have become heads
	}
	return s, nil
}

// A head is what the index tells of a candidate.
type head struct {
	seq, due, chat int64
}

const nextPriority = `
SELECT max(priority)
FROM message
WHERE phone = ?1 AND fresh = ?2 AND timed = ?3 AND priority < ?4 AND head = 1 AND state = 'queued'`

// kind goes down the priorities of one kind of heads until one may go, or
// cannot be better than what was found.
func (s *search) kind(fresh, timed bool) error {
	for priority := int64(math.MaxInt64); ; {
		var next sql.NullInt64
		if err := s.t.row(nextPriority, []any{s.phone, fresh, timed, priority}, &next); err != nil {
			return err
		}
		if !next.Valid || s.best != nil && next.Int64 < int64(s.best.Priority) {
			return nil
		}
		priority = next.Int64
		found, err := s.level(fresh, timed, priority)
		if err != nil || found || s.aside >= maxAside {
			return err
		}
		if timed {
			if err := s.t.soonest(&s.again, nextDue, s.phone, fresh, priority, s.now.UnixMilli()); err != nil {
				return err
			}
		}
	}
}

// Heads of one class in order, from a place on. A chat in which something is
// sending or unconfirmed is passed over (its head is that message, except
// just after two chats became one).
const headsAfter = `
SELECT m.seq, m.due, m.chat
FROM message m
WHERE m.phone = ?1 AND m.fresh = ?2 AND m.timed = ?3 AND m.priority = ?4 AND m.head = 1 AND m.state = 'queued'
  AND (m.due, m.seq) > (?5, ?6)
  AND (m.timed = 0 OR m.due <= ?7)
  AND NOT EXISTS (SELECT 1 FROM message b INDEXED BY message_busy
    WHERE b.chat = m.chat AND b.open = 1 AND b.state <> 'queued' AND b.held = 0)
ORDER BY m.due, m.seq
LIMIT 64`

// level tries the heads of one class in order; found means that one may go.
// The first no to a head to whose chat nothing was typed lately is the answer
// for all: those like it get the same, and the others none sooner.
func (s *search) level(fresh, timed bool, priority int64) (found bool, err error) {
	place := head{seq: -1, due: math.MinInt64}
	for {
		heads, err := s.heads(fresh, timed, priority, place)
		if err != nil || len(heads) == 0 {
			return false, err
		}
		for _, h := range heads {
			what, err := s.try(h, fresh)
			switch {
			case err != nil || what == mayGo || s.aside >= maxAside:
				return what == mayGo, err
			case what == gateShut && len(s.pairs[h.chat]) == 0:
				return false, nil
			}
			place = h
		}
	}
}

func (s *search) heads(fresh, timed bool, priority int64, after head) (all []head, err error) {
	rows, err := s.t.rows(headsAfter, s.phone, fresh, timed, priority, after.due, after.seq, s.now.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var h head
		if err := rows.Scan(&h.seq, &h.due, &h.chat); err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}

const messageBySeq = selectMessage + `WHERE m.seq = ?1`

// bySeq reads one message inside the transaction.
func (t *tx) bySeq(seq int64) (r record, err error) {
	stmt, err := t.stmt(messageBySeq)
	if err != nil {
		return r, err
	}
	return r, r.scan(stmt.QueryRowContext(context.Background(), seq))
}

// What came of trying a head.
type tried int

const (
	mayGo tried = iota
	gateShut
	leftLine
)

// try asks the gate about one head, and whether it may go at all, and keeps it
// if it is the best so far.
func (s *search) try(h head, fresh bool) (tried, error) {
	r, err := s.t.bySeq(h.seq)
	if err != nil {
		return gateShut, err
	}
	u := s.usage
	u.Pair, u.First = s.pairs[h.chat], fresh
	m := r.Message
	if at := s.gate(&m, u, s.now); at.After(s.now) {
		sooner(&s.again, at)
		return gateShut, nil
	}
	v, until, err := s.t.judge(&r, s.now)
	if err != nil {
		return gateShut, err
	}
	if v != goes {
		s.aside++
		return leftLine, s.t.putAside(&r, v, until, s.now)
	}
	if s.best == nil || before(&r, s.best) {
		s.best = &r
	}
	return mayGo, nil
}

// before is the order of sending: priority, due, seq.
func before(a, b *record) bool {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.due.Compare(b.due), cmp.Compare(a.Seq, b.Seq)) < 0
}

const (
	nextDue = `
SELECT min(due)
FROM message
WHERE phone = ?1 AND fresh = ?2 AND timed = 1 AND priority = ?3 AND due > ?4 AND head = 1 AND state = 'queued'`

	nextExpiry = `
SELECT min(expires)
FROM message
WHERE phone = ?1 AND state = 'queued' AND expires IS NOT NULL`
)

// soonest lowers at to the time that a query finds, if it finds one.
func (t *tx) soonest(at *time.Time, text string, args ...any) error {
	var ms sql.NullInt64
	err := t.row(text, args, &ms)
	if err == nil && ms.Valid {
		sooner(at, instant(ms))
	}
	return err
}

func sooner(at *time.Time, t time.Time) {
	if at.IsZero() || t.Before(*at) {
		*at = t
	}
}

// pairWindow is how far back Usage.Pair reaches: 100 messages at the Cloud
// API's rate of one in six seconds.
const pairWindow = 10 * time.Minute

// Times after now are left out: after the clock was set back they would hold
// everything for as long as it was wrong.
const (
	usageOfPhone = `
SELECT
  (SELECT max(typed) FROM message WHERE phone = ?1 AND typed IS NOT NULL AND typed <= ?2),
  h.n, h.oldest, d.n, d.oldest, c.n, c.oldest
FROM
  (SELECT count(*) AS n, min(typed) AS oldest FROM message
    WHERE phone = ?1 AND typed IS NOT NULL AND typed > ?2 - 3600000 AND typed <= ?2) h,
  (SELECT count(*) AS n, min(typed) AS oldest FROM message
    WHERE phone = ?1 AND typed IS NOT NULL AND typed > ?2 - 86400000 AND typed <= ?2) d,
  (SELECT count(*) AS n, min(contacted) AS oldest FROM chat
    WHERE phone = ?1 AND contacted IS NOT NULL AND contacted > ?2 - 86400000 AND contacted <= ?2) c`

	pairsOfPhone = `
SELECT chat, typed
FROM message
WHERE phone = ?1 AND typed IS NOT NULL AND typed > ?2 AND typed <= ?3
ORDER BY typed`
)

// loadUsage reads what the phone has typed lately, and to whom.
func (s *search) loadUsage() error {
	now := s.now.UnixMilli()
	u := &s.usage
	var last, hour, day, fresh sql.NullInt64
	err := s.t.row(usageOfPhone, []any{s.phone, now}, &last, &u.Hour, &hour, &u.Day, &day, &u.NewToday, &fresh)
	if err != nil {
		return err
	}
	u.Last, u.HourFrom, u.DayFrom, u.NewFrom = instant(last), instant(hour), instant(day), instant(fresh)
	rows, err := s.t.rows(pairsOfPhone, s.phone, s.now.Add(-pairWindow).UnixMilli(), now)
	if err != nil {
		return err
	}
	defer rows.Close()
	s.pairs = map[int64][]time.Time{}
	for rows.Next() {
		var chat, typed int64
		if err := rows.Scan(&chat, &typed); err != nil {
			return err
		}
		s.pairs[chat] = append(s.pairs[chat], time.UnixMilli(typed).UTC())
	}
	return errors.Join(rows.Err(), rows.Close())
}
