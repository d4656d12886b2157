package cloud

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const phonePath = "/v23.0/" + phoneID

func TestRegistering(t *testing.T) {
	h := newManaged(t)
	register := phonePath + "/register"
	h.works("POST", register, `{"messaging_product":"whatsapp","pin":"123456"}`)
	if got := h.works("GET", phonePath+"?fields=is_pin_enabled,status", ""); got["is_pin_enabled"] != true {
		t.Errorf("after registering: %v", got)
	}
	h.works("POST", phonePath+"/deregister", "")
	h.refused("POST", phonePath+"/deregister", "", 133010)
	if e := h.do("POST", sendPath, text("")).graph(t); e.Code != 133010 || !strings.Contains(e.Data.Details, "/register") {
		t.Errorf("a send after deregistering: %+v", e)
	}
	got := h.works("GET", phonePath+"?fields=status,code_verification_status,health_status", "")
	if got["status"] != "DISCONNECTED" || got["code_verification_status"] != "NOT_VERIFIED" || got["health_status"].(map[string]any)["can_send_message"] != "BLOCKED" {
		t.Errorf("deregistered: %v", got)
	}
	listed := h.works("GET", "/"+wabaID+"/phone_numbers?fields=status&filtering="+url.QueryEscape(`[{"field":"status","operator":"EQUAL","value":"DISCONNECTED"}]`), "")["data"].([]any)
	if len(listed) != 1 {
		t.Errorf("listed: %v", listed)
	}
	h.refused("POST", register, `{"messaging_product":"whatsapp","pin":"654321"}`, 133005)
	h.refused("POST", register, `{"messaging_product":"whatsapp","pin":"123456"}`, 133009) // too soon
	h.works("POST", phonePath+"/", `{"pin":"111111"}`)                                     // a new one ends the waiting
	h.works("POST", register, `{"messaging_product":"whatsapp","pin":111111}`)
	h.do("POST", sendPath, text("")).id(t)

	h.refused("POST", register, `{"messaging_product":"whatsapp"}`, 100)
	h.refused("POST", register, `{"pin":"111111"}`, 100)
	h.refused("POST", register, `{"messaging_product":"whatsapp","pin":"12345"}`, 100)
	h.refused("POST", register, `{"messaging_product":"whatsapp","pin":"12345a"}`, 100)
	h.refused("POST", phonePath, `{"pin":"1"}`, 100)
	h.refused("POST", phonePath, `{}`, 100)
	if e := h.refused("POST", "/9/register", `{}`, 100); e.Subcode != 33 {
		t.Errorf("an unknown phone: %+v", e)
	}
	if got := h.do("POST", register, `{}`); got.graph(t).Code != 10 {
		t.Errorf("with a sender's token: %s", got.body)
	}
	must(t, h.store.SetPhoneState(t.Context(), phoneID, wabridge.PhoneAttention, wabridge.CodeNotRegistered, "logged out", now()))
	h.refused("POST", register, `{"messaging_product":"whatsapp","pin":"111111"}`, 133006)
}

func TestRegistrationRules(t *testing.T) {
	at := time.Unix(1_750_000_000, 0)
	r := queue.Registration{}
	code := func(pin string, after time.Duration) wabridge.Code {
		at = at.Add(after)
		if err := registered(&r, pin, at); err != nil {
			return wabridge.Code(graphErrorOf(err).Code)
		}
		return 0
	}
	step := func(name, pin string, after time.Duration, want wabridge.Code) {
		t.Helper()
		if got := code(pin, after); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
	step("the first PIN is taken", "111111", 0, 0)
	step("the same again", "111111", time.Hour, 0)
	step("a wrong one", "222222", 0, 133005)
	step("the right one, too fast", "111111", 4*time.Second, 133009)
	step("a second wrong one", "333333", 2*time.Second, 133005)
	for i := range 3 {
		step(fmt.Sprintf("wrong one %d", i+3), "333333", 6*time.Second, 133005)
	}
	step("locked", "111111", 6*time.Second, 133008)
	r.Calls = nil
	step("an hour later a wrong one", "222222", time.Hour, 133005)
	step("and the right one", "111111", 6*time.Second, 0)
	r.Calls = nil
	for i := range registerCalls {
		step(fmt.Sprintf("call %d", i+1), "111111", time.Minute, 0)
	}
	step("one too many", "111111", time.Minute, 133016)
	step("when the first is 72 hours old", "111111", 72*time.Hour-10*time.Minute, 0)
	if hashPIN("111111") == hashPIN("111111") || strings.Contains(r.PIN, "111111") {
		t.Error("PINs are not salted")
	}
}

func TestVerificationIsThePhonesOwn(t *testing.T) {
	h := newManaged(t)
	h.refused("POST", phonePath+"/request_code", `{"code_method":"SMS","language":"en_US"}`, 136024)
	h.refused("POST", phonePath+"/request_code", `{"code_method":"SMS","locale":"en_US"}`, 136024)
	h.refused("POST", phonePath+"/request_code", `{"code_method":"PIGEON","language":"en_US"}`, 100)
	h.refused("POST", phonePath+"/request_code", `{"language":"en_US"}`, 100)
	h.refused("POST", phonePath+"/request_code", `{"code_method":"SMS"}`, 100)
	h.refused("POST", phonePath+"/verify_code", `{"code":"123456"}`, 136025)
	h.refused("POST", phonePath+"/verify_code", `{}`, 100)
	must(t, h.store.SetPhoneState(t.Context(), phoneID, wabridge.PhoneAttention, wabridge.CodeNotRegistered, "logged out", now()))
	deadline := now().Add(10 * time.Second)
	for !strings.Contains(h.refused("POST", phonePath+"/verify_code", `{"code":"1"}`, 136025).Data.Details, "on the phone itself") {
		if now().After(deadline) {
			t.Fatal("a logged out phone counts as verified")
		}
	}
}

func TestPhoneSettings(t *testing.T) {
	h := newManaged(t)
	got := h.works("GET", phonePath+"/settings", "")
	if got["calling"].(map[string]any)["status"] != "DISABLED" || got["storage_configuration"].(map[string]any)["status"] != "DEFAULT" {
		t.Errorf("got %v", got)
	}
	h.works("GET", phonePath+"/settings?fields=calling{status}&include_sip_credentials=true", "")
	h.refused("GET", phonePath+"/settings?fields=x", "", 100)
	for _, tt := range []struct {
		body string
		ok   bool
	}{
		{`{"calling":{"status":"DISABLED","call_icon_visibility":"DEFAULT"}}`, true},
		{`{"calling":{"status":"ENABLED"}}`, false},
		{`{"user_identity_change":{"enable_identity_key_check":false}}`, true},
		{`{"user_identity_change":{"enable_identity_key_check":true}}`, false},
		{`{"user_identity_change_settings":{"enable_identity_key_check":"true"}}`, false},
		{`{"payload_encryption":{"status":"disabled"}}`, true},
		{`{"payload_encryption":{"status":"ENABLED","client_encryption_key":"x"}}`, false},
		{`{"storage_configuration":{"status":"IN_COUNTRY_STORAGE_ENABLED"}}`, false},
		{`{"calling":7}`, false},
		{`{}`, false},
	} {
		if ok := h.asAdmin("POST", phonePath+"/settings", tt.body).status == 200; ok != tt.ok {
			t.Errorf("%s: taken %v, want %v", tt.body, ok, tt.ok)
		}
	}
	automation := phonePath + "/conversational_automation"
	h.works("POST", automation, `{"enable_welcome_message":false,"prompts":[],"commands":[]}`)
	h.works("POST", automation+"?prompts=[]", "")
	h.refused("POST", automation, `{"enable_welcome_message":true}`, 100)
	h.refused("POST", automation, `{"prompts":["Hi?"]}`, 100)
	h.refused("POST", automation, `{"commands":[{"command_name":"a"}]}`, 100)
}

// hooks notes the handshakes that were asked for, and refuses "no".
func hooks(asked *[]queue.Endpoint, reloads *int) func(*Config) {
	return func(c *Config) {
		c.AppSecret = "app-secret"
		c.Reload = func() { *reloads++ }
		c.Verify = func(_ context.Context, e queue.Endpoint) error {
			*asked = append(*asked, e)
			if e.VerifyToken == "no" {
				return wabridge.Fail(wabridge.CodeCallback, nil, "(#2200) Callback verification failed with the following errors: it said no")
			}
			return nil
		}
	}
}

// endpoint finds a webhook endpoint, nil if there is none.
func (h *harness) endpoint(id string) *queue.Endpoint {
	h.t.Helper()
	list, err := h.store.Endpoints(h.t.Context())
	must(h.t, err)
	i := slices.IndexFunc(list, func(e queue.Endpoint) bool { return e.ID == id })
	if i < 0 {
		return nil
	}
	return &list[i]
}

func TestPhoneOverride(t *testing.T) {
	var asked []queue.Endpoint
	var reloads int
	h := newManaged(t, hooks(&asked, &reloads))
	h.works("POST", phonePath, `{"webhook_configuration":{"override_callback_uri":"https://one.example.org/x?key=1","verify_token":"yes"}}`)
	e := h.endpoint("phone-" + phoneID)
	if e == nil || e.Scope != "phone" || !slices.Equal(e.Phones, []string{phoneID}) || e.Secret != "app-secret" || len(asked) != 1 || reloads != 1 {
		t.Fatalf("endpoint %+v, %d handshakes, %d reloads", e, len(asked), reloads)
	}
	shownTo := func(token string) string {
		got := h.do("GET", phonePath+"?fields=webhook_configuration", "", "Authorization", "Bearer "+token).json(t)
		return fmt.Sprint(got["webhook_configuration"])
	}
	if got := shownTo(admin); got != "map[phone_number:https://one.example.org/x?key=1]" {
		t.Errorf("an admin sees %s", got)
	}
	if got := shownTo(reader); got != "map[phone_number:https://one.example.org/x]" {
		t.Errorf("a reader sees %s", got)
	}
	h.refused("POST", phonePath, `{"webhook_configuration":{"override_callback_uri":"https://two.example.org","verify_token":"no"}}`, 2200)
	h.refused("POST", phonePath, `{"webhook_configuration":{"override_callback_uri":"https://two.example.org"}}`, 100)
	h.refused("POST", phonePath, `{"webhook_configuration":{"override_callback_uri":"ftp://two.example.org","verify_token":"yes"}}`, 100)
	h.refused("POST", phonePath, `{"webhook_configuration":{"override_callback_uri":"https://a:b@two.example.org","verify_token":"yes"}}`, 100)
	if e := h.endpoint("phone-" + phoneID); e.URL != "https://one.example.org/x?key=1" {
		t.Errorf("a refused change changed it: %s", e.URL)
	}
	h.works("POST", phonePath, `{"webhook_configuration":{"override_callback_uri":""}}`)
	if h.endpoint("phone-"+phoneID) != nil {
		t.Error("the override is still there")
	}
	if got := h.do("POST", phonePath, `{"pin":"111111"}`, "Authorization", "Bearer "+sender); got.graph(t).Code != 10 {
		t.Errorf("with a sender's token: %s", got.body)
	}
}

func TestAccountSubscription(t *testing.T) {
	var asked []queue.Endpoint
	var reloads int
	h := newManaged(t, hooks(&asked, &reloads))
	const path = "/v23.0/" + wabaID + "/subscribed_apps"
	entry := func() map[string]any {
		data := h.works("GET", path, "")["data"].([]any)
		if len(data) == 0 {
			return nil
		}
		return data[0].(map[string]any)
	}
	if e := entry(); e == nil || e["whatsapp_business_api_data"].(map[string]any)["id"] != appID {
		t.Errorf("at first: %v", e)
	}
	got := h.works("POST", path, `{"override_callback_uri":"https://waba.example.org","verify_token":"yes"}`)
	if got["success"] != true || got["data"].([]any)[0].(map[string]any)["override_callback_uri"] != "https://waba.example.org" {
		t.Errorf("override: %v", got)
	}
	if e := h.endpoint("waba-" + wabaID); e == nil || e.Scope != "waba" || e.Phones[0] != wabaID {
		t.Errorf("endpoint: %+v", e)
	}
	h.refused("POST", path, `{"override_callback_uri":"https://waba.example.org","verify_token":"no"}`, 2200)
	h.works("POST", path, "") // takes the override away
	if e := entry(); e["override_callback_uri"] != nil || h.endpoint("waba-"+wabaID) != nil {
		t.Errorf("without override: %v", e)
	}
	h.works("DELETE", path, "")
	h.works("DELETE", path, "")
	if e := entry(); e != nil {
		t.Errorf("unsubscribed: %v", e)
	}
	if n, err := h.store.CountObjects(t.Context(), queue.ObjectUnsubscribed, wabaID); n != 1 || err != nil {
		t.Errorf("%d marks, %v", n, err)
	}
	h.works("POST", path, "")
	if entry() == nil {
		t.Error("not subscribed again")
	}
	h.refused("GET", "/9/subscribed_apps", "", 100)
}

func TestAppSubscriptions(t *testing.T) {
	var asked []queue.Endpoint
	var reloads int
	h := newManaged(t, hooks(&asked, &reloads))
	const path = "/v23.0/123456/subscriptions"
	if data := h.works("GET", path, "")["data"].([]any); len(data) != 0 {
		t.Errorf("at first: %v", data)
	}
	form := "object=whatsapp_business_account&callback_url=" + url.QueryEscape("https://app.example.org/hook") + "&verify_token=yes&include_values=true&fields="
	h.works("POST", path+"?"+form+url.QueryEscape(`["messages","message_template_status_update"]`), "")
	got := h.works("GET", path, "")["data"].([]any)[0].(map[string]any)
	if got["object"] != "whatsapp_business_account" || got["callback_url"] != "https://app.example.org/hook" || got["active"] != true ||
		fmt.Sprint(got["fields"]) != "[map[name:messages version:v23.0] map[name:message_template_status_update version:v23.0]]" {
		t.Errorf("got %v", got)
	}
	h.works("DELETE", path+"?object=whatsapp_business_account&fields=messages", "")
	if e := h.endpoint(subscriptionID); e == nil || !slices.Equal(e.Fields, []string{"message_template_status_update"}) {
		t.Errorf("after deleting one field: %+v", e)
	}
	h.works("POST", "/app/subscriptions", `{"object":"whatsapp_business_account","callback_url":"https://app.example.org/2","verify_token":"yes","fields":"messages,calls"}`)
	if e := h.endpoint(subscriptionID); e.URL != "https://app.example.org/2" || !slices.Equal(e.Fields, []string{"messages", "calls"}) {
		t.Errorf("replaced: %+v", e)
	}
	got2 := h.do("POST", path, form+"messages", "Authorization", "Bearer "+admin, "Content-Type", "application/x-www-form-urlencoded")
	if got2.status != http.StatusOK {
		t.Errorf("a form: %s", got2.body)
	}
	for _, body := range []string{
		`{"callback_url":"https://a.example","verify_token":"yes"}`,
		`{"object":"page","callback_url":"https://a.example","verify_token":"yes"}`,
		`{"object":"whatsapp_business_account","verify_token":"yes"}`,
		`{"object":"whatsapp_business_account","callback_url":"https://a.example"}`,
		`{"object":"whatsapp_business_account","callback_url":"nonsense","verify_token":"yes"}`,
		`{"object":"whatsapp_business_account","callback_url":"https://a.example","verify_token":"yes","fields":"shoes"}`,
	} {
		h.refused("POST", path, body, 100)
	}
	h.refused("POST", path, `{"object":"whatsapp_business_account","callback_url":"https://a.example","verify_token":"no"}`, 2200)
	h.refused("DELETE", path+"?object=page", "", 100)
	h.works("DELETE", path+"?object=whatsapp_business_account", "")
	h.refused("DELETE", path, "", 100)
	h.refused("GET", "/"+wabaID+"/subscriptions", "", 100)
	h.refused("GET", "/shoes/subscriptions", "", 2500)
	if got := h.do("GET", path, ""); got.graph(t).Code != 10 {
		t.Errorf("with a reader's token: %s", got.body)
	}
	if got := h.works("GET", "/"+appID, ""); got["id"] != appID || got["name"] != "wabridge" {
		t.Errorf("the app: %v", got)
	}
}

func TestAccessToken(t *testing.T) {
	h := newManaged(t)
	for _, method := range []string{"GET", "POST"} {
		got := h.do(method, "/v19.0/oauth/access_token?client_id=1&grant_type=client_credentials&client_secret="+admin, "", "Authorization", "").json(t)
		if got["access_token"] != admin || got["token_type"] != "bearer" {
			t.Errorf("%s: %v", method, got)
		}
	}
	got := h.do("POST", "/oauth/access_token", `{"client_id":"1","client_secret":"`+admin+`","grant_type":"client_credentials"}`, "Authorization", "")
	if got.json(t)["access_token"] != admin {
		t.Errorf("as JSON: %s", got.body)
	}
	for query, code := range map[string]int{
		"client_id=1&client_secret=wrong": 1,
		"client_id=1":                     100,
		"client_secret=" + admin:          100,
		"client_id=1&client_secret=x&grant_type=fb_exchange_token": 100,
	} {
		if e := h.do("GET", "/oauth/access_token?"+query, "", "Authorization", "").graph(t); e.Code != code {
			t.Errorf("%s: %+v, want %d", query, e, code)
		}
	}
}

func TestBusinessAccount(t *testing.T) {
	h := newManaged(t)
	path := "/" + wabaID
	if got := h.works("POST", path+"?is_enabled_for_insights=true", ""); got["id"] != wabaID {
		t.Errorf("got %v", got)
	}
	h.works("POST", path, `{"name":"Lucky Shrub","timezone_id":"71"}`)
	got := h.works("GET", path+"?fields=name,timezone_id,is_enabled_for_insights,health_status", "")
	if got["name"] != "Lucky Shrub" || got["timezone_id"] != "71" || got["is_enabled_for_insights"] != true {
		t.Errorf("got %v", got)
	}
	entities := got["health_status"].(map[string]any)["entities"].([]any)
	if len(entities) != 3 || entities[0].(map[string]any)["entity_type"] != "WABA" {
		t.Errorf("health: %v", entities)
	}
	h.refused("POST", path, `{}`, 100)
	h.refused("POST", path, `{"timezone_id":"Berlin"}`, 100)
	h.refused("POST", path, `{"name":"`+strings.Repeat("x", 101)+`"}`, 100)
	h.refused("POST", path, `{"is_enabled_for_insights":false}`, 100)
	users := h.works("GET", path+"/assigned_users?fields=id,name,tasks", "")["data"].([]any)
	if len(users) != 4 || !isDigits(users[0].(map[string]any)["id"].(string)) {
		t.Errorf("users: %v", users)
	}
	if got := h.do("GET", path+"/assigned_users", ""); got.graph(t).Code != 10 {
		t.Errorf("users for a reader: %s", got.body)
	}
}
