package bridge

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

// fakeHands are phones whose screen is a text.
type fakeHands struct {
	png     string
	at      time.Time
	maxAge  time.Duration
	touched []wabridge.Touch
	err     error
}

func (f *fakeHands) Screen(_ context.Context, phone string, maxAge time.Duration) ([]byte, time.Time, error) {
	if phone != phoneID {
		return nil, time.Time{}, wabridge.Fail(wabridge.CodeNotFound, nil, "no phone")
	}
	f.maxAge = maxAge
	return []byte(f.png), f.at, f.err
}

func (f *fakeHands) Touch(_ context.Context, _ string, t wabridge.Touch) error {
	f.touched = append(f.touched, t)
	return f.err
}

func (f *fakeHands) Warnings(wabridge.Phone) []wabridge.Warning {
	return []wabridge.Warning{{Kind: wabridge.WarnNetworkOff, Detail: "no network", Remedy: "switch it on"}}
}

func (f *fakeHands) Health(_ context.Context, phone string) (wabridge.Health, error) {
	level := 81
	return wabridge.Health{Phone: phone, Reachable: true, Battery: &level, App: "2.26.1", At: f.at}, f.err
}

func (f *fakeHands) Doctor(context.Context, string) ([]wabridge.Check, error) {
	return []wabridge.Check{{Name: "battery", Grade: wabridge.GradeWarn, Detail: "20 %", Remedy: "connect a charger"}}, f.err
}

func TestHandsOverTheAPI(t *testing.T) {
	f := &fakeHands{png: "\x89PNG", at: time.UnixMilli(1_760_000_000_123).UTC()}
	h := newHarness(t, func(c *Config) { c.Hands = f })
	path := "/bridge/v1/phones/" + phoneID
	got := h.do("GET", path+"/screen?max_age_ms=2500", "")
	if got.status != http.StatusOK || string(got.body) != f.png || got.header.Get("Content-Type") != "image/png" || f.maxAge != 2500*time.Millisecond {
		t.Errorf("screen: %d %q %v, asked for %v", got.status, got.body, got.header, f.maxAge)
	}
	if got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Picture-Time") != "2025-10-09T08:53:20.123Z" {
		t.Errorf("headers of a picture: %v", got.header)
	}
	const secret = "pin 4711"
	if got := h.do("POST", path+"/input", `{"text":"`+secret+`"}`); got.status != http.StatusNoContent {
		t.Errorf("text: %d %s", got.status, got.body)
	}
	if len(f.touched) != 1 || f.touched[0].Text != secret {
		t.Errorf("the phone got %+v", f.touched)
	}
	if log := h.logs.String(); strings.Contains(log, "4711") || !strings.Contains(log, `"act":"phone.input","target":"`+phoneID+`","detail":"text"`) {
		t.Errorf("the log holds what was typed, or does not tell that something was:\n%s", log)
	}
	if got := h.do("GET", path+"/health", "", reader); got.status != http.StatusOK || !strings.Contains(string(got.body), `"battery_percent":81`) {
		t.Errorf("health: %d %s", got.status, got.body)
	}
	if got := h.do("GET", path+"/doctor", ""); got.status != http.StatusOK || !strings.Contains(string(got.body), `"result":"warn"`) {
		t.Errorf("doctor: %d %s", got.status, got.body)
	}
	for _, what := range []string{"GET /screen", "POST /input", "GET /doctor"} {
		method, sub, _ := strings.Cut(what, " ")
		if got := h.do(method, path+sub, "", sender); got.status != http.StatusForbidden {
			t.Errorf("%s without the scope admin: %d", what, got.status)
		}
	}
}

func TestInputThatIsRefused(t *testing.T) {
	f := &fakeHands{}
	h := newHarness(t, func(c *Config) { c.Hands = f })
	for name, c := range map[string]struct{ body, field string }{
		"nothing":             {`{}`, "tap"},
		"two at once":         {`{"key":"BACK","text":"x"}`, "tap"},
		"off the screen":      {`{"tap":{"x":-1,"y":5}}`, "tap"},
		"far off the screen":  {`{"swipe":{"from":{"x":0,"y":0},"to":{"x":0,"y":10000}}}`, "swipe"},
		"a slow swipe":        {`{"swipe":{"from":{"x":0,"y":0},"to":{"x":0,"y":10},"ms":60000}}`, "swipe.ms"},
		"an accent":           {`{"text":"größe"}`, "text"},
		"two lines":           {`{"text":"a\nb"}`, "text"},
		"a long text":         {`{"text":"` + strings.Repeat("a", 501) + `"}`, "text"},
		"a key for the shell": {`{"key":"BACK; reboot"}`, "key"},
		"a key not listed":    {`{"key":"POWER"}`, "key"},
		"an unknown member":   {`{"press":"BACK"}`, ""},
	} {
		got := h.do("POST", "/bridge/v1/phones/"+phoneID+"/input", c.body)
		if got.status != http.StatusBadRequest || c.field != "" && !strings.Contains(string(got.body), `"field":"`+c.field+`"`) {
			t.Errorf("%s: %d %s, want 400 for %q", name, got.status, got.body, c.field)
		}
	}
	if len(f.touched) > 0 {
		t.Errorf("the phone got %+v", f.touched)
	}
}

func TestPhonesThatCannotBeTouched(t *testing.T) {
	f := &fakeHands{}
	h := newHarness(t, func(c *Config) { c.Hands = f })
	for code, want := range map[wabridge.Code]struct {
		status int
		code   string
	}{
		wabridge.CodeSlow:     {http.StatusServiceUnavailable, "busy"},
		wabridge.CodeOffline:  {http.StatusServiceUnavailable, "offline"},
		wabridge.CodeScreen:   {http.StatusBadGateway, "phone_refused"},
		wabridge.CodeNotFound: {http.StatusNotFound, "not_found"},
	} {
		f.err = wabridge.Fail(code, nil, "no")
		for _, what := range []string{"GET /screen", "POST /input", "GET /doctor", "GET /health"} {
			method, sub, _ := strings.Cut(what, " ")
			body := ""
			if method == "POST" {
				body = `{"key":"BACK"}`
			}
			got := h.do(method, "/bridge/v1/phones/"+phoneID+sub, body)
			if got.status != want.status || !strings.Contains(string(got.body), `"code":"`+want.code+`"`) {
				t.Errorf("%s with %d: %d %s, want %d %s", what, code, got.status, got.body, want.status, want.code)
			}
		}
	}
	without := newHarness(t)
	if got := without.do("GET", "/bridge/v1/phones/"+phoneID+"/screen", ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("without phones: %d", got.status)
	}
}
