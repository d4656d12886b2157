package bridge

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentation holds docs/api.md to the code: every path, every error
// code, and the examples for /bridge/v1, which are called as they stand there.
func TestDocumentation(t *testing.T) {
	raw, err := os.ReadFile("../docs/api.md")
	must(t, err)
	doc := string(raw)
	for _, route := range every {
		if call := route.method + " " + strings.Replace(route.path, "/x", "/{id}", 1); !strings.Contains(doc, call) {
			t.Errorf("%s is not documented", call)
		}
	}
	files, err := filepath.Glob("*.go")
	must(t, err)
	code := regexp.MustCompile(`Code: +"([a-z_]+)"`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		must(t, err)
		for _, found := range code.FindAllStringSubmatch(string(source), -1) {
			if !strings.Contains(doc, "`"+found[1]+"`") {
				t.Errorf("error code %s in %s is not documented", found[1], file)
			}
		}
	}
	h := newHarness(t)
	h.receive(phoneID, 1)
	examples := regexp.MustCompile(`(?m)^curl -s (?:-X (\w+) )?"\$BASE(/bridge/[^"]+)"`).FindAllStringSubmatch(doc, -1)
	if len(examples) < 3 {
		t.Fatalf("found %d examples", len(examples))
	}
	for _, e := range examples {
		method := e[1]
		if method == "" {
			method = "GET"
		}
		if got := h.do(method, e[2], ""); got.status != 200 {
			t.Errorf("%s %s: %d %s", method, e[2], got.status, got.body)
		}
	}
}
