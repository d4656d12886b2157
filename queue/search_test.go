package queue

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestSearchIgnoresAccentsAndSpacing(t *testing.T) {
	for _, c := range []struct {
		words, name, number string
		want                bool
	}{
		{"muller", "Jürgen Müller", "", true},
		{"MÜLLER", "jurgen muller", "", true},
		{"garcia hernandez", "María José García-Hernández de la Torre", "", true},
		{"mariajose", "María  José", "", true},
		{"strasse", "Café Straße", "", true},
		{"иван петров", "ИВАН  ПЕТРОВ", "", true},
		{"ежик", "Ёжик", "", true},
		{"محمد", "مُحَمَّد", "", true},
		{"0151 101", "", "4915110100999", true},
		{"+49 (0)151-101", "", "4915110100999", false}, // the zero stands within the number
		{"+49 151 101", "", "4915110100999", true},
		{"15110100", "", "4915110100999", true},
		{"004915110", "", "4915110100999", true},
		{"12", "", "4912", false},
		{"000", "", "4915110100999", false},
		{"👍", "Team 👍", "", true},
		{"ana", "Bob", "1555", false},
		{"", "Bob", "1555", false},
		{"\xff", "Bob", "1555", false},
	} {
		if got := NewSearch(c.words).InName(c.name, c.number); got != c.want {
			t.Errorf("%q in %q %s: %v", c.words, c.name, c.number, got)
		}
	}
	for _, c := range []struct {
		words, text string
		want        bool
	}{
		{"blue one", "The  Blue\none, please", true},
		{"cafe", "zum CAFÉ", true},
		{"015110100999", "call 0151 101-00 999 tomorrow", true},
		{"0151 10100999", "call +49 151 10100999", true},
		{"sao paulo", "São Paulo", true},
		{"привет", "ПРИВЕТ!", true},
		{"blue two", "The blue one", false},
		{"100%", "100 percent", false},
	} {
		if got := NewSearch(c.words).InText(c.text); got != c.want {
			t.Errorf("%q in %q: %v", c.words, c.text, got)
		}
	}
}

// TestSearchFindsRandomSpellings: a random part of a random name is found,
// however its accents, case and spaces are changed.
func TestSearchFindsRandomSpellings(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 4))
	letters := []rune("aábcçdeéfgğhiíjklłmnñoöpqrsştuüvwxyzžАБВЁйк中文한글אב ")
	for range 2000 {
		name := make([]rune, 1+r.IntN(30))
		for i := range name {
			name[i] = letters[r.IntN(len(letters))]
		}
		from := r.IntN(len(name))
		part := string(name[from : from+1+r.IntN(len(name)-from)])
		if strings.TrimSpace(part) == "" {
			continue
		}
		typed := part
		switch r.IntN(4) {
		case 0:
			typed = strings.ToUpper(part)
		case 1:
			typed = FoldForSearch(part)
		case 2:
			typed = strings.ReplaceAll(part, " ", "  ")
		case 3:
			typed = strings.ToTitle(part)
		}
		if !NewSearch(typed).InName(string(name), "") {
			t.Errorf("%q is not found in %q", typed, string(name))
		}
	}
}

// FuzzSearch: anything may be typed, and any text may have come in.
func FuzzSearch(f *testing.F) {
	f.Add("müller", "Jürgen Müller")
	f.Add("0151 1", "+49 151 1")
	f.Add("\u0301", "e\u0301")
	f.Fuzz(func(t *testing.T, words, text string) {
		s := NewSearch(words)
		s.InText(text)
		s.InName(text, words)
		folded := FoldForSearch(text)
		if utf8.ValidString(text) && strings.IndexFunc(folded, unicode.IsUpper) >= 0 && FoldForSearch(folded) == folded {
			// some capitals have no small letter
			for _, r := range folded {
				if unicode.IsUpper(r) && unicode.ToLower(r) != r {
					t.Errorf("%q folds to %q", text, folded)
				}
			}
		}
		if again := NewSearch(folded); !again.None() && !again.InText(text) {
			t.Errorf("%q does not hold its own folded form %q", text, folded)
		}
	})
}
