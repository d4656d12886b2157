package bot

import (
	"os"
	"strings"
	"testing"
)

// TestDocNamesEveryKey: each place of a file tells its keys when it meets
// another; docs/bots.md has them all.
func TestDocNamesEveryKey(t *testing.T) {
	page, err := os.ReadFile("../docs/bots.md")
	if err != nil {
		t.Fatal(err)
	}
	const file = `
name: x
zzz: 1
timeout: {zzz: 1}
no_match: {zzz: 1}
anywhere: [{zzz: 1}]
steps:
  a: {zzz: 1, ask: A, choices: [{zzz: 1}], expect: [{number: {zzz: 1}}, {zzz: 1}], next: b}
  b: {branch: [{zzz: 1}], next: b}
`
	_, err = Load(strings.NewReader(file))
	places := 0
	for line := range strings.Lines(err.Error()) {
		_, keys, ok := strings.Cut(strings.TrimSpace(line), `"zzz" is no key here; there are `)
		if !ok {
			continue
		}
		places++
		for key := range strings.SplitSeq(keys, ", ") {
			if !strings.Contains(string(page), "`"+key+"`") && !strings.Contains(string(page), "`"+key+": ") &&
				!strings.Contains(string(page), "{"+key+": ") && !strings.Contains(string(page), ", "+key+": ") {
				t.Errorf("docs/bots.md does not name %s: %s", key, line)
			}
		}
	}
	if places != 9 {
		t.Errorf("found %d places, want 9:\n%v", places, err)
	}
}
