package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// plainComposer takes texts, and numbers that begin with "+".
type plainComposer struct{}

func (plainComposer) Compose(_ context.Context, phone wabridge.Phone, object map[string]json.RawMessage) (wabridge.Message, error) {
	c, err := content.Parse("text", object["text"])
	if err != nil {
		return wabridge.Message{}, &Refusal{Code: wabridge.CodeParameter, Message: "Invalid parameter", Field: "text.body", Remedy: "write one"}
	}
	return wabridge.Message{Phone: phone.ID, Type: "text", Text: wabridge.Text(c.Carry().Text), Body: c.Carry().Body, Expires: time.Now().Add(time.Hour)}, nil
}

func (plainComposer) Recipient(_ context.Context, phone wabridge.Phone, to string) (wabridge.Message, error) {
	digits, ok := strings.CutPrefix(to, "+")
	if !ok || digits == "" || wabridge.Digits(digits) != digits {
		return wabridge.Message{}, &Refusal{Code: wabridge.CodeParameter, Message: "Invalid parameter", Field: "to", Remedy: "write + and the number"}
	}
	if digits == phone.Number {
		return wabridge.Message{Number: digits}, &Refusal{Code: wabridge.CodeSelf, Message: "Recipient cannot be sender", Field: "to", Remedy: "write to another one"}
	}
	return wabridge.Message{Chat: wabridge.UserJID(digits), Number: digits, Input: to}, nil
}

func newCampaignHarness(t *testing.T) *harness {
	return newHarness(t, func(c *Config) { c.Composer = plainComposer{} })
}

// hand hands in a campaign with a key.
func (h *harness) hand(body, key string) reply {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/bridge/v1/campaigns", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+sender)
	r.Header.Set("Idempotency-Key", key)
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	got := reply{w.Code, w.Header(), w.Body.Bytes()}
	h.holds(http.MethodPost, "/bridge/v1/campaigns", got)
	return got
}

const head = `"phone_number_id":"` + phoneID + `","message":{"type":"text","text":{"body":"Hi {name}"}}`

func TestCampaign(t *testing.T) {
	h := newCampaignHarness(t)
	body := `{` + head + `,"name":" spring ","paused":true,"destinations":[
		{"to":"+4915111111111","variables":{"name":"Ann","age":7},"biz_opaque_callback_data":"a"},
		{"to":"+4915111111112","variables":{"name":8}},
		{"to":"+4915111111111","variables":{"name":"Ann again"}},
		{"to":"12"},
		{"to":"+15550001001","variables":{"name":"us"}},
		{"to":"+4915111111113"},
		{"to":"+4915111111113","variables":{"name":[]}},
		{"to":"+4915111111113","vars":{}}
	]}`
	r := h.do("POST", "/bridge/v1/campaigns", body, sender)
	if r.status != http.StatusCreated {
		t.Fatalf("status %d: %s", r.status, r.body)
	}
	got := into[campaignAnswer](t, r)
	c := got.Campaign
	if c.Name != "spring" || c.State != wabridge.CampaignPaused || c.Accepted != 2 || c.Refused != 5 || c.Duplicates != 1 || c.Held != 2 || c.Loaded.IsZero() {
		t.Errorf("campaign: %+v", c)
	}
	var fields []string
	for _, e := range got.Errors {
		fields = append(fields, fmt.Sprint(e.Index, " ", e.Error.Code, " ", e.Error.Field))
	}
	want := "[3 100 destinations[3].to 4 131021 destinations[4].to 5 132000 destinations[5].variables.name 6 100 destinations[6] 7 100 destinations[7]]"
	if fmt.Sprint(fields) != want {
		t.Errorf("errors:\n got %v\nwant %v", fields, want)
	}
	if len(got.Duplicates) != 1 || got.Duplicates[0].Index != 2 || got.Duplicates[0].To != "+4915111111111" {
		t.Errorf("duplicates: %+v", got.Duplicates)
	}
	page := into[messageList](t, h.do("GET", "/bridge/v1/campaigns/"+c.ID+"/messages?order=oldest", "", reader))
	if len(page.Messages) != 2 {
		t.Fatalf("messages: got %d", len(page.Messages))
	}
	m := page.Messages[0]
	if m.Text != "Hi Ann" || m.Callback != "a" || !m.Held || m.Campaign != c.ID || m.Priority != campaignPriority || page.Messages[1].Text != "Hi 8" {
		t.Errorf("messages: %+v", page.Messages)
	}
	if got.Duplicates[0].Message != m.ID {
		t.Error("the duplicate names another message")
	}
	if list := into[campaignList](t, h.do("GET", "/bridge/v1/campaigns?phone="+phoneID, "", reader)); len(list.Campaigns) != 1 || list.Campaigns[0].ID != c.ID {
		t.Errorf("list: %+v", list)
	}
	path := "/bridge/v1/campaigns/" + c.ID
	if c := into[wabridge.Campaign](t, h.do("POST", path+"/resume", "", sender)); c.State != wabridge.CampaignRunning || c.Held != 0 {
		t.Errorf("resumed: %+v", c)
	}
	if c := into[wabridge.Campaign](t, h.do("POST", path+"/pause", "", sender)); c.State != wabridge.CampaignPaused || c.Held != 2 {
		t.Errorf("paused: %+v", c)
	}
	if c := into[wabridge.Campaign](t, h.do("DELETE", path, "", sender)); c.State != wabridge.CampaignCanceled || c.Counts[wabridge.Canceled] != 2 {
		t.Errorf("canceled: %+v", c)
	}
	if f := h.do("POST", path+"/resume", "", sender).failure(t); f.Status != 409 || f.State != "canceled" {
		t.Errorf("resume after cancel: %+v", f)
	}
	if c := into[campaignDetail](t, h.do("GET", path, "", reader)); c.Accepted != 2 || c.LeftSeconds != 0 {
		t.Errorf("read: %+v", c)
	}
	for _, p := range []string{"/bridge/v1/campaigns/none", "/bridge/v1/campaigns/none/messages"} {
		if f := h.do("GET", p, "", reader).failure(t); f.Status != 404 || f.Code != "not_found" {
			t.Errorf("%s: %+v", p, f)
		}
	}
	for _, secret := range []string{sender, reader, admin, "Ann", "4915111111111"} {
		if strings.Contains(h.logs.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestCampaignPages(t *testing.T) {
	h := newCampaignHarness(t)
	at := time.Now().Add(-time.Hour)
	for n := range 3 {
		_, err := h.store.PutCampaign(t.Context(), queue.NewCampaign{Phone: phoneID, Name: fmt.Sprint(n), Created: at.Add(time.Duration(n) * time.Second)})
		must(t, err)
	}
	first := into[campaignList](t, h.do("GET", "/bridge/v1/campaigns?limit=2", "", reader))
	second := into[campaignList](t, h.do("GET", "/bridge/v1/campaigns?limit=2&cursor="+first.Next, "", reader))
	if len(first.Campaigns) != 2 || first.Campaigns[0].Name != "2" || len(second.Campaigns) != 1 || second.Campaigns[0].Name != "0" || second.Next != "" {
		t.Errorf("got %+v and %+v", first, second)
	}
}

// TestCampaignBadInput: each mistake is named with its field and a remedy, and
// nothing is left behind.
func TestCampaignBadInput(t *testing.T) {
	const to = `,"destinations":[{"to":"+4915111111111","variables":{"name":"Ann"}}]}`
	for name, tt := range map[string]struct{ body, field string }{
		"no JSON":                      {`[`, ""},
		"a list":                       {`[]`, ""},
		"nothing":                      {``, ""},
		"half":                         {`{` + head + `,"destinations":[{"to":"+49151`, "destinations"},
		"no end":                       {`{` + head + `,"destinations":[]`, ""},
		"no message":                   {`{"phone_number_id":"` + phoneID + `"` + to, "message"},
		"an empty text":                {`{"phone_number_id":"` + phoneID + `","message":{"type":"text","text":{"body":""}}` + to, "message.text.body"},
		"a message that is a text":     {`{"message":"Hi"` + to, "message"},
		"no phone of two":              {`{"message":{"type":"text","text":{"body":"Hi"}}` + to, "phone_number_id"},
		"an unknown phone":             {`{"phone_number_id":"7","message":{"type":"text","text":{"body":"Hi"}}` + to, "phone_number_id"},
		"an unknown member":            {`{` + head + `,"color":1` + to, "color"},
		"a member of another type":     {`{` + head + `,"paused":"no"` + to, "paused"},
		"a time that is none":          {`{` + head + `,"send_at":"tomorrow"` + to, "send_at"},
		"hours that are none":          {`{` + head + `,"allowed_hours":{"ranges":[["9","10"]]}` + to, "allowed_hours"},
		"a zone that is none":          {`{` + head + `,"allowed_hours":{"ranges":[["09:00","10:00"]],"time_zone":"Mars/Base"}` + to, "allowed_hours"},
		"too urgent":                   {`{` + head + `,"priority":100` + to, "priority"},
		"no time to live":              {`{` + head + `,"ttl":0` + to, "ttl"},
		"a category that is none":      {`{` + head + `,"category":"spam"` + to, "category"},
		"a long name":                  {`{` + head + `,"name":"` + strings.Repeat("x", 201) + `"` + to, "name"},
		"no destinations":              {`{` + head + `}`, "destinations"},
		"none in the list":             {`{` + head + `,"destinations":[]}`, "destinations"},
		"destinations that are none":   {`{` + head + `,"destinations":{}}`, "destinations"},
		"a member behind destinations": {`{` + head + to[:len(to)-1] + `,"paused":true}`, "paused"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newCampaignHarness(t)
			f := h.do("POST", "/bridge/v1/campaigns", tt.body, sender).failure(t)
			if f.Status != 400 || f.Field != tt.field || f.Remedy == "" {
				t.Errorf("got %d, field %q, remedy %q; want 400, field %q", f.Status, f.Field, f.Remedy, tt.field)
			}
			all, err := h.store.Campaigns(t.Context(), "", time.Time{}, 10)
			must(t, err)
			for _, c := range all {
				if c.State != wabridge.CampaignCanceled || c.Counts[wabridge.Queued] > 0 || f.Campaign != c.ID {
					t.Errorf("left behind: %+v", c)
				}
			}
		})
	}
}

func TestCampaignScopes(t *testing.T) {
	h := newCampaignHarness(t)
	for _, r := range []reply{
		h.do("POST", "/bridge/v1/campaigns", `{}`, reader), h.do("GET", "/bridge/v1/campaigns", "", sender),
		h.do("POST", "/bridge/v1/optouts", `{}`, reader), h.do("GET", "/bridge/v1/optouts", "", sender),
	} {
		if r.status != http.StatusForbidden {
			t.Errorf("status %d, want 403", r.status)
		}
	}
}

// TestCampaignDestinationsFirst: the order of members is free.
func TestCampaignDestinationsFirst(t *testing.T) {
	h := newCampaignHarness(t)
	r := h.do("POST", "/bridge/v1/campaigns", `{"destinations":[{"to":"+4915111111111","variables":{"name":"Ann"}}],`+head+`}`, sender)
	if got := into[campaignAnswer](t, r); r.status != 201 || got.Campaign.Accepted != 1 {
		t.Errorf("got %d %+v", r.status, got)
	}
}

// TestCampaignRepeated: with a key, a call that broke off goes on, and none is
// doubled.
func TestCampaignRepeated(t *testing.T) {
	h := newCampaignHarness(t)
	var b strings.Builder
	b.WriteString(`{` + head + `,"allow_duplicates":true,"destinations":[`)
	const n = 1200
	for i := range n {
		fmt.Fprintf(&b, `{"to":"+491511%06d","variables":{"name":"%d"}},`, i, i)
	}
	fmt.Fprintf(&b, `{"to":"none"},{"to":"+491511%06d","variables":{"name":"again"}}]}`, 0)
	whole := b.String()
	f := h.hand(whole[:len(whole)-9000], "key-1").failure(t)
	if f.Status != 400 || f.Campaign == "" {
		t.Fatalf("half a body: %+v", f)
	}
	half, err := h.store.Campaign(t.Context(), f.Campaign)
	must(t, err)
	if half.State != wabridge.CampaignLoading || half.Accepted != 1000 {
		t.Errorf("half: %+v", half)
	}
	for round := range 2 {
		r := h.hand(whole, "key-1")
		got := into[campaignAnswer](t, r)
		if r.status != 200 || got.Campaign.ID != half.ID || got.Campaign.Accepted != n+1 || got.Campaign.Refused != 1 || len(got.Errors) != 1 || r.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("round %d: %d %+v", round, r.status, got.Campaign)
		}
	}
	if f := h.hand(strings.Replace(whole, "Hi", "Ho", 1), "key-1").failure(t); f.Status != 409 {
		t.Errorf("another body: %+v", f)
	}
	if r := h.hand(whole, "key-2"); r.status != 201 {
		t.Errorf("another key: %d", r.status)
	}
}

func TestCampaignSchedule(t *testing.T) {
	h := newCampaignHarness(t)
	at := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	body := fmt.Sprintf(`{%s,"send_at":%d,"ttl":60,"priority":3,"category":"marketing","allowed_hours":{"ranges":[["00:00","24:00"]]},"destinations":[{"to":"+4915111111111","variables":{"name":"Ann"}}]}`, head, at.Unix())
	got := into[campaignAnswer](t, h.do("POST", "/bridge/v1/campaigns", body, sender))
	m := into[messageList](t, h.do("GET", "/bridge/v1/messages?campaign="+got.Campaign.ID, "", reader)).Messages[0]
	if !m.Due.Equal(at) || !m.Expires.Equal(at.Add(time.Minute)) || m.Priority != 3 || m.Category != "marketing" || !m.Held || m.Hours == nil {
		t.Errorf("got %+v", m)
	}
}

func TestOptOuts(t *testing.T) {
	h := newCampaignHarness(t)
	p := into[wabridge.Preference](t, h.do("POST", "/bridge/v1/optouts", `{"phone_number_id":"`+phoneID+`","to":"+4915111111111"}`, sender))
	if p.Number != "4915111111111" || p.Value != "stop" || p.At.IsZero() {
		t.Errorf("added: %+v", p)
	}
	body := `{` + head + `,"destinations":[{"to":"+4915111111111","variables":{"name":"Ann"}}]}`
	if got := into[campaignAnswer](t, h.do("POST", "/bridge/v1/campaigns", body, sender)); got.Campaign.OptedOut != 1 || got.Campaign.Counts[wabridge.Failed] != 1 {
		t.Errorf("campaign: %+v", got)
	}
	if list := into[optOutList](t, h.do("GET", "/bridge/v1/optouts?phone="+phoneID, "", reader)); len(list.OptOuts) != 1 || list.OptOuts[0].Chat != p.Chat {
		t.Errorf("list: %+v", list)
	}
	if p := into[wabridge.Preference](t, h.do("DELETE", "/bridge/v1/optouts/+4915111111111?phone="+phoneID, "", sender)); p.Value != "resume" {
		t.Errorf("removed: %+v", p)
	}
	if list := into[optOutList](t, h.do("GET", "/bridge/v1/optouts", "", reader)); len(list.OptOuts) != 0 {
		t.Errorf("list: %+v", list)
	}
	if list := into[optOutList](t, h.do("GET", "/bridge/v1/optouts?value=all", "", reader)); len(list.OptOuts) != 1 {
		t.Errorf("list of all: %+v", list)
	}
	for target, field := range map[string]string{"/bridge/v1/optouts?value=x": "value", "/bridge/v1/optouts?limit=0": "limit"} {
		if f := h.do("GET", target, "", reader).failure(t); f.Field != field {
			t.Errorf("%s: %+v", target, f)
		}
	}
	for body, field := range map[string]string{`{"to":"+49"}`: "phone_number_id", `{"phone_number_id":"` + phoneID + `"}`: "to", `{"phone_number_id":"` + phoneID + `","to":"x"}`: "to"} {
		if f := h.do("POST", "/bridge/v1/optouts", body, sender).failure(t); f.Field != field || f.Remedy == "" {
			t.Errorf("%s: %+v", body, f)
		}
	}
}

// A countingStore only counts what it is given.
type countingStore struct {
	Store
	campaigns, messages int
}

func (s *countingStore) Phone(_ context.Context, id string) (wabridge.Phone, error) {
	return wabridge.Phone{ID: id}, nil
}

func (s *countingStore) Phones(context.Context) ([]wabridge.Phone, error) {
	return []wabridge.Phone{{ID: phoneID}}, nil
}

func (s *countingStore) PutCampaign(_ context.Context, c queue.NewCampaign) (wabridge.Campaign, error) {
	s.campaigns++
	return wabridge.Campaign{ID: c.ID}, nil
}

func (s *countingStore) Enqueue(_ context.Context, drafts ...queue.Draft) ([]queue.Accepted, error) {
	s.messages += len(drafts)
	return make([]queue.Accepted, len(drafts)), nil
}

func (s *countingStore) LoadedCampaign(_ context.Context, id string, _ int, _ time.Time) (wabridge.Campaign, error) {
	return wabridge.Campaign{ID: id}, nil
}

// FuzzCampaignBody: whatever is handed in, it is read to its end or refused in
// words, at most one campaign is made, and of it come no more messages than
// there were objects.
func FuzzCampaignBody(f *testing.F) {
	whole := `{` + head + `,"name":"x","paused":true,"send_at":"2030-01-01T00:00:00Z","ttl":5,"allowed_hours":{"ranges":[["09:00","10:00"]]},"destinations":[{"to":"+4915111111111","variables":{"name":"Ann"}}]}`
	for i := range whole {
		f.Add(whole[:i+1])
	}
	f.Add(`{"destinations":[{"to":"+4915111111111"}],"message":{"type":"text","text":{"body":"x"}},"phone_number_id":"` + phoneID + `"}`)
	f.Add(`{"message":{"text":{"body":"{a}{{b}}"}},"send_at":1e9,"ttl":-1,"allowed_hours":{"ranges":null},"destinations":[null,1,{}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		store := &countingStore{}
		i := &intake{s: &Server{Config: Config{Store: store, Composer: plainComposer{}}}, w: http.NewResponseController(httptest.NewRecorder()), now: time.Now(), key: "k"}
		err := i.read(t.Context(), strings.NewReader(body))
		if store.campaigns > 1 || store.messages > strings.Count(body, "{") {
			t.Errorf("%d campaigns, %d messages of %q", store.campaigns, store.messages, body)
		}
		if err == nil {
			return
		}
		if got := failureOf(err); got.Status >= 500 || got.Remedy == "" {
			t.Errorf("%q: %d, remedy %q: %v", body, got.Status, got.Remedy, err)
		}
	})
}
