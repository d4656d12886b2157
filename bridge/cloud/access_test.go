package cloud

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func TestTokens(t *testing.T) {
	h := newHarness(t)
	revoked, err := h.store.CreateToken(t.Context(), "old", "revoked-secret", []string{queue.ScopeAdmin}, now())
	must(t, err)
	_, err = h.store.CreateToken(t.Context(), "boss", "admin-secret", []string{queue.ScopeAdmin}, now())
	must(t, err)
	must(t, h.store.RevokeToken(t.Context(), revoked.ID, now()))
	const list = "/v23.0/" + wabaID + "/phone_numbers"
	const history = "/v23.0/" + phoneID + "/message_history"
	for _, tt := range []struct {
		name, method, target, auth string
		status, code               int
	}{
		{"none", "POST", sendPath, "", 401, 104},
		{"none for reading", "GET", list, "", 401, 104},
		{"none at an unknown path", "GET", "/v23.0/x/y/z", "", 401, 104},
		{"unknown", "POST", sendPath, "Bearer wrong", 401, 190},
		{"revoked", "POST", sendPath, "Bearer revoked-secret", 401, 190},
		{"another scheme", "POST", sendPath, "Basic " + sender, 401, 104},
		{"empty bearer", "POST", sendPath, "Bearer ", 401, 104},
		{"lower case scheme", "POST", sendPath, "bearer " + sender, 200, 0},
		{"the scheme of uploads", "POST", sendPath, "OAuth " + sender, 200, 0},
		{"admin may all", "POST", sendPath, "Bearer admin-secret", 200, 0},
		{"a reader may not send", "POST", sendPath, "Bearer " + reader, 403, 10},
		{"a sender may see phone numbers", "GET", list, "Bearer " + sender, 200, 0},
		{"a sender may not read history", "GET", history, "Bearer " + sender, 403, 10},
		{"in the query, for reading", "GET", list + "?access_token=" + reader, "", 200, 0},
		{"wrong in the query", "GET", list + "?access_token=wrong", "", 401, 190},
		{"in the query, for sending", "POST", sendPath + "?access_token=" + sender, "", 401, 190},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := h.do(tt.method, tt.target, text(""), "Authorization", tt.auth)
			if got.status != tt.status {
				t.Fatalf("status %d, want %d: %s", got.status, tt.status, got.body)
			}
			if tt.code == 0 {
				return
			}
			if e := got.graph(t); e.Code != tt.code || e.Type != "OAuthException" {
				t.Errorf("got %+v, want code %d", e, tt.code)
			}
			challenge := got.header.Get("WWW-Authenticate")
			if (tt.status == 401) != strings.HasPrefix(challenge, `OAuth "Facebook Platform" "invalid_request" "`) {
				t.Errorf("WWW-Authenticate %q with status %d", challenge, tt.status)
			}
		})
	}
}

func TestQueryTokenMaySendWhereConfigured(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.QueryTokenSends = true })
	h.do("POST", sendPath+"?access_token="+sender, text(""), "Authorization", "").id(t)
}

func TestProbes(t *testing.T) {
	h := newHarness(t)
	for _, tt := range []struct {
		name, method, target string
		code, subcode        int
		kind, message        string
	}{
		{"the probe of n8n", "GET", "/v13.0/", 100, 0, "GraphMethodException", "Unsupported get request."},
		{"the same without slash", "GET", "/v13.0", 100, 0, "GraphMethodException", "Unsupported get request."},
		{"unknown path", "GET", "/v23.0/foo/bar", 2500, 0, "OAuthException", "(#2500) Unknown path components: /foo/bar"},
		{"unknown word", "GET", "/v23.0/foo", 2500, 0, "OAuthException", "(#2500) Unknown path components: /foo"},
		{"unknown edge", "GET", "/v23.0/" + phoneID + "/foo", 2500, 0, "OAuthException", "(#2500) Unknown path components: /foo"},
		{"unknown object", "GET", "/v23.0/123", 100, 33, "GraphMethodException", "Unsupported get request. Object with ID '123' does not exist"},
		{"posting to an unknown object", "POST", "/123", 100, 33, "GraphMethodException", "Unsupported post request. Object with ID '123'"},
		{"phone numbers of an unknown account", "GET", "/v23.0/123/phone_numbers", 100, 33, "GraphMethodException", "Unsupported get request."},
		{"reading messages", "GET", sendPath, 100, 33, "GraphMethodException", "Unsupported get request."},
		{"deleting messages", "DELETE", sendPath, 100, 33, "GraphMethodException", "Unsupported delete request."},
		{"a method of its own", "BREW", sendPath, 100, 33, "GraphMethodException", "Unsupported brew request."},
		{"history of an unknown phone", "GET", "/123/message_history", 100, 33, "GraphMethodException", "Unsupported get request."},
		{"events of an unknown message", "GET", "/123/events", 100, 33, "GraphMethodException", "Unsupported get request."},
		{"dots in the path", "GET", "/v23.0/../../etc", 2500, 0, "OAuthException", "(#2500) Unknown path components: /etc"},
		{"escaped slash", "GET", "/v23.0/a%2Fb", 2500, 0, "OAuthException", "(#2500) Unknown path components: /a/b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := h.do(tt.method, tt.target, "", "Authorization", "Bearer "+reader)
			e := got.graph(t)
			if got.status != 400 || e.Code != tt.code || e.Subcode != tt.subcode || e.Type != tt.kind || !strings.HasPrefix(e.Message, tt.message) {
				t.Errorf("status %d, %+v", got.status, e)
			}
		})
	}
	bad := h.do("GET", "/v13.0/", "", "Authorization", "Bearer wrong")
	if e := bad.graph(t); bad.status != 401 || e.Type != "OAuthException" || e.Code != 190 {
		t.Errorf("bad token at the root: %d %+v", bad.status, e)
	}
}

func TestDebugToken(t *testing.T) {
	h := newHarness(t)
	got := h.do("GET", "/v23.0/debug_token?input_token="+sender, "").json(t)["data"].(map[string]any)
	scopes := got["scopes"].([]any)
	granular := got["granular_scopes"].([]any)[0].(map[string]any)
	if got["is_valid"] != true || len(scopes) != 1 || scopes[0] != "whatsapp_business_messaging" || granular["target_ids"].([]any)[0] != wabaID || got["expires_at"] != 0.0 {
		t.Errorf("got %v", got)
	}
	if got := h.do("GET", "/debug_token?input_token=nonsense", "").json(t)["data"].(map[string]any); got["is_valid"] != false {
		t.Errorf("an unknown token: %v", got)
	}
	if got := h.do("GET", "/debug_token", ""); got.graph(t).Code != 100 {
		t.Errorf("without a token: %s", got.body)
	}
}

// TestNothingPrivateIsLogged sends a known text, number and token through
// every path, good and bad, and looks for them in the log and, for the token,
// in what is answered.
func TestNothingPrivateIsLogged(t *testing.T) {
	h := newHarness(t)
	secrets := []string{"sesame-text", "6505557777", sender, reader, "guessed-token"}
	body := `{"messaging_product":"whatsapp","to":"+16505557777","type":"text","text":{"body":"sesame-text"},"biz_opaque_callback_data":"sesame-text"}`
	targets := []string{sendPath, "/9/messages", "/v23.0/" + phoneID, "/" + wabaID + "/phone_numbers?limit=1", "/" + phoneID + "/message_history", "/1/events",
		"/debug_token?input_token=guessed-token", "/", "/sesame-text/6505557777/x", sendPath + "?access_token=" + sender, "/" + wabaID + "?access_token=" + reader + "&fields=sesame-text"}
	for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
		for _, target := range targets {
			for _, in := range []string{body, strings.Replace(body, "+", "00", 1), strings.Replace(body, "text", "image", 1), body[:len(body)-4]} {
				for _, auth := range []string{"Bearer " + sender, "Bearer " + reader, "Bearer guessed-token"} {
					if auth == "Bearer guessed-token" && (method != "GET" || in != body || target != sendPath) {
						continue // guesses are slowed down
					}
					got := h.do(method, target, in, "Authorization", auth)
					for _, secret := range []string{sender, reader, "guessed-token"} {
						if got.status != 200 && strings.Contains(string(got.body), secret) {
							t.Errorf("%s %s answers with the token: %s", method, target, got.body)
						}
					}
				}
			}
		}
	}
	for _, secret := range secrets {
		if strings.Contains(h.logs.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	if !strings.Contains(h.logs.String(), "request refused") {
		t.Error("nothing was logged: the test proves nothing")
	}
}

func TestPhoneStateIsSeenWithinATenthOfASecond(t *testing.T) {
	h := newHarness(t)
	h.do("POST", sendPath, text("")).id(t)
	must(t, h.store.SetPhoneState(t.Context(), phoneID, wabridge.PhoneAttention, wabridge.CodeNotRegistered, "logged out", now()))
	deadline := now().Add(time.Minute)
	for h.do("POST", sendPath, text("")).status == http.StatusOK {
		if now().After(deadline) {
			t.Fatal("still accepted a minute after the logout")
		}
	}
}
