package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// A verdict is what is to become of a message that stands in line, or wants to.
type verdict int

const (
	goes         verdict = iota
	waitsForTime         // its Due or its Hours have not come
	waitsForOwner
	isCanceled
	isUnwanted
)

// A standing is what a campaign's messages must know of it.
type standing struct {
	state   wabridge.CampaignState
	repeats bool // a chat may get it twice
}

const campaignStanding = `
SELECT state, repeats
FROM campaign
WHERE id = ?1`

// standing reads that of a campaign once in a transaction; CodeNotFound.
func (t *tx) standing(id string) (standing, error) {
	if s, ok := t.standings[id]; ok {
		return s, nil
	}
	var s standing
	if err := t.row(campaignStanding, []any{id}, &s.state, &s.repeats); err != nil {
		return s, found(err, "campaign", id)
	}
	if t.standings == nil {
		t.standings = map[string]standing{}
	}
	t.standings[id] = s
	return s, nil
}

// judge tells what is to become of a message now and, if it waits for a time,
// for which one. An unknown campaign is CodeNotFound.
func (t *tx) judge(r *record, now time.Time) (verdict, time.Time, error) {
	var s standing
	if r.Campaign != "" {
		var err error
		if s, err = t.standing(r.Campaign); err != nil {
			return goes, now, err
		}
	}
	if s.state == wabridge.CampaignCanceled {
		return isCanceled, now, nil
	}
	if stop, err := t.unwanted(r); stop || err != nil {
		return isUnwanted, now, err
	}
	if s.state == wabridge.CampaignPaused {
		return waitsForOwner, now, nil
	}
	at := later(now, r.Due)
	open := opening(r, at)
	if open.After(now) && (open.After(at) || r.Campaign != "" || r.Held) {
		return waitsForTime, open, nil
	}
	return goes, now, nil
}

// opening is when a message's hours let it go, at t or later.
func opening(r *record, t time.Time) time.Time {
	return queue.Opening(r.Hours, r.Number, t)
}

// A heldOne is a row whose place is changed.
type heldOne struct {
	seq, chat int64
	head      bool
}

const holdMessage = `
UPDATE message
SET held = ?2, head = 0
WHERE seq = ?1 AND state = 'queued'`

// stepOut takes a queued message out of its chat's line.
func (t *tx) stepOut(m heldOne, how int) error {
	if err := t.exec(holdMessage, m.seq, how); err != nil || !m.head {
		return err
	}
	return t.exec(promoteHead, m.chat)
}

const (
	firstInLine = `
SELECT min(seq)
FROM message INDEXED BY message_open
WHERE chat = ?1 AND held = 0 AND open = 1`

	yieldHead = `
UPDATE message INDEXED BY message_open
SET head = 0
WHERE chat = ?1 AND held = 0 AND open = 1 AND head = 1 AND seq <> ?2`
)

// stepIn puts a held message into its chat's line, to the place of its Seq. If
// something of the chat is being sent, that goes on.
func (t *tx) stepIn(m heldOne) error {
	if err := t.exec(holdMessage, m.seq, inLine); err != nil {
		return err
	}
	var first int64
	if err := t.row(firstInLine, []any{m.chat}, &first); err != nil || first != m.seq {
		return err
	}
	return errors.Join(t.exec(yieldHead, m.chat, m.seq), t.exec(promoteHead, m.chat))
}

const deferHeld = `
UPDATE message
SET due = ?2, timed = 1
WHERE seq = ?1`

// putAside does what a verdict says to a message that stands in line; r is what
// it becomes.
func (t *tx) putAside(r *record, v verdict, until, now time.Time) error {
	switch v {
	case isCanceled:
		return t.apply(r, cancelMove(r, now))
	case isUnwanted:
		return t.apply(r, optedOut(now))
	}
	m := heldOne{r.Seq, r.chat, r.head}
	how := untilWoken
	if v == waitsForTime {
		how, r.Due, r.due = untilDue, until, until
		if err := t.exec(deferHeld, r.Seq, until.UnixMilli()); err != nil {
			return err
		}
	}
	r.hold(how)
	r.head = false
	return t.stepOut(m, how)
}

// rejoin is asked when a message of a campaign comes back from the phone: its
// campaign may be paused or canceled meanwhile.
func (t *tx) rejoin(r *record, now time.Time) error {
	v, until, err := t.judge(r, now)
	if err != nil || v == goes || v == waitsForTime { // that is seen to when its turn comes
		return err
	}
	return t.putAside(r, v, until, now)
}

// releaseStep is how many messages whose time has come get back into line with
// one claim.
const releaseStep = 100

const heldUntil = `
SELECT seq, chat, head
FROM message INDEXED BY message_held
WHERE phone = ?1 AND held = 1 AND state = 'queued' AND due <= ?2
ORDER BY due
LIMIT ?3`

// release puts those whose time has come back into line, some at a time.
func (t *tx) release(phone string, now time.Time) error {
	all, err := t.heldOnes(heldUntil, phone, now.UnixMilli(), releaseStep)
	if err != nil {
		return err
	}
	for _, m := range all {
		if err := t.stepIn(m); err != nil {
			return err
		}
	}
	return nil
}

const nextHeld = `
SELECT min(due)
FROM message INDEXED BY message_held
WHERE phone = ?1 AND held = 1 AND state = 'queued'`

func (t *tx) heldOnes(text string, args ...any) (all []heldOne, err error) {
	rows, err := t.rows(text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var m heldOne
		if err := rows.Scan(&m.seq, &m.chat, &m.head); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}

// HoldCampaign implements queue.Campaigns.
func (db *DB) HoldCampaign(ctx context.Context, id string, paused bool, at time.Time) (wabridge.Campaign, error) {
	to := wabridge.CampaignRunning
	if paused {
		to = wabridge.CampaignPaused
	}
	return db.turnCampaign(ctx, id, to, at)
}

// CancelCampaign implements queue.Campaigns.
func (db *DB) CancelCampaign(ctx context.Context, id string, at time.Time) (wabridge.Campaign, error) {
	return db.turnCampaign(ctx, id, wabridge.CampaignCanceled, at)
}

const setCampaign = `
UPDATE campaign
SET state = ?2, changed = ?3, settled = 0
WHERE id = ?1`

// turnCampaign changes what its owner wants, which holds from then on, and
// makes the messages agree in short transactions.
func (db *DB) turnCampaign(ctx context.Context, id string, to wabridge.CampaignState, at time.Time) (out wabridge.Campaign, err error) {
	err = db.update(ctx, "turn campaign "+id, func(t *tx) error {
		s, err := t.standing(id)
		switch {
		case err != nil || s.state == to:
			return err
		case s.state == wabridge.CampaignCanceled:
			return wabridge.Fail(wabridge.CodeConflict, nil, "campaign %s was canceled", id)
		}
		delete(t.standings, id)
		if err := t.exec(setCampaign, id, string(to), at.UnixMilli()); err != nil {
			return err
		}
		_, err = t.tellCampaign(id, at)
		return err
	})
	if err != nil {
		return out, err
	}
	if err := db.settle(ctx, id); err != nil {
		return out, err
	}
	return db.Campaign(ctx, id)
}

// settle goes on until the messages agree with their campaign; every unsettled
// one for "".
func (db *DB) settle(ctx context.Context, id string) error {
	for left := true; left; {
		err := db.update(ctx, "settle campaigns", func(t *tx) (err error) {
			left, err = t.settle(id, time.Now())
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	settleStep = 200 // messages that are held or released in one transaction
	cancelStep = 100 // messages that are canceled in one transaction, each with its event
)

const (
	unsettled = `
SELECT id, state
FROM campaign INDEXED BY campaign_unsettled
WHERE settled = 0 AND (?1 = '' OR id = ?1)
LIMIT 1`

	settledCampaign = `
UPDATE campaign
SET settled = 1
WHERE id = ?1`
)

// settle does one step for one campaign whose messages do not agree with it; it
// reports whether something may be left to do.
func (t *tx) settle(id string, now time.Time) (left bool, err error) {
	var state wabridge.CampaignState
	err = t.row(unsettled, []any{id}, &id, &state)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var n, step int
	switch state {
	case wabridge.CampaignPaused:
		n, step, err = t.pauseSome(id)
	case wabridge.CampaignCanceled:
		n, step, err = t.cancelSome(id, now)
	default:
		n, step, err = t.resumeSome(id, now)
	}
	t.changed = true
	if err != nil || n == step {
		return true, err
	}
	return true, t.exec(settledCampaign, id)
}

const (
	ofCampaign = `
SELECT seq, chat, head
FROM message INDEXED BY message_progress
WHERE campaign = ?1 AND campaign <> '' AND state = 'queued'`

	notPaused = ofCampaign + ` AND held < 2 LIMIT ?2`
	onlyHeld  = ofCampaign + ` AND held = 2 LIMIT ?2`
	notEnded  = ofCampaign + ` LIMIT ?2`
)

func (t *tx) pauseSome(id string) (n, step int, err error) {
	all, err := t.heldOnes(notPaused, id, settleStep)
	for _, m := range all {
		if err == nil {
			err = t.stepOut(m, untilWoken)
		}
	}
	return len(all), settleStep, err
}

const notYet = `
UPDATE message
SET held = 1
WHERE seq = ?1 AND timed = 1 AND due > ?2`

func (t *tx) resumeSome(id string, now time.Time) (n, step int, err error) {
	all, err := t.heldOnes(onlyHeld, id, settleStep)
	for _, m := range all {
		if err != nil {
			break
		}
		var waits int64
		if waits, err = t.change(notYet, m.seq, now.UnixMilli()); err == nil && waits == 0 {
			err = t.stepIn(m)
		}
	}
	return len(all), settleStep, err
}

func (t *tx) cancelSome(id string, now time.Time) (n, step int, err error) {
	all, err := t.heldOnes(notEnded, id, cancelStep)
	for _, m := range all {
		if err != nil {
			break
		}
		var r record
		// One that was to start a session takes the rest of it along.
		if r, err = t.bySeq(m.seq); err == nil && r.State == wabridge.Queued {
			err = t.apply(&r, cancelMove(&r, now))
		}
	}
	return len(all), cancelStep, err
}
