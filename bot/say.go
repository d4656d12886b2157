package bot

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
)

// maxMenuBody is the longest text above choices. It is the limit of buttons; with
// the ten rows of a list below it, a text stays what a phone can carry.
const maxMenuBody = content.MaxBody

// ask says a question, behind what comes before it if both fit into one message.
func (m *move) ask(q *question, before *text) {
	m.state.Deadline = m.now.Add(q.silence.after)
	body, limit := m.fill(q.text), wabridge.MaxText
	if len(q.menu) > 0 {
		limit = maxMenuBody
	}
	if before != nil {
		first := m.fill(before)
		if both := first + "\n\n" + body; utf8.RuneCountInString(both) <= limit {
			body = both
		} else {
			m.text(first)
		}
	}
	if len(q.menu) == 0 {
		m.text(body)
		return
	}
	m.actions = append(m.actions, Say{Type: "interactive", Body: q.interactive(m.state.Language, clip(body, limit))})
}

func (m *move) text(s string) {
	m.actions = append(m.actions, Say{Type: "text", Body: object(map[string]string{"body": clip(s, wabridge.MaxText)})})
}

// interactive is the Cloud API's object of a question with choices.
func (q *question) interactive(language, body string) json.RawMessage {
	type m = map[string]any
	var lines []m
	for _, c := range q.menu {
		title := c.title.literal(language)
		switch {
		case q.list == nil:
			lines = append(lines, m{"type": "reply", "reply": m{"id": c.id, "title": title}})
		case c.description != nil:
			lines = append(lines, m{"id": c.id, "title": title, "description": c.description.literal(language)})
		default:
			lines = append(lines, m{"id": c.id, "title": title})
		}
	}
	if q.list == nil {
		return object(m{"type": "button", "body": m{"text": body}, "action": m{"buttons": lines}})
	}
	return object(m{"type": "list", "body": m{"text": body},
		"action": m{"button": q.list.literal(language), "sections": []m{{"rows": lines}}}})
}

func object(v any) json.RawMessage {
	b, _ := json.Marshal(v) // maps of strings always can
	return b
}
