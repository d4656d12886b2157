package cloud

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// to is a text to the n-th recipient.
func to(n int) string {
	return strings.Replace(text(""), "+16505551234", fmt.Sprintf("+1650555%04d", 1000+n), 1)
}

// inTime runs a test in fake time, with limits kept as Meta keeps them.
func inTime(t *testing.T, throughput int, run func(t *testing.T, h *harness)) {
	synctest.Test(t, func(t *testing.T) {
		run(t, newHarness(t, func(c *Config) {
			c.Limits = Limits{Official: true, Messages: queue.NewLimits(throughput, queue.CloudPair)}
		}))
	})
}

func TestThroughputLimit(t *testing.T) {
	inTime(t, 0, func(t *testing.T, h *harness) {
		for n := range 80 {
			if got := h.do("POST", sendPath, to(n)); got.status != 200 {
				t.Fatalf("message %d: %s", n+1, got.body)
			}
		}
		got := h.do("POST", sendPath, to(80))
		e := got.graph(t)
		if e.Code != 130429 || got.status != 400 || e.Message != "(#130429) Rate limit hit" || got.header.Get("Retry-After") != "1" || !strings.Contains(e.Data.Details, "80 messages") {
			t.Errorf("the 81st: %d %+v %+v", got.status, e, e.Data)
		}
		if got := h.do("POST", "/"+secondID+"/messages", to(80)); got.status != 200 {
			t.Errorf("another number: %s", got.body)
		}
		time.Sleep(time.Second)
		if got := h.do("POST", sendPath, to(80)); got.status != 200 {
			t.Errorf("a second later: %s", got.body)
		}
	})
}

func TestPairLimitOfTheAPI(t *testing.T) {
	inTime(t, 1000, func(t *testing.T, h *harness) {
		for n := range 45 {
			if got := h.do("POST", sendPath, to(0)); got.status != 200 {
				t.Fatalf("message %d: %s", n+1, got.body)
			}
		}
		got := h.do("POST", sendPath, to(0))
		if e := got.graph(t); e.Code != 131056 || got.status != 400 || e.Message != "(#131056) (Business Account, Consumer Account) pair rate limit hit" || got.header.Get("Retry-After") != "270" {
			t.Errorf("the 46th: %d %s", got.status, got.body)
		}
		if got := h.do("POST", sendPath, to(1)); got.status != 200 {
			t.Errorf("another recipient: %s", got.body)
		}
		time.Sleep(270*time.Second - time.Millisecond)
		if got := h.do("POST", sendPath, to(0)); got.status != 400 {
			t.Errorf("before the loan is paid back: %s", got.body)
		}
		time.Sleep(time.Millisecond)
		if got := h.do("POST", sendPath, to(0)); got.status != 200 {
			t.Errorf("when the loan is paid back: %s", got.body)
		}
	})
}

func TestWhatWasNotAcceptedIsNotCounted(t *testing.T) {
	inTime(t, 2, func(t *testing.T, h *harness) {
		for range 5 {
			h.do("POST", sendPath, `{"messaging_product":"whatsapp","to":"+16505551000","text":{}}`) // a mistake
			h.do("POST", sendPath, object("image", `{"link":"https://x/y"}`))                        // a file that cannot be had
			if got := h.do("POST", sendPath, to(0), "Idempotency-Key", "k"); got.status != 200 {     // the same again
				t.Fatal(string(got.body))
			}
		}
		if got := h.do("POST", sendPath, to(1)); got.status != 200 {
			t.Errorf("the second message: %s", got.body)
		}
		if got := h.do("POST", sendPath, to(2)); got.status != 400 || got.graph(t).Code != 130429 {
			t.Errorf("the third message: %s", got.body)
		}
		if got := h.do("POST", sendPath, to(0), "Idempotency-Key", "k"); got.status != 200 {
			t.Errorf("the first one again: %s", got.body)
		}
	})
}

func TestWhoseLimits(t *testing.T) {
	for _, tt := range []struct {
		name     string
		official bool
		scopes   []string
		want     int
	}{
		{"absorbed unless said", false, nil, 200},
		{"official by configuration", true, nil, 400},
		{"official by token", false, []string{queue.ScopeOfficial}, 400},
		{"absorbed by token", true, []string{queue.ScopeAbsorb}, 200},
		{"the strict one wins", false, []string{queue.ScopeAbsorb, queue.ScopeOfficial}, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t, func(c *Config) {
				c.Limits = Limits{Official: tt.official, Messages: queue.NewLimits(1, queue.Pair{Every: time.Hour, Burst: 1})}
			})
			_, err := h.store.CreateToken(t.Context(), "own", "own-secret", append(tt.scopes, queue.ScopeSend), now())
			must(t, err)
			for i, want := range []int{200, tt.want} {
				if got := h.do("POST", sendPath, to(0), "Authorization", "Bearer own-secret"); got.status != want {
					t.Errorf("message %d: status %d, want %d: %s", i+1, got.status, want, got.body)
				}
			}
		})
	}
}

func TestMaintenance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		must(t, h.store.MaintainPhone(t.Context(), phoneID, true, now()))
		for _, call := range []struct{ method, path, body string }{
			{"POST", sendPath, text("")},
			{"POST", sendPath, `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.x"}`},
			{"GET", "/" + phoneID, ""},
			{"GET", "/" + phoneID + "/message_history", ""},
			{"GET", "/" + phoneID + "/whatsapp_business_profile", ""},
			{"POST", "/" + phoneID + "/media", `{"messaging_product":"whatsapp"}`},
		} {
			got := h.do(call.method, call.path, call.body)
			if e := got.graph(t); e.Code != 131057 || got.status != 500 || e.Message != "(#131057) Account in maintenance mode" || !e.Transient || got.header.Get("Retry-After") != "60" {
				t.Errorf("%s %s: %d %s", call.method, call.path, got.status, got.body)
			}
		}
		for _, path := range []string{"/" + secondID, "/" + wabaID, "/" + wabaID + "/phone_numbers"} {
			if got := h.do("GET", path, ""); got.status != 200 {
				t.Errorf("%s: %s", path, got.body)
			}
		}
		must(t, h.store.MaintainPhone(t.Context(), phoneID, false, now()))
		time.Sleep(phonesFresh)
		if got := h.do("POST", sendPath, text("")); got.status != 200 {
			t.Errorf("afterwards: %s", got.body)
		}
	})
}

// usageOf reads the header that tells how many calls are left.
func usageOf(t *testing.T, r reply) usage {
	t.Helper()
	var all map[string][]usage
	if err := json.Unmarshal([]byte(r.header.Get("X-Business-Use-Case-Usage")), &all); err != nil || len(all[wabaID]) != 1 {
		t.Fatalf("header %q (%v)", r.header.Get("X-Business-Use-Case-Usage"), err)
	}
	return all[wabaID][0]
}

func TestManagementLimit(t *testing.T) {
	inTime(t, 0, func(t *testing.T, h *harness) {
		call := func() reply { return h.do("GET", "/"+wabaID+"/phone_numbers", "") }
		for n := range 200 { // both phones are starting: the account counts as not active
			got := call()
			if u := usageOf(t, got); got.status != 200 || u.Calls != (n+1)/2 || u.Minutes != 0 || u.Type != "whatsapp" {
				t.Fatalf("call %d: %d %+v", n+1, got.status, u)
			}
		}
		got := call()
		if e := got.graph(t); e.Code != 80007 || got.status != 400 || e.Message != "(#80007) Rate limit issues" {
			t.Errorf("call 201: %d %s", got.status, got.body)
		}
		if u := usageOf(t, got); u.Calls != 100 || u.Minutes < 59 || u.Minutes > 60 || got.header.Get("Retry-After") == "" {
			t.Errorf("call 201: %+v, Retry-After %q", u, got.header.Get("Retry-After"))
		}
		for _, path := range []string{"/" + wabaID, "/" + wabaID + "/message_templates", "/" + wabaID + "/subscribed_apps"} {
			if got := h.do("GET", path, ""); got.status != 400 || got.graph(t).Code != 80007 {
				t.Errorf("%s counts too: %s", path, got.body)
			}
		}
		if got := h.do("GET", "/"+phoneID, ""); got.status != 200 || got.header.Get("X-Business-Use-Case-Usage") != "" {
			t.Errorf("a phone number does not count: %s", got.body)
		}
		if got := h.do("POST", sendPath, text("")); got.status != 200 {
			t.Errorf("sending does not count: %s", got.body)
		}
		must(t, h.store.SetPhoneState(t.Context(), phoneID, wabridge.PhoneReady, 0, "", now()))
		if got := call(); got.status != 200 || usageOf(t, got).Calls != 201*100/5000 {
			t.Errorf("an active account has 5000: %s", got.body)
		}
		must(t, h.store.SetPhoneState(t.Context(), phoneID, wabridge.PhoneStarting, 0, "", now()))
		time.Sleep(time.Hour)
		if got := call(); got.status != 200 {
			t.Errorf("an hour later: %s", got.body)
		}
	})
}

func TestManagementIsNotLimitedByDefault(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.Limits.CallsPerHour = 2 })
	for n := range 4 {
		got := h.do("GET", "/"+wabaID, "")
		if u := usageOf(t, got); got.status != 200 || u.Calls != (n+1)*50 || (u.Minutes > 0) != (n >= 2) {
			t.Errorf("call %d: %d %+v", n+1, got.status, u)
		}
	}
}

func TestLevelOfThroughput(t *testing.T) {
	for perSecond, want := range map[int]string{80: "STANDARD", 999: "STANDARD", 1000: "HIGH"} {
		h := newHarness(t, func(c *Config) { c.Limits.Messages = queue.NewLimits(perSecond, queue.CloudPair) })
		for _, path := range []string{"/" + phoneID + "?fields=throughput", "/" + wabaID + "/phone_numbers?fields=throughput"} {
			if got := h.do("GET", path, ""); !strings.Contains(string(got.body), `"throughput":{"level":"`+want+`"}`) {
				t.Errorf("%d a second, %s: %s", perSecond, path, got.body)
			}
		}
	}
}
