package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// A conversation is read with the newest message of its chat; there need not
// be one. What it is listed by is its last column. Whether there is a picture is asked of the key alone: what stands
// behind the picture in its row is far away.
const selectConversation = `
SELECT c.key, c.newest, c.id, c.phone, c.number, c.lid, c.name, c.is_group, c.unread,
  EXISTS (SELECT 1 FROM picture p WHERE p.chat = c.key),
  m.seq, m.id, m.direction, m.type, substr(m.text, 1, 200), m.state, m.created`

const lastOfChat = `
LEFT JOIN message m ON m.seq = (SELECT seq FROM message INDEXED BY message_chat WHERE chat = c.key ORDER BY seq DESC LIMIT 1)
`

// A list shows chats in two classes: those in which a person wrote, by the
// newest such message, then those that hold nothing but messages of programs.
// Each has an index of its own, so that a page costs the same at any depth.
const (
	talkedOfAll = selectConversation + `, c.talked
FROM chat c INDEXED BY chat_talked` + lastOfChat + `WHERE c.talked > 0 AND (c.talked, c.key) < (?1, ?2)
ORDER BY c.talked DESC, c.key DESC LIMIT ?3`
	talkedOfPhone = selectConversation + `, c.talked
FROM chat c INDEXED BY chat_talked_phone` + lastOfChat + `WHERE c.talked > 0 AND (c.talked, c.key) < (?1, ?2)
  AND c.phone = ?4 ORDER BY c.talked DESC, c.key DESC LIMIT ?3`
	toldOfAll = selectConversation + `, c.newest
FROM chat c INDEXED BY chat_told` + lastOfChat + `WHERE c.talked = 0 AND c.newest > 0 AND (c.newest, c.key) < (?1, ?2)
ORDER BY c.newest DESC, c.key DESC LIMIT ?3`
	toldOfPhone = selectConversation + `, c.newest
FROM chat c INDEXED BY chat_told_phone` + lastOfChat + `WHERE c.talked = 0 AND c.newest > 0 AND (c.newest, c.key) < (?1, ?2)
  AND c.phone = ?4 ORDER BY c.newest DESC, c.key DESC LIMIT ?3`
	heardConversations = selectConversation + `, c.heard
FROM chat c INDEXED BY chat_heard` + lastOfChat + `WHERE c.heard > 0 AND (c.heard, c.key) < (?1, ?2)
  AND (?4 = '' OR c.phone = ?4) ORDER BY c.heard DESC, c.key DESC LIMIT ?3`
	unreadConversations = selectConversation + `, c.newest
FROM chat c INDEXED BY chat_unread` + lastOfChat + `WHERE c.unread > 0 AND (c.newest, c.key) < (?1, ?2)
  AND (?4 = '' OR c.phone = ?4) ORDER BY c.newest DESC, c.key DESC LIMIT ?3`
	conversationByID  = selectConversation + `, c.newest FROM chat c` + lastOfChat + `WHERE c.phone = ?1 AND c.id = ?2`
	conversationByLID = selectConversation + `, c.newest FROM chat c` + lastOfChat + `WHERE c.phone = ?1 AND c.lid = ?2 AND c.lid <> ''`
)

// A conversationClass is one stretch of a list: the conversations of all phones
// and of one, and the letter that its positions begin with.
type conversationClass struct {
	letter       string
	all, ofPhone string
}

// conversationClasses are the stretches of a list, in their order.
func conversationClasses(f queue.ConversationFilter) []conversationClass {
	switch {
	case f.Unread:
		return []conversationClass{{"u", unreadConversations, unreadConversations}}
	case f.Wrote:
		return []conversationClass{{"h", heardConversations, heardConversations}}
	}
	return []conversationClass{{"t", talkedOfAll, talkedOfPhone}, {"q", toldOfAll, toldOfPhone}}
}

// Conversations implements queue.Conversations.
func (db *DB) Conversations(ctx context.Context, f queue.ConversationFilter) ([]queue.Conversation, error) {
	classes := conversationClasses(f)
	at, key := int64(math.MaxInt64), int64(math.MaxInt64)
	if f.After != "" {
		i := slices.IndexFunc(classes, func(c conversationClass) bool { return strings.HasPrefix(f.After, c.letter) })
		if i < 0 {
			return nil, wabridge.Fail(wabridge.CodeParameter, nil, "not a place in this list of conversations")
		}
		if n, err := fmt.Sscanf(f.After[1:], "%d-%d", &at, &key); n != 2 || err != nil {
			return nil, wabridge.Fail(wabridge.CodeParameter, err, "not a place in a list of conversations")
		}
		classes = classes[i:]
	}
	var list []queue.Conversation
	limit := min(max(f.Limit, 1), 200)
	for _, class := range classes {
		text, args := class.all, []any{at, key, limit - len(list)}
		if f.Unread || f.Wrote || f.Phone != "" {
			text, args = class.ofPhone, append(args, f.Phone)
		}
		found, err := scanned(ctx, db, text, args, scanConversation)
		if err != nil {
			return nil, readError("list conversations", err)
		}
		for i := range found {
			found[i].Position = class.letter + found[i].Position
		}
		if list = append(list, found...); len(list) >= limit {
			break
		}
		at, key = math.MaxInt64, math.MaxInt64
	}
	return list, nil
}

// Conversation implements queue.Conversations.
func (db *DB) Conversation(ctx context.Context, phone, chat string) (queue.Conversation, error) {
	for _, text := range []string{conversationByID, conversationByLID} {
		found, err := scanned(ctx, db, text, []any{phone, chat}, scanConversation)
		if err != nil {
			return queue.Conversation{}, readError("find a conversation", err)
		}
		if len(found) > 0 {
			return found[0], nil
		}
	}
	for _, form := range wabridge.NumberForms(wabridge.NumberOf(chat)) { // the same line in another form
		found, err := scanned(ctx, db, conversationByID, []any{phone, wabridge.UserJID(form)}, scanConversation)
		if err != nil {
			return queue.Conversation{}, readError("find a conversation", err)
		}
		if len(found) > 0 {
			return found[0], nil
		}
	}
	return queue.Conversation{}, wabridge.Fail(wabridge.CodeNotFound, nil, "there is no such chat")
}

func scanConversation(rows *sql.Rows) (c queue.Conversation, err error) {
	var key, newest, at int64
	var lid string
	var seq, created sql.NullInt64
	var id, direction, kind, text, state sql.NullString
	err = rows.Scan(&key, &newest, &c.ID, &c.Phone, &c.Number, &lid, &c.Name, &c.Group, &c.Unread, &c.Pictured,
		&seq, &id, &direction, &kind, &text, &state, &created, &at)
	c.JID = shownJID(c.ID, lid)
	c.Position = fmt.Sprintf("%d-%d", at, key)
	c.Newest = time.UnixMilli(newest).UTC()
	c.Last = wabridge.Message{
		ID: id.String, Seq: seq.Int64, Phone: c.Phone, Chat: c.ID, Direction: wabridge.Direction(direction.String), Type: kind.String,
		Text: wabridge.Text(text.String), State: wabridge.State(state.String), Created: instant(created),
	}
	return c, err
}

const talkOf = `SELECT ` + columns + `
FROM message m INDEXED BY message_chat JOIN chat c ON c.key = m.chat
WHERE m.chat = (SELECT key FROM chat WHERE phone = ?1 AND id = ?2) AND m.seq < ?3
ORDER BY m.seq DESC LIMIT ?4`

// Talk implements queue.Conversations.
func (db *DB) Talk(ctx context.Context, phone, chat string, before int64, limit int) ([]wabridge.Message, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	return db.list(ctx, "read a chat", talkOf, phone, chat, before, min(max(limit, 1), 1000))
}

const seenChat = `
UPDATE chat
SET unread = (SELECT count(*) FROM message WHERE chat = chat.key AND direction <> 'out' AND direction = 'in' AND seq > ?3)
WHERE phone = ?1 AND id = ?2 AND unread > 0`

// Seen implements queue.Conversations.
func (db *DB) Seen(ctx context.Context, phone, chat string, seq int64) error {
	return db.update(ctx, "note that a chat was read", func(t *tx) error {
		return t.exec(seenChat, phone, chat, seq)
	})
}

// outboxCounts counts the messages that are open or ended without having left,
// from what the triggers of schema 13 keep.
const outboxCounts = `
SELECT state, sum(messages)
FROM state_count
WHERE direction = 'out' AND state NOT IN ('handed', 'sent', 'delivered', 'read') AND (?1 = '' OR phone = ?1)
GROUP BY state
HAVING sum(messages) > 0`

// OutboxCounts implements queue.Outbox.
func (db *DB) OutboxCounts(ctx context.Context, phone string) (map[wabridge.State]int, error) {
	counts := map[wabridge.State]int{}
	_, err := scanned(ctx, db, outboxCounts, []any{phone}, func(rows *sql.Rows) (struct{}, error) {
		var state wabridge.State
		var n int
		err := rows.Scan(&state, &n)
		counts[state] = n
		return struct{}{}, err
	})
	if err != nil {
		return nil, readError("count the outbox", err)
	}
	return counts, nil
}

// OutboxPage implements queue.Outbox.
func (db *DB) OutboxPage(ctx context.Context, phone string, state wabridge.State, oldest bool, at int64, limit int) ([]wabridge.Message, error) {
	f := queue.MessageFilter{Phone: phone, Direction: wabridge.Out, States: []wabridge.State{state}, Oldest: oldest, Limit: limit}
	if oldest {
		f.After = at
	} else {
		f.Before = max(at, 0)
	}
	return db.Messages(ctx, f)
}

const setPriority = `
UPDATE message
SET priority = ?2
WHERE seq = ?1 AND state = 'queued'`

// Prioritize implements queue.Outbox.
func (db *DB) Prioritize(ctx context.Context, id string, priority int) (wabridge.Message, error) {
	var out wabridge.Message
	err := db.update(ctx, "change the priority of message "+id, func(t *tx) error {
		r, err := t.get(id)
		if err != nil {
			return err
		}
		if r.State != wabridge.Queued {
			return wabridge.Fail(wabridge.CodeTooLate, nil, "message %s is already %s", id, r.State)
		}
		r.Priority = min(max(priority, math.MinInt32), math.MaxInt32) // lane.go counts down from above it
		t.changed = true
		out = r.Message
		return t.exec(setPriority, r.Seq, r.Priority)
	})
	return out, err
}
