package bridge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func TestWebhooks(t *testing.T) {
	var asked []string
	h := newHarness(t, func(c *Config) {
		c.Verify = func(_ context.Context, e queue.Endpoint) error {
			asked = append(asked, e.URL+" "+e.VerifyToken)
			if strings.Contains(e.URL, "deaf") {
				return wabridge.Fail(wabridge.CodeCallback, nil, "said why")
			}
			return nil
		}
	})
	h.receive(phoneID, 1)
	got := h.do("POST", "/bridge/v1/webhooks", `{"url":"https://crm.example.org/hook","verify_token":"vt-sesame","secret":"sc-sesame"}`)
	hook := into[webhookView](t, got)
	if got.status != 201 || hook.ID == "" || !hook.HasSecret || hook.Backlog != 0 || strings.Contains(string(got.body), "sesame") {
		t.Fatalf("added: %d %s", got.status, got.body)
	}
	h.receive(phoneID, 3)
	got = h.do("POST", "/bridge/v1/webhooks/"+hook.ID, `{"phones":["`+phoneID+`"],"disabled":true}`)
	changed := into[webhookView](t, got)
	if got.status != 200 || changed.URL != hook.URL || !changed.Disabled || len(changed.Phones) != 1 || changed.Backlog != 3 || !changed.HasSecret {
		t.Errorf("changed: %d %s", got.status, got.body)
	}
	if want := []string{"https://crm.example.org/hook vt-sesame"}; !slices.Equal(asked, want) {
		t.Errorf("verified %q, want %q: a change of other members needs no handshake", asked, want)
	}
	if got := h.do("POST", "/bridge/v1/webhooks", `{"url":"https://deaf.example.org","verify_token":"v"}`).failure(t); got.Status != 400 || got.Code != "verification" || got.Message != "said why" {
		t.Errorf("deaf: %+v", got)
	}
	if list := into[struct{ Webhooks []webhookView }](t, h.do("GET", "/bridge/v1/webhooks", "")).Webhooks; len(list) != 1 {
		t.Errorf("listed %+v", list)
	}
	if got := h.do("DELETE", "/bridge/v1/webhooks/"+hook.ID, ""); got.status != 204 || len(got.body) != 0 {
		t.Errorf("deleted: %d %s", got.status, got.body)
	}
	for _, method := range []string{"DELETE", "POST"} {
		if got := h.do(method, "/bridge/v1/webhooks/"+hook.ID, "{}").failure(t); got.Status != 404 {
			t.Errorf("%s of a deleted one: %+v", method, got)
		}
	}
}

// deliverer notes what it is told.
type deliverer struct {
	reloads int
	sought  []string
	err     error
}

func (d *deliverer) Reload() { d.reloads++ }

func (d *deliverer) Seek(_ context.Context, id string, after int64) error {
	d.sought = append(d.sought, fmt.Sprint(id, " ", after))
	return d.err
}

func TestAChangedWebhookReachesTheDeliverer(t *testing.T) {
	d := &deliverer{}
	h := newHarness(t, func(c *Config) { c.Webhooks = d })
	h.receive(phoneID, 5)
	made := into[webhookView](t, h.do("POST", "/bridge/v1/webhooks", `{"url":"https://crm.example.org/hook","cursor":2}`))
	if d.reloads != 1 || d.sought != nil || made.Cursor != 2 || made.Backlog != 3 {
		t.Errorf("added: %+v, reloads %d, sought %v", made, d.reloads, d.sought)
	}
	path := "/bridge/v1/webhooks/" + made.ID
	moved := into[webhookView](t, h.do("POST", path, `{"cursor":0}`))
	if want := []string{made.ID + " 0"}; d.reloads != 2 || !slices.Equal(d.sought, want) || moved.Cursor != 0 || moved.Backlog != 5 {
		t.Errorf("moved: %+v, reloads %d, sought %v, want %v", moved, d.reloads, d.sought, want)
	}
	h.do("POST", path, `{"disabled":true}`)
	if d.reloads != 3 || len(d.sought) != 1 {
		t.Errorf("switched off: reloads %d, sought %v", d.reloads, d.sought)
	}
	d.err = wabridge.Fail(wabridge.CodeNotFound, nil, "not running")
	if got := h.do("POST", path, `{"cursor":1}`).failure(t); got.Status != 503 || got.Code != "not_ready" || got.Field != "cursor" {
		t.Errorf("moving one that does not run: %+v", got)
	}
	if h.do("DELETE", path, ""); d.reloads != 5 {
		t.Errorf("deleted: reloads %d", d.reloads)
	}
}

func TestBadBodies(t *testing.T) {
	h := newHarness(t)
	for _, tt := range []struct {
		name, path, body, field string
		status                  int
	}{
		{"no address", "webhooks", `{}`, "url", 400},
		{"another scheme", "webhooks", `{"url":"ftp://x/y"}`, "url", 400},
		{"no host", "webhooks", `{"url":"https:///y"}`, "url", 400},
		{"a password in the address", "webhooks", `{"url":"https://u:p@x/y"}`, "url", 400},
		{"too long an address", "webhooks", `{"url":"https://x/` + strings.Repeat("y", 2000) + `"}`, "url", 400},
		{"scope", "webhooks", `{"url":"https://x/y","scope":"world"}`, "scope", 400},
		{"override without phones", "webhooks", `{"url":"https://x/y","scope":"phone"}`, "phones", 400},
		{"a misspelt field", "webhooks", `{"url":"https://x/y","fields":["mesages"]}`, "fields", 400},
		{"a cursor in the future", "webhooks", `{"url":"https://x/y","cursor":1000000}`, "cursor", 400},
		{"cursor", "webhooks", `{"url":"https://x/y","cursor":-1}`, "cursor", 400},
		{"a wrong type", "webhooks", `{"url":7}`, "url", 400},
		{"an unknown member", "webhooks", `{"url":"https://x/y","ulr":1}`, "", 400},
		{"not JSON", "webhooks", `url=x`, "", 400},
		{"two values", "webhooks", `{} {}`, "", 400},
		{"too large", "webhooks", `{"url":"` + strings.Repeat("y", 70<<10) + `"}`, "", 413},
		{"no name", "tokens", `{"scopes":["read"]}`, "name", 400},
		{"unknown scope", "tokens", `{"name":"x","scopes":["all"]}`, "scopes", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := h.do("POST", "/bridge/v1/"+tt.path, tt.body).failure(t); got.Status != tt.status || got.Field != tt.field || got.Remedy == "" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	h := newHarness(t)
	got := h.do("POST", "/bridge/v1/tokens", `{"name":"crm"}`)
	made := into[newToken](t, got)
	if got.status != 201 || made.Secret == "" || !slices.Equal(made.Scopes, []string{"send", "read"}) {
		t.Fatalf("made: %d %s", got.status, got.body)
	}
	if got := h.do("GET", "/bridge/v1/phones", "", made.Secret); got.status != 200 {
		t.Errorf("the new token: %d", got.status)
	}
	listed := h.do("GET", "/bridge/v1/tokens", "")
	if strings.Contains(string(listed.body), made.Secret) || !strings.Contains(string(listed.body), made.ID) {
		t.Errorf("listed: %s", listed.body)
	}
	if got := h.do("DELETE", "/bridge/v1/tokens/"+made.ID, ""); got.status != 204 {
		t.Errorf("revoked: %d %s", got.status, got.body)
	}
	if got := h.do("GET", "/bridge/v1/phones", "", made.Secret); got.status != 401 {
		t.Errorf("the revoked token: %d", got.status)
	}
	if got := h.do("DELETE", "/bridge/v1/tokens/nobody", "").failure(t); got.Status != 404 {
		t.Errorf("revoking an unknown one: %+v", got)
	}
	all, err := h.store.Tokens(t.Context())
	must(t, err)
	for _, tok := range all {
		if !tok.Allows(queue.ScopeAdmin) || !tok.Revoked.IsZero() {
			continue
		}
		if got := h.do("DELETE", "/bridge/v1/tokens/"+tok.ID, "").failure(t); got.Status != 409 || !strings.Contains(got.Remedy, "wabridge token create") {
			t.Errorf("revoking the last admin: %+v", got)
		}
	}
	if got := h.do("GET", "/bridge/v1/tokens", ""); got.status != 200 {
		t.Errorf("the last admin is out: %d", got.status)
	}
}

func TestStatusAndHealth(t *testing.T) {
	ready := context.Canceled
	h := newHarness(t, func(c *Config) { c.Ready = func(context.Context) error { return ready } })
	h.accept(phoneID, "16505550001")
	_, err := h.store.PutEndpoint(t.Context(), queue.Endpoint{URL: "https://crm.example.org/key-sesame", Scope: "app"})
	must(t, err)
	got := h.do("GET", "/bridge/v1/status", "", reader)
	v := into[statusView](t, got)
	if v.Version != "1.2.3" || len(v.Phones) != 2 || v.Queue[wabridge.Queued] != 1 || len(v.Webhooks) != 1 || v.LastEvent != h.last() {
		t.Errorf("got %s", got.body)
	}
	if strings.Contains(string(got.body), "sesame") {
		t.Errorf("the status shows a webhook's address: %s", got.body)
	}
	if got := h.do("GET", "/healthz", "", ""); got.status != 200 {
		t.Errorf("healthz: %d", got.status)
	}
	if got := h.do("GET", "/readyz", "", "").failure(t); got.Status != 503 || got.Code != "not_ready" {
		t.Errorf("readyz: %+v", got)
	}
	ready = wabridge.Fail(wabridge.CodeStorage, nil, "no room")
	if got := h.do("GET", "/readyz", "", "").failure(t); got.Status != 503 || got.Code != "storage" || got.Remedy == "" {
		t.Errorf("readyz on a full disk: %+v", got)
	}
	ready = nil
	if got := h.do("GET", "/readyz", "", ""); got.status != 200 {
		t.Errorf("readyz: %d %s", got.status, got.body)
	}
}
