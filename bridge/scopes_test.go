package bridge

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/wabridge/wabridge/queue"
)

// TestEveryRouteHoldsItsScope walks the routes with a token of each scope, and
// docs/api.md with the routes.
func TestEveryRouteHoldsItsScope(t *testing.T) {
	h := newHarness(t)
	page, err := os.ReadFile("../docs/api.md")
	must(t, err)
	values := strings.NewReplacer("{id}", phoneID, "{number}", "15550002222")
	for _, pattern := range h.patterns {
		scope := h.scopes[pattern]
		if line := fmt.Sprintf("| `%s` | %s |", pattern, cmp.Or(scope, "none")); !strings.Contains(string(page), line) {
			t.Errorf("docs/api.md lacks the line: %s", line)
		}
		if strings.HasSuffix(pattern, "/events") || strings.HasSuffix(pattern, "/inbox") {
			continue // they wait
		}
		method, path, _ := strings.Cut(pattern, " ")
		for secret, has := range map[string]string{sender: queue.ScopeSend, reader: queue.ScopeRead, admin: queue.ScopeAdmin, "": ""} {
			r := httptest.NewRequest(method, values.Replace(path), strings.NewReader("{}"))
			if secret != "" {
				r.Header.Set("Authorization", "Bearer "+secret)
			}
			w := httptest.NewRecorder()
			h.Handler().ServeHTTP(w, r)
			may := scope == "" || has == scope || has == queue.ScopeAdmin
			if refused := w.Code == http.StatusForbidden || w.Code == http.StatusUnauthorized; refused == may {
				t.Errorf("%s with the scope %q: %d %s", pattern, has, w.Code, w.Body)
			}
		}
	}
}

func TestBodyWithByteOrderMark(t *testing.T) {
	h := newHarness(t)
	r := httptest.NewRequest(http.MethodPost, "/bridge/v1/phones/"+phoneID+"/maintenance", strings.NewReader("\ufeff"+`{"on":true}`))
	r.Header.Set("Authorization", "Bearer "+admin)
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	if p, err := h.store.Phone(t.Context(), phoneID); w.Code != http.StatusOK || err != nil || !p.Maintenance {
		t.Errorf("%d %s; %+v, %v", w.Code, w.Body, p, err)
	}
}
