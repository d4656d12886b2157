package cloud

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// maxSafe is the largest integer that JavaScript does not round.
const maxSafe = 1<<53 - 1

// TestIdsSurviveJavaScript: every id of digits that this interface makes is
// below 2^53.
func TestIdsSurviveJavaScript(t *testing.T) {
	h, _ := newMediaHarness(t)
	var made []string
	for range 50 {
		made = append(made, h.uploaded(picture(t)), newTemplateID())
	}
	for _, u := range h.do("GET", "/v23.0/"+wabaID+"/assigned_users", "", "Authorization", "Bearer "+manager).json(t)["data"].([]any) {
		made = append(made, u.(map[string]any)["id"].(string))
	}
	for _, id := range made {
		if n, err := strconv.ParseInt(id, 10, 64); err != nil || n > maxSafe {
			t.Errorf("id %s", id)
		}
	}
	slices.Sort(made)
	if n := len(made); len(slices.Compact(made)) != n {
		t.Error("ids come twice")
	}
}

func TestBodyWithByteOrderMark(t *testing.T) {
	h := newHarness(t)
	for _, kind := range []string{"application/json", "application/json; charset=utf-8", "", "text/plain"} {
		if got := h.do("POST", sendPath, "\ufeff"+text(""), "Content-Type", kind); got.status != 200 {
			t.Errorf("%q: %d %s", kind, got.status, got.body)
		}
	}
	if got := h.do("POST", sendPath, "\ufeff\ufeff"+text("")); got.status != 400 {
		t.Errorf("two marks: %d", got.status)
	}
}

// TestNothingIsNull: a member that is not known is absent, a profile that was
// never set says so.
func TestNothingIsNull(t *testing.T) {
	h := newHarness(t)
	h.do("POST", "/v23.0/"+phoneID+"/message_qrdls", `{"prefilled_message":"hi"}`)
	for _, path := range []string{"/message_qrdls", "/whatsapp_business_profile", "/settings", "/block_users", ""} {
		got := h.do("GET", "/v23.0/"+phoneID+path, "")
		if got.status != 200 || strings.Contains(string(got.body), "null") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	got := h.do("GET", "/v23.0/"+phoneID+"/whatsapp_business_profile", "")
	if !strings.Contains(string(got.body), `"vertical":"UNDEFINED"`) {
		t.Errorf("profile: %s", got.body)
	}
}
