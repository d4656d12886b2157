package cloud

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/queue"
)

// A month is what the tests count: messages delivered at noon of days before
// today, so that no test depends on when it runs.
type month struct {
	*harness
	noon time.Time // of today, UTC
}

func newMonth(t *testing.T, change ...func(*Config)) *month {
	m := &month{harness: newHarness(t, change...), noon: time.Now().UTC().Truncate(24 * time.Hour).Add(-12 * time.Hour)}
	us, de := "15550002001", "4917012345678"
	m.sends(phoneID, us, "", "", 2, wabridge.WasDelivered)
	m.sends(phoneID, us, "", "", 2, wabridge.WasSent)
	m.sends(phoneID, us, wabridge.Marketing, "71", 2, wabridge.WasRead)
	m.sends(secondID, de, wabridge.Utility, "72", 2, wabridge.WasDelivered)
	m.sends(secondID, de, wabridge.Marketing, "71", 1, wabridge.WasDelivered)
	m.receives(phoneID, us, 1)
	m.sends(phoneID, us, "", "", 1, wabridge.WasDelivered)
	return m
}

// at is the time that a number of days lie before.
func (m *month) at(days int) time.Time { return m.noon.Add(-time.Duration(days) * 24 * time.Hour) }

func (m *month) sends(phone, to, category, template string, days int, move func(time.Time) wabridge.Move) {
	m.t.Helper()
	a, err := m.store.Enqueue(m.t.Context(), queue.Draft{Message: wabridge.Message{Phone: phone, Chat: wabridge.UserJID(to), Number: to,
		Type: "text", Text: "x", Category: category, Template: template}})
	must(m.t, err)
	_, _, err = m.store.Claim(m.t.Context(), phone, time.Now(), time.Minute, queue.Pacing{}.Gate)
	must(m.t, err)
	_, err = m.store.Apply(m.t.Context(), a[0].Message.ID, 0, move(m.at(days)))
	must(m.t, err)
}

func (m *month) receives(phone, from string, days int) {
	m.t.Helper()
	_, err := m.store.Reconcile(m.t.Context(), phone, wabridge.ChatRef{Number: from}, 0, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: []wabridge.Message{{Text: "hi", Created: m.at(days).Add(-time.Hour)}}}
	})
	must(m.t, err)
}

// span is start and end of the last days, from midnight to midnight.
func (m *month) span() string {
	begin := m.noon.Add(-12 * time.Hour).Add(-5 * 24 * time.Hour)
	return fmt.Sprintf(".start(%d).end(%d)", begin.Unix(), m.noon.Add(12*time.Hour).Unix())
}

func (m *month) get(fields string) reply {
	m.t.Helper()
	return m.do("GET", "/v23.0/"+wabaID+"?fields="+url.QueryEscape(fields), "")
}

// points asks and tells the data points apart by their day: "-2 sent=1 …".
func (m *month) points(fields string) []string {
	m.t.Helper()
	r := m.get(fields)
	if r.status != 200 {
		m.t.Fatalf("%s: %s", fields, r.body)
	}
	name, _, _ := strings.Cut(fields, ".")
	var v map[string]json.RawMessage
	must(m.t, json.Unmarshal(r.body, &v))
	var report struct {
		Points []map[string]any `json:"data_points"`
		Data   []struct {
			Points []map[string]any `json:"data_points"`
		} `json:"data"`
	}
	must(m.t, json.Unmarshal(v[strings.TrimSpace(name)], &report))
	if len(report.Data) > 0 {
		report.Points = report.Data[0].Points
	}
	out := []string{}
	for _, p := range report.Points {
		start, end := p["start"].(float64), p["end"].(float64)
		if end <= start {
			m.t.Errorf("%s: a point from %v to %v", fields, start, end)
		}
		day := int(time.Unix(int64(start), 0).Sub(m.noon.Add(-12*time.Hour)).Hours()) / 24
		delete(p, "start")
		delete(p, "end")
		b, err := json.Marshal(p)
		must(m.t, err)
		out = append(out, fmt.Sprintf("%d %s", day, b))
	}
	return out
}

func TestAnalyticsPoints(t *testing.T) {
	m := newMonth(t, func(c *Config) {
		c.Rates = analytics.Card{{Category: "marketing", Amount: 0.1}, {Country: "DE", Category: "marketing", Amount: 0.25}, {Category: "utility", Amount: 0.05}}
		c.Currency = "EUR"
	})
	for _, tt := range []struct {
		name, fields string
		want         []string
	}{
		{"messages by day", "analytics" + m.span() + ".granularity(DAY)",
			[]string{`-2 {"delivered":3,"sent":4}`, `-1 {"delivered":2,"sent":2}`}},
		{"one number", "analytics" + m.span() + ".granularity(DAY).phone_numbers([+4915123456789])",
			[]string{`-2 {"delivered":1,"sent":1}`, `-1 {"delivered":1,"sent":1}`}},
		{"a number of somebody else", "analytics" + m.span() + ".granularity(DAY).phone_numbers(['4915100000000'])", []string{}},
		{"one country, quotes and blanks", "analytics" + m.span() + "\n .granularity( day ) \\\n.country_codes([ 'de' , ])",
			[]string{`-2 {"delivered":1,"sent":1}`, `-1 {"delivered":1,"sent":1}`}},
		{"templates only", "analytics" + m.span() + ".granularity(DAY).product_types([0])",
			[]string{`-2 {"delivered":2,"sent":2}`, `-1 {"delivered":1,"sent":1}`}},
		{"what was received", `analytics` + m.span() + `.granularity(DAY).product_types(["100"])`, []string{`-1 {"delivered":1,"sent":1}`}},
		{"conversations", "conversation_analytics" + m.span() + ".granularity(DAILY).phone_numbers([])",
			[]string{`-2 {"conversation":3,"cost":0.15}`, `-1 {"conversation":2,"cost":0.25}`}},
		{"conversations told apart", `conversation_analytics` + m.span() + `.granularity(DAILY).metric_types(CONVERSATION).dimensions(["conversation_type", 'CONVERSATION_DIRECTION', PHONE,COUNTRY])`,
			[]string{
				`-2 {"conversation":2,"conversation_direction":"BUSINESS_INITIATED","conversation_type":"REGULAR","country":"US","phone_number":"15550001001"}`,
				`-2 {"conversation":1,"conversation_direction":"BUSINESS_INITIATED","conversation_type":"REGULAR","country":"DE","phone_number":"4915123456789"}`,
				`-1 {"conversation":1,"conversation_direction":"USER_INITIATED","conversation_type":"FREE_TIER","country":"US","phone_number":"15550001001"}`,
				`-1 {"conversation":1,"conversation_direction":"BUSINESS_INITIATED","conversation_type":"REGULAR","country":"DE","phone_number":"4915123456789"}`,
			}},
		{"one direction", `conversation_analytics` + m.span() + `.granularity(DAILY).conversation_directions(["user_initiated"]).conversation_categories([SERVICE])`,
			[]string{`-1 {"conversation":1,"cost":0}`}},
		{"pricing", "pricing_analytics" + m.span() + ".granularity(DAILY).metric_types([]).dimensions([PRICING_TYPE,PRICING_CATEGORY,TIER])",
			[]string{
				`-2 {"cost":0.1,"pricing_category":"MARKETING","pricing_type":"REGULAR","tier":"0:MAX","volume":1}`,
				`-2 {"cost":0,"pricing_category":"SERVICE","pricing_type":"REGULAR","tier":"0:MAX","volume":1}`,
				`-2 {"cost":0.05,"pricing_category":"UTILITY","pricing_type":"REGULAR","tier":"0:MAX","volume":1}`,
				`-1 {"cost":0.25,"pricing_category":"MARKETING","pricing_type":"REGULAR","tier":"0:MAX","volume":1}`,
				`-1 {"cost":0,"pricing_category":"SERVICE","pricing_type":"FREE_CUSTOMER_SERVICE","tier":"0:MAX","volume":1}`,
			}},
		{"what was free", "pricing_analytics" + m.span() + ".granularity(DAILY).pricing_types(FREE_CUSTOMER_SERVICE).metric_types(VOLUME)", []string{`-1 {"volume":1}`}},
		{"calls", "call_analytics" + m.span() + ".granularity(DAILY)", []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, m.points(tt.fields)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.fields, diff)
			}
		})
	}
}

func TestAnalyticsBesideOtherFields(t *testing.T) {
	m := newMonth(t, func(c *Config) { c.Currency = "EUR" })
	v := m.get("id,name,analytics" + m.span() + ".granularity(HALF_HOUR).phone_numbers([]),currency").json(t)
	got := v["analytics"].(map[string]any)
	if diff := cmp.Diff([]any{"15550001001", "4915123456789"}, got["phone_numbers"]); diff != "" {
		t.Errorf("phone_numbers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{"DE", "US"}, got["country_codes"]); diff != "" {
		t.Errorf("country_codes (-want +got):\n%s", diff)
	}
	if v["id"] != wabaID || v["name"] == nil || v["currency"] != "EUR" || got["granularity"] != "HALF_HOUR" || len(got["data_points"].([]any)) != 2 {
		t.Errorf("got %v", v)
	}
}

// TestSeed asks what the seed's script and Meta's Postman collection ask, word
// for word: old times are no mistake.
func TestSeed(t *testing.T) {
	m := newMonth(t)
	for _, fields := range []string{
		`analytics.start(1662174000).end(1662548446).granularity(DAY)`,
		`analytics.start(1662174000).end(1662548446).phone_numbers([16505550111]).granularity(DAY)`,
		`conversation_analytics.start(1662174000).end(1662548446).granularity(DAILY).phone_numbers([])`,
		`analytics.start(1680503760).end(1680564980).granularity(DAY).phone_numbers([]).country_codes(["US", "BR"])`,
		`conversation_analytics.start(1656661480).end(1674859480).granularity(MONTHLY).conversation_directions(["business_initiated"]).dimensions(["conversation_type", "conversation_direction"])`,
	} {
		r := m.do("GET", "/v14.0/"+wabaID+"?fields="+url.QueryEscape(fields)+"&access_token="+reader, "", "Authorization", "")
		if r.status != 200 || !strings.Contains(string(r.body), `"data_points":[]`) {
			t.Errorf("%s: %d %s", fields, r.status, r.body)
		}
	}
}

func TestTemplateAnalytics(t *testing.T) {
	m := newMonth(t)
	at := func(days int) string { return m.at(days).Format(time.DateOnly) }
	path := "/" + wabaID + "/template_analytics?granularity=DAILY&template_ids=[71,72]&start=" + at(2) + "&end=" + at(0)
	if e := m.do("GET", path, "").graph(t); e.Code != 100 || !strings.Contains(e.Data.Details, "is_enabled_for_insights") {
		t.Errorf("before the opt-in: %+v", e)
	}
	_, err := m.store.PutObject(t.Context(), queue.Object{Kind: queue.ObjectSettings, Owner: wabaID, ID: "settings", Data: []byte(`{"is_enabled_for_insights":true}`)}, time.Now())
	must(t, err)
	v := m.do("GET", path+"&metric_types=sent,delivered,read", "").json(t)
	report := v["data"].([]any)[0].(map[string]any)
	var got []string
	for _, p := range report["data_points"].([]any) {
		p := p.(map[string]any)
		got = append(got, fmt.Sprintf("%s %v sent %v delivered %v read %v", time.Unix(int64(p["start"].(float64)), 0).UTC().Format(time.DateOnly), p["template_id"], p["sent"], p["delivered"], p["read"]))
		if p["cost"] != nil || p["end"].(float64)-p["start"].(float64) != 86400 {
			t.Errorf("point %v", p)
		}
	}
	want := []string{
		at(2) + " 71 sent 1 delivered 1 read 1", at(2) + " 72 sent 1 delivered 1 read 0",
		at(1) + " 71 sent 1 delivered 1 read 0", at(1) + " 72 sent 0 delivered 0 read 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
	if report["granularity"] != "DAILY" || report["product_type"] != "cloud_api" || v["paging"] == nil {
		t.Errorf("report %v", v)
	}
	for _, path := range []string{
		"/template_group_analytics?granularity=DAILY&template_group_ids=[1]&start=1&end=99999999",
		"/group_analytics?granularity=DAY&group_ids=['120363@g.us']&start=1&end=99999999",
	} {
		if r := m.do("GET", "/"+wabaID+path, ""); r.status != 200 || !strings.Contains(string(r.body), `"data_points":[]`) {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}

func TestAnalyticsMistakes(t *testing.T) {
	h := newHarness(t)
	for _, tt := range []struct{ name, fields, param string }{
		{"no start", "analytics.end(2).granularity(DAY)", "start"},
		{"no end", "analytics.start(2).granularity(DAY)", "end"},
		{"no granularity", "analytics.start(1).end(2)", "granularity"},
		{"nothing at all", "conversation_analytics", "start"},
		{"the other kind's granularity", "analytics.start(1).end(2).granularity(DAILY)", "granularity"},
		{"and the other way round", "pricing_analytics.start(1).end(2).granularity(DAY)", "granularity"},
		{"milliseconds", "analytics.start(1662174000000).end(1662548446000).granularity(DAY)", "start"},
		{"a date", "analytics.start(2026-01-01).end(2).granularity(DAY)", "start"},
		{"end before start", "analytics.start(2).end(2).granularity(DAY)", "end"},
		{"a word for a number", "analytics.start(1).end(2).granularity(DAY).phone_numbers([mine])", "phone_numbers"},
		{"a country's name", "analytics.start(1).end(2).granularity(DAY).country_codes([Germany])", "country_codes"},
		{"an unknown product", "analytics.start(1).end(2).granularity(DAY).product_types([1])", "product_types"},
		{"an unknown dimension", "conversation_analytics.start(1).end(2).granularity(DAILY).dimensions([TIER])", "dimensions"},
		{"an unknown metric", "pricing_analytics.start(1).end(2).granularity(DAILY).metric_types([SENT])", "metric_types"},
		{"a parameter of another kind", "analytics.start(1).end(2).granularity(DAY).dimensions([PHONE])", "dimensions"},
		{"no templates", "template_analytics.start(1).end(2).granularity(DAILY)", "template_ids"},
		{"too many templates", "template_analytics.start(1).end(2).granularity(DAILY).template_ids([1,2,3,4,5,6,7,8,9,10,11])", "template_ids"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := h.do("GET", "/v23.0/"+wabaID+"?fields="+url.QueryEscape(tt.fields), "")
			e := r.graph(t)
			if r.status != 400 || e.Code != 100 || !strings.Contains(e.Message, " "+tt.param+" ") {
				t.Errorf("%s: %d %s", tt.fields, r.status, r.body)
			}
		})
	}
	if e := h.do("GET", "/"+phoneID+"?fields=analytics.start(1).end(2).granularity(DAY)", "").graph(t); e.Code != 100 {
		t.Errorf("of a phone: %+v", e)
	}
	if e := h.do("GET", "/299999999999999/analytics?start=1&end=2&granularity=DAY", "").graph(t); e.Code != 100 || e.Subcode != 33 {
		t.Errorf("of nobody: %+v", e)
	}
}
