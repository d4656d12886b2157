package queue

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/choice"
)

// QuestionOpen is how long a question waits for an answer that does not quote
// it. After a day a lone "2" more likely means something else.
const QuestionOpen = 24 * time.Hour

// clockSlack is how much earlier than its question an answer may seem to be:
// bubbles are dated to the minute, and the phone's clock is another one.
const clockSlack = time.Minute

// A Question is a message with choices that was sent to a chat.
type Question struct {
	wabridge.Message
	Answered bool // somebody chose already; in a group: the one who writes now
}

// Answer makes a message that came in the answer to one of the chat's
// questions (newest first), or returns it as it is. It is a pure function.
//
// A message that quotes a question answers that one. Otherwise only the
// newest question counts, while it is open: until it is answered, until a
// newer one is asked, for QuestionOpen at most. In either case the text must
// fit exactly one choice, by number ("2", "2.", "2)", 2️⃣), by title without
// regard to case and blanks, or by the whole printed line; anything else is
// an ordinary text.
//
// An answer has Type interactive (or button, for a template's), the object of
// the Cloud API in Body, the question's id in Context, and in Choices what was
// chosen; Text stays what the person wrote.
func Answer(questions []Question, m wabridge.Message) wabridge.Message {
	if m.Direction != wabridge.In || m.Type != "text" || m.Media != nil {
		return m
	}
	q := asked(questions, m)
	if q == nil {
		return m
	}
	c, ok := choice.Pick(q.Choices, string(m.Text))
	if !ok {
		return m
	}
	m.Type, m.Body = reply(c)
	m.Context, m.Choices = q.ID, []wabridge.Choice{c}
	return m
}

// asked finds the question that a message may answer; nil if there is none.
func asked(questions []Question, m wabridge.Message) *Question {
	if m.Context != "" {
		i := slices.IndexFunc(questions, func(q Question) bool { return q.ID == m.Context })
		if i < 0 {
			return nil
		}
		return &questions[i]
	}
	for i := range questions {
		q := &questions[i]
		at, was := askedAt(&q.Message)
		switch {
		case !was:
			continue
		case q.Answered, m.Created.Before(at.Add(-clockSlack)), m.Created.After(at.Add(QuestionOpen)):
			return nil
		}
		return q
	}
	return nil
}

// askedAt is when a question left the phone, if it did or may have.
func askedAt(q *wabridge.Message) (time.Time, bool) {
	switch q.State {
	case wabridge.Handed, wabridge.Sent, wabridge.Delivered, wabridge.Read:
		if !q.HandedAt.IsZero() {
			return q.HandedAt, true
		}
		return q.Created, true
	case wabridge.Sending, wabridge.Unconfirmed: // the answer may be quicker than our look at the bubble
		if q.Intent != nil {
			return q.Intent.At, true
		}
		return q.Created, q.State == wabridge.Unconfirmed
	}
	return time.Time{}, false
}

// reply is the type of an answer and the object of that name (contract,
// section 8.2).
func reply(c wabridge.Choice) (kind string, body json.RawMessage) {
	type chosen struct {
		ID          string `json:"id"`
		Title       string `json:"title"`
		Description string `json:"description,omitempty"`
	}
	var v any
	switch c.Reply {
	case "button":
		kind, v = "button", struct {
			Payload string `json:"payload"`
			Text    string `json:"text"`
		}{c.ID, c.Title}
	case "list_reply":
		kind, v = "interactive", struct {
			Type  string `json:"type"`
			Reply chosen `json:"list_reply"`
		}{c.Reply, chosen{c.ID, c.Title, c.Description}}
	default:
		kind, v = "interactive", struct {
			Type  string `json:"type"`
			Reply chosen `json:"button_reply"`
		}{"button_reply", chosen{ID: c.ID, Title: c.Title}}
	}
	body, _ = json.Marshal(v) // structs of strings always can
	return kind, body
}
