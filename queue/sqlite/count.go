package sqlite

import (
	"database/sql"
	"errors"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/queue"
)

// happened is when each thing that is counted happened to a message; the zero
// time stands for "not yet". It follows from the row alone, so that what is
// counted of a move is the difference of two rows, and can be counted again
// from the rows as they are.
type happened struct {
	sent, delivered, read, failed, received time.Time
}

// whatHappened is a pure function. A tick that was seen implies the ones that
// were not.
func whatHappened(r *record) happened {
	var h happened
	switch r.Direction {
	case wabridge.In:
		h.received = r.Created
	case wabridge.Out:
		h.read = r.ReadAt
		h.delivered = first(r.Delivered, r.ReadAt)
		h.sent = first(r.SentAt, h.delivered)
		if r.State == wabridge.Failed || r.State == wabridge.Expired {
			h.failed = r.Ended
		}
	}
	return h
}

func first(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// A delta is something to add to a series in the half hour that begins at
// start.
type delta struct {
	series queue.Series
	start  time.Time
	counts queue.Counts
}

// A chatHistory is what counting needs to know of a chat, besides the message.
type chatHistory interface {
	// newestIn is when the newest message not after at came in; the zero time if none did.
	newestIn(chat int64, at time.Time) (time.Time, error)
	// opened is when the newest conversation of the category was opened.
	opened(chat int64, category string) (time.Time, error)
	// open notes a new one.
	open(chat int64, category string, at time.Time) error
}

// count is the one place where messages are counted: what has happened to
// after and had not happened, or at another time, to before.
func count(chats chatHistory, before, after *record) ([]delta, error) {
	was, is := whatHappened(before), whatHappened(after)
	if was == is {
		return nil, nil
	}
	var all []delta
	series := seriesOf(after)
	note := func(was, is time.Time, c, minus queue.Counts) {
		if was.Equal(is) {
			return
		}
		if !was.IsZero() {
			all = append(all, delta{series, was, minus})
		}
		if !is.IsZero() {
			all = append(all, delta{series, is, c})
		}
	}
	delivered := queue.Counts{Delivered: 1}
	if was.delivered.IsZero() && !is.delivered.IsZero() {
		if err := priced(chats, after, series.Category, is.delivered, &delivered); err != nil {
			return nil, err
		}
	}
	note(was.sent, is.sent, queue.Counts{Sent: 1}, queue.Counts{Sent: -1})
	note(was.delivered, is.delivered, delivered, queue.Counts{Delivered: -1})
	note(was.read, is.read, queue.Counts{Read: 1}, queue.Counts{Read: -1})
	note(was.failed, is.failed, queue.Counts{Failed: 1}, queue.Counts{Failed: -1})
	note(was.received, is.received, queue.Counts{Received: 1}, queue.Counts{Received: -1})
	return all, nil
}

// priced adds what makes the price of a delivered message.
func priced(chats chatHistory, r *record, category string, at time.Time, c *queue.Counts) error {
	heard, err := chats.newestIn(r.chat, at)
	if err != nil {
		return err
	}
	if analytics.Free(category, heard, at) {
		c.Free = 1
	}
	if r.Group != "" {
		return nil // a conversation is with one contact
	}
	opened, err := chats.opened(r.chat, category)
	if err != nil || !analytics.Opens(opened, at) {
		return err
	}
	if analytics.ByUser(category, heard, at) {
		c.ByUser = 1
	} else {
		c.ByBusiness = 1
	}
	return chats.open(r.chat, category, at)
}

func seriesOf(r *record) queue.Series {
	s := queue.Series{Phone: r.Phone, Product: analytics.Product(&r.Message), Category: analytics.Category(&r.Message), Template: r.Template}
	if r.Group == "" {
		s.Country = analytics.Country(r.Number)
	}
	return s
}

// count counts a move of this transaction.
func (t *tx) count(before, after *record) error {
	deltas, err := count(t, before, after)
	t.deltas = append(t.deltas, deltas...)
	return err
}

const newestIn = `
SELECT created
FROM message INDEXED BY message_heard
WHERE chat = ?1 AND direction <> 'out' AND direction = 'in' AND created <= ?2
ORDER BY seq DESC
LIMIT 1`

func (t *tx) newestIn(chat int64, at time.Time) (time.Time, error) {
	return t.moment(newestIn, chat, at.UnixMilli())
}

const openedConversation = `
SELECT opened
FROM conversation
WHERE chat = ?1 AND category = ?2`

func (t *tx) opened(chat int64, category string) (time.Time, error) {
	return t.moment(openedConversation, chat, category)
}

const openConversation = `
INSERT INTO conversation (chat, category, opened)
VALUES (?1, ?2, ?3)
ON CONFLICT (chat, category) DO UPDATE SET opened = excluded.opened`

func (t *tx) open(chat int64, category string, at time.Time) error {
	return t.exec(openConversation, chat, category, at.UnixMilli())
}

// moment asks for one time; the zero time if there is none.
func (t *tx) moment(text string, args ...any) (time.Time, error) {
	var ms sql.NullInt64
	err := t.row(text, args, &ms)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return instant(ms), err
}

const templateOf = `
SELECT template
FROM message
WHERE id = ?1`

const insertClick = `
INSERT INTO click (template, start, phone, title, count)
VALUES (?1, ?2, ?3, ?4, 1)
ON CONFLICT (template, start, phone, title) DO UPDATE SET count = count + 1`

// click counts an answer to a template's quick reply.
func (t *tx) click(r *record) error {
	if r.Direction != wabridge.In || len(r.Choices) == 0 || r.Context == "" {
		return nil
	}
	var template string
	err := t.row(templateOf, []any{r.Context}, &template)
	if errors.Is(err, sql.ErrNoRows) || err == nil && template == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return t.exec(insertClick, template, analytics.Slot(r.Created, analytics.HalfHour).UnixMilli(), r.Phone, r.Choices[0].Title)
}

const mergeConversations = `
INSERT INTO conversation (chat, category, opened)
SELECT ?1, category, opened FROM conversation WHERE chat = ?2
ON CONFLICT (chat, category) DO UPDATE SET opened = max(opened, excluded.opened)`
