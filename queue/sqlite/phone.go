package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/wabridge/wabridge"
)

const selectPhone = `
SELECT id, waba, serial, user, package, number, name, version, state, code, reason, held, maintenance, changed
FROM phone
`

func scanPhone(p *wabridge.Phone, from interface{ Scan(...any) error }) error {
	var changed int64
	err := from.Scan(&p.ID, &p.WABA, &p.Serial, &p.User, &p.Package, &p.Number, &p.Name, &p.Version,
		&p.State, &p.Code, &p.Reason, &p.Held, &p.Maintenance, &changed)
	p.Changed = time.UnixMilli(changed).UTC()
	return err
}

// Phones implements queue.Phones; they come in the order of their ids.
func (db *DB) Phones(ctx context.Context) (all []wabridge.Phone, err error) {
	rows, err := db.read.QueryContext(ctx, selectPhone+`ORDER BY length(id), id`)
	if err != nil {
		return nil, readError("list phones", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p wabridge.Phone
		if err := scanPhone(&p, rows); err != nil {
			return nil, readError("list phones", err)
		}
		all = append(all, p)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, readError("list phones", err)
	}
	return all, nil
}

const phoneByID = selectPhone + `WHERE id = ?1`

// Phone implements queue.Phones.
func (db *DB) Phone(ctx context.Context, id string) (wabridge.Phone, error) {
	var p wabridge.Phone
	if err := scanPhone(&p, db.read.QueryRowContext(ctx, phoneByID, id)); err != nil {
		return wabridge.Phone{}, readError("read phone "+id, err)
	}
	return p, nil
}

// A new phone is `starting` until its lane has looked at it.
const putPhone = `
INSERT INTO phone (id, waba, serial, user, package, number, name, version, state, changed)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'starting', ?9)
ON CONFLICT (id) DO UPDATE
SET waba = ?2, serial = ?3, user = ?4, package = ?5, number = ?6, name = ?7, version = ?8`

// PutPhone implements queue.Phones.
func (db *DB) PutPhone(ctx context.Context, p wabridge.Phone) error {
	return db.update(ctx, "store phone "+p.ID, func(t *tx) error {
		if p.ID == "" || p.ID != wabridge.Digits(p.ID) {
			return wabridge.Fail(wabridge.CodeParameter, nil, "a phone number id is made of digits")
		}
		t.changed = true
		return t.exec(putPhone, p.ID, p.WABA, p.Serial, p.User, p.Package, p.Number, p.Name, p.Version, time.Now().UnixMilli())
	})
}

// heldReason is what a phone says while a person's hold stands.
const heldReason = "paused by a person; resume it to go on"

// SetPhoneState implements queue.Phones. While a person holds the phone,
// `ready` and `starting` are kept as `paused`.
func (db *DB) SetPhoneState(ctx context.Context, id string, s wabridge.PhoneState, code wabridge.Code, reason string, at time.Time) error {
	return db.update(ctx, "set state of phone "+id, func(t *tx) error {
		p, err := t.phone(id)
		if err != nil {
			return err
		}
		next := p
		next.State, next.Code, next.Reason = s, code, reason
		if p.Held && (s == wabridge.PhoneReady || s == wabridge.PhoneStarting) {
			next.State, next.Code, next.Reason = wabridge.PhonePaused, wabridge.CodeNone, heldReason
		}
		return t.setPhone(p, next, at)
	})
}

// HoldPhone implements queue.Phones.
func (db *DB) HoldPhone(ctx context.Context, id string, held bool, at time.Time) error {
	return db.update(ctx, "hold phone "+id, func(t *tx) error {
		p, err := t.phone(id)
		if err != nil {
			return err
		}
		next := p
		next.Held = held
		switch {
		case held && !p.Held:
			next.State, next.Code, next.Reason = wabridge.PhonePaused, wabridge.CodeNone, heldReason
		case !held && p.State == wabridge.PhonePaused:
			next.State, next.Code, next.Reason = wabridge.PhoneStarting, wabridge.CodeNone, ""
		}
		return t.setPhone(p, next, at)
	})
}

// MaintainPhone implements queue.Phones.
func (db *DB) MaintainPhone(ctx context.Context, id string, on bool, at time.Time) error {
	return db.update(ctx, "maintain phone "+id, func(t *tx) error {
		p, err := t.phone(id)
		if err != nil {
			return err
		}
		next := p
		next.Maintenance = on
		return t.setPhone(p, next, at)
	})
}

func (t *tx) phone(id string) (p wabridge.Phone, err error) {
	s, err := t.stmt(phoneByID)
	if err != nil {
		return p, err
	}
	err = scanPhone(&p, s.QueryRowContext(context.Background(), id))
	if errors.Is(err, sql.ErrNoRows) {
		return p, wabridge.Fail(wabridge.CodeNotFound, nil, "there is no phone %s", id)
	}
	return p, err
}

const updatePhone = `
UPDATE phone
SET state = ?2, code = ?3, reason = ?4, held = ?5, maintenance = ?6, changed = ?7
WHERE id = ?1`

// setPhone stores a phone's state, with an event if it changed.
func (t *tx) setPhone(was, is wabridge.Phone, at time.Time) error {
	if is == was {
		return nil
	}
	if err := t.exec(updatePhone, is.ID, string(is.State), int(is.Code), is.Reason, is.Held, is.Maintenance, at.UnixMilli()); err != nil {
		return err
	}
	t.changed = true
	if is.State == was.State && is.Code == was.Code && is.Reason == was.Reason {
		return nil
	}
	return t.event(wabridge.EventPhone, is.ID, "", at, wabridge.PhoneData{
		State: is.State, Previous: was.State, Code: is.Code.Cloud(), Reason: is.Reason,
	})
}
