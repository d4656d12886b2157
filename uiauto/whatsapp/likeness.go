package whatsapp

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A Likeness says how what is shown compares with what was sent.
type Likeness int

// The answers. Only Different proves that something else is shown: what cannot
// be compared, and what differs in nothing that the app keeps, is Unsure.
const (
	Unsure Likeness = iota
	Same
	Different
)

// CompareText compares a text that was sent with one that is shown. The app
// does not show a text as it was typed:
//
//   - white space at the ends goes, and runs of it may be drawn as one,
//   - the marks of formatting go where they come in pairs (*bold*, _italic_,
//     ~struck~, `code`, ```block```), and quotes and lists lose theirs at the
//     beginning of a line ("> ", "- ", "* ", "1. "),
//   - long texts are cut, with an ellipsis and a few words ("Read more") behind.
//
// Both sides go through the same forms. Equal in the plain one, or without the
// marks: Same. Other letters or digits: Different. What is left is Unsure: texts
// of nothing but marks or white space, texts that differ in punctuation alone, and
// a shown text that may be the beginning of a long one. (The forms of formatted
// and of cut texts are not verified on a phone.)
func CompareText(sent, shown string) Likeness {
	a, b := plainForm(sent), plainForm(shown)
	if a == "" || b == "" {
		return compareEmpty(a, b)
	}
	want, have := skeleton(sent), skeleton(shown)
	switch {
	case a == b, want != "" && want == have, cutShows(want, shown):
		return Same
	}
	return compareLetters(want, have)
}

// compareEmpty compares texts of which at least one shows nothing: a text that
// has letters is not shown as nothing, but the number of a list may be.
func compareEmpty(a, b string) Likeness {
	if isNumber(letters(a)+letters(b)) && pictographs(a) == pictographs(b) {
		return Unsure
	}
	return Different
}

// compareLetters compares two skeletons that are not equal.
func compareLetters(want, have string) Likeness {
	a, b := letters(want), letters(have)
	switch {
	case a == "" && b == "" && pictographs(want) != pictographs(have):
		return Different
	case a == b, a == "" && isNumber(b), b == "" && isNumber(a): // a list's number may be shown or not
		return Unsure
	case mayBeCut(a, b, have):
		return Unsure
	}
	return Different
}

// isNumber reports whether letters are those of a list's number alone.
func isNumber(s string) bool { return len(s) <= 3 && strings.Trim(s, "0123456789") == "" }

// mayBeCut reports whether shown letters may be the beginning of longer ones: a
// long run, or a text with an ellipsis.
func mayBeCut(want, have, shown string) bool {
	if i := strings.LastIndex(shown, "…"); i >= 0 {
		if head := letters(shown[:i]); utf8.RuneCountInString(head) >= minCut/4 && strings.HasPrefix(want, head) {
			return true
		}
	}
	return utf8.RuneCountInString(have) >= minCut/2 && strings.HasPrefix(want, have)
}

// cutShows reports whether a shown text is the beginning of what was sent.
func cutShows(want, shown string) bool {
	i := strings.LastIndex(shown, "…")
	if i < 0 || utf8.RuneCountInString(shown[i:]) > maxCutWords+2 {
		return false
	}
	head := skeleton(shown[:i])
	return utf8.RuneCountInString(head) >= minCut && strings.HasPrefix(want, head)
}

// plainForm is the one form in which any two texts are compared: as a dump shows
// them (DumpText), composed characters, no invisible characters (marks of
// direction, joiners, selectors of emoji), and each run of white space as one
// blank.
func plainForm(s string) string {
	s = strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, DumpText(s))
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

// invisible reports whether a rune shows nothing by itself.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == 0x34f || r == unicode.ReplacementChar
}

// skeleton is plainForm without what the app's formatting may change.
func skeleton(s string) string {
	lines := strings.Split(DumpText(s), "\n")
	for i, line := range lines {
		line = plainForm(line)
		for m := lineMark.FindString(line); m != ""; m = lineMark.FindString(line) {
			line = line[len(m):]
		}
		lines[i] = line
	}
	return plainForm(pairMarks.Replace(strings.Join(lines, "\n")))
}

// letters are the letters and digits of a text, without case and in their
// simplest form.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(s))
}

// pictographs are the symbols of a text: emojis and the like.
func pictographs(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r) && r > 0x7f {
			return r
		}
		return -1
	}, s)
}

// compareName compares the name of a file with the one that is shown: the app
// may leave the ending out. A name that is not shown says nothing.
func compareName(name, shown string) Likeness {
	if name != "" && name == shown {
		return Same
	}
	name, shown = nameForm(name), nameForm(shown)
	switch {
	case name == "" || shown == "":
		return Unsure
	case name == shown, withoutEnding(name) == shown:
		return Same
	case letters(name) == letters(shown), letters(withoutEnding(name)) == letters(shown):
		return Unsure
	}
	return Different
}

// nameForm is plainForm of a file's name; dots and blanks at its end do not
// count.
func nameForm(name string) string { return strings.TrimRight(plainForm(name), ". ") }

func withoutEnding(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return nameForm(name[:i])
	}
	return name
}
