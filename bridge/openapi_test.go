package bridge

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

var description = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(openapi3.NewLoader().Context)
})

func describedAPI(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := description()
	must(t, err)
	return doc
}

// TestOpenAPIHasEveryRoute: no route without a description, none described
// that is not there, and every schema is used by something.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	doc := describedAPI(t)
	var described []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	h := newHarness(t)
	for _, p := range h.patterns {
		if !slices.Contains(described, p) {
			t.Errorf("%s is served, but not in openapi.yaml", p)
		}
	}
	for _, p := range described {
		if !slices.Contains(h.patterns, p) {
			t.Errorf("openapi.yaml describes %s, which is not served", p)
		}
	}
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/bridge/v1/openapi.yaml", nil))
	if got := w.Body.String(); got != string(openAPI) {
		t.Errorf("GET /bridge/v1/openapi.yaml answers %.100q", got)
	}
}

// holds compares an answer with the description; every answer that a test of
// this package gets goes through it.
func (h *harness) holds(method, target string, got reply) {
	h.t.Helper()
	_, pattern := h.mux.Handler(httptest.NewRequest(method, target, nil))
	_, path, _ := strings.Cut(pattern, " ")
	item := describedAPI(h.t).Paths.Find(path)
	if item == nil || item.GetOperation(method) == nil {
		return // answered by nowhere
	}
	op := item.GetOperation(method)
	r := op.Responses.Status(got.status)
	if r == nil && got.status >= 400 {
		r = op.Responses.Default()
	}
	if r == nil {
		h.t.Errorf("%s %s answers %d, which openapi.yaml does not know", method, target, got.status)
		return
	}
	media := r.Value.Content.Get("application/json")
	if media == nil {
		return
	}
	var value any
	if err := json.Unmarshal(got.body, &value); err != nil {
		h.t.Errorf("%s %s: %v", method, target, err)
		return
	}
	if err := media.Schema.Value.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		h.t.Errorf("%s %s, by openapi.yaml: %v\n%s", method, target, err, got.body)
	}
	h.holdEvents(value)
}

// holdEvents compares the data of each event with the schema of its type.
func (h *harness) holdEvents(page any) {
	h.t.Helper()
	kinds := map[string]string{"message": "Message", "echo": "Message", "status": "StatusData", "phone": "PhoneData", "call": "Call", "account": "AccountData",
		"campaign": "Campaign", "preference": "Preference", "session": "SessionData"}
	members, _ := page.(map[string]any)
	events, _ := members["events"].([]any)
	for _, e := range events {
		event := e.(map[string]any)
		schema := describedAPI(h.t).Components.Schemas[kinds[event["type"].(string)]]
		if schema == nil {
			h.t.Errorf("openapi.yaml does not describe the data of %v", event["type"])
			continue
		}
		if err := schema.Value.VisitJSON(event["data"], openapi3.MultiErrors()); err != nil {
			h.t.Errorf("data of a %v event, by openapi.yaml: %v", event["type"], err)
		}
	}
}
