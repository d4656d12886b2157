package file

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzCleanName: whatever a stranger calls a file, its name is one part of a
// path, short, valid, without signs that steer, and clean.
func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"a.pdf", "../../etc/passwd", `C:\x\a.doc`, "\u202egnp.exe", "..", " a ", strings.Repeat("ä", 300) + ".jpeg", "a\x00b", "\xff.png"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := CleanName(name)
		if len(got) > maxName || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\u202e") || strings.IndexFunc(got, unicode.IsControl) >= 0 {
			t.Errorf("%q becomes %q", name, got)
		}
		if got == "." || got == ".." {
			t.Errorf("%q becomes a directory", name)
		}
		if again := CleanName(got); again != got {
			t.Errorf("%q becomes %q, which becomes %q", name, got, again)
		}
	})
}
