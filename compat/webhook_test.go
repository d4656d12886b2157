package compat

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/wabridge/wabridge/phonesim"
)

const sampleDir = "../testdata/cloudapi/webhook-samples/"

// A webhook is one change as it was posted.
type webhook struct {
	field string
	value map[string]any
	body  any
}

// item is the one message, echo, status or call in it.
func (w webhook) item(list string) map[string]any {
	all, _ := w.value[list].([]any)
	if len(all) != 1 {
		return nil
	}
	m, _ := all[0].(map[string]any)
	return m
}

// A hookLog collects what is posted.
type hookLog struct {
	mu  sync.Mutex
	all []webhook
}

func (h *hookLog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	var body struct {
		Entry []struct {
			Changes []struct {
				Field string
				Value map[string]any
			}
		}
	}
	var whole any
	if err != nil || json.Unmarshal(b, &body) != nil || json.Unmarshal(b, &whole) != nil || len(body.Entry) != 1 || len(body.Entry[0].Changes) != 1 {
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, r.URL.Query().Get("hub.challenge"))
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, webhook{body.Entry[0].Changes[0].Field, body.Entry[0].Changes[0].Value, whole})
}

// wait returns the first webhook that fits.
func (h *hookLog) wait(t *testing.T, fits func(webhook) bool) webhook {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		h.mu.Lock()
		i := slices.IndexFunc(h.all, fits)
		if i >= 0 {
			defer h.mu.Unlock()
			return h.all[i]
		}
		h.mu.Unlock()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	b, _ := json.MarshalIndent(h.all[max(0, len(h.all)-5):], "", " ")
	t.Fatalf("no such webhook within two minutes; %d came, the last bodies: %s", len(h.all), b)
	return webhook{}
}

func sample(t *testing.T, file, name string) any {
	t.Helper()
	b, err := os.ReadFile(sampleDir + file)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	if all[name] == nil {
		t.Fatalf("%s has no %s", file, name)
	}
	return all[name]
}

// honestlyAbsent are members of the samples that a phone cannot know.
var honestlyAbsent = []string{
	"parent_user_id", "username", // Meta's ids of businesses and accounts
	"conversation", "pricing", // nothing is billed
	"forwarded", "frequently_forwarded", // not in notifications
	"session", "to_user_id", "to_parent_user_id", "from_parent_user_id",
	"location.url", "rejection_info",
}

func rightlyAbsent(difference string) bool {
	return slices.ContainsFunc(honestlyAbsent, func(name string) bool {
		return strings.Contains(difference, "."+name+":") || strings.Contains(difference, "."+name+".")
	})
}

// TestWebhookShapes lets everything happen that makes a webhook and compares
// each with the sample of its kind and with Meta's OpenAPI.
func TestWebhookShapes(t *testing.T) {
	spec := loadSpec(t)
	log := &hookLog{}
	receiver := httptest.NewServer(log)
	t.Cleanup(receiver.Close)
	g := newGateway(t, allowLoopback)
	if a := g.json("POST", "/bridge/v1/webhooks", `{"url":"`+receiver.URL+`","secret":"s","fields":["*"]}`); a.status != http.StatusCreated {
		t.Fatalf("webhook: %d %s", a.status, a.body)
	}
	for _, tt := range shapes {
		t.Run(strings.ReplaceAll(tt.file+"/"+tt.sample, " ", "_"), func(t *testing.T) {
			want := sample(t, tt.file, tt.sample)
			from := tt.cause(t, g)
			got := log.wait(t, func(w webhook) bool { return tt.fits(w, from) })
			for _, d := range missing("", want, got.body) {
				if !rightlyAbsent(d) && !slices.Contains(tt.absent, d) {
					b, _ := json.Marshal(got.body)
					t.Errorf("%s\n%s", d, b)
				}
			}
			if spec != nil && got.field == "messages" { // it describes no other field
				spec.checkWebhook(t, want, got)
			}
		})
	}
}

// checkWebhook holds a webhook's parts to the schemas that Meta's OpenAPI has
// for them. Its schemas of some inbound messages demand members of outbound
// ones: where the sample does not pass, ours need not either.
func (s *metaSpec) checkWebhook(t *testing.T, sample any, got webhook) {
	t.Helper()
	hold := func(schema string, ours any) {
		t.Helper()
		if err := s.schema(t, schema).VisitJSON(ours, openapi3.MultiErrors(), openapi3.EnableJSONSchema2020()); err != nil {
			b, _ := json.Marshal(ours)
			t.Errorf("%s of Meta's OpenAPI: %v\n%s", schema, err, b)
		}
	}
	hold("Metadata", got.value["metadata"])
	if got.item("statuses") != nil {
		hold("StatusMessageValue", got.value)
		return
	}
	hold("ContactProfile", got.item("contacts"))
	theirs := path(sample, "entry", 0, "changes", 0, "value", "messages", 0)
	if s.schema(t, "IncomingMessage").VisitJSON(theirs, openapi3.EnableJSONSchema2020()) != nil {
		t.Log("the message is not held to Meta's OpenAPI, which does not take the sample's either")
		return
	}
	hold("IncomingMessage", got.item("messages"))
}

// path goes down a JSON value by names and indexes.
func path(v any, steps ...any) any {
	for _, step := range steps {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

// A shape is something that happens and the sample of its webhook. cause
// returns the number that the webhook is about.
type shape struct {
	file, sample string
	cause        func(*testing.T, *gateway) string
	fits         func(webhook, string) bool
	absent       []string
}

func incoming(number string, m phonesim.IncomingMessage) func(*testing.T, *gateway) string {
	return func(t *testing.T, g *gateway) string {
		t.Helper()
		m.From = number
		if _, err := g.sim.Incoming(m); err != nil {
			t.Fatal(err)
		}
		return number
	}
}

func sends(number, rest string) func(*testing.T, *gateway) string {
	return func(t *testing.T, g *gateway) string {
		t.Helper()
		a := g.json("POST", "/"+phoneID+"/messages", `{"messaging_product":"whatsapp","to":"`+number+`",`+rest+`}`)
		if a.status != http.StatusOK {
			t.Fatalf("send: %d %s", a.status, a.body)
		}
		return number
	}
}

// isMessage fits an incoming message of a type.
func isMessage(kind string) func(webhook, string) bool {
	return func(w webhook, from string) bool {
		m := w.item("messages")
		return w.field == "messages" && m != nil && m["from"] == from && m["type"] == kind
	}
}

func isStatus(word string) func(webhook, string) bool {
	return func(w webhook, to string) bool {
		s := w.item("statuses")
		return w.field == "messages" && s != nil && s["recipient_id"] == to && s["status"] == word
	}
}
