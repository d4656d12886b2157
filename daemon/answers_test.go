package daemon

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// post sends an object as a message through the Cloud API and returns its id.
func (r *rig) post(to, kind, object string) string {
	r.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+r.d.Addr()+"/v23.0/"+benchPhone+"/messages",
		strings.NewReader(`{"messaging_product":"whatsapp","to":"+`+to+`","type":"`+kind+`","`+kind+`":`+object+`}`))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.d.Token())
	req.Close = true
	got, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	var answer struct {
		Messages []struct {
			ID string `json:"id"`
		} `json:"messages"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || got.StatusCode != http.StatusOK {
		r.t.Fatalf("%d %s", got.StatusCode, body)
	}
	return answer.Messages[0].ID
}

// heardFrom waits for the n-th message from somebody, as events tell it.
func (r *rig) heardFrom(number string, n int) wabridge.Message {
	r.t.Helper()
	var last wabridge.Message
	r.until("a message from "+number, func() bool {
		events, _, err := r.d.db.Events(context.Background(), 0, 10_000, queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventMessage}})
		if err != nil {
			r.t.Fatal(err)
		}
		count := 0
		for _, e := range events {
			var m wabridge.Message
			if err := json.Unmarshal(e.Data, &m); err != nil {
				r.t.Fatal(err)
			}
			if m.Number == number {
				count++
				last = m
			}
		}
		return count >= n
	})
	return last
}

// TestButtonsAndTheirAnswer: what has no form on a phone is typed as text, and
// what a person answers comes back in the Cloud API's form.
func TestButtonsAndTheirAnswer(t *testing.T) {
	const ann = "16505550001"
	r := newRig(t, phonesim.Config{Contacts: []phonesim.Contact{{Number: ann, Name: "Ann"}}})
	r.waitState(wabridge.PhoneReady)
	id := r.post(ann, "interactive", `{"type":"button","body":{"text":"Tomorrow?"},"action":{"buttons":[{"type":"reply","reply":{"id":"y","title":"Yes"}},{"type":"reply","reply":{"id":"n","title":"No"}}]}}`)
	r.until("the question to be sent", func() bool { return !r.message(id).SentAt.IsZero() })
	sent := r.sim.Sent()
	if len(sent) != 1 || sent[0].To != ann || sent[0].Text != "Tomorrow?\n\n1. Yes\n2. No" {
		t.Fatalf("the phone sent %+v", sent)
	}
	r.incoming("perhaps", ann)
	if m := r.heardFrom(ann, 1); m.Type != "text" {
		t.Errorf("a sentence is told as %+v", m)
	}
	r.incoming("2", ann)
	m := r.heardFrom(ann, 2)
	if m.Type != "interactive" || m.Context != id || m.Text != "2" || string(m.Body) != `{"type":"button_reply","button_reply":{"id":"n","title":"No"}}` {
		t.Errorf("the answer is told as %+v %s", m, m.Body)
	}
	r.incoming("1", ann)
	if m := r.heardFrom(ann, 3); m.Type != "text" {
		t.Errorf("a second answer is told as %+v", m)
	}
}

// TestWhatAPhoneHasNotIsCarried sends one message of each kind that becomes
// something else on the way.
func TestWhatAPhoneHasNotIsCarried(t *testing.T) {
	const bob = "16505550002"
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	_, err := r.d.db.PutObject(t.Context(), queue.Object{Kind: queue.ObjectTemplate, Owner: DefaultWABA, ID: "7", Name: queue.TemplateName("order", "en_US"),
		Data: json.RawMessage(`{"id":"7","name":"order","language":"en_US","category":"UTILITY","status":"APPROVED",
		 "components":[{"type":"BODY","text":"Hi {{1}}."},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Stop"}]}]}`)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	question := ""
	for _, m := range [][2]string{
		{"location", `{"latitude":1.5,"longitude":2,"name":"Shop"}`},
		{"contacts", `[{"name":{"formatted_name":"Ann Example","first_name":"Ann"},"phones":[{"phone":"+15550001002","wa_id":"15550001002"}]}]`},
		{"interactive", `{"type":"cta_url","body":{"text":"See"},"action":{"name":"cta_url","parameters":{"display_text":"Open","url":"https://x.example"}}}`},
		{"template", `{"name":"order","language":{"code":"en_us"},"components":[{"type":"body","parameters":[{"type":"text","text":"Bob"}]},{"type":"button","sub_type":"quick_reply","index":0,"parameters":[{"type":"payload","payload":"STOP"}]}]}`},
	} {
		question = r.post(bob, m[0], m[1])
	}
	r.until("all to be sent", func() bool { return !r.message(question).SentAt.IsZero() })
	var ledger []string
	for _, s := range r.sim.Sent() {
		ledger = append(ledger, s.Kind+":"+s.Text)
	}
	want := ":Shop\nhttps://maps.google.com/?q=1.5,2|contact:|:See\n\nOpen: https://x.example|:Hi Bob.\n\n1. Stop"
	if got := strings.Join(ledger, "|"); got != want {
		t.Errorf("ledger %q\nwant   %q", got, want)
	}
	r.incoming("stop", bob)
	if m := r.heardFrom(bob, 1); m.Type != "button" || m.Context != question || string(m.Body) != `{"payload":"STOP","text":"Stop"}` {
		t.Errorf("the answer is told as %+v %s", m, m.Body)
	}
}
