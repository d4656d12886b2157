package wabridge

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCleanFileName(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"a.pdf", "a.pdf"},
		{"a/../b\\c.pdf", "c.pdf"},
		{"bill\u202efdp.exe", "billfdp.exe"},
		{"\u2066a\u2069.pdf\u200b\ufeff", "a.pdf"},
		{"a\r\nb\u00a0\u2028c.pdf", "ab c.pdf"},
		{"a\x07\u0085b.pdf", "ab.pdf"},
		{" a.pdf . . ", "a.pdf"},
		{"...", ""}, {"\u202e", ""}, {" \u200b\u00a0", ""}, {"\u200d", ""}, {"\xff\xfe", ""},
		{"👩\u200d👧.png", "👩\u200d👧.png"},
		{"می\u200cخواهم.pdf", "می\u200cخواهم.pdf"},
		{".hidden", ".hidden"},
	} {
		if got := CleanFileName(c.name); got != c.want {
			t.Errorf("%+q: got %+q, want %+q", c.name, got, c.want)
		}
	}
}

func FuzzCleanFileName(f *testing.F) {
	for _, s := range []string{"a.pdf", "\u202ea\u2066/b", "\xff\u200b", "a\u0301 .", "\U000e0041"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := CleanFileName(name)
		switch {
		case CleanFileName(got) != got:
			t.Errorf("%+q: not stable: %+q, then %+q", name, got, CleanFileName(got))
		case !utf8.ValidString(got), strings.ContainsAny(got, "/\\\n\r\t"), strings.ContainsFunc(got, turnsDirection):
			t.Errorf("%+q: got %+q", name, got)
		}
	})
}

func turnsDirection(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || unicode.IsControl(r)
}

func TestSentFileName(t *testing.T) {
	long := strings.Repeat("ж", 100)
	for _, c := range []struct{ name, want string }{
		{"a.pdf", "a.pdf"},
		{"10:30 \"plan\"?.pdf", "10_30 _plan__.pdf"},
		{"-rf.pdf", "rf.pdf"},
		{long + ".pdf", long[:116] + ".pdf"},
		{strings.Repeat("a", 119) + " b", strings.Repeat("a", 119)},
		{"???", ""},
	} {
		if got := SentFileName(c.name); got != c.want {
			t.Errorf("%q: got %q, want %q", c.name, got, c.want)
		}
	}
}

// FuzzSentFileName: the name on the phone is bounded, clean, and stays as it is.
func FuzzSentFileName(f *testing.F) {
	for _, s := range []string{"a.pdf", strings.Repeat("b ", 90) + ".docx", "a:b|c.txt", strings.Repeat("ж.", 99), "a." + strings.Repeat("x", 200), "_. -a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := SentFileName(s)
		if len(got) > MaxFileName || !utf8.ValidString(got) || strings.ContainsAny(got, "\"*:<>?|/\\\n") {
			t.Errorf("%q: got %q", s, got)
		}
		if again := SentFileName(got); again != got {
			t.Errorf("%q: got %q, and %q of that", s, got, again)
		}
	})
}
