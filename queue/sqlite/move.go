package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/wabridge/wabridge"
)

// moved is what the record is after a move that its state allows. It is a
// pure function.
func moved(r record, m wabridge.Move) record {
	at := stored(m.At())
	r.State, r.Code, r.Reason = m.To(), m.Code(), m.Reason()
	r.lease = time.Time{}
	if m.GiveBack() && r.Tries > 0 {
		r.Tries--
	}
	if !m.Due().IsZero() {
		r.Due = stored(m.Due())
		r.due = r.Due
	}
	switch m.To() {
	case wabridge.Sending:
		r.Tries++
	case wabridge.Queued:
		r.typed = time.Time{} // it never left
	case wabridge.Handed, wabridge.Sent, wabridge.Delivered, wabridge.Read:
		setOnce(&r.typed, at)
		setOnce(&r.HandedAt, at)
	case wabridge.Failed, wabridge.Expired, wabridge.Canceled:
		r.Ended = at
	}
	switch m.To() {
	case wabridge.Sent:
		r.SentAt = at
	case wabridge.Delivered:
		r.Delivered = at
	case wabridge.Read:
		r.ReadAt = at
	}
	if m.To() != wabridge.Unconfirmed {
		r.Intent = nil
	}
	switch {
	case m.Rests():
		r.hold(atRest)
	case r.State != wabridge.Queued:
		r.hold(inLine)
	}
	r.head = r.head && r.State.Open() && !m.Rests()
	return r
}

func setOnce(t *time.Time, at time.Time) {
	if t.IsZero() {
		*t = at
	}
}

// apply makes a move of r, which was read in this transaction: the row, its
// chat and the status event.
func (t *tx) apply(r *record, m wabridge.Move) error {
	if !m.Legal(r.State) {
		return wabridge.Fail(wabridge.CodeStale, nil, "message %s is %s, which cannot become %s", r.ID, r.State, m.To())
	}
	if r.State == wabridge.Sending && m.To() == wabridge.Queued && r.Intent != nil {
		return wabridge.Fail(wabridge.CodeStale, nil, "message %s may have left the phone: it cannot become queued unseen", r.ID)
	}
	if r.Undecided() && (m.To() == wabridge.Queued || m.Rests()) {
		return wabridge.Fail(wabridge.CodeStale, nil, "message %s is undecided: it is not sent again", r.ID)
	}
	before := *r
	*r = moved(before, m)
	if err := t.put(before.State, r); err != nil {
		return err
	}
	if err := t.turn(&before, r); err != nil {
		return err
	}
	if err := t.count(&before, r); err != nil {
		return err
	}
	if err := errors.Join(t.status(r, before.State, m), t.inCampaign(r, m)); err != nil {
		return err
	}
	return t.follow(&before, r, m.At())
}

// inCampaign does what a move means to the message's campaign.
func (t *tx) inCampaign(r *record, m wabridge.Move) error {
	switch {
	case r.Campaign == "":
	case r.State == wabridge.Queued:
		return t.rejoin(r, m.At())
	case m.Code() == wabridge.CodeOptedOut:
		return t.exec(countOptedOut, r.Campaign)
	}
	return nil
}

const countOptedOut = `
UPDATE campaign
SET opted_out = opted_out + 1
WHERE id = ?1`

// status writes the event of a move, and has the observer told.
func (t *tx) status(r *record, previous wabridge.State, m wabridge.Move) error {
	t.note(r, previous)
	return t.event(wabridge.EventStatus, r.Phone, r.ID, m.At(), wabridge.StatusData{
		ID:        r.ID,
		State:     r.State,
		Previous:  previous,
		Status:    r.State.CloudStatus(),
		At:        m.At().UTC(),
		Chat:      r.Chat,
		Number:    r.Number,
		Group:     r.Group,
		Code:      m.Code().Cloud(),
		Reason:    m.Reason(),
		Tries:     r.Tries,
		Undecided: r.Undecided(),
		Callback:  r.Callback,
		Session:   r.Session,
	})
}

const insertEvent = `
INSERT INTO event (kind, phone, message, at, data)
VALUES (?1, ?2, ?3, ?4, ?5)`

// event writes one line of the log, its payload frozen.
func (t *tx) event(kind wabridge.EventKind, phone, message string, at time.Time, payload any) error {
	b, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	t.changed = true
	return t.exec(insertEvent, string(kind), phone, message, at.UnixMilli(), string(b))
}

const promoteHead = `
UPDATE message
SET head = 1, fresh = (SELECT 1 - known FROM chat WHERE key = ?1)
WHERE seq = (SELECT min(seq) FROM message WHERE chat = ?1 AND held = 0 AND open = 1)`

// turn hands the turn of a chat on when its head is no longer open, and keeps
// account of first contacts.
func (t *tx) turn(before, after *record) error {
	if before.head && !after.head {
		if err := t.exec(promoteHead, after.chat); err != nil {
			return err
		}
	}
	switch {
	case before.typed.IsZero() && !after.typed.IsZero():
		return t.contact(after.chat, after.typed)
	case !before.typed.IsZero() && after.typed.IsZero():
		return t.uncontact(after.chat, before.typed)
	}
	return nil
}

const contactChat = `
UPDATE chat
SET contacted = iif(known = 0, ?2, contacted), known = 1
WHERE key = ?1`

const agreeHead = `
UPDATE message INDEXED BY message_open
SET fresh = (SELECT 1 - known FROM chat WHERE key = ?1)
WHERE chat = ?1 AND held = 0 AND head = 1 AND open = 1`

// contact notes that something was typed into the chat.
func (t *tx) contact(chat int64, at time.Time) error {
	if err := t.exec(contactChat, chat, at.UnixMilli()); err != nil {
		return err
	}
	return t.exec(agreeHead, chat)
}

const uncontactChat = `
UPDATE chat
SET contacted = NULL, known = EXISTS (SELECT 1 FROM message WHERE chat = ?1 AND direction <> 'out')
WHERE key = ?1 AND contacted = ?2`

// uncontact takes contact back: it is proven that nothing left.
func (t *tx) uncontact(chat int64, at time.Time) error {
	if err := t.exec(uncontactChat, chat, at.UnixMilli()); err != nil {
		return err
	}
	return t.exec(agreeHead, chat)
}

// Apply implements queue.LaneStore.
func (db *DB) Apply(ctx context.Context, id string, fence int64, m wabridge.Move) (wabridge.Message, error) {
	var out wabridge.Message
	err := db.update(ctx, "move message "+id+" to "+string(m.To()), func(t *tx) error {
		r, err := t.get(id)
		if err != nil {
			return err
		}
		if fence != 0 && fence != r.Fence {
			return staleFence(id)
		}
		if err := t.apply(&r, m); err != nil {
			return err
		}
		out = r.Message
		return nil
	})
	return out, err
}

// Cancel implements queue.Accepter.
func (db *DB) Cancel(ctx context.Context, id string, at time.Time) (wabridge.Message, error) {
	var out wabridge.Message
	err := db.update(ctx, "cancel message "+id, func(t *tx) error {
		r, err := t.get(id)
		if err != nil {
			return err
		}
		if r.State != wabridge.Queued {
			return tooLate(&r)
		}
		if err := t.apply(&r, cancelMove(&r, at)); err != nil {
			return err
		}
		out = r.Message
		return nil
	})
	return out, err
}

// tooLate says why a message cannot be canceled any more.
func tooLate(r *record) error {
	switch {
	case r.Undecided():
		return wabridge.Fail(wabridge.CodeTooLate, nil, "message %s cannot be canceled: it may have left the phone; it is not sent again", r.ID)
	case r.State == wabridge.Unconfirmed:
		return wabridge.Fail(wabridge.CodeTooLate, nil, "message %s cannot be canceled: it may have left the phone, and is looked for", r.ID)
	}
	return wabridge.Fail(wabridge.CodeTooLate, nil, "message %s is already %s", r.ID, r.State)
}

// cancelMove is the move that ends a queued message on its owner's wish. It says
// if the message was tapped before and proven not to have left.
func cancelMove(r *record, at time.Time) wabridge.Move {
	m := wabridge.WasCanceled(at)
	if r.Taps > 0 {
		m = m.Because("send was tapped for it before, and its chat showed that it had not left")
	}
	return m
}

const renewLease = `
UPDATE message
SET lease = ?3
WHERE id = ?1 AND fence = ?2 AND state = 'sending'`

// Renew implements queue.LaneStore.
func (db *DB) Renew(ctx context.Context, id string, fence int64, until time.Time) error {
	return db.update(ctx, "renew lease of message "+id, func(t *tx) error {
		n, err := t.change(renewLease, id, fence, until.UnixMilli())
		if err == nil && n == 0 {
			err = staleFence(id)
		}
		return err
	})
}

// Intend implements queue.LaneStore.
func (db *DB) Intend(ctx context.Context, id string, fence int64, note wabridge.Intent) error {
	return db.update(ctx, "note intent of message "+id, func(t *tx) error {
		r, err := t.get(id)
		if err != nil {
			return err
		}
		if r.State != wabridge.Sending || r.Fence != fence {
			return staleFence(id)
		}
		if r.Taps >= wabridge.MaxTaps {
			return wabridge.Fail(wabridge.CodeTapped, nil, "send was tapped %d times for message %s: it is not tapped again", r.Taps, id)
		}
		before := r
		r.Intent = &note
		r.Taps++
		r.typed = note.At
		if r.typed.IsZero() {
			r.typed = time.Now()
		}
		if err := t.put(before.State, &r); err != nil {
			return err
		}
		return t.turn(&before, &r)
	})
}

func staleFence(id string) error {
	return wabridge.Fail(wabridge.CodeStale, nil, "message %s was moved or claimed by somebody else", id)
}

// The + keeps the planner from walking all messages of the phone in order.
const sendingOf = selectMessage + `WHERE m.phone = ?1 AND m.state = 'sending' AND m.open = 1 ORDER BY +m.seq`

// Recover implements queue.LaneStore.
func (db *DB) Recover(ctx context.Context, phone string, now time.Time) error {
	err := db.update(ctx, "recover phone "+phone, func(t *tx) error {
		left, err := collect(t.rows(sendingOf, phone))
		if err != nil {
			return err
		}
		for i := range left {
			move := wabridge.Interrupted(now)
			if left[i].Intent != nil {
				move = wabridge.Doubted(now, wabridge.CodeAmbiguous, "the program stopped just as the message was being sent")
			}
			if err := t.apply(&left[i], move); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return db.settle(ctx, "") // what a crash left of a pause
}

const unconfirmedOf = selectMessage + `WHERE m.phone = ?1 AND m.state = 'unconfirmed' AND m.open = 1 AND m.held = 0 ORDER BY +m.seq`

// Unconfirmed implements queue.LaneStore.
func (db *DB) Unconfirmed(ctx context.Context, phone string) ([]wabridge.Message, error) {
	return db.list(ctx, "list unconfirmed", unconfirmedOf, phone)
}

const undecidedOf = selectMessage + `WHERE m.phone = ?1 AND m.state = 'unconfirmed' AND m.held = 1 AND +m.typed > ?2 ORDER BY m.seq DESC LIMIT 200`

// Undecided implements queue.LaneStore.
func (db *DB) Undecided(ctx context.Context, phone string, since time.Time) ([]wabridge.Message, error) {
	return db.list(ctx, "list undecided", undecidedOf, phone, since.UnixMilli())
}

const awaitingOf = selectMessage + `WHERE m.phone = ?1 AND m.handed IS NOT NULL AND m.read IS NULL AND m.ended IS NULL AND m.handed > ?2 ORDER BY m.handed DESC, m.seq DESC LIMIT ?3`

// Awaiting implements queue.LaneStore.
func (db *DB) Awaiting(ctx context.Context, phone string, since time.Time, limit int) ([]wabridge.Message, error) {
	return db.list(ctx, "list awaiting ticks", awaitingOf, phone, since.UnixMilli(), limit)
}

// list reads messages from the read pool.
func (db *DB) list(ctx context.Context, what, text string, args ...any) ([]wabridge.Message, error) {
	all, err := collect(db.read.QueryContext(ctx, text, args...))
	if err != nil {
		return nil, readError(what, err)
	}
	return messages(all), nil
}
