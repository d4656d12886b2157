package sqlite

import (
	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// newestQuestion is the newest one of a chat that left the phone, or may have.
const newestQuestion = `SELECT ` + columns + `
FROM message m INDEXED BY message_question
WHERE m.chat = ?1 AND m.direction = 'out' AND m.choices IS NOT NULL
  AND (m.state IN ('handed', 'sent', 'delivered', 'read', 'unconfirmed') OR m.state = 'sending' AND m.intent IS NOT NULL)
ORDER BY m.seq DESC LIMIT 1`

const quotedQuestion = selectMessage + `WHERE m.id = ?1 AND m.chat = ?2 AND m.direction = 'out' AND m.choices IS NOT NULL`

// answeredBy asks for a choice of a question; in a group for that of one
// person.
const answeredBy = `
SELECT EXISTS (
  SELECT 1 FROM message
  WHERE chat = ?1 AND seq > ?2 AND direction = 'in' AND direction <> 'out' AND context = ?3 AND choices IS NOT NULL
    AND (group_id = '' OR number = ?4 AND name = ?5))`

// answer makes a received text the answer to a question of its chat, if it is
// one (queue.Answer), before it is stored and told.
func (t *tx) answer(c *chat, r *record) error {
	if r.Direction != wabridge.In || r.Type != "text" || r.Text == "" {
		return nil
	}
	text, args := newestQuestion, []any{c.key}
	if r.Context != "" {
		text, args = quotedQuestion, []any{r.Context, c.key}
	}
	found, err := collect(t.rows(text, args...))
	if err != nil || len(found) == 0 {
		return err
	}
	q := queue.Question{Message: found[0].Message}
	if err := t.row(answeredBy, []any{c.key, q.Seq, q.ID, r.Number, r.Name}, &q.Answered); err != nil {
		return err
	}
	r.Message = queue.Answer([]queue.Question{q}, r.Message)
	return nil
}
