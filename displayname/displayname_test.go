package displayname

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanKeepsWhatAPersonSees(t *testing.T) {
	for _, tt := range []struct{ shown, want string }{
		{"Ann", "Ann"},
		{"\u200eAnn\u200f ", "Ann"},
		{"\u2068Ann\u2069", "Ann"},
		{"Ann\u00a0Lee", "Ann Lee"},
		{"Ann \n Lee", "Ann Lee"},
		{"Jose\u0301", "José"},
		{"~\u202fAnn", "~ Ann"},
		{"\u200e~\u202fAnn", "~ Ann"},
		{"~\u200e\u00a0Ann", "~ Ann"},
		{"~ Ann", "~ Ann"},
		{"~Ann", "~Ann"},
		{"Ann:", "Ann:"},
		{"a\x01b", "a.b"},
		{"\u200e\u200b", ""},
		{"👩\u200d⚕\ufe0f", "👩\u200d⚕\ufe0f"},
	} {
		if got := Clean(tt.shown); got != tt.want {
			t.Errorf("Clean(%q) = %q, want %q", tt.shown, got, tt.want)
		}
	}
}

func TestChosenNamesAreMarkedByTheApp(t *testing.T) {
	for shown, want := range map[string]bool{
		"~\u202fAnn": true, "~ Ann": true, "~Ann": false, "Ann": false, "Ann ~ Lee": false, "~": true, "": false,
	} {
		if got := IsChosen(Clean(shown)); got != want {
			t.Errorf("IsChosen(%q) = %v, want %v", shown, got, want)
		}
	}
	if got := Plain(Clean("~\u202f+1 555 000 2001")); got != "+1 555 000 2001" {
		t.Errorf("Plain = %q", got)
	}
}

func TestSameNames(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"Ann", "\u200eAnn", true},
		{"José", "Jose\u0301", true},
		{"Ann ❤", "Ann ❤\ufe0f", true},
		{"Ann\u200b", "Ann", true},
		{"Ann", "ann", false},
		{"Ann", "~ Ann", false},
		{"Ann", "~Ann", false},
		{"José", "Jose", false},
		{"Ann", "Ann:", false},
		{"", "", false},
		{"\u200e", "\u200b", false},
	} {
		if got := Same(tt.a, tt.b); got != tt.want {
			t.Errorf("Same(%q, %q) = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestNumberOfAName(t *testing.T) {
	for name, want := range map[string]string{
		"+1 555 000 2001": "15550002001", "\u200e+49\u00a0170\u20110000001": "491700000001", "+٤٩ ١٧٠ ١٢٣٤٥٦٧": "491701234567",
		"~ +1 555 000 2001": "", "~+1 555 000 2001": "", "1 555 000 2001": "", "Ann +49": "", "+1 2": "", "+1234567890123456": "", "": "",
	} {
		if got := Number(name); got != want {
			t.Errorf("Number(%q) = %q, want %q", name, got, want)
		}
	}
}

// A screen, a notification and the address book show one name with other
// marks; all three have to give one form.
func TestMarksMakeNoOtherName(t *testing.T) {
	marks := []string{"\u200e", "\u200f", "\u202a", "\u202c", "\u2066", "\u2069", "\u200b", "\u2060", "\ufeff", "\u00ad"}
	letters := []rune("aA é~+1:(…👍Яש ")
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var plain, marked strings.Builder
		for range 1 + r.IntN(8) {
			c := letters[r.IntN(len(letters))]
			plain.WriteRune(c)
			if r.IntN(2) == 0 {
				marked.WriteString(marks[r.IntN(len(marks))])
			}
			marked.WriteRune(c)
		}
		if a, b := Clean(plain.String()), Clean(marked.String()); a != b {
			t.Fatalf("seed %d: Clean(%q) = %q, Clean(%q) = %q", seed, plain.String(), a, marked.String(), b)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"Ann", "~\u202fAnn", "~~ Ann", "~", "Jose\u0301", "\x01~", "+1 555 000 2001", "\ufdd0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := Clean(s)
		if again := Clean(c); again != c {
			t.Errorf("Clean(%q) = %q, and again %q", s, c, again)
		}
		if k := Key(s); Key(k) != k || Key(c) != k {
			t.Errorf("Key(%q) = %q, of its clean form %q, again %q", s, k, Key(c), Key(k))
		}
		if !utf8.ValidString(c) && utf8.ValidString(s) {
			t.Errorf("Clean(%q) is no UTF-8", s)
		}
		if n := Number(s); n != "" && IsChosen(c) {
			t.Errorf("Number(%q) = %s of a chosen name", s, n)
		}
	})
}
