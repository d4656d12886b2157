package cloud

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// postmanItem is a folder or a request of a Postman collection.
type postmanItem struct {
	Name    string        `json:"name"`
	Item    []postmanItem `json:"item"`
	Request struct {
		Method string          `json:"method"`
		URL    json.RawMessage `json:"url"`
		Body   struct {
			Raw string `json:"raw"`
		} `json:"body"`
	} `json:"request"`
}

// TestPublishedTemplatesAreTaken creates every template of Meta's own Postman
// collection. Only what a phone cannot carry is refused.
func TestPublishedTemplatesAreTaken(t *testing.T) {
	raw, err := os.ReadFile("../../../shared/cloudapi/whatsapp-cloud-api.postman_collection.json")
	if err != nil {
		t.Skip("the published collection is not on this machine")
	}
	var whole postmanItem
	must(t, json.Unmarshal(raw, &whole))
	h := newManaged(t)
	tried := 0
	var walk func([]postmanItem)
	walk = func(list []postmanItem) {
		for _, i := range list {
			walk(i.Item)
			if i.Request.Method != "POST" || !strings.Contains(string(i.Request.URL), "/message_templates") {
				continue
			}
			tried++
			body := strings.NewReplacer("<TEMPLATE_NAME>", "x", "<LANGUAGE>", "en_US").Replace(i.Request.Body.Raw)
			got := h.asAdmin("POST", templates, body)
			carried := !strings.Contains(body, "FLOW") && !strings.Contains(body, "CATALOG") && !strings.Contains(body, "MPM") && !strings.Contains(body, "CAROUSEL")
			if (got.status == 200) != carried {
				t.Errorf("%s: %d %s\n%s", i.Name, got.status, got.body, body)
			}
		}
	}
	walk(whole.Item)
	if tried < 5 {
		t.Errorf("only %d templates found", tried)
	}
}
