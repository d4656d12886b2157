package cloud

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestExamplesOfTheDocumentation calls the Cloud API's examples of docs/api.md
// as they stand there.
func TestExamplesOfTheDocumentation(t *testing.T) {
	raw, err := os.ReadFile("../../docs/api.md")
	must(t, err)
	doc := strings.ReplaceAll(string(raw), "\\\n", " ")
	examples := regexp.MustCompile(`(?m)^curl -s "\$BASE(/v[^"]+)"(?:.* -d '([^']+)')?`).FindAllStringSubmatch(doc, -1)
	if len(examples) < 4 {
		t.Fatalf("found %d examples", len(examples))
	}
	h := newHarness(t)
	for _, e := range examples {
		method := "GET"
		if e[2] != "" {
			method = "POST"
		}
		u, err := url.Parse(e[1])
		must(t, err)
		if got := h.do(method, u.String(), e[2]); got.status != 200 {
			t.Errorf("%s %s: %d %s", method, e[1], got.status, got.body)
		}
	}
}
