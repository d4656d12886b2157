package webhook

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// answer is what the queue makes of the text "1" to a question.
func answer(kind string) wabridge.Message {
	in := incoming()
	in.Text = "1"
	return queue.Answer([]queue.Question{{Message: wabridge.Message{ID: "wamid.question", State: wabridge.Sent, HandedAt: testTime,
		Choices: []wabridge.Choice{{Reply: kind, Number: 1, ID: "callback_data", Title: "title", Description: "more"}}}}}, in)
}

// told is the message of the event's webhook.
func told(t *testing.T, m wabridge.Message) map[string]any {
	t.Helper()
	body, field, err := Payload(event(t, wabridge.EventMessage, 1, m), testPhone)
	if err != nil || field != FieldMessages {
		t.Fatalf("field %q, %v", field, err)
	}
	return firstMessage(t, body)
}

// firstMessage takes the envelope off.
func firstMessage(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var e struct {
		Entry []struct {
			Changes []struct {
				Value struct {
					Messages []map[string]any `json:"messages"`
				} `json:"value"`
			} `json:"changes"`
		} `json:"entry"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatal(err)
	}
	return e.Entry[0].Changes[0].Value.Messages[0]
}

func TestAnswersAndOtherObjects(t *testing.T) {
	object := func(kind, body string) wabridge.Message {
		return with(incoming(), func(m *wabridge.Message) { m.Type, m.Body = kind, json.RawMessage(body) })
	}
	reaction := func(emoji wabridge.Text) wabridge.Message {
		return with(incoming(), func(m *wabridge.Message) { m.Type, m.Context, m.Text = "reaction", "wamid.target", emoji })
	}
	context := `"context":{"from":"15550001001","id":"wamid.question"},`
	for _, tt := range []struct {
		name string
		m    wabridge.Message
		want string // members beside from, id, timestamp
	}{
		{"button", answer("button_reply"), context + `"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"callback_data","title":"title"}}`},
		{"list", answer("list_reply"), context + `"type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"callback_data","title":"title","description":"more"}}`},
		{"template's quick reply", answer("button"), context + `"type":"button","button":{"payload":"callback_data","text":"title"}`},
		{"location", object("location", `{"latitude":1.5,"longitude":2,"name":"N"}`), `"type":"location","location":{"latitude":1.5,"longitude":2,"name":"N"}`},
		{"contacts", object("contacts", `[{"name":{"formatted_name":"A"}}]`), `"type":"contacts","contacts":[{"name":{"formatted_name":"A"}}]`},
		{"reaction", reaction("👍"), `"type":"reaction","reaction":{"message_id":"wamid.target","emoji":"👍"}`},
		{"reaction taken away", reaction(""), `"type":"reaction","reaction":{"message_id":"wamid.target"}`},
		{"reaction with an object", object("reaction", `{"message_id":"wamid.t","emoji":"👍"}`), `"type":"reaction","reaction":{"message_id":"wamid.t","emoji":"👍"}`},
		{"quote of anything", with(incoming(), func(m *wabridge.Message) { m.Context = "wamid.q" }), `"context":{"id":"wamid.q"},"type":"text","text":{"body":"hello"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := told(t, tt.m)
			for _, same := range []string{"from", "from_user_id", "id", "timestamp"} {
				if got[same] == nil {
					t.Errorf("there is no %s", same)
				}
				delete(got, same)
			}
			var want map[string]any
			if err := json.Unmarshal([]byte("{"+tt.want+"}"), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestAnswersAreLikeTheSamples compares their shape with the samples of an
// independent client, member by member.
func TestAnswersAreLikeTheSamples(t *testing.T) {
	for _, tt := range []struct{ file, sample, reply string }{
		{"callback_button.json", "button", "button_reply"},
		{"callback_button.json", "quick_reply", "button"},
		{"callback_selection.json", "description", "list_reply"},
	} {
		raw, err := os.ReadFile(filepath.Join("../../testdata/cloudapi/webhook-samples", tt.file))
		if err != nil {
			t.Fatal(err)
		}
		var samples map[string]json.RawMessage
		if err := json.Unmarshal(raw, &samples); err != nil || samples[tt.sample] == nil {
			t.Fatalf("%s has no %q (%v)", tt.file, tt.sample, err)
		}
		want, got := firstMessage(t, samples[tt.sample]), told(t, answer(tt.reply))
		delete(got, "from_user_id")
		delete(want, "from_user_id")
		if g, w := shape(got), shape(want); !reflect.DeepEqual(g, w) {
			t.Errorf("%s: got %v, want %v", tt.sample, g, w)
		}
	}
}

// shape replaces what differs by message: strings, but for type words.
func shape(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return "a value"
	}
	out := map[string]any{}
	for name, in := range m {
		if out[name] = shape(in); name == "type" {
			out[name] = in
		}
	}
	return out
}
