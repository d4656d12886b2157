package queue

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/wabridge/wabridge"
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
	c, ok := choose(q.Choices, string(m.Text))
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

// choose finds the only choice that a text fits.
func choose(choices []wabridge.Choice, text string) (found wabridge.Choice, ok bool) {
	folded, n := fold(text), number(text)
	if folded == "" {
		return found, false
	}
	for _, c := range choices {
		title := fold(c.Title)
		if c.Number != n && folded != title && folded != strconv.Itoa(c.Number)+". "+title {
			continue
		}
		if ok {
			return wabridge.Choice{}, false
		}
		found, ok = c, true
	}
	return found, ok
}

// fold brings a text into the form in which titles are compared.
func fold(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(cases.Fold().String(norm.NFC.String(s))), " ")
}

// zeros begin the digits of scripts that keyboards write.
var zeros = []rune{'0', '０', '٠', '۰', '०', '০'}

// number reads "2", "2.", "2)" and the keycaps 2️⃣ and 🔟; 0 is none.
func number(s string) int {
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) })
	if s == "🔟" {
		return 10
	}
	if len(s) > 32 {
		return 0
	}
	var digits strings.Builder
	rest := ""
	for i, r := range s {
		d := slices.IndexFunc(zeros, func(zero rune) bool { return r >= zero && r <= zero+9 })
		if d < 0 && r != '\ufe0f' && r != '\u20e3' { // the keycap's two marks
			rest = s[i:]
			break
		}
		if d >= 0 {
			digits.WriteByte(byte('0' + r - zeros[d]))
		}
	}
	n, err := strconv.Atoi(digits.String())
	if err != nil || strconv.Itoa(n) != digits.String() || rest != "" && rest != "." && rest != ")" {
		return 0
	}
	return n
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
