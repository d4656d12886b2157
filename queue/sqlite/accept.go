package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Enqueue implements queue.Accepter.
func (db *DB) Enqueue(ctx context.Context, drafts ...queue.Draft) ([]queue.Accepted, error) {
	var out []queue.Accepted
	err := db.update(ctx, "enqueue", func(t *tx) error {
		out = make([]queue.Accepted, 0, len(drafts))
		now := time.Now()
		for i := range drafts {
			a, err := t.accept(drafts[i], now)
			if err != nil {
				return err
			}
			out = append(out, a)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

const insertKey = `
INSERT INTO idempotency (owner, key, print, message, created)
VALUES (?1, ?2, ?3, ?4, ?5)`

// accept stores one draft, or finds what its key stood for.
func (t *tx) accept(d queue.Draft, now time.Time) (queue.Accepted, error) {
	if d.Key != "" {
		first, err := t.repeated(d)
		if err != nil || first != nil {
			return deref(first), err
		}
	}
	if err := t.unused(d.Message.ID); err != nil {
		return queue.Accepted{}, err
	}
	r, err := t.draft(d.Message, now)
	if err != nil {
		return queue.Accepted{}, err
	}
	if first, err := t.reached(&r); err != nil || first != nil {
		return t.duplicate(d, first, now, err)
	}
	v, err := t.place(&r, now)
	if err != nil {
		return queue.Accepted{}, err
	}
	start, err := t.joined(&r, d.Session)
	if err != nil {
		return queue.Accepted{}, err
	}
	if err := t.add(&r); err != nil {
		return queue.Accepted{}, taken(err, "message id "+r.ID)
	}
	t.note(&r, "")
	if err := t.touch(r.chat, now, r.Source == wabridge.SourceConsole); err != nil {
		return queue.Accepted{}, err
	}
	if d.Key != "" {
		if err := t.exec(insertKey, d.Owner, d.Key, d.Print, r.ID, now.UnixMilli()); err != nil {
			return queue.Accepted{}, err
		}
	}
	err = t.event(wabridge.EventStatus, r.Phone, r.ID, now, wabridge.StatusData{
		ID: r.ID, State: wabridge.Queued, At: r.Created, Chat: r.Chat, Number: r.Number, Group: r.Group, Callback: r.Callback,
		Session: r.Session,
	})
	if err == nil && start != nil {
		err = t.startWith(&r, *start)
	}
	if err == nil && v == isUnwanted {
		err = t.apply(&r, optedOut(now))
	}
	return queue.Accepted{Message: r.Message}, err
}

const openInChat = `
SELECT EXISTS (SELECT 1 FROM message WHERE chat = ?1 AND held = 0 AND open = 1)`

// draft is the record of a new message to send, in its chat.
func (t *tx) draft(m wabridge.Message, now time.Time) (record, error) {
	r := record{Message: m}
	if r.ID == "" {
		r.ID = wabridge.NewID()
	}
	r.Direction, r.State = wabridge.Out, wabridge.Queued
	r.Created, r.Due, r.Expires = stored(now), stored(r.Due), stored(r.Expires)
	r.Code, r.Reason, r.Tries, r.Taps, r.Fence, r.Intent = 0, "", 0, 0, 0, nil
	if m.Media != nil { // whichever way it came in
		file := *m.Media
		file.Name = wabridge.SentFileName(file.Name) // what is stored and shown is what the recipient sees
		r.Media = &file
	}
	r.Priority = min(max(r.Priority, math.MinInt32), math.MaxInt32) // lane.go counts down from above it
	r.due = r.Created
	if !r.Due.IsZero() {
		r.due = r.Due
	}
	c, err := t.chatOf(m.Phone, wabridge.ChatRef{JID: m.Chat, Number: personal(m), Name: m.GroupName, Group: m.Group != ""})
	if err != nil {
		return r, err
	}
	r.chat, r.Chat, r.fresh = c.key, c.ID, !c.known
	return r, nil
}

// place finds the place of a new message: in its chat's line, first or not, or
// out of it.
func (t *tx) place(r *record, now time.Time) (verdict, error) {
	if err := queue.CheckHours(r.Hours); err != nil {
		return goes, wabridge.Fail(wabridge.CodeParameter, err, "allowed hours")
	}
	v, until, err := t.judge(r, now)
	r.hold(inLine) // it was its caller's wish
	if err != nil {
		return v, err
	}
	switch v {
	case isCanceled:
		return v, wabridge.Fail(wabridge.CodeConflict, nil, "campaign %s was canceled", r.Campaign)
	case isUnwanted:
		return v, nil // it ends at once
	case waitsForOwner:
		r.hold(untilWoken)
		return v, nil
	case waitsForTime:
		r.hold(untilDue)
		r.Due, r.due = until, until
		return v, nil
	}
	var open bool
	if err := t.row(openInChat, []any{r.chat}, &open); err != nil {
		return v, err
	}
	r.head = !open
	return v, nil
}

// personal is the number that names the chat; a group has none.
func personal(m wabridge.Message) string {
	if m.Group != "" || wabridge.IsGroup(m.Chat) {
		return ""
	}
	return m.Number
}

const (
	reachedBy = `
SELECT seq
FROM message INDEXED BY message_reached
WHERE campaign = ?1 AND campaign <> '' AND chat = ?2
LIMIT 1`

	countDuplicate = `
UPDATE campaign
SET duplicates = duplicates + 1
WHERE id = ?1`
)

// reached finds the message that a draft's campaign has for its chat; nil if it
// has none, or may have several.
func (t *tx) reached(r *record) (*record, error) {
	if r.Campaign == "" {
		return nil, nil
	}
	if s, err := t.standing(r.Campaign); err != nil || s.repeats {
		return nil, err
	}
	var seq int64
	err := t.row(reachedBy, []any{r.Campaign, r.chat}, &seq)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	first, err := t.bySeq(seq)
	return &first, err
}

// duplicateMark ends the print of a key whose draft was a duplicate.
const duplicateMark = "\nduplicate"

// duplicate answers a draft to a chat that its campaign has a message for.
func (t *tx) duplicate(d queue.Draft, first *record, now time.Time, err error) (queue.Accepted, error) {
	if err != nil {
		return queue.Accepted{}, err
	}
	if err := t.exec(countDuplicate, first.Campaign); err != nil {
		return queue.Accepted{}, err
	}
	if d.Key != "" {
		if err := t.exec(insertKey, d.Owner, d.Key, d.Print+duplicateMark, first.ID, now.UnixMilli()); err != nil {
			return queue.Accepted{}, err
		}
	}
	return queue.Accepted{Message: first.Message, Duplicate: true}, nil
}

const findKey = `
SELECT print, message
FROM idempotency
WHERE owner = ?1 AND key = ?2`

// repeated finds the first answer to a key; nil if the key is new.
func (t *tx) repeated(d queue.Draft) (*queue.Accepted, error) {
	var print, id string
	err := t.row(findKey, []any{d.Owner, d.Key}, &print, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !samePrint(print, d) {
		return nil, errOtherRequest
	}
	r, err := t.get(id)
	return &queue.Accepted{Message: r.Message, Repeated: true, Duplicate: print != d.Print}, err
}

// samePrint reports whether a stored print is of the same request.
func samePrint(print string, d queue.Draft) bool {
	return strings.TrimSuffix(print, duplicateMark) == d.Print
}

// Repeated implements queue.Accepter.
func (db *DB) Repeated(ctx context.Context, d queue.Draft) (first queue.Accepted, ok bool, err error) {
	if d.Key == "" {
		return first, false, nil
	}
	var print, id string
	err = db.read.QueryRowContext(ctx, findKey, d.Owner, d.Key).Scan(&print, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return first, false, nil
	}
	if err != nil {
		return first, false, readError("look for an idempotency key", err)
	}
	if !samePrint(print, d) {
		return first, false, errOtherRequest
	}
	m, err := db.Message(ctx, id)
	return queue.Accepted{Message: m, Repeated: true, Duplicate: print != d.Print}, err == nil, err
}

// errOtherRequest is the answer to a key that stands for something else.
var errOtherRequest = wabridge.Fail(wabridge.CodeConflict, nil, "the idempotency key was used for another request")

func deref(a *queue.Accepted) queue.Accepted {
	if a == nil {
		return queue.Accepted{}
	}
	return *a
}

// taken tells what exists already from other broken constraints.
func taken(err error, what string) error {
	if e, ok := errors.AsType[sqlite3.Error](err); ok && (e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey) {
		return wabridge.Fail(wabridge.CodeConflict, nil, "%s is taken", what)
	}
	return err
}
