package bridge

import (
	"slices"
	"strings"
	"testing"

	"github.com/wabridge/wabridge/audit"
)

type auditPage struct {
	Audit []audit.Entry `json:"audit"`
	Next  string        `json:"next"`
}

func TestActsOfAdminsAreRecorded(t *testing.T) {
	h := newHarness(t)
	secret := into[newToken](t, h.do("POST", "/bridge/v1/tokens", `{"name":"crm","scopes":["read"]}`))
	for _, c := range []struct{ method, path, body, token string }{
		{"DELETE", "/bridge/v1/tokens/" + secret.ID, "", admin},
		{"DELETE", "/bridge/v1/tokens/" + secret.Secret, "", admin}, // the secret in the id's place
		{"POST", "/bridge/v1/phones/" + phoneID + "/pause", "", admin},
		{"POST", "/bridge/v1/phones/" + phoneID + "/resume", "", reader},
		{"POST", "/bridge/v1/phones/" + phoneID + "/maintenance", `{"on":true}`, admin},
		{"POST", "/bridge/v1/phones/" + phoneID + "/pause", "", "nobodys-token"},
		{"POST", "/bridge/v1/webhooks", `{"url":"https://u:p@x/hook-sesame","secret":"s3cret"}`, admin},
		{"POST", "/bridge/v1/webhooks", `{"url":"https://x/hook-sesame","secret":"s3cret"}`, admin},
		{"GET", "/bridge/v1/phones", "", admin},
	} {
		h.do(c.method, c.path, c.body, c.token)
	}
	page := into[auditPage](t, h.do("GET", "/bridge/v1/audit", ""))
	var got []string
	for _, e := range page.Audit {
		if e.Via != audit.ViaAPI || e.From != "192.0.2.1" || e.Who == "" || e.Name != "test" || len(e.Request) != 16 || e.At.IsZero() {
			t.Errorf("incomplete: %+v", e)
		}
		target := e.Target
		switch target {
		case secret.ID:
			target = "TOKEN"
		case phoneID:
			target = "PHONE"
		case "":
			target = "-"
		default:
			target = "HOOK"
		}
		got = append(got, strings.Join([]string{string(e.Act), target, e.Outcome, e.Detail}, " "))
	}
	slices.Reverse(got)
	want := []string{
		"token.create TOKEN ok scopes read",
		"token.revoke TOKEN ok ",
		"token.revoke - not_found ",
		"phone.pause PHONE ok ",
		"phone.resume - forbidden ",
		"phone.maintenance PHONE ok on",
		"webhook.put - invalid_parameter set url,secret",
		"webhook.put HOOK ok set url,secret",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, private := range []string{secret.Secret, "s3cret", "hook-sesame", "nobodys-token", admin} {
		if strings.Contains(h.logs.String(), private) {
			t.Errorf("the log holds %q", private)
		}
	}
}

func TestAuditPages(t *testing.T) {
	h := newHarness(t)
	for range 5 {
		h.do("POST", "/bridge/v1/phones/"+phoneID+"/pause", "")
	}
	h.do("POST", "/bridge/v1/tokens", `{"name":"crm"}`)
	var seen []int64
	for next := ""; ; {
		page := into[auditPage](t, h.do("GET", "/bridge/v1/audit?act=phone.&limit=2&cursor="+next, ""))
		for _, e := range page.Audit {
			seen = append(seen, e.Number)
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if want := []int64{5, 4, 3, 2, 1}; !slices.Equal(seen, want) {
		t.Errorf("got %v, want %v", seen, want)
	}
	if got := h.do("GET", "/bridge/v1/audit", "", reader); got.status != 403 {
		t.Errorf("with the scope read: %d", got.status)
	}
	if got := h.do("GET", "/bridge/v1/audit?limit=0", ""); got.status != 400 {
		t.Errorf("limit 0: %d", got.status)
	}
}

// TestOneLogFollowsARequest: the id of the answer stands in each line.
func TestOneLogFollowsARequest(t *testing.T) {
	h := newHarness(t)
	got := h.do("GET", "/bridge/v1/messages/wamid.x", "")
	id := got.header.Get("X-Request-Id")
	if n := strings.Count(h.logs.String(), `"request_id":"`+id+`"`); id == "" || n != 2 {
		t.Errorf("%d lines with the request id %q, want 2: %s", n, id, h.logs)
	}
	if !strings.Contains(h.logs.String(), `"route":"GET /bridge/v1/messages/{id}"`) || strings.Contains(h.logs.String(), "wamid.x") {
		t.Errorf("log: %s", h.logs)
	}
}
