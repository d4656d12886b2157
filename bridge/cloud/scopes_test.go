package cloud

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wabridge/wabridge/queue"
)

// TestEveryRouteHoldsItsScopes walks the table with a token of each scope: a
// token gets past the scopes where the table says so, and nowhere else.
func TestEveryRouteHoldsItsScopes(t *testing.T) {
	h := newHarness(t)
	values := strings.NewReplacer("{phone}", phoneID, "{id}", phoneID, "{app}", "app", "{history}", "1", "{code}", "ABCDEFGHIJKLMN", "{session}", "x", "{$}", "")
	for _, who := range accesses() {
		method, path, ok := strings.Cut(who.pattern, " ")
		if !ok {
			continue // what is not there
		}
		for secret, scope := range map[string]string{sender: queue.ScopeSend, reader: queue.ScopeRead, manager: queue.ScopeAdmin} {
			r := httptest.NewRequest(method, "/v23.0"+values.Replace(path), strings.NewReader("{}"))
			r.Header.Set("Authorization", "Bearer "+secret)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			may := len(who.scopes) == 0 || scope == queue.ScopeAdmin || slices.Contains(who.scopes, scope)
			if who.pattern == "POST /{id}" { // of a phone
				may = scope == queue.ScopeAdmin
			}
			if refused := w.Code == http.StatusForbidden && strings.Contains(w.Body.String(), "lacks the scope"); refused == may {
				t.Errorf("%s with %s: %d %s", who.pattern, scope, w.Code, w.Body)
			}
		}
	}
}

// TestSenderMayNotManage: a token for sending neither reads nor alters what
// belongs to the account.
func TestSenderMayNotManage(t *testing.T) {
	h := newHarness(t)
	for _, edge := range []string{"block_users", "settings", "whatsapp_business_profile", "message_qrdls", "message_qrdls/ABCDEFGHIJKLMN", "conversational_automation"} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			got := h.do(method, "/v23.0/"+phoneID+"/"+edge, "{}", "Authorization", "Bearer "+sender)
			if got.status == http.StatusOK {
				t.Errorf("%s %s: %s", method, edge, got.body)
			}
		}
	}
	for _, id := range []string{phoneID, wabaID} {
		if got := h.do("POST", "/v23.0/"+id, `{"name":"x"}`, "Authorization", "Bearer "+sender); got.status != http.StatusForbidden {
			t.Errorf("POST /%s: %d %s", id, got.status, got.body)
		}
	}
	const fields = "?fields=analytics.start(1767225600).end(1769904000).granularity(DAY)"
	if got := h.do("GET", "/v23.0/"+wabaID+fields, "", "Authorization", "Bearer "+sender); got.status != http.StatusForbidden {
		t.Errorf("analytics as a field: %d %s", got.status, got.body)
	}
	if got := h.do("GET", "/v23.0/"+phoneID, "", "Authorization", "Bearer "+sender); got.status != http.StatusOK {
		t.Errorf("its phone number: %d %s", got.status, got.body)
	}
}

// TestScopesAreDocumented: docs/api.md has the table as it is.
func TestScopesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/api.md")
	must(t, err)
	for _, who := range accesses() {
		if !strings.Contains(who.pattern, " ") {
			continue
		}
		needs := "any"
		switch {
		case who.open:
			needs = "none"
		case len(who.scopes) > 0:
			needs = strings.Join(who.scopes, " or ")
		}
		pattern := strings.NewReplacer("{phone}", "{phone_number_id}", "{$}", "", sessionPath, "/upload:").Replace(who.pattern)
		if line := fmt.Sprintf("| `%s` | %s |", pattern, needs); !strings.Contains(string(page), line) {
			t.Errorf("docs/api.md lacks the line: %s", line)
		}
	}
}
