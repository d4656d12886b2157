package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestBotsDocSessions: the page's scenario and the conversations that it shows
// are what the program says.
func TestBotsDocSessions(t *testing.T) {
	page := doc(t, "bots.md")
	_, rest, _ := strings.Cut(page, "```yaml\n")
	file, _, _ := strings.Cut(rest, "```")
	visit := filepath.Join(t.TempDir(), "visit.yaml")
	if err := os.WriteFile(visit, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	sessions := regexp.MustCompile("(?s)```\n\\$ wabridge (bot try [^\n]*)\n(.*?)```").FindAllStringSubmatch(page, -1)
	if len(sessions) < 2 {
		t.Fatalf("docs/bots.md shows %d sessions", len(sessions))
	}
	for _, m := range sessions {
		var typed strings.Builder
		for line := range strings.Lines(m[2]) {
			if answer, ok := strings.CutPrefix(line, "> "); ok {
				typed.WriteString(answer)
			}
		}
		args := strings.Fields(m[1])
		switch args[2] {
		case "visit.yaml":
			args[2] = visit
		default:
			args[2] = filepath.Join("../..", args[2])
		}
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, strings.NewReader(typed.String()), &out, &errs); code != 0 || out.String() != m[2] {
			t.Errorf("wabridge %s: code %d, %s\n%s\nthe page says\n%s", m[1], code, errs.String(), out.String(), m[2])
		}
	}
}
