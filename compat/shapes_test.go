package compat

import (
	"slices"
	"testing"
	"time"

	"github.com/wabridge/wabridge/phonesim"
)

// shapes: what happens, in this order, and the sample that its webhook is held to.
var shapes = []shape{
	{file: "message.json", sample: "text", cause: incoming("15550601001", phonesim.IncomingMessage{Text: "hi 👋"}), fits: isMessage("text")},
	{file: "message.json", sample: "image", cause: incoming("15550602001", phonesim.IncomingMessage{Kind: "image"}), fits: isMessage("image")},
	{file: "message.json", sample: "video", cause: incoming("15550603001", phonesim.IncomingMessage{Kind: "video", Text: "see"}), fits: isMessage("video"),
		absent: []string{".entry[].changes[].value.messages[].context: not there"}}, // the sample is forwarded
	{file: "message.json", sample: "document", cause: incoming("15550604001", phonesim.IncomingMessage{Kind: "document", IncomingFile: phonesim.IncomingFile{Filename: "bill.pdf"}}), fits: isMessage("document"),
		absent: []string{".entry[].changes[].value.messages[].document.caption: not there", ".entry[].changes[].value.messages[].context: not there"}},
	{file: "message.json", sample: "voice", cause: incoming("15550605001", phonesim.IncomingMessage{Kind: "voice"}), fits: isMessage("audio")},
	{file: "message.json", sample: "static_sticker", cause: incoming("15550606001", phonesim.IncomingMessage{Kind: "sticker"}), fits: isMessage("sticker")},
	{file: "message.json", sample: "reply", cause: repliesTo("15550607001"), fits: isMessage("text"),
		absent: []string{".entry[].changes[].value.messages[].context: not there"}}, // a notification does not show what is quoted
	{file: "callback_button.json", sample: "button", cause: answers("15550608001", buttons, "Yes"), fits: isMessage("interactive")},
	{file: "callback_selection.json", sample: "description", cause: answers("15550609001", list, "2"), fits: isMessage("interactive")},
	{file: "callback_button.json", sample: "quick_reply", cause: answersTemplate("15550610001"), fits: isMessage("button")},
	{file: "message_status.json", sample: "sent", cause: sends("15550611001", `"type":"text","text":{"body":"x"}`), fits: isStatus("sent"), absent: noName},
	{file: "message_status.json", sample: "with_tracker", cause: sends("15550612001", `"type":"text","text":{"body":"x"},"biz_opaque_callback_data":"some data"`), fits: isStatus("delivered"), absent: noName},
	{file: "message_status.json", sample: "read", cause: sends("15550613001", `"type":"text","text":{"body":"x"}`), fits: isStatus("read"), absent: noName},
	{file: "message_status.json", sample: "failed", cause: sends("15550614000", `"type":"text","text":{"body":"x"}`), fits: isStatus("failed"), absent: noName},
	{file: "outgoing_message.json", sample: "text", cause: typed("15550615001"), fits: func(w webhook, to string) bool {
		e := w.item("message_echoes")
		return w.field == "smb_message_echoes" && e != nil && e["to"] == to
	}},
	{file: "template_status_update.json", sample: "approved", cause: creates, fits: func(w webhook, name string) bool {
		return w.field == "message_template_status_update" && w.value["message_template_name"] == name
	}},
	{file: "call_terminate.json", sample: "call_terminate", cause: calls("15550616001"), fits: func(w webhook, from string) bool {
		c := w.item("calls")
		return w.field == "calls" && c != nil && c["from"] == from && c["event"] == "terminate"
	}, absent: []string{ // known to Meta's servers alone
		".entry[].changes[].value.calls[].biz_opaque_callback_data: not there", ".entry[].changes[].value.calls[].duration: not there",
		".entry[].changes[].value.calls[].start_time: not there", ".entry[].changes[].value.errors: not there", ".entry[].changes[].value.calls[].end_time: not there"}},
}

// noName: a status does not know the name, and a receiver that keeps names
// must not lose the one it has.
var noName = []string{".entry[].changes[].value.contacts[].profile.name: not there"}

const (
	buttons = `"type":"interactive","interactive":{"type":"button","body":{"text":"Well?"},"action":{"buttons":[{"type":"reply","reply":{"id":"y","title":"Yes"}},{"type":"reply","reply":{"id":"n","title":"No"}}]}}`
	list    = `"type":"interactive","interactive":{"type":"list","body":{"text":"Which?"},"action":{"button":"Open","sections":[{"rows":[{"id":"a","title":"Tea","description":"green"},{"id":"b","title":"Coffee","description":"black"}]}]}}`
)

// asked sends a question and waits until it has left the phone.
func asked(t *testing.T, g *gateway, number, question string) {
	t.Helper()
	sends(number, question)(t, g)
	g.waitSent(t, number)
}

func answers(number, question, text string) func(*testing.T, *gateway) string {
	return func(t *testing.T, g *gateway) string {
		t.Helper()
		asked(t, g, number, question)
		return incoming(number, phonesim.IncomingMessage{Text: text})(t, g)
	}
}

func repliesTo(number string) func(*testing.T, *gateway) string {
	return func(t *testing.T, g *gateway) string {
		t.Helper()
		asked(t, g, number, `"type":"text","text":{"body":"What is your name?"}`)
		return incoming(number, phonesim.IncomingMessage{Text: "Bob", Quote: "What is your name?"})(t, g)
	}
}

func answersTemplate(number string) func(*testing.T, *gateway) string {
	return func(t *testing.T, g *gateway) string {
		t.Helper()
		a := g.json("POST", "/"+wabaID+"/message_templates", `{"name":"survey","language":"en_US","category":"UTILITY","components":[{"type":"BODY","text":"Happy?"},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Very"},{"type":"QUICK_REPLY","text":"No"}]}]}`)
		if a.status != 200 {
			t.Fatalf("template: %d %s", a.status, a.body)
		}
		return answers(number, `"type":"template","template":{"name":"survey","language":{"code":"en_US"},"components":[{"type":"button","sub_type":"quick_reply","index":0,"parameters":[{"type":"payload","payload":"very-happy"}]}]}`, "1")(t, g)
	}
}

func creates(t *testing.T, g *gateway) string {
	t.Helper()
	a := g.json("POST", "/"+wabaID+"/message_templates", `{"name":"status_sample","language":"en_US","category":"UTILITY","components":[{"type":"BODY","text":"Hello."}]}`)
	if a.status != 200 {
		t.Fatalf("template: %d %s", a.status, a.body)
	}
	return "status_sample"
}

func typed(number string) func(*testing.T, *gateway) string {
	return func(t *testing.T, g *gateway) string {
		t.Helper()
		if err := g.sim.HumanOnScreen(number, "typed by hand"); err != nil {
			t.Fatal(err)
		}
		return number
	}
}

func calls(number string) func(*testing.T, *gateway) string {
	return func(t *testing.T, g *gateway) string {
		t.Helper()
		for _, state := range []string{"ringing", "missed"} {
			if err := g.sim.Call(phonesim.Call{From: number, State: state}); err != nil {
				t.Fatal(err)
			}
		}
		return number
	}
}

// waitSent waits until something to number has left the phone.
func (g *gateway) waitSent(t *testing.T, number string) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		if slices.ContainsFunc(g.sim.Sent(), func(m phonesim.SentMessage) bool { return m.To == number }) {
			return
		}
	}
	t.Fatalf("nothing went to %s within two minutes", number)
}
