package bridge

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/queue"
)

const visitScenario = `
name: visit
vars: {name: friend}
steps:
  ask:
    ask: "{{name}}, will you come?"
    choices: [{title: "Yes", goto: bye}, {title: "No", goto: bye}]
  bye: {say: Bye., end: done}
`

const silentScenario = `
name: silent
steps: {a: {hand_over: always}}
`

func withScenarios(t *testing.T) func(*Config) {
	return func(c *Config) {
		var all []*bot.Scenario
		for _, text := range []string{visitScenario, silentScenario} {
			s, err := bot.Load(strings.NewReader(text))
			must(t, err)
			all = append(all, s)
		}
		c.Scenarios, c.SessionTTL = bot.NewLibrary(all...), 7200
		c.Composer = plainComposer{}
	}
}

const toAnna = `"phone_number_id":"` + phoneID + `","to":"+4915123456780"`

// begin starts a session over the API.
func (h *harness) begin(body string) startedSession {
	h.t.Helper()
	r := h.do("POST", "/bridge/v1/sessions", body, sender)
	if r.status != http.StatusCreated {
		h.t.Fatalf("POST: got %d %s", r.status, r.body)
	}
	return into[startedSession](h.t, r)
}

// hand lets the first message of a session go.
func (h *harness) handFirst(one startedSession) {
	h.t.Helper()
	m, _, err := h.store.Claim(h.t.Context(), phoneID, time.Now(), time.Minute, queue.Pacing{}.Gate)
	must(h.t, err)
	if m == nil || m.ID != one.Message.ID {
		h.t.Fatalf("claimed %v, want %s", m, one.Message.ID)
	}
	_, err = h.store.Apply(h.t.Context(), m.ID, m.Fence, wabridge.WasSent(time.Now()))
	must(h.t, err)
}

func TestStartSession(t *testing.T) {
	h := newHarness(t, withScenarios(t))
	for name, c := range map[string]struct{ body, text, bot string }{
		"a scenario's words":      {`{` + toAnna + `,"bot":"visit","variables":{"name":"Anna"},"name":"Visit","client_id":"7"}`, "Anna, will you come?\n\n1. Yes\n2. No", "visit"},
		"a text of one's own":     {`{` + toAnna + `,"bot":"visit","text":"Shall we see you tomorrow?"}`, "Shall we see you tomorrow?", "visit"},
		"without a bot":           {`{` + toAnna + `,"text":"Your order is ready","ttl":600}`, "Your order is ready", ""},
		"an object":               {`{` + toAnna + `,"message":{"type":"text","text":{"body":"hello"}}}`, "hello", ""},
		"a scenario that is mute": {`{` + toAnna + `,"bot":"silent","text":"Somebody will write"}`, "Somebody will write", "silent"},
	} {
		t.Run(name, func(t *testing.T) {
			got := h.begin(c.body)
			if string(got.Message.Text) != c.text || got.Session.Bot != c.bot || got.Message.Session != got.Session.ID || got.Session.Message != got.Message.ID ||
				got.Session.State != wabridge.SessionWaiting || got.Message.Number != "4915123456780" {
				t.Errorf("got %+v", got)
			}
			if want := map[bool]wabridge.Seconds{true: 86400, false: 7200}[c.bot == "visit"]; got.Session.TTL != want && got.Session.TTL != 600 {
				t.Errorf("ttl: got %d, want %d", got.Session.TTL, want)
			}
		})
	}
}

func TestStartSessionOnce(t *testing.T) {
	h := newHarness(t, withScenarios(t))
	post := func(body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/bridge/v1/sessions", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+sender)
		r.Header.Set("Idempotency-Key", "k1")
		w := httptest.NewRecorder()
		h.Handler().ServeHTTP(w, r)
		return w
	}
	body := `{` + toAnna + `,"bot":"visit"}`
	first, second := post(body), post(body)
	if first.Code != 201 || second.Code != 200 || second.Header().Get("Idempotent-Replayed") != "true" || first.Body.String() != second.Body.String() {
		t.Errorf("got %d %s, then %d %s", first.Code, first.Body, second.Code, second.Body)
	}
	if other := post(`{` + toAnna + `,"bot":"visit","variables":{"name":"Eve"}}`); other.Code != http.StatusConflict {
		t.Errorf("another request under the key: got %d %s", other.Code, other.Body)
	}
}

func TestStartSessionNamesWhatIsWrong(t *testing.T) {
	h := newHarness(t, withScenarios(t))
	for body, field := range map[string]string{
		`{"to":"+4915123456780","text":"x"}`:                                  "phone_number_id",
		`{"phone_number_id":"1","to":"+4915123456780","text":"x"}`:            "phone_number_id",
		`{"phone_number_id":"` + phoneID + `","to":"Anna","text":"x"}`:        "to",
		`{"phone_number_id":"` + phoneID + `","to":"123","text":"x"}`:         "to",
		`{"phone_number_id":"` + phoneID + `","text":"x"}`:                    "to",
		`{"phone_number_id":"` + phoneID + `","to":"15550001001","text":"x"}`: "to",
		`{` + toAnna + `}`:           "text",
		`{` + toAnna + `,"text":""}`: "text",
		`{` + toAnna + `,"text":"` + strings.Repeat("x", 4097) + `"}`:                               "text",
		`{` + toAnna + `,"text":"x","message":{"type":"text","text":{"body":"x"}}}`:                 "message",
		`{` + toAnna + `,"message":{"type":"text"}}`:                                                "message.text.body",
		`{` + toAnna + `,"bot":"vist"}`:                                                             "bot",
		`{` + toAnna + `,"bot":"silent"}`:                                                           "text",
		`{` + toAnna + `,"bot":"visit","variables":{"nmae":"x"}}`:                                   "variables.nmae",
		`{` + toAnna + `,"bot":"visit","variables":{"name":"` + strings.Repeat("x", 1001) + `"}}`:   "variables.name",
		`{` + toAnna + `,"text":"x","variables":{"initialVariables":"x"}}`:                          "variables",
		`{` + toAnna + `,"text":"x","ttl":5}`:                                                       "ttl",
		`{` + toAnna + `,"text":"x","ttl":"5"}`:                                                     "ttl",
		`{` + toAnna + `,"text":"x","name":"` + strings.Repeat("x", 501) + `"}`:                     "name",
		`{` + toAnna + `,"text":"x","biz_opaque_callback_data":"` + strings.Repeat("x", 513) + `"}`: "biz_opaque_callback_data",
	} {
		r := h.do("POST", "/bridge/v1/sessions", body, sender)
		if f := r.failure(t); r.status != http.StatusBadRequest || f.Field != field || f.Remedy == "" {
			t.Errorf("%.120s: got %d %q %s (%s), want field %q", body, r.status, f.Field, f.Message, f.Remedy, field)
		}
	}
	if r := h.do("POST", "/bridge/v1/sessions", `{`+toAnna+`,"text":"x"}`, reader); r.status != http.StatusForbidden {
		t.Errorf("with a token that only reads: got %d", r.status)
	}
}

func TestSessionsOverTheAPI(t *testing.T) {
	h := newHarness(t, withScenarios(t))
	one := h.begin(`{` + toAnna + `,"bot":"visit"}`)
	other := h.begin(`{"phone_number_id":"` + phoneID + `","to":"+15557770000","text":"x"}`)
	h.handFirst(one)
	list := into[sessionList](t, h.do("GET", "/bridge/v1/sessions", "", reader))
	if len(list.Sessions) != 2 || list.Total != 2 {
		t.Errorf("list: got %+v", list)
	}
	for query, want := range map[string]string{
		"state=open":               one.Session.ID,
		"bot=visit":                one.Session.ID,
		"state=waiting&limit=1":    other.Session.ID,
		"id=" + other.Session.ID:   other.Session.ID,
		"chat=" + one.Message.Chat: one.Session.ID,
	} {
		got := into[sessionList](t, h.do("GET", "/bridge/v1/sessions?"+query, "", reader))
		if len(got.Sessions) != 1 || got.Sessions[0].ID != want {
			t.Errorf("%s: got %+v", query, got)
		}
	}
	for query, field := range map[string]string{"state=x": "state", "order=x": "order", "has_results=1": "has_results", "limit=0": "limit", "since=x": "since"} {
		if r := h.do("GET", "/bridge/v1/sessions?"+query, ""); r.failure(t).Field != field {
			t.Errorf("%s: got %d %s", query, r.status, r.body)
		}
	}
	path := "/bridge/v1/sessions/" + one.Session.ID
	if got := into[sessionDetail](t, h.do("GET", path, "", reader)); len(got.Messages) != 1 || got.State != wabridge.SessionOpen || got.Sent != 1 {
		t.Errorf("one: got %+v", got)
	}
	if r := h.do("GET", "/bridge/v1/sessions/nobody", ""); r.status != http.StatusNotFound {
		t.Errorf("none: got %d", r.status)
	}
	bots := into[struct{ Bots []botInfo }](t, h.do("GET", "/bridge/v1/bots", "", reader))
	if len(bots.Bots) != 2 || bots.Bots[1].Name != "visit" || bots.Bots[1].Variables[0] != "name" {
		t.Errorf("bots: got %+v", bots)
	}
}

func TestWishesOverTheAPI(t *testing.T) {
	h := newHarness(t, withScenarios(t))
	one := h.begin(`{` + toAnna + `,"bot":"visit"}`)
	h.handFirst(one)
	path := "/bridge/v1/sessions/" + one.Session.ID
	post := func(what, body string) wabridge.Session {
		t.Helper()
		r := h.do("POST", path+"/"+what, body, sender)
		if r.status != http.StatusOK {
			t.Fatalf("%s: got %d %s", what, r.status, r.body)
		}
		return into[wabridge.Session](t, r)
	}
	if s := post("results", `{"results":{"confirmation":"Отказ","nps":"9"}}`); s.Results["confirmation"] != "Отказ" || len(s.Results) != 2 {
		t.Errorf("results: got %+v", s)
	}
	if s := post("hand-over", `{"reason":"vip"}`); !s.Operator {
		t.Errorf("hand-over: got %+v", s)
	}
	if s := post("take-back", ""); s.Operator || s.Deadline.IsZero() {
		t.Errorf("take-back: got %+v", s)
	}
	if s := post("end", `{"outcome":"enough"}`); s.State != wabridge.SessionEnded || s.Outcome != "enough" {
		t.Errorf("end: got %+v", s)
	}
	for what, c := range map[string]struct {
		body   string
		status int
		field  string
	}{
		"hand-over ":  {``, 409, ""},
		"take-back ":  {``, 409, ""},
		"end ":        {``, 409, ""},
		"end":         {`{"outcome":"` + strings.Repeat("x", 65) + `"}`, 400, "outcome"},
		"hand-over":   {`{"reason":"a\nb"}`, 400, "reason"},
		"results":     {`{}`, 400, "results"},
		"results ":    {`{"results":{"":"x"}}`, 400, "results"},
		"results  ":   {`{"results":{"a":"` + strings.Repeat("x", 1001) + `"}}`, 400, "results.a"},
		"results   ":  {`{"results":{"a":1}}`, 400, "results"},
		"results    ": {`{"result":{"a":"1"}}`, 400, ""},
	} {
		r := h.do("POST", path+"/"+strings.TrimSpace(what), c.body, sender)
		if f := r.failure(t); r.status != c.status || f.Field != c.field || f.Remedy == "" {
			t.Errorf("%s %.60s: got %d %q %s", what, c.body, r.status, f.Field, f.Message)
		}
	}
	events := into[struct {
		Events []wabridge.Event `json:"events"`
	}](t, h.do("GET", "/bridge/v1/events?after=0&type=session", "", reader))
	var changes []string
	for _, e := range events.Events {
		changes = append(changes, changeOf(t, e))
	}
	if got, want := strings.Join(changes, " "), "started opened result result handed_over taken_back ended"; got != want {
		t.Errorf("events: got %s, want %s", got, want)
	}
}

func changeOf(t *testing.T, e wabridge.Event) string {
	t.Helper()
	var d wabridge.SessionData
	must(t, json.Unmarshal(e.Data, &d))
	return d.Change
}
