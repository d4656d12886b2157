package cloud

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func TestPhoneNumber(t *testing.T) {
	h := newHarness(t)
	for _, tt := range []struct{ name, target, want string }{
		{"as it is", "/v23.0/" + phoneID, `{"code_verification_status":"VERIFIED","display_phone_number":"+1 555-000-1001","id":"100000000000001","platform_type":"CLOUD_API","quality_rating":"UNKNOWN","throughput":{"level":"STANDARD"},"verified_name":"Wabridge Test"}`},
		{"throughput", "/" + phoneID + "?fields=throughput", `{"id":"100000000000001","throughput":{"level":"STANDARD"}}`},
		{"nested", "/" + phoneID + "/?fields=" + url.QueryEscape("id, throughput { level }"), `{"id":"100000000000001","throughput":{"level":"STANDARD"}}`},
		{"known but without a value", "/" + phoneID + "?fields=username,status", `{"id":"100000000000001","status":"PENDING"}`},
		{"countries", "/" + secondID + "?fields=country_code,country_dial_code,display_phone_number", `{"country_code":"DE","country_dial_code":"49","display_phone_number":"+49 1512 3456789","id":"100000000000002"}`},
		{"account", "/" + wabaID + "?fields=name,country", `{"country":"US","id":"200000000000001","name":"Wabridge Test"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := h.do("GET", tt.target, ""); got.status != 200 || string(got.body) != tt.want {
				t.Errorf("got  %d %s\nwant %s", got.status, got.body, tt.want)
			}
		})
	}
	account := h.do("GET", "/"+wabaID, "").json(t)
	for _, name := range []string{"id", "name", "timezone_id", "message_template_namespace"} {
		if account[name] == nil {
			t.Errorf("account has no %s: %v", name, account)
		}
	}
}

func TestPhoneStatesInTheCloudAPIsWords(t *testing.T) {
	for _, tt := range []struct {
		state wabridge.PhoneState
		code  wabridge.Code
		want  string
		can   string
	}{
		{wabridge.PhoneReady, 0, "CONNECTED", "AVAILABLE"},
		{wabridge.PhoneReady, wabridge.CodeNoNewChats, "CONNECTED", "LIMITED"},
		{wabridge.PhonePaused, 0, "CONNECTED", "LIMITED"},
		{wabridge.PhoneStarting, 0, "PENDING", "LIMITED"},
		{wabridge.PhoneOffline, wabridge.CodeOffline, "DISCONNECTED", "LIMITED"},
		{wabridge.PhoneAttention, wabridge.CodeLocked, "RESTRICTED", "BLOCKED"},
		{wabridge.PhoneAttention, wabridge.CodeNotRegistered, "DISCONNECTED", "BLOCKED"},
	} {
		p := wabridge.Phone{ID: "1", State: tt.state, Code: tt.code}
		if got := phoneStatus(p); got != tt.want {
			t.Errorf("status of %s/%d is %s, want %s", tt.state, tt.code, got, tt.want)
		}
		if got := health(p)["can_send_message"]; got != tt.can {
			t.Errorf("health of %s/%d is %s, want %s", tt.state, tt.code, got, tt.can)
		}
	}
}

func TestPhoneNumbers(t *testing.T) {
	h := newHarness(t)
	ids := func(got reply) []string {
		var list []string
		for _, item := range got.json(t)["data"].([]any) {
			list = append(list, item.(map[string]any)["id"].(string))
		}
		return list
	}
	const list = "/v23.0/" + wabaID + "/phone_numbers"
	for _, tt := range []struct {
		name, query string
		want        []string
	}{
		{"all", "", []string{phoneID, secondID}},
		{"filtered", `filtering=[{"field":"account_mode","operator":"EQUAL","value":"LIVE"}]`, []string{phoneID, secondID}},
		{"filtered, single quotes", `filtering=[{'field':'account_mode','operator':'EQUAL','value':'SANDBOX'}]`, nil},
		{"filtered by a list", `filtering=[{"field":"country_code","operator":"IN","value":["DE","FR"]}]`, []string{secondID}},
		{"filtered by not", `filtering=[{"field":"country_code","operator":"NOT_EQUAL","value":"de"}]`, []string{phoneID}},
		{"filtered by a flag", `filtering=[{"field":"is_on_biz_app","operator":"EQUAL","value":true}]`, []string{secondID}},
		{"descending", `sort=['last_onboarded_time_descending']`, []string{secondID, phoneID}},
		{"ascending, the other way to write it", `sort=["last_onboarded_time.asc"]`, []string{phoneID, secondID}},
		{"limit", "limit=1", []string{phoneID}},
		{"limit beyond the maximum", "limit=5000", []string{phoneID, secondID}},
		{"after", "limit=1&after=" + cursorOf(phoneID), []string{secondID}},
		{"before", "limit=1&before=" + cursorOf(secondID), []string{phoneID}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name, value, _ := strings.Cut(tt.query, "=")
			query := tt.query
			if name == "filtering" || name == "sort" {
				query = name + "=" + url.QueryEscape(value)
			}
			got := h.do("GET", list+"?"+query, "")
			if got.status != 200 || !slices.Equal(ids(got), tt.want) {
				t.Errorf("got %d %s, want %v", got.status, got.body, tt.want)
			}
			if len(tt.want) == 0 && string(got.body) != `{"data":[]}` {
				t.Errorf("an empty list is %s", got.body)
			}
		})
	}
}

func TestNextPageCanBeFollowedAsItIs(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.PublicURL = "https://wa.example.org/" })
	const list = "/v19.0/" + wabaID + "/phone_numbers?limit=1&fields=display_phone_number"
	next := func(got reply) (first, following string) {
		v := got.json(t)
		following, _ = v["paging"].(map[string]any)["next"].(string)
		return v["data"].([]any)[0].(map[string]any)["id"].(string), following
	}
	t.Run("with the token in the query", func(t *testing.T) {
		id, link := next(h.do("GET", list+"&access_token="+reader, "", "Authorization", ""))
		if id != phoneID || !strings.HasPrefix(link, "https://wa.example.org/v19.0/"+wabaID+"/phone_numbers?") || !strings.Contains(link, "access_token="+reader) {
			t.Fatalf("next of %s is %q", id, link)
		}
		id, link = next(h.do("GET", strings.TrimPrefix(link, "https://wa.example.org"), "", "Authorization", ""))
		if id != secondID || link != "" {
			t.Errorf("then %s, next %q", id, link)
		}
	})
	t.Run("with the token in the header", func(t *testing.T) {
		if _, link := next(h.do("GET", list+"&access_token="+reader, "")); link == "" || strings.Contains(link, "access_token") {
			t.Errorf("next is %q", link)
		}
	})
}

func TestBadReads(t *testing.T) {
	h := newHarness(t)
	for _, tt := range []struct{ name, target, message, details string }{
		{"unknown field", "/" + phoneID + "?fields=id,shoe_size", "(#100) Tried accessing nonexisting field (shoe_size) on node type (WhatsAppBusinessPhoneNumber)", "fields"},
		{"unknown nested field", "/" + phoneID + "?fields=throughput{colour}", "(#100) Tried accessing nonexisting field (colour)", "fields"},
		{"unknown field of an account", "/" + wabaID + "?fields=shoe_size", "(#100) Tried accessing nonexisting field (shoe_size) on node type (WhatsAppBusinessAccount)", "fields"},
		{"open brace", "/" + phoneID + "?fields=throughput{level", "(#100) Invalid parameter", "}"},
		{"closing brace", "/" + phoneID + "?fields=id}", "(#100) Invalid parameter", "{"},
		{"no comma", "/" + phoneID + "?fields=id%20status", "(#100) Invalid parameter", "comma"},
		{"dot without a call", "/" + phoneID + "?fields=throughput.level", "(#100) Invalid parameter", "call"},
		{"limit zero", "/" + wabaID + "/phone_numbers?limit=0", "(#100) Param limit must be", "limit"},
		{"limit is a word", "/" + wabaID + "/phone_numbers?limit=all", "(#100) Param limit must be", "limit"},
		{"cursor of nothing", "/" + wabaID + "/phone_numbers?after=" + cursorOf("9"), "(#100) Invalid parameter", "after"},
		{"cursor that is none", "/" + wabaID + "/phone_numbers?after=%25%25", "(#100) Invalid parameter", "after"},
		{"both cursors", "/" + wabaID + "/phone_numbers?after=" + cursorOf(phoneID) + "&before=" + cursorOf(secondID), "(#100) Invalid parameter", "after, before"},
		{"filter that is none", "/" + wabaID + "/phone_numbers?filtering=x", "(#100) Param filtering must be a JSON list.", "filtering"},
		{"filter by an unknown field", "/" + wabaID + "/phone_numbers?filtering=" + url.QueryEscape(`[{"field":"x","operator":"EQUAL","value":1}]`), "(#100) Tried accessing nonexisting field (x)", "fields"},
		{"unknown operator", "/" + wabaID + "/phone_numbers?filtering=" + url.QueryEscape(`[{"field":"status","operator":"LIKE","value":1}]`), "(#100) Invalid parameter", "operator"},
		{"unknown sort", "/" + wabaID + "/phone_numbers?sort=" + url.QueryEscape(`['size']`), "(#100) Invalid parameter", "sort"},
		{"unknown field on an empty page", "/" + wabaID + "/phone_numbers?fields=x", "(#100) Tried accessing nonexisting field (x)", "fields"},
		{"history with an unknown field", "/" + phoneID + "/message_history?fields=x", "(#100) Tried accessing nonexisting field (x)", "fields"},
		{"history with a foreign cursor", "/" + phoneID + "/message_history?after=" + cursorOf("x"), "(#100) Invalid parameter", "after"},
		{"broken query", "/" + phoneID + "?fields=%zz", "(#100) Invalid parameter", "percent-encode"},
		{"query not UTF-8", "/" + phoneID + "?fields=%ff", "(#100) Invalid parameter", "UTF-8"},
		{"query too long", "/" + phoneID + "?fields=" + strings.Repeat("id,", 6000), "(#100) Invalid parameter", "longer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := h.do("GET", tt.target, "")
			e := got.graph(t)
			if got.status != 400 || e.Code != 100 || !strings.HasPrefix(e.Message, tt.message) || !strings.Contains(e.Data.Details, tt.details) {
				t.Errorf("status %d %s %+v", got.status, got.body, e.Data)
			}
		})
	}
}

// move brings a message from queued to delivered, or to failed.
func (h *harness) move(id string, fail bool) {
	h.t.Helper()
	m, _, err := h.store.Claim(h.t.Context(), phoneID, now(), time.Minute, func(*wabridge.Message, queue.Usage, time.Time) time.Time { return time.Time{} })
	must(h.t, err)
	if m == nil || m.ID != id {
		h.t.Fatalf("claimed %+v, want %s", m, id)
	}
	moves := []wabridge.Move{wabridge.WasSent(time.Unix(1700000000, 0)), wabridge.WasDelivered(time.Unix(1700000060, 0))}
	if fail {
		moves = []wabridge.Move{wabridge.HasFailed(time.Unix(1700000000, 0), wabridge.CodeUndeliverable, "not on WhatsApp")}
	} else {
		must(h.t, h.store.Intend(h.t.Context(), id, m.Fence, wabridge.Intent{At: now()}))
	}
	for _, move := range moves {
		if _, err := h.store.Apply(h.t.Context(), id, m.Fence, move); err != nil {
			h.t.Fatal(err)
		}
	}
}

func TestMessageHistory(t *testing.T) {
	h := newHarness(t)
	first := h.do("POST", sendPath, text("")).id(t)
	h.move(first, false)
	second := h.do("POST", sendPath, strings.Replace(text(""), "1234", "1235", 1)).id(t)
	h.move(second, true)
	for range 28 {
		h.do("POST", sendPath, text(""))
	}
	const history = "/v23.0/" + phoneID + "/message_history"

	t.Run("of one message", func(t *testing.T) {
		got := h.do("GET", history+"?message_id="+first+"&fields=events{delivery_status,timestamp}", "")
		entry := got.json(t)["data"].([]any)[0].(map[string]any)
		want := `{"data":[{"delivery_status":"SENT","id":"?","timestamp":1700000000},{"delivery_status":"DELIVERED","id":"?","timestamp":1700000060}]}`
		if events := withoutIDs(entry["events"]); events != want {
			t.Errorf("got  %s\nwant %s", events, want)
		}
	})
	t.Run("of a failed one", func(t *testing.T) {
		got := string(h.do("GET", history+"?message_id="+second, "").body)
		if !strings.Contains(got, `"delivery_status":"FAILED"`) || !strings.Contains(got, `"error_description":"not on WhatsApp"`) {
			t.Errorf("got %s", got)
		}
	})
	t.Run("of an unknown one", func(t *testing.T) {
		if got := h.do("GET", history+"?message_id=wamid.x", ""); string(got.body) != `{"data":[]}` {
			t.Errorf("got %s", got.body)
		}
	})
	t.Run("pages hold every message once, newest first, both ways", func(t *testing.T) {
		var seen []string
		target := history + "?limit=7"
		var lastPage string
		for target != "" {
			lastPage = target
			v := h.do("GET", target, "").json(t)
			for _, item := range v["data"].([]any) {
				seen = append(seen, item.(map[string]any)["message_id"].(string))
			}
			next, _ := v["paging"].(map[string]any)["next"].(string)
			target = strings.TrimPrefix(next, "http://example.com")
		}
		if len(seen) != 30 || seen[29] != first || seen[28] != second {
			t.Errorf("%d messages, the last ones %v", len(seen), seen[len(seen)-2:])
		}
		v := h.do("GET", lastPage, "").json(t)
		previous := v["paging"].(map[string]any)["previous"].(string)
		back := h.do("GET", strings.TrimPrefix(previous, "http://example.com"), "").json(t)["data"].([]any)
		if len(back) != 7 || back[6].(map[string]any)["message_id"] != seen[27] {
			t.Errorf("the page before the last: %v", back)
		}
	})
	t.Run("events of a history entry", func(t *testing.T) {
		entry := h.do("GET", history+"?message_id="+first, "").json(t)["data"].([]any)[0].(map[string]any)
		events := "/v23.0/" + entry["id"].(string) + "/events"
		all := h.do("GET", events, "").json(t)
		node := all["data"].([]any)[1].(map[string]any)["node"].(map[string]any)
		if len(all["data"].([]any)) != 2 || node["delivery_status"] != "DELIVERED" || node["occurrence_timestamp"] != 1700000060.0 {
			t.Errorf("got %v", all)
		}
		if got := h.do("GET", events+"?status_filter=SENT", "").json(t)["data"].([]any); len(got) != 1 {
			t.Errorf("filtered: %v", got)
		}
		if got := h.do("GET", events+"?status_filter=LOST", ""); got.graph(t).Code != 100 {
			t.Errorf("unknown status: %s", got.body)
		}
		if got := h.do("GET", events+"?limit=1&fields=node{id}", ""); !strings.Contains(string(got.body), `"next":`) {
			t.Errorf("no next page: %s", got.body)
		}
	})
}

func TestWebhookState(t *testing.T) {
	e := wabridge.Event{Number: 10, Phone: "1"}
	for _, tt := range []struct {
		name  string
		hooks []queue.Endpoint
		want  string
	}{
		{"no webhook", nil, ""},
		{"of another phone", []queue.Endpoint{{Phones: []string{"2"}, Cursor: 1}}, ""},
		{"off", []queue.Endpoint{{Disabled: true}}, ""},
		{"dealt with", []queue.Endpoint{{Cursor: 10}}, "DELIVERED"},
		{"not yet", []queue.Endpoint{{Cursor: 9}, {Cursor: 12}}, "PENDING"},
		{"one of them tries again", []queue.Endpoint{{Cursor: 12}, {Cursor: 9, Failures: 2}}, "RETRYING"},
	} {
		if got := webhookState(e, tt.hooks); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// withoutIDs writes v as JSON with the ids of its events masked.
func withoutIDs(v any) string {
	for _, e := range v.(map[string]any)["data"].([]any) {
		e.(map[string]any)["id"] = "?"
	}
	b, _ := json.Marshal(v)
	return string(b)
}

func TestParseFields(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", "[]"},
		{"id", "[{id [] []}]"},
		{" id , name ,", "[{id [] []} {name [] []}]"},
		{"events{delivery_status,timestamp}", "[{events [{delivery_status [] []} {timestamp [] []}] []}]"},
		{"a{b{c},d}\n,e", "[{a [{b [{c [] []}] []} {d [] []}] []} {e [] []}]"},
		{"analytics.start(1)\n .end( 2 ).phone_numbers([])", "[{analytics [] [{start 1} {end 2} {phone_numbers []}]}]"},
		{"a{}", "[{a [] []}]"},
	} {
		got, err := parseFields(tt.in)
		if err != nil || fmt.Sprint(got) != tt.want {
			t.Errorf("parseFields(%q) = %v, %v, want %s", tt.in, got, err, tt.want)
		}
	}
	whole := "id,events.limit(5){node{id,delivery_status},cursor},name"
	for i := range whole { // every prefix ends, with a list or with an error
		if _, err := parseFields(whole[:i]); err != nil && graphErrorOf(err).Code != 100 {
			t.Errorf("prefix %q: %v", whole[:i], err)
		}
	}
	if _, err := parseFields(strings.Repeat("a{", 50)); err == nil {
		t.Error("50 levels are accepted")
	}
}
