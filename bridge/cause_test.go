package bridge

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
)

// TestCausesAreWhatTheProgramSays: each entry's words stand in the source of
// some package below, so that a change of words there is noticed here.
func TestCausesAreWhatTheProgramSays(t *testing.T) {
	var source strings.Builder
	for _, dir := range []string{"../phone", "../queue", "../uiauto", "../state.go"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			raw, err := os.ReadFile(path)
			source.Write(raw)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	names := map[string]bool{}
	for _, c := range causes {
		if !strings.Contains(source.String(), c.said) {
			t.Errorf("%s: nothing says %q", c.Name, c.said)
		}
		if names[c.Name] {
			t.Errorf("%s is there twice", c.Name)
		}
		names[c.Name] = true
		if got := CauseOf(c.code, "phone 7: something "+c.said+"; do this"); got != c.Name {
			t.Errorf("the words of %s are taken for %q", c.Name, got)
		}
	}
	if got := CauseOf(wabridge.HasExpired(wabridge.Message{}.Created).Code(), wabridge.HasExpired(wabridge.Message{}.Created).Reason()); got != "expired" {
		t.Errorf("a message that expired: %q", got)
	}
	if got := CauseOf(wabridge.CodeUndeliverable, "another reason"); got != "" {
		t.Errorf("unknown words: %q", got)
	}
}
