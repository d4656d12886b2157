package twin

import (
	"strings"
	"testing"
	"time"
)

func TestWhoMayCall(t *testing.T) {
	h := newHarness(t)
	for _, tt := range []struct {
		name, method, target, auth string
		code                       int
	}{
		{"no token", "POST", "/api/v1/messages", "", 401},
		{"a wrong token", "GET", "/api/v1/messages", "Bearer nobody", 401},
		{"another scheme", "GET", "/api/v1/messages", "Key " + sender, 401},
		{"a reader sends", "POST", "/api/v1/messages", "Bearer " + reader, 403},
		{"a reader cancels", "DELETE", "/api/v1/messages?id=x", "Bearer " + reader, 403},
		{"a reader reads", "GET", "/analyse/api/v1/statistics/messaging/messages", "Bearer " + reader, 200},
		{"a dressed token", "GET", "/api/v1/messages", "Bearer " + dress(reader, time.Now()), 200},
		{"a dressed wrong token", "GET", "/api/v1/messages", "Bearer " + dress("nobody", time.Now()), 401},
		{"a wrong method", "PUT", "/api/v1/messages", "Bearer " + sender, 405},
		{"statistics are not posted", "POST", "/api/v1/statistics/chat/sessions", "Bearer " + sender, 405},
		{"tasks", "POST", "/notify/api/v1/tasks", "Bearer " + sender, 501},
		{"a file of messages", "POST", "/api/v1/messages/bulk", "Bearer " + sender, 501},
		{"a bulk that is not there", "GET", "/api/v1/messages/bulk/x", "Bearer " + sender, 404},
		{"below messages", "GET", "/api/v1/messages/7", "Bearer " + sender, 404},
		{"unserved without a token", "GET", "/api/v1/templates/7", "", 401},
	} {
		code, raw := h.call(tt.method, tt.target, `{"messages":[]}`, "Authorization", tt.auth)
		var e map[string]fault
		if code != tt.code || code >= 400 && (strict(raw, &e) != nil || e["error"].Message == "") {
			t.Errorf("%s: %d %s, want %d", tt.name, code, raw, tt.code)
		}
	}
	for path, want := range map[string]bool{
		"/api/v1/messages": true, "/notify/api/v1/messages": true, "/analyse/api/v1/statistics/chat/sessions": true, "/iam/api/v1/auth/login": true,
		"/api/v1/messagesX": false, "/api/v1/": false, "/v23.0/1/messages": false, "/api/v1/contacts": false, "/x/api/v1/messages": false,
	} {
		if Ours(path) != want {
			t.Errorf("Ours(%q) is %v", path, !want)
		}
	}
}

// A client of TWIN's logs in, reads exp, and uses what it got.
func TestLogin(t *testing.T) {
	h := newHarness(t)
	login := func(method, target, body string) (int, map[string]string) {
		code, raw := h.call(method, target, body, "Authorization", "")
		var got map[string]string
		if code == 200 {
			must(t, strict(raw, &got))
		}
		return code, got
	}
	code, got := login("POST", "/api/v1/auth/login", `{"email":"crm@example.org","password":"`+sender+`","ttl":600,"companyId":null,"extra":[]}`)
	if code != 200 || len(strings.Split(got["authToken"], ".")) != 3 || got["refreshToken"] == "" {
		t.Fatalf("%d %v", code, got)
	}
	if code, _ := h.call("GET", "/api/v1/messages", "", "Authorization", "Bearer "+got["authToken"]); code != 200 {
		t.Errorf("the token opens nothing: %d", code)
	}
	if code, again := login("GET", "/iam/api/v1/auth/refresh?ttl=60&refreshToken="+got["refreshToken"], ""); code != 200 || again["authToken"] == got["authToken"] {
		t.Errorf("refresh: %d %v", code, again)
	}
	for _, tt := range []struct{ method, target, body string }{
		{"POST", "/api/v1/auth/login", `{"password":"nobody"}`}, {"POST", "/api/v1/auth", `{}`},
		{"GET", "/api/v1/auth/refresh?refreshToken=x", ""}, {"GET", "/api/v1/auth/refresh", ""},
	} {
		if code, _ := login(tt.method, tt.target, tt.body); code != 401 {
			t.Errorf("%s %s: %d", tt.method, tt.target, code)
		}
	}
	for target, want := range map[string]int{"/api/v1/auth/login": 404, "/api/v1/auth/impersonate/take/1": 404} {
		if code, _ := login("GET", target, ""); code != want {
			t.Errorf("GET %s: %d", target, code)
		}
	}
	if code, _ := login("POST", "/api/v1/auth/login", "x"); code != 400 {
		t.Errorf("no object: %d", code)
	}
}
