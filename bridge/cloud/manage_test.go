package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

const admin = "admin-secret-77aa"

// newManaged is a harness with an admin's token.
func newManaged(t *testing.T, change ...func(*Config)) *harness {
	t.Helper()
	h := newHarness(t, change...)
	_, err := h.store.CreateToken(t.Context(), "admin", admin, []string{queue.ScopeAdmin}, time.Now())
	must(t, err)
	return h
}

// asAdmin is do with the admin's token.
func (h *harness) asAdmin(method, target, body string) reply {
	h.t.Helper()
	return h.do(method, target, body, "Authorization", "Bearer "+admin)
}

// works insists on an answer of 200 and returns it.
func (h *harness) works(method, target, body string) map[string]any {
	h.t.Helper()
	got := h.asAdmin(method, target, body)
	if got.status != 200 {
		h.t.Fatalf("%s %s: %d %s", method, target, got.status, got.body)
	}
	return got.json(h.t)
}

// refused insists on an error.
func (h *harness) refused(method, target, body string, code int) graphError {
	h.t.Helper()
	got := h.asAdmin(method, target, body)
	e := got.graph(h.t)
	if e.Code != code || got.status == 200 {
		h.t.Errorf("%s %s: %d %s, want code %d", method, target, got.status, got.body, code)
	}
	return e
}

// account lists the values of the account events.
func (h *harness) account() (values []map[string]any) {
	h.t.Helper()
	events, _, err := h.store.Events(h.t.Context(), 0, 1000, queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventAccount}})
	must(h.t, err)
	for _, e := range events {
		var d wabridge.AccountData
		must(h.t, json.Unmarshal(e.Data, &d))
		v := map[string]any{"field": d.Field, "waba": d.WABA}
		must(h.t, json.Unmarshal(d.Value, &v))
		values = append(values, v)
	}
	return values
}

const templates = "/v23.0/" + wabaID + "/message_templates"

// define is the body of a creation.
func define(name, language, components string) string {
	return fmt.Sprintf(`{"name":%q,"language":%q,"category":"UTILITY","components":[%s]}`, name, language, components)
}

const plainBody = `{"type":"BODY","text":"Hello there"}`

func TestTemplateLife(t *testing.T) {
	h := newManaged(t)
	made := h.works("POST", templates, define("order", "en_US",
		`{"type":"header","format":"text","text":"Order {{1}}","example":{"header_text":["7"]}},
		 {"type":"BODY","text":"Hi {{1}}, your order of {{2}} is on its way to you.","example":{"body_text":[["Ann","shoes"]]}},
		 {"type":"FOOTER","text":"Thank you"},
		 {"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Stop"},{"type":"URL","text":"Track","url":"https://x.example/{{1}}","example":["https://x.example/7"]}]}`))
	id, _ := made["id"].(string)
	if made["status"] != "APPROVED" || made["category"] != "UTILITY" || !isDigits(id) {
		t.Fatalf("created: %v", made)
	}
	got := h.works("GET", "/v23.0/"+id, "")
	if got["name"] != "order" || got["language"] != "en_US" || got["parameter_format"] != "POSITIONAL" || len(got["components"].([]any)) != 4 {
		t.Errorf("read: %v", got)
	}
	head := got["components"].([]any)[0].(map[string]any)
	if head["type"] != "HEADER" || head["format"] != "TEXT" || head["text"] != "Order {{1}}" || head["example"] == nil {
		t.Errorf("header: %v", head)
	}
	got = h.works("GET", "/"+id+"?fields=status,quality_score{score},rejected_reason", "")
	if got["status"] != "APPROVED" || got["rejected_reason"] != "NONE" || got["quality_score"].(map[string]any)["score"] != "UNKNOWN" || got["name"] != nil {
		t.Errorf("fields: %v", got)
	}
	edited := h.works("POST", "/"+id, `{"category":"MARKETING","components":[`+plainBody+`],"message_send_ttl_seconds":"600"}`)
	if edited["success"] != true || edited["id"] != id || edited["category"] != "MARKETING" {
		t.Errorf("edited: %v", edited)
	}
	got = h.works("GET", "/"+id+"?fields=category,previous_category,components,message_send_ttl_seconds", "")
	if got["category"] != "MARKETING" || got["previous_category"] != "UTILITY" || len(got["components"].([]any)) != 1 || got["message_send_ttl_seconds"] != 600.0 {
		t.Errorf("after the edit: %v", got)
	}
	h.works("DELETE", templates+"?name=order", "")
	h.refused("GET", "/"+id, "", 100)
	h.works("POST", templates, define("order", "en_US", plainBody)) // the name is free at once
	var words []string
	for _, v := range h.account() {
		words = append(words, v["event"].(string))
		if v["field"] != "message_template_status_update" || v["waba"] != wabaID || v["message_template_name"] != "order" ||
			v["message_template_language"] != "en_US" || v["reason"] != "NONE" || v["message_template_id"] == nil {
			t.Errorf("webhook: %v", v)
		}
	}
	if want := []string{"APPROVED", "APPROVED", "DELETED", "APPROVED"}; !slices.Equal(words, want) {
		t.Errorf("webhooks: %v, want %v", words, want)
	}
}

func TestTemplateRefusals(t *testing.T) {
	h := newManaged(t, func(c *Config) { c.MaxTemplates = 3 })
	h.works("POST", templates, define("taken", "en_US", plainBody))
	for _, tt := range []struct {
		name, body    string
		code, subcode int
	}{
		{"no name", `{"language":"en","category":"UTILITY","components":[` + plainBody + `]}`, 100, 0},
		{"name in capitals", define("Order", "en", plainBody), 100, content.TemplateName},
		{"name and language are taken", define("taken", "en_US", plainBody), 100, content.TemplateExists},
		{"the same in another case", define("taken", "EN-us", plainBody), 100, content.TemplateExists},
		{"body too long", define("x", "en", `{"type":"BODY","text":"`+strings.Repeat("a", 1025)+`"}`), 100, content.TemplateTooLong},
		{"components are a word", `{"name":"x","language":"en","category":"UTILITY","components":"x"}`, 100, 0},
		{"a text that is a list", define("x", "en", `{"type":"BODY","text":[]}`), 100, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if e := h.refused("POST", templates, tt.body, tt.code); e.Subcode != tt.subcode || e.Data.Details == "" || tt.subcode != 0 && (e.UserTitle == "" || e.UserMsg == "" || e.Message != "Invalid parameter") {
				t.Errorf("got %+v", e)
			}
		})
	}
	h.works("POST", templates, define("b", "en", plainBody))
	h.works("POST", templates, define("c", "en", plainBody))
	if e := h.refused("POST", templates, define("d", "en", plainBody), 100); e.Subcode != content.TemplateLimit {
		t.Errorf("one too many: %+v", e)
	}
	if e := h.refused("DELETE", templates+"?name=nobody", "", 100); e.Subcode != 2593002 {
		t.Errorf("deleting what is not there: %+v", e)
	}
	h.refused("DELETE", templates, "", 100)
	h.refused("DELETE", templates+"?name=taken&hsm_id=9", "", 100)
	if e := h.refused("POST", "/9/message_templates", define("x", "en", plainBody), 100); e.Subcode != 33 {
		t.Errorf("unknown account: %+v", e)
	}
	if got := h.do("POST", templates, define("e", "en", plainBody), "Authorization", "Bearer "+reader); got.graph(t).Code != 10 {
		t.Errorf("with a reader's token: %s", got.body)
	}
}

func TestTemplateEditLimits(t *testing.T) {
	now := time.Now()
	ago := func(hours ...int) (list []time.Time) {
		for _, n := range hours {
			list = append(list, now.Add(-time.Duration(n)*time.Hour))
		}
		return list
	}
	month := ago(25, 50, 75, 100, 125, 150, 175, 200, 225, 250)
	for _, tt := range []struct {
		name    string
		status  string
		edits   []time.Time
		limited bool
		ok      bool
	}{
		{"first", content.Approved, nil, true, true},
		{"a second on the same day", content.Approved, ago(23), true, false},
		{"the same without limits", content.Approved, ago(23), false, true},
		{"a second on the next day", content.Approved, ago(25), true, true},
		{"the tenth in a month", content.Approved, month[:9], true, true},
		{"the eleventh in a month", content.Approved, month, true, false},
		{"the oldest is over a month old", content.Approved, append(month[:9:9], ago(721)...), true, true},
		{"paused", content.Paused, nil, true, true},
		{"rejected", content.Rejected, nil, true, true},
		{"pending", content.Pending, nil, true, false},
		{"disabled", content.Disabled, nil, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tpl := storedTemplate{Template: content.Template{Name: "x", Language: "en", Category: content.CategoryUtility, Status: tt.status}, Edits: slices.Clone(tt.edits)}
			err := tpl.edit(params{"components": json.RawMessage(`[` + plainBody + `]`)}, now, tt.limited)
			if (err == nil) != tt.ok {
				t.Errorf("got %v", err)
			}
			if err == nil && (tpl.Status != content.Approved || len(tpl.Edits) == 0) {
				t.Errorf("after the edit: %+v", tpl)
			}
		})
	}
	h := newManaged(t)
	id := h.works("POST", templates, define("x", "en", plainBody))["id"].(string)
	h.works("POST", "/"+id, `{"components":[`+plainBody+`]}`)
	h.refused("POST", "/"+id, `{"components":[`+plainBody+`]}`, 100)
	free := newManaged(t, func(c *Config) { c.FreeEdits = true })
	id = free.works("POST", templates, define("x", "en", plainBody))["id"].(string)
	for range 3 {
		free.works("POST", "/"+id, `{"components":[`+plainBody+`]}`)
	}
	free.refused("POST", "/"+id, `{}`, 100)
	if e := free.refused("POST", "/"+id, `{"components":[{"type":"BODY","text":"{{1}}"}]}`, 100); e.Subcode != content.TemplateEdges {
		t.Errorf("a bad edit: %+v", e)
	}
}

func TestTemplateLists(t *testing.T) {
	h := newManaged(t)
	for _, c := range []struct{ name, language, category, body string }{
		{"alpha", "en_US", "UTILITY", "Hello World"}, {"alpha", "de", "UTILITY", "Hallo Welt"},
		{"beta", "en_US", "MARKETING", "Buy it now"}, {"gamma_alpha", "fr", "UTILITY", "Bonjour"},
	} {
		h.works("POST", templates, fmt.Sprintf(`{"name":%q,"language":%q,"category":%q,"components":[{"type":"BODY","text":%q}]}`, c.name, c.language, c.category, c.body))
	}
	h.works("POST", templates, `{"name":"code","language":"en","category":"AUTHENTICATION","components":[{"type":"BODY","add_security_recommendation":true},{"type":"FOOTER","code_expiration_minutes":10},{"type":"BUTTONS","buttons":[{"type":"OTP","otp_type":"COPY_CODE","text":"Copy"}]}]}`)
	names := func(query string) string {
		t.Helper()
		var list []string
		for _, item := range h.works("GET", templates+"?"+query, "")["data"].([]any) {
			m := item.(map[string]any)
			list = append(list, fmt.Sprint(m["name"], "/", m["language"]))
		}
		slices.Sort(list)
		return strings.Join(list, " ")
	}
	for _, c := range []struct{ query, want string }{
		{"", "alpha/de alpha/en_US beta/en_US code/en gamma_alpha/fr"},
		{"name=alpha", "alpha/de alpha/en_US"},
		{"name_or_content=alpha", "alpha/de alpha/en_US gamma_alpha/fr"},
		{"name_or_content=bonjour", "gamma_alpha/fr"},
		{"content=welt", "alpha/de"},
		{"content=verification", "code/en"},
		{"language=en_us", "alpha/en_US beta/en_US"},
		{"language=" + url.QueryEscape(`["de","fr"]`), "alpha/de gamma_alpha/fr"},
		{"category=MARKETING", "beta/en_US"},
		{"category=marketing,AUTHENTICATION", "beta/en_US code/en"},
		{"status=REJECTED", ""},
		{"status=approved&name=beta", "beta/en_US"},
		{"quality_score=GREEN", ""},
		{"quality_score=" + url.QueryEscape(`['UNKNOWN']`) + "&language=fr", "gamma_alpha/fr"},
	} {
		if got := names(c.query); got != c.want {
			t.Errorf("%s: got %q, want %q", c.query, got, c.want)
		}
	}
	seen, target := 0, templates+"?limit=2&fields=name"
	for pages := 0; target != "" && pages < 9; pages++ {
		page := h.works("GET", strings.TrimPrefix(target, "http://example.com"), "")
		seen += len(page["data"].([]any))
		target, _ = page["paging"].(map[string]any)["next"].(string)
	}
	if seen != 5 {
		t.Errorf("pages hold %d templates, want 5", seen)
	}
	h.refused("GET", templates+"?fields=shoe_size", "", 100)
	h.refused("GET", templates+"?after=xx", "", 100)
	id := h.works("GET", templates+"?language=de", "")["data"].([]any)[0].(map[string]any)["id"].(string)
	h.works("DELETE", templates+"?name=alpha&hsm_id="+id, "")
	if got := names("name=alpha"); got != "alpha/en_US" {
		t.Errorf("after deleting one language: %s", got)
	}
}

func TestSeededTemplate(t *testing.T) {
	h := newManaged(t)
	for range 2 {
		must(t, SeedTemplates(context.Background(), h.store, wabaID))
	}
	list := h.works("GET", templates+"?name=hello_world&language=en_US", "")["data"].([]any)
	if len(list) != 1 {
		t.Fatalf("got %v", list)
	}
	h.works("DELETE", templates+"?name=hello_world", "")
	must(t, SeedTemplates(context.Background(), h.store, wabaID))
	if list = h.works("GET", templates, "")["data"].([]any); len(list) != 0 {
		t.Errorf("it came back: %v", list)
	}
}

// TestTemplateIsSent goes from the creation of a template to a message of it,
// and past its deletion.
func TestTemplateIsSent(t *testing.T) {
	h := newManaged(t)
	h.works("POST", templates, define("order", "en_US", `{"type":"BODY","text":"Hi {{1}}, your order is on its way.","example":{"body_text":[["Ann"]]}}`))
	must(t, SeedTemplates(t.Context(), h.store, wabaID))
	send := func(name, language, components string) reply {
		return h.do("POST", sendPath, fmt.Sprintf(`{"messaging_product":"whatsapp","to":"+16505551234","type":"template","template":{"name":%q,"language":{"code":%q}%s}}`, name, language, components))
	}
	m := h.message(send("order", "en_us", `,"components":[{"type":"body","parameters":[{"type":"text","text":"Zoë"}]}]`).id(t))
	if m.Text != "Hi Zoë, your order is on its way." || m.Template == "" || m.Category != wabridge.Utility {
		t.Errorf("sent %+v", m)
	}
	send("hello_world", "en_US", "").id(t)
	if e := send("order", "de", "").graph(t); e.Code != 132001 {
		t.Errorf("another language: %+v", e)
	}
	h.works("DELETE", templates+"?name=order", "")
	if got := send("order", "en_US", ""); got.status != 404 || got.graph(t).Code != 132001 {
		t.Errorf("after its deletion: %d %s", got.status, got.body)
	}
}
