package queue

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// SearchDepth is how many of the newest messages a search looks at.
const SearchDepth = 200_000

// plainLetters are letters that have no accent to take away, but that people
// write as others when they search.
var plainLetters = map[rune]string{
	'ß': "ss", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'ħ': "h", 'ı': "i", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ə': "e", 'ŋ': "n",
}

// foldedLetters are the folded forms of the runes of Latin, Greek, Cyrillic,
// Armenian and Hebrew script, which most texts are made of: a search folds up to
// SearchDepth texts.
var foldedLetters = func() (all [0x600]string) {
	for r := range all {
		all[r] = foldRune(rune(r))
	}
	return all
}()

// foldRune is one rune as a search compares it: "" for one that cannot be seen,
// " " for a space.
func foldRune(r rune) string {
	var b strings.Builder
	for _, d := range norm.NFKD.String(string(r)) {
		switch {
		case unicode.IsSpace(d):
			b.WriteByte(' ')
			continue
		case unicode.Is(unicode.Mn, d), unicode.Is(unicode.Cf, d):
			continue
		}
		d = unicode.ToLower(d)
		if plain, ok := plainLetters[d]; ok {
			b.WriteString(plain)
		} else {
			b.WriteRune(d)
		}
	}
	return b.String()
}

// FoldForSearch is a text as a search compares it: in lower case, without accents
// and invisible marks, each run of space one space. Each stands for what a
// person types: "muller" for "Müller", "1" for "１".
func FoldForSearch(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		folded := ""
		if int(r) < len(foldedLetters) {
			folded = foldedLetters[r]
		} else {
			folded = foldRune(r)
		}
		if folded == " " {
			space = b.Len() > 0
			continue
		}
		if space && folded != "" {
			b.WriteByte(' ')
			space = false
		}
		b.WriteString(folded)
	}
	return b.String()
}

// lettersOnly keeps letters and digits of a folded text.
func lettersOnly(folded string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) {
			return r
		}
		return -1
	}, folded)
}

// A Search is what somebody looks for. Its zero value finds nothing.
type Search struct {
	Text    string // folded, for texts
	Letters string // the same without spaces and signs, for names
	Digits  string // where it may be a part of a number: without the zeros before it, unless it has no others
	typed   string // the digits as typed, for numbers within texts
}

// minDigits is from how many digits on words are taken for a part of a number.
const minDigits = 3

// NewSearch reads what a person typed.
func NewSearch(words string) Search {
	if !utf8.ValidString(words) {
		return Search{}
	}
	s := Search{Text: strings.TrimSpace(FoldForSearch(words))}
	s.Letters = lettersOnly(s.Text)
	if typed := withoutNumberSigns(s.Text); len(typed) >= minDigits && strings.Trim(typed, "0123456789") == "" {
		s.typed, s.Digits = typed, cmp.Or(strings.TrimLeft(typed, "0"), typed)
	}
	return s
}

// None reports whether nothing is looked for.
func (s Search) None() bool { return s.Text == "" }

// withoutNumberSigns takes away what people write between the digits of a
// number.
func withoutNumberSigns(folded string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("+-()./ ", r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, folded)
}

// InText reports whether a text holds the words, or the number however it is
// written.
func (s Search) InText(text string) bool {
	if s.None() {
		return false
	}
	folded := FoldForSearch(text)
	if strings.Contains(folded, s.Text) {
		return true
	}
	return s.typed != "" && s.inDigits(withoutNumberSigns(folded))
}

// inDigits reports whether digits hold those that were typed, or what is left
// of them without a trunk zero.
func (s Search) inDigits(digits string) bool {
	return s.typed != "" && (strings.Contains(digits, s.typed) || len(s.Digits) >= minDigits && strings.Contains(digits, s.Digits))
}

// InName reports whether a name or a number (digits) holds the words, whatever
// spaces and signs stand between their letters.
func (s Search) InName(name, number string) bool {
	if s.None() {
		return false
	}
	if s.inDigits(number) {
		return true
	}
	folded := FoldForSearch(name)
	if s.Letters == "" { // signs and emoji alone
		return strings.Contains(folded, s.Text)
	}
	return strings.Contains(lettersOnly(folded), s.Letters)
}
