package queue

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
)

// ask makes a question that was handed over at noon.
func ask(id string, choices ...wabridge.Choice) Question {
	return Question{Message: wabridge.Message{ID: id, Direction: wabridge.Out, State: wabridge.Sent, HandedAt: noon, Choices: choices}}
}

func titles(kind string, titles ...string) []wabridge.Choice {
	out := make([]wabridge.Choice, len(titles))
	for i, s := range titles {
		out[i] = wabridge.Choice{Reply: kind, Number: i + 1, ID: "id-" + s, Title: s}
	}
	return out
}

// heard is a text that came in a minute after noon.
func heard(text string) wabridge.Message {
	return wabridge.Message{Direction: wabridge.In, Type: "text", Text: wabridge.Text(text), Created: noon.Add(time.Minute)}
}

func TestAnswerMatches(t *testing.T) {
	q := ask("q", titles("button_reply", "Yes", "No, thanks", "Später", "STRASSE", "3", "6", "7", "8", "9", "Ten")...)
	for text, want := range map[string]int{
		"1": 1, " 1 ": 1, "1.": 1, "1)": 1, "1️⃣": 1, "1⃣": 1, "١": 1, "２": 2, "10": 10, "🔟": 10, "1️⃣0️⃣": 10, "\u200e2\u200f": 2,
		"yes": 1, "YES ": 1, "Yes\n": 1, "no,  THANKS": 2, "1. yes": 1, "2. No, thanks": 2,
		"spa\u0308ter": 3, "SPÄTER": 3, "straße": 4, "ten": 10,
		// "3" is the number of one choice and the title of another
		"3": 0, "3.": 3, "2. Yes": 0,
		"": 0, " ": 0, "0": 0, "11": 0, "01": 0, "-1": 0, "1,": 0, "1..": 0, "1 2": 0, "No": 0, "yes please": 0, "Yes!": 0, "one": 0, "1.5": 0,
		strings.Repeat("1", 40): 0, "️⃣": 0, ".": 0,
	} {
		got := Answer([]Question{q}, heard(text))
		number := 0
		if got.Type == "interactive" {
			number = got.Choices[0].Number
		}
		if number != want {
			t.Errorf("%q is answer %d, want %d", text, number, want)
		}
	}
}

func TestAnswerForms(t *testing.T) {
	for _, tt := range []struct {
		choice wabridge.Choice
		kind   string
		body   string
	}{
		{wabridge.Choice{Reply: "button_reply", Number: 1, ID: "y", Title: "Yes", Description: "not in a button"}, "interactive", `{"type":"button_reply","button_reply":{"id":"y","title":"Yes"}}`},
		{wabridge.Choice{Reply: "list_reply", Number: 1, ID: "r", Title: "Row", Description: "more"}, "interactive", `{"type":"list_reply","list_reply":{"id":"r","title":"Row","description":"more"}}`},
		{wabridge.Choice{Reply: "button", Number: 1, ID: "PAY", Title: "Pay"}, "button", `{"payload":"PAY","text":"Pay"}`},
	} {
		in := heard("1")
		in.ID, in.Name = "wamid.in", "Ann"
		want := in
		want.Type, want.Body, want.Context, want.Choices = tt.kind, json.RawMessage(tt.body), "q", []wabridge.Choice{tt.choice}
		if diff := cmp.Diff(want, Answer([]Question{ask("q", tt.choice)}, in)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWhichQuestion(t *testing.T) {
	both := titles("button_reply", "Yes", "No")
	with := func(q Question, change func(*Question)) Question { change(&q); return q }
	old, newer := ask("old", both...), ask("new", titles("button_reply", "Red", "Blue")...)
	for _, tt := range []struct {
		name      string
		questions []Question
		in        wabridge.Message
		change    func(*wabridge.Message)
		want      string // the question's id
	}{
		{"none", nil, heard("1"), nil, ""},
		{"the newest", []Question{newer, old}, heard("1"), nil, "new"},
		{"an older one is closed by a newer", []Question{newer, old}, heard("yes"), nil, ""},
		{"the quoted one", []Question{newer, old}, heard("1"), func(m *wabridge.Message) { m.Context = "old" }, "old"},
		{"the quoted one, by title", []Question{newer, old}, heard("no"), func(m *wabridge.Message) { m.Context = "old" }, "old"},
		{"a quoted one without such a choice", []Question{newer, old}, heard("red"), func(m *wabridge.Message) { m.Context = "old" }, ""},
		{"a quoted message that is no question", []Question{newer, old}, heard("1"), func(m *wabridge.Message) { m.Context = "other" }, ""},
		{"an answered one is closed", []Question{with(old, func(q *Question) { q.Answered = true })}, heard("1"), nil, ""},
		{"an answered one, quoted", []Question{with(old, func(q *Question) { q.Answered = true })}, heard("1"), func(m *wabridge.Message) { m.Context = "old" }, "old"},
		{"an answered newest closes the older", []Question{with(newer, func(q *Question) { q.Answered = true }), old}, heard("1"), nil, ""},
		{"a day later", []Question{old}, heard("1"), func(m *wabridge.Message) { m.Created = noon.Add(QuestionOpen) }, "old"},
		{"more than a day later", []Question{old}, heard("1"), func(m *wabridge.Message) { m.Created = noon.Add(QuestionOpen + 1) }, ""},
		{"more than a day later, quoted", []Question{old}, heard("1"), func(m *wabridge.Message) { m.Created, m.Context = noon.Add(9*QuestionOpen), "old" }, "old"},
		{"the minute of the question", []Question{old}, heard("1"), func(m *wabridge.Message) { m.Created = noon.Add(-time.Minute) }, "old"},
		{"before the question", []Question{old}, heard("1"), func(m *wabridge.Message) { m.Created = noon.Add(-time.Minute - 1) }, ""},
		{"a question in the queue was not asked", []Question{with(newer, func(q *Question) { q.State = wabridge.Queued }), old}, heard("1"), nil, "old"},
		{"a failed one neither", []Question{with(newer, func(q *Question) { q.State = wabridge.Failed }), old}, heard("1"), nil, "old"},
		{"one being typed neither", []Question{with(newer, func(q *Question) { q.State, q.HandedAt = wabridge.Sending, time.Time{} }), old}, heard("1"), nil, "old"},
		{"one that was just tapped", []Question{with(newer, func(q *Question) {
			q.State, q.HandedAt, q.Intent = wabridge.Sending, time.Time{}, &wabridge.Intent{At: noon}
		}), old}, heard("1"), nil, "new"},
		{"one in doubt", []Question{with(newer, func(q *Question) { q.State, q.HandedAt, q.Created = wabridge.Unconfirmed, time.Time{}, noon }), old}, heard("1"), nil, "new"},
		{"typed on the phone itself", []Question{old}, heard("1"), func(m *wabridge.Message) { m.Direction = wabridge.Echo }, ""},
		{"a picture with a number", []Question{old}, heard("1"), func(m *wabridge.Message) { m.Media = &wabridge.Media{} }, ""},
		{"another type", []Question{old}, heard("1"), func(m *wabridge.Message) { m.Type = "reaction" }, ""},
		{"two choices of one title", []Question{ask("q", titles("list_reply", "Same", "Same")...)}, heard("same"), nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.change != nil {
				tt.change(&tt.in)
			}
			got := Answer(tt.questions, tt.in)
			if tt.want == "" {
				if diff := cmp.Diff(tt.in, got); diff != "" {
					t.Error(diff)
				}
				return
			}
			if got.Context != tt.want || got.Type != "interactive" || len(got.Choices) != 1 {
				t.Errorf("got %+v, want an answer to %s", got, tt.want)
			}
		})
	}
}

func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"1", "2️⃣", "yes", "1. Yes", "٣", "\u200f1", "🔟"} {
		f.Add(s, "Yes", "No")
	}
	f.Fuzz(func(t *testing.T, text, a, b string) {
		q := ask("q", titles("button_reply", a, b)...)
		got := Answer([]Question{q}, heard(text))
		switch {
		case got.Type == "text" && got.Choices == nil && got.Context == "" && got.Body == nil:
		case got.Type == "interactive" && len(got.Choices) == 1 && got.Context == "q" && json.Valid(got.Body):
		default:
			t.Errorf("%q gives %+v", text, got)
		}
		if string(got.Text) != text {
			t.Errorf("the text became %q", got.Text)
		}
	})
}
