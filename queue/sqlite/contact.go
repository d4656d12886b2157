package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"image/png"
	"math"
	"strings"
	"time"

	"golang.org/x/text/cases"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// A contact is read with the newest message of its chat; there need not be one.
const selectContacts = `
SELECT c.key, c.newest, c.id, c.phone, c.number, c.lid, c.name, c.is_group, p.taken, m.id, m.direction, m.type, m.created
FROM chat c
LEFT JOIN picture p ON p.chat = c.key
LEFT JOIN message m ON m.seq = (SELECT seq FROM message WHERE chat = c.key ORDER BY seq DESC LIMIT 1)
WHERE c.newest > 0 AND (c.newest, c.key) < (?1, ?2)
`

const (
	contactsOfAll   = selectContacts + `ORDER BY c.newest DESC, c.key DESC LIMIT ?3`
	contactsOfPhone = selectContacts + `  AND c.phone = ?4 ORDER BY c.newest DESC, c.key DESC LIMIT ?3`
)

// contactStep is how many chats are read at a time.
const contactStep = 500

// Contacts implements queue.Contacts. Names are compared here, because SQLite
// knows the case of ASCII letters only.
func (db *DB) Contacts(ctx context.Context, f queue.ContactFilter) ([]queue.Contact, error) {
	newest, key := int64(math.MaxInt64), int64(math.MaxInt64)
	if f.After != "" {
		if n, err := fmt.Sscanf(f.After, "%d-%d", &newest, &key); n != 2 || err != nil {
			return nil, wabridge.Fail(wabridge.CodeParameter, err, "not a place in a list of contacts")
		}
	}
	limit, wanted := min(max(f.Limit, 1), 1000), matcher(f)
	var found []queue.Contact
	for {
		page, err := db.contacts(ctx, f.Phone, &newest, &key)
		if err != nil {
			return nil, readError("list contacts", err)
		}
		for _, c := range page {
			if wanted(&c.Chat) {
				found = append(found, c)
			}
			if len(found) == limit {
				return found, nil
			}
		}
		if len(page) < contactStep {
			return found, nil
		}
	}
}

// contacts reads the next chats and moves the place on.
func (db *DB) contacts(ctx context.Context, phone string, newest, key *int64) ([]queue.Contact, error) {
	text, args := contactsOfAll, []any{*newest, *key, contactStep}
	if phone != "" {
		text, args = contactsOfPhone, append(args, phone)
	}
	return scanned(ctx, db, text, args, func(rows *sql.Rows) (c queue.Contact, err error) {
		var lid string
		var taken, created sql.NullInt64
		var id, direction, kind sql.NullString
		err = rows.Scan(key, newest, &c.ID, &c.Phone, &c.Number, &lid, &c.Name, &c.Group, &taken, &id, &direction, &kind, &created)
		c.JID = shownJID(c.ID, lid)
		c.Position = fmt.Sprintf("%d-%d", *newest, *key)
		c.Pictured = instant(taken)
		if id.Valid {
			c.Last = &queue.LastMessage{ID: id.String, Direction: wabridge.Direction(direction.String), Type: kind.String, Created: instant(created)}
		}
		return c, err
	})
}

// shownJID is a chat's id in the app, as far as it is known.
func shownJID(id, lid string) string {
	if lid == "" && strings.HasSuffix(id, nameSuffix) {
		return ""
	}
	return cmp.Or(lid, id)
}

// matcher tells which chats a filter lets pass.
func matcher(f queue.ContactFilter) func(*wabridge.Chat) bool {
	fold := cases.Fold()
	search := fold.String(strings.TrimSpace(f.Search))
	digits := ""
	if strings.Trim(search, "+0123456789-() ") == "" {
		digits = wabridge.Digits(search)
	}
	return func(c *wabridge.Chat) bool {
		switch {
		case c.Group && !f.Groups:
			return false
		case search == "", digits != "" && strings.Contains(c.Number, digits):
			return true
		}
		return strings.Contains(fold.String(c.Name), search)
	}
}

const putPicture = `
INSERT INTO picture (chat, png, taken)
VALUES (?1, ?2, ?3)
ON CONFLICT (chat) DO UPDATE SET png = excluded.png, taken = excluded.taken`

// PutPicture implements queue.Pictures.
func (db *DB) PutPicture(ctx context.Context, phone string, ref wabridge.ChatRef, picture []byte, at time.Time) error {
	if len(picture) > queue.MaxPicture {
		return wabridge.Fail(wabridge.CodeParameter, nil, "a picture of %d bytes is too large", len(picture))
	}
	if _, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil {
		return wabridge.Fail(wabridge.CodeParameter, err, "a picture that is no PNG")
	}
	return db.update(ctx, "store a picture", func(t *tx) error {
		c, err := asker(t.row).find(phone, tidy(ref))
		if err != nil {
			return err
		}
		if c == nil {
			return wabridge.Fail(wabridge.CodeNotFound, nil, "there is no such chat")
		}
		return t.exec(putPicture, c.key, picture, at.UnixMilli())
	})
}

const pictureOf = `
SELECT p.png, p.taken
FROM chat c JOIN picture p ON p.chat = c.key
WHERE c.phone = ?1 AND c.id = ?2`

// Picture implements queue.Pictures.
func (db *DB) Picture(ctx context.Context, phone, chat string) (picture []byte, at time.Time, err error) {
	var taken int64
	if err := db.read.QueryRowContext(ctx, pictureOf, phone, chat).Scan(&picture, &taken); err != nil {
		return nil, time.Time{}, readError("read a picture", err)
	}
	return picture, time.UnixMilli(taken).UTC(), nil
}
