package daemon

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// A hook is a webhook receiver as an app has one: it answers the handshake,
// checks signatures and notes what it is told.
type hook struct {
	mu   sync.Mutex
	told []string // "field: what", in order
	bad  []string
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if q := r.URL.Query(); r.Method == http.MethodGet {
		if q.Get("hub.verify_token") != "sesame" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, q.Get("hub.challenge"))
		return
	}
	body, err := io.ReadAll(r.Body)
	mac := hmac.New(sha256.New, []byte("app-secret"))
	mac.Write(body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil || r.Header.Get("X-Hub-Signature-256") != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
		h.bad = append(h.bad, "a wrong signature")
	}
	h.told = append(h.told, summed(body))
}

// summed sums a body up.
func summed(body []byte) string {
	var e struct {
		Entry []struct {
			Changes []struct {
				Field string
				Value struct {
					Event    string
					Messages []struct{ Text struct{ Body string } }
					Statuses []struct{ Status string }
				}
			}
		}
	}
	if json.Unmarshal(body, &e) != nil || len(e.Entry) != 1 || len(e.Entry[0].Changes) != 1 {
		return "?"
	}
	c := e.Entry[0].Changes[0]
	what := c.Value.Event
	for _, m := range c.Value.Messages {
		what = m.Text.Body
	}
	for _, s := range c.Value.Statuses {
		what = s.Status
	}
	return c.Field + ": " + what
}

func (h *hook) heard(what string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return contains(h.told, what)
}

// call makes a call of the API with the rig's token and wants success.
func (r *rig) call(method, path, body string) map[string]any {
	r.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+r.d.Addr()+path, strings.NewReader(body))
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
	var answer map[string]any
	if err := json.NewDecoder(got.Body).Decode(&answer); err != nil || got.StatusCode != http.StatusOK {
		r.t.Fatalf("%s %s: %d %v %v", method, path, got.StatusCode, answer, err)
	}
	return answer
}

// TestManagedGateway goes the way of a client's first hour: it subscribes,
// makes a template and sends it, blocks somebody and shares a short link.
func TestManagedGateway(t *testing.T) {
	const ann, bob = "16505550001", "16505550002"
	receiver := &hook{}
	server := httptest.NewServer(receiver)
	defer server.Close()
	r := newRig(t, phonesim.Config{Contacts: []phonesim.Contact{{Number: ann, Name: "Ann"}, {Number: bob, Name: "Bob"}}},
		func(c *Config) { c.Webhook.Secret = "app-secret" })
	r.waitState(wabridge.PhoneReady)
	r.call("POST", "/v23.0/123456/subscriptions", `{"object":"whatsapp_business_account","callback_url":"`+server.URL+`/hook","verify_token":"sesame","fields":"messages,message_template_status_update"}`)
	r.call("POST", "/v23.0/"+DefaultWABA+"/message_templates", `{"name":"order","language":"en_US","category":"UTILITY","components":[{"type":"BODY","text":"Hi {{1}}, your order is on its way.","example":{"body_text":[["Ann"]]}}]}`)
	r.until("the template's webhook", func() bool { return receiver.heard("message_template_status_update: APPROVED") })

	id := r.post(ann, "template", `{"name":"order","language":{"code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Zoë"}]}]}`)
	r.until("the template to be sent", func() bool { return !r.message(id).SentAt.IsZero() })
	if sent := r.sim.Sent(); len(sent) != 1 || sent[0].Text != "Hi Zoë, your order is on its way." {
		t.Errorf("the phone sent %+v", sent)
	}
	r.until("the status webhook", func() bool { return receiver.heard("messages: sent") })
	r.post(ann, "template", `{"name":"hello_world","language":{"code":"en_US"}}`)

	r.call("POST", "/v23.0/"+benchPhone+"/block_users", `{"messaging_product":"whatsapp","block_users":[{"user":"+`+bob+`"}]}`)
	r.incoming("unheard", bob)
	r.incoming("heard", ann)
	r.heardFrom(bob, 1) // in the log, as everything
	r.until("Ann's webhook", func() bool { return receiver.heard("messages: heard") })
	r.call("DELETE", "/v23.0/"+benchPhone+"/block_users", `{"messaging_product":"whatsapp","block_users":[{"user":"+`+bob+`"}]}`)
	r.incoming("again", bob)
	r.heardFrom(bob, 2)
	r.until("Bob's webhook", func() bool { return receiver.heard("messages: again") })
	link := r.call("POST", "/v23.0/"+benchPhone+"/message_qrdls", `{"prefilled_message":"Hello there","generate_qr_image":"SVG"}`)
	if link["deep_link_url"] != "https://wa.me/15550001001?text=Hello%20there" {
		t.Errorf("short link: %v", link)
	}
	receiver.mu.Lock()
	defer receiver.mu.Unlock()
	for _, w := range receiver.told {
		if strings.Contains(w, "unheard") {
			t.Errorf("a blocked person's message was told: %v", receiver.told)
		}
	}
	if len(receiver.bad) > 0 {
		t.Errorf("%v", receiver.bad)
	}
}
