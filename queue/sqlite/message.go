package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/wabridge/wabridge"
)

// A record is a message as stored: the domain's, and what only the database
// needs.
type record struct {
	wabridge.Message
	chat  int64     // chat.key
	typed time.Time // when the intent was committed, or the bubble first seen
	due   time.Time // orders; Message.Due is set only if it must be waited for
	lease time.Time
	head  bool
	fresh bool
	held  int // inLine, or why it is not; Message.Held says whether
}

// What held says.
const (
	inLine     = 0
	untilDue   = 1 // its time has not come
	untilWoken = 2 // its campaign is paused
	atRest     = 1 // of an unconfirmed message: nobody looks for it any more
)

// hold sets how the record is held.
func (r *record) hold(how int) { r.held, r.Held = how, how != inLine }

// columns are read in this order by scan. The chat's id comes from its own
// table, so that a chat can learn its number; not by a join, for SQLite plans a
// join anew with each run, which takes ten times as long as the reading.
const columns = `m.seq, m.id, m.phone, m.direction, m.chat, (SELECT c.id FROM chat c WHERE c.key = m.chat),
  m.number, m.name, m.group_id, m.group_name, m.input,
  m.type, m.text, m.body, m.context, m.callback,
  m.priority, m.due, m.timed, m.expires,
  m.state, m.code, m.reason, m.tries, m.fence, m.lease, m.intent, m.typed, m.head, m.fresh,
  m.created, m.handed, m.sent, m.delivered, m.read, m.ended, m.source, m.clock, m.stood_by,
  m.media, m.choices, m.template, m.category,
  m.campaign, m.session, m.hours, m.held, m.resent, m.taps`

// selectMessage is the beginning of every query for messages.
const selectMessage = `SELECT ` + columns + `
FROM message m
`

// scan reads one row of columns.
func (r *record) scan(from interface{ Scan(...any) error }) error {
	var text string
	var body, intent, media, choices, hours sql.NullString
	var due int64
	var timed bool
	var expires, lease, typed, handed, sent, delivered, read, ended, stood sql.NullInt64
	var created int64
	err := from.Scan(&r.Seq, &r.ID, &r.Phone, &r.Direction, &r.chat, &r.Chat,
		&r.Number, &r.Name, &r.Group, &r.GroupName, &r.Input,
		&r.Type, &text, &body, &r.Context, &r.Callback,
		&r.Priority, &due, &timed, &expires,
		&r.State, &r.Code, &r.Reason, &r.Tries, &r.Fence, &lease, &intent, &typed, &r.head, &r.fresh,
		&created, &handed, &sent, &delivered, &read, &ended, &r.Source, &r.Clock, &stood,
		&media, &choices, &r.Template, &r.Category,
		&r.Campaign, &r.Session, &hours, &r.held, &r.Resent, &r.Taps)
	if err != nil {
		return err
	}
	r.Text, r.Held = wabridge.Text(text), r.held != 0
	if body.Valid {
		r.Body = json.RawMessage(body.String)
	}
	r.due = time.UnixMilli(due).UTC()
	if timed {
		r.Due = r.due
	}
	r.Created = time.UnixMilli(created).UTC()
	r.Expires, r.lease, r.typed = instant(expires), instant(lease), instant(typed)
	r.HandedAt, r.SentAt, r.Delivered = instant(handed), instant(sent), instant(delivered)
	r.ReadAt, r.Ended = instant(read), instant(ended)
	r.Tapped, r.StoodBy = r.typed, instant(stood)
	return errors.Join(
		r.unpack("intent", intent, &r.Intent),
		r.unpack("media", media, &r.Media),
		r.unpack("choices", choices, &r.Choices),
		r.unpack("hours", hours, &r.Hours),
	)
}

// unpack reads a column of JSON; NULL leaves the member as it is.
func (r *record) unpack(column string, from sql.NullString, into any) error {
	if !from.Valid {
		return nil
	}
	if err := json.Unmarshal([]byte(from.String), into); err != nil {
		return fmt.Errorf("%s of message %s: %w", column, r.ID, err)
	}
	return nil
}

// pack writes a member for a column of JSON; absent ones become NULL.
func pack(member any, absent bool) (any, error) {
	if absent {
		return nil, nil
	}
	b, err := json.Marshal(member)
	return string(b), err
}

// collect reads all rows and closes them.
func collect(rows *sql.Rows, err error) ([]record, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []record
	for rows.Next() {
		var r record
		if err := r.scan(rows); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}

// messages drops what only the database needs.
func messages(all []record) []wabridge.Message {
	out := make([]wabridge.Message, len(all))
	for i := range all {
		out[i] = all[i].Message
	}
	return out
}

const insertMessage = `
INSERT INTO message (id, phone, direction, chat, number, name, group_id, group_name, input,
  type, text, body, context, callback, priority, due, timed, expires, state, open, head, fresh, created, source, clock,
  media, choices, template, category, campaign, session, hours, held, stood_by)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25,
  ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34)`

// add stores a new message and sets its Seq.
func (t *tx) add(r *record) error {
	media, err := pack(r.Media, r.Media == nil)
	if err != nil {
		return err
	}
	choices, err := pack(r.Choices, len(r.Choices) == 0)
	if err != nil {
		return err
	}
	hours, err := pack(r.Hours, r.Hours == nil)
	if err != nil {
		return err
	}
	r.Held = r.held != 0
	r.Seq, err = t.insert(insertMessage, r.ID, r.Phone, string(r.Direction), r.chat, r.Number, r.Name, r.Group, r.GroupName, r.Input,
		r.Type, string(r.Text), jsonText(r.Body), r.Context, r.Callback,
		r.Priority, r.due.UnixMilli(), !r.Due.IsZero(), millis(r.Expires), string(r.State), r.State.Open(), r.head, r.fresh,
		r.Created.UnixMilli(), r.Source, r.Clock,
		media, choices, r.Template, r.Category, r.Campaign, r.Session, hours, r.held, millis(r.StoodBy))
	return err
}

const updateMessage = `
UPDATE message
SET state = ?3, code = ?4, reason = ?5, tries = ?6, fence = ?7, lease = ?8, intent = ?9, typed = ?10,
  due = ?11, timed = ?12, head = ?13, handed = ?14, sent = ?15, delivered = ?16, read = ?17, ended = ?18, open = ?19, held = ?20, taps = ?21
WHERE seq = ?1 AND state = ?2`

// put stores what a move changed, if the row is still in the state it was
// read in; the transaction's lock makes that certain, the condition says so.
func (t *tx) put(from wabridge.State, r *record) error {
	intent, err := pack(r.Intent, r.Intent == nil)
	if err != nil {
		return err
	}
	n, err := t.change(updateMessage, r.Seq, string(from), string(r.State), int(r.Code), r.Reason, r.Tries, r.Fence,
		millis(r.lease), intent, millis(r.typed), r.due.UnixMilli(), !r.Due.IsZero(), r.head,
		millis(r.HandedAt), millis(r.SentAt), millis(r.Delivered), millis(r.ReadAt), millis(r.Ended), r.State.Open(), r.held, r.Taps)
	if err == nil && n != 1 {
		err = wabridge.Fail(wabridge.CodeStale, nil, "message %s is no longer %s", r.ID, from)
	}
	return err
}

const messageByID = selectMessage + `WHERE m.id = ?1`

// get reads one message inside the transaction; CodeNotFound.
func (t *tx) get(id string) (record, error) {
	var r record
	s, err := t.stmt(messageByID)
	if err != nil {
		return r, err
	}
	err = r.scan(s.QueryRowContext(context.Background(), id))
	return r, found(err, "message", id)
}

// found turns "no row" into CodeNotFound.
func found(err error, what, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return wabridge.Fail(wabridge.CodeNotFound, nil, "there is no %s %s", what, id)
	}
	return err
}

// jsonText stores raw JSON as text; nil for none.
func jsonText(b json.RawMessage) any {
	if len(b) == 0 {
		return nil
	}
	return string(b)
}
