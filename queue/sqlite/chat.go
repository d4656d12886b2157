package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
)

// A chat is a chat as stored.
type chat struct {
	wabridge.Chat
	key   int64
	lid   string
	known bool
}

const (
	lidSuffix  = "@lid"
	nameSuffix = "@name"
)

// nameID is the id of a chat of which nothing but the name is known.
func nameID(name string, group bool) string {
	kind := "person\n"
	if group {
		kind = "group\n"
	}
	sum := sha256.Sum256([]byte(kind + name))
	return hex.EncodeToString(sum[:8]) + nameSuffix
}

// provisional reports whether the id stands only until a number is known.
func provisional(id string) bool {
	return strings.HasSuffix(id, lidSuffix) || strings.HasSuffix(id, nameSuffix)
}

// tidy makes a reference say the same thing in one way.
func tidy(ref wabridge.ChatRef) wabridge.ChatRef {
	ref.Group = ref.Group || wabridge.IsGroup(ref.JID)
	ref.Number = wabridge.Digits(ref.Number)
	if n := wabridge.NumberOf(ref.JID); n != "" {
		ref.Number = n
	}
	if ref.Group {
		ref.Number = ""
	}
	return ref
}

// An asker runs a query for one row, in the writer's transaction or on the
// read pool.
type asker func(text string, args []any, into ...any) error

const selectChat = `
SELECT key, id, phone, number, lid, name, is_group, known
FROM chat
`

const (
	chatByID     = selectChat + `WHERE phone = ?1 AND id = ?2`
	chatByLID    = selectChat + `WHERE phone = ?1 AND lid = ?2 AND lid <> ''`
	chatByNumber = selectChat + `WHERE phone = ?1 AND number = ?2 AND number <> ''`
	// Only if the name is one chat's: two people may have the same.
	chatByName = selectChat + `WHERE phone = ?1 AND name = ?2 AND name <> '' AND is_group = ?3
  AND 1 = (SELECT count(*) FROM chat WHERE phone = ?1 AND name = ?2 AND name <> '' AND is_group = ?3)`
)

// ask reads one chat; nil if there is none.
func (a asker) ask(text string, args ...any) (*chat, error) {
	var c chat
	err := a(text, args, &c.key, &c.ID, &c.Phone, &c.Number, &c.lid, &c.Name, &c.Group, &c.known)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c.setJID()
	return &c, nil
}

// setJID fills in how notifications name the chat: by its @lid where it has one.
func (c *chat) setJID() {
	switch {
	case c.lid != "":
		c.JID = c.lid
	case !strings.HasSuffix(c.ID, nameSuffix):
		c.JID = c.ID
	}
}

// byJID finds a chat by its canonical id or its @lid alias.
func (a asker) byJID(phone, jid string) (*chat, error) {
	if jid == "" {
		return nil, nil
	}
	if strings.HasSuffix(jid, lidSuffix) {
		if c, err := a.ask(chatByLID, phone, jid); c != nil || err != nil {
			return c, err
		}
	}
	return a.ask(chatByID, phone, jid)
}

// byNumber finds a chat by the number as it is, else by its other forms.
func (a asker) byNumber(phone, number string) (*chat, error) {
	if number == "" {
		return nil, nil
	}
	for _, n := range wabridge.NumberForms(number) {
		if c, err := a.ask(chatByNumber, phone, n); c != nil || err != nil {
			return c, err
		}
	}
	return nil, nil
}

// byName finds the chat of a name. One name may be several people's, so it
// counts only if it is one chat's, and is not known to be shared. A reference
// that has a JID or a number as well may only take over a chat of which nothing
// but the name was known.
func (a asker) byName(phone string, ref wabridge.ChatRef) (*chat, error) {
	sure := ref.JID != "" || ref.Number != ""
	if ref.Name == "" || ref.Shared && sure {
		return nil, nil
	}
	if !ref.Shared {
		c, err := a.ask(chatByName, phone, ref.Name, ref.Group)
		if err != nil || sure && (c == nil || !strings.HasSuffix(c.ID, nameSuffix)) {
			return nil, err
		}
		if c != nil {
			return c, nil
		}
	}
	return a.ask(chatByID, phone, nameID(ref.Name, ref.Group))
}

// find looks a tidy reference up: by JID, else number, else name.
func (a asker) find(phone string, ref wabridge.ChatRef) (*chat, error) {
	if c, err := a.byJID(phone, ref.JID); c != nil || err != nil {
		return c, err
	}
	if c, err := a.byNumber(phone, ref.Number); c != nil || err != nil {
		return c, err
	}
	return a.byName(phone, ref)
}

const detachLID = `
UPDATE chat
SET lid = ''
WHERE key = ?1`

// chatOf finds or makes the chat of a reference and notes what the reference
// adds to what is known of it.
func (t *tx) chatOf(phone string, ref wabridge.ChatRef) (*chat, error) {
	ref = tidy(ref)
	a := asker(t.row)
	c, err := a.byJID(phone, ref.JID)
	if err != nil {
		return nil, err
	}
	n := c
	if c == nil || c.Number != ref.Number {
		if n, err = a.byNumber(phone, ref.Number); err != nil {
			return nil, err
		}
	}
	if c != nil && c.Number != "" && ref.Number != "" && !wabridge.SameNumber(c.Number, ref.Number) {
		// The person of this @lid has another number now.
		if err := t.exec(detachLID, c.key); err != nil {
			return nil, err
		}
		c = nil
	}
	switch {
	case c != nil && n != nil && c.key != n.key:
		if err := t.merge(n, c); err != nil {
			return nil, err
		}
		c = n
	case c == nil:
		c = n
	}
	if c == nil {
		if c, err = a.byName(phone, ref); err != nil {
			return nil, err
		}
	}
	if c == nil {
		return t.makeChat(phone, ref)
	}
	return c, t.learn(c, ref)
}

const insertChat = `
INSERT INTO chat (phone, id, number, lid, name, is_group, known)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)`

func (t *tx) makeChat(phone string, ref wabridge.ChatRef) (*chat, error) {
	c := &chat{Chat: wabridge.Chat{Phone: phone, Number: ref.Number, Name: ref.Name, Group: ref.Group, JID: ref.JID}, known: ref.Group}
	if strings.HasSuffix(ref.JID, lidSuffix) {
		c.lid = ref.JID
	}
	switch {
	case ref.Number != "":
		c.ID = wabridge.UserJID(ref.Number)
	case ref.JID != "":
		c.ID = ref.JID
	case ref.Name != "":
		c.ID = nameID(ref.Name, ref.Group)
	default:
		return nil, wabridge.Fail(wabridge.CodeParameter, nil, "a chat without id, number or name")
	}
	if c.JID == "" && !strings.HasSuffix(c.ID, nameSuffix) {
		c.JID = c.ID
	}
	var err error
	c.key, err = t.insert(insertChat, phone, c.ID, c.Number, c.lid, c.Name, c.Group)
	return c, err
}

const updateChat = `
UPDATE chat
SET id = ?2, number = ?3, lid = ?4, name = ?5
WHERE key = ?1`

// learn adds to a chat what the reference knows and it does not.
func (t *tx) learn(c *chat, ref wabridge.ChatRef) error {
	was := *c
	if ref.Name != "" {
		c.Name = ref.Name
	}
	if strings.HasSuffix(ref.JID, lidSuffix) {
		c.lid, c.JID = ref.JID, ref.JID
	}
	if c.Number == "" {
		c.Number = ref.Number
	}
	switch {
	case c.Number != "" && provisional(c.ID):
		c.ID = wabridge.UserJID(c.Number)
	case ref.JID != "" && strings.HasSuffix(c.ID, nameSuffix):
		c.ID = ref.JID
	}
	if c.JID == "" && !strings.HasSuffix(c.ID, nameSuffix) {
		c.JID = c.ID
	}
	if *c == was {
		return nil
	}
	if c.Number != was.Number {
		t.changed = true
		if err := t.exec(numberMessages, c.key, c.Number); err != nil {
			return err
		}
	}
	return t.exec(updateChat, c.key, c.ID, c.Number, c.lid, c.Name)
}

const numberMessages = `
UPDATE message
SET number = ?2
WHERE chat = ?1 AND number = '' AND group_id = ''`

const (
	moveMessages = `UPDATE message SET chat = ?1 WHERE chat = ?2`
	dropHeads    = `UPDATE message SET head = 0 WHERE chat = ?1 AND open = 1`
	deleteChat   = `DELETE FROM chat WHERE key = ?1`
	mergeChat    = `
UPDATE chat
SET known = max(known, ?2),
  contacted = coalesce(min(contacted, g.c), contacted, g.c),
  newest = max(newest, g.n),
  heard = max(heard, g.h),
  talked = max(talked, g.t),
  unread = unread + g.u
FROM (SELECT contacted AS c, newest AS n, unread AS u, heard AS h, talked AS t FROM chat WHERE key = ?3) g
WHERE key = ?1`
)

// merge makes two chats one, because they are the same person's: keep has the
// number, gone only the @lid.
func (t *tx) merge(keep, gone *chat) error {
	err := errors.Join(
		t.exec(mergeChat, keep.key, gone.known, gone.key),
		t.exec(moveMessages, keep.key, gone.key),
		t.exec(mergeConversations, keep.key, gone.key),
		t.mergePreference(keep.key, gone.key),
		t.mergeSessions(keep.key, gone.key),
		t.exec(deleteChat, gone.key),
		t.exec(numberMessages, keep.key, keep.Number),
		t.exec(dropHeads, keep.key),
		t.exec(promoteHead, keep.key),
	)
	t.changed = true
	keep.known = keep.known || gone.known
	if keep.Name == "" {
		keep.Name = gone.Name
	}
	if gone.lid != "" {
		keep.lid, keep.JID = gone.lid, gone.lid
	}
	if err != nil {
		return err
	}
	return t.exec(updateChat, keep.key, keep.ID, keep.Number, keep.lid, keep.Name)
}

const touchChat = `
UPDATE chat
SET newest = max(newest, ?2), talked = CASE ?3 WHEN 0 THEN talked ELSE max(talked, ?2) END
WHERE key = ?1`

// touch notes the time of a chat's newest message of ours, and whether a person
// typed it.
func (t *tx) touch(chat int64, at time.Time, person bool) error {
	return t.exec(touchChat, chat, at.UnixMilli(), person)
}

// Learn implements queue.InboxStore.
func (db *DB) Learn(ctx context.Context, phone, jid, number string) error {
	return db.update(ctx, "join a chat and its number", func(t *tx) error {
		_, err := t.chatOf(phone, wabridge.ChatRef{JID: jid, Number: number})
		return err
	})
}

const chatsByName = selectChat + `WHERE phone = ?1 AND name = ?2 AND name <> '' LIMIT ?3`

// ChatsNamed implements queue.InboxStore.
func (db *DB) ChatsNamed(ctx context.Context, phone, name string, limit int) ([]wabridge.Chat, error) {
	if name == "" {
		return nil, nil
	}
	return scanned(ctx, db, chatsByName, []any{phone, name, limit}, func(rows *sql.Rows) (wabridge.Chat, error) {
		var c chat
		err := rows.Scan(&c.key, &c.ID, &c.Phone, &c.Number, &c.lid, &c.Name, &c.Group, &c.known)
		c.setJID()
		return c.Chat, err
	})
}

// Chat implements queue.InboxStore.
func (db *DB) Chat(ctx context.Context, phone string, ref wabridge.ChatRef) (wabridge.Chat, error) {
	a := asker(func(text string, args []any, into ...any) error {
		return db.read.QueryRowContext(ctx, text, args...).Scan(into...)
	})
	c, err := a.find(phone, tidy(ref))
	if err != nil {
		return wabridge.Chat{}, readError("find chat", err)
	}
	if c == nil {
		return wabridge.Chat{}, wabridge.Fail(wabridge.CodeNotFound, nil, "there is no such chat")
	}
	return c.Chat, nil
}
