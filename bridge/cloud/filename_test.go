package cloud

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// TestChangedFileNameIsToldByAnUpload: the caller learns the name that is kept
// if, and only if, it is another one.
func TestChangedFileNameIsToldByAnUpload(t *testing.T) {
	h, _ := newMediaHarness(t)
	for _, c := range []struct{ given, want string }{
		{"a.pdf", ""}, {"Счёт 7.pdf", ""},
		{"10:30.pdf", "10_30.pdf"}, {"folder/a.pdf", "a.pdf"}, {"a\u202e.pdf", "a.pdf"},
		{strings.Repeat("n", 300) + ".pdf", strings.Repeat("n", 116) + ".pdf"},
	} {
		body, kind := formOf(t, formPart{name: "messaging_product", value: "whatsapp"}, formPart{"file", "%PDF-1.4\n%%EOF\n", c.given, "application/pdf"})
		answer := h.do("POST", mediaPath, body, "Content-Type", kind)
		var got struct{ ID, Filename string }
		must(t, json.Unmarshal(answer.body, &got))
		if answer.status != 200 || got.ID == "" || got.Filename != c.want {
			t.Errorf("%q: %d %s, want filename %q", c.given, answer.status, answer.body, c.want)
		}
	}
}

// TestNameOfADocumentIsInTheAnswer: the answer, the stored message and the
// phone have one name.
func TestNameOfADocumentIsInTheAnswer(t *testing.T) {
	l := &links{record: queue.MediaRecord{Media: wabridge.Media{ID: "7", MIME: "application/pdf", SHA256: hash, Size: 100, Name: "of the link?.pdf"}, Phone: phoneID}}
	h := newHarness(t, withFiles(t, l))
	for _, c := range []struct{ members, want string }{
		{`"filename":"a.pdf"`, "a.pdf"},
		{`"filename":"10:30 \"plan\".pdf"`, "10_30 _plan_.pdf"},
		{`"filename":"` + strings.Repeat("n", 200) + `.pdf"`, strings.Repeat("n", 116) + ".pdf"},
		{`"caption":"x"`, "of the link_.pdf"},
	} {
		answer := h.do("POST", "/v23.0/"+phoneID+"/messages", object("document", `{"link":"https://files.example/a.pdf",`+c.members+`}`))
		var got struct {
			Messages []struct{ ID, Filename string }
		}
		must(t, json.Unmarshal(answer.body, &got))
		if answer.status != 200 || len(got.Messages) != 1 || got.Messages[0].Filename != c.want {
			t.Errorf("%s: %d %s, want %q", c.members, answer.status, answer.body, c.want)
			continue
		}
		m, err := h.store.Message(t.Context(), got.Messages[0].ID)
		if must(t, err); m.Media == nil || m.Media.Name != c.want {
			t.Errorf("%s: stored %+v", c.members, m.Media)
		}
	}
}
