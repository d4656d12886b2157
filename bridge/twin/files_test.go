package twin

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge/queue"
)

func TestFilesAndTemplates(t *testing.T) {
	h := newHarness(t)
	h.template("visit", "ru", `[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"{{1}}, ждём вас {{2}}"}]`)
	h.template("plain", "ru", `[{"type":"BODY","text":"{{1}}, ждём"}]`)
	send := func(chat string) element {
		return h.post(`{"messages":[{"channels":{"chat":{` + chat + `}},"destinations":[{"phone":"79030000001","variables":{"name":"Иван"}}]}]}`)[0]
	}
	for _, tt := range []struct{ chat, wrong, kind, text string }{
		{chat: `"text":"see, {name}","mediaUrl":"http://files.test/a.jpg"`, kind: "image", text: "see, Иван"},
		{chat: `"mediaUrl":"http://files.test/a.pdf","documentFilename":"bill.pdf"`, kind: "document"},
		{chat: `"templateName":"visit","templateData":{"1":"{name}","2":9},"mediaUrl":"http://files.test/a.jpg"`, kind: "template", text: "Иван, ждём вас 9"},
		{chat: `"templateName":"plain","language":"ru","templateData":{"1":"{name}"}`, kind: "template", text: "Иван, ждём"},
		{chat: `"templateName":"plain","templateData":{"1":"a","2":"b"}`, wrong: "templateData: there are 2 parameters, the template has 1"},
		{chat: `"templateName":"plain","templateData":{"1":{}}`, wrong: "templateData.1: it is no text"},
		{chat: `"templateName":"plain","language":"de"`, wrong: "templateName: there is no such template in de"},
		{chat: `"templateName":"plain","text":"x"`, wrong: "text: a message of a template has the template's text"},
		{chat: `"templateName":"visit","templateData":{"1":"a","2":"b"}`, wrong: "mediaUrl: the template has a file in its header"},
		{chat: `"templateName":"plain","templateData":{"1":"a"},"mediaUrl":"http://files.test/a.jpg"`, wrong: "mediaUrl: the template has no file"},
	} {
		before := len(h.stored())
		got := send(tt.chat)
		if tt.wrong != "" {
			if got.Error == nil || !strings.HasPrefix(got.Error.Message, "messages[0].channels.chat."+tt.wrong) {
				t.Errorf("%s: %+v", tt.chat, got.Error)
			}
			continue
		}
		if got.Error != nil {
			t.Errorf("%s: %s", tt.chat, got.Error.Message)
			continue
		}
		m := h.stored()[before]
		if m.Type != tt.kind || string(m.Text) != tt.text || (m.Media == nil) == strings.Contains(tt.chat, "mediaUrl") {
			t.Errorf("%s: stored %+v", tt.chat, m)
		}
		if strings.Contains(tt.chat, "bill.pdf") && m.Media.Name != "bill.pdf" {
			t.Errorf("the file is called %q", m.Media.Name)
		}
	}
}

// template stores one.
func (h *harness) template(name, language, components string) {
	h.t.Helper()
	data := `{"id":"` + strconv.Itoa(1234567890+len(name)) + `","name":"` + name + `","language":"` + language + `","category":"UTILITY","status":"APPROVED","components":` + components + `}`
	_, err := h.store.PutObject(context.Background(), queue.Object{Kind: queue.ObjectTemplate, Owner: wabaID, ID: name, Name: queue.TemplateName(name, language), Data: []byte(data)}, time.Now())
	must(h.t, err)
}
