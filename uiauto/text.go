package uiauto

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Clean makes a text of the app comparable without changing what a person sees:
// direction marks (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069) go, the
// no-break spaces U+00A0 and U+202F become blanks. In the app's own data every
// Arabic text begins with U+200F, and in all left-to-right languages a text
// that begins with a placeholder begins with U+200E.
func Clean(s string) string {
	clean := func(r rune) rune {
		switch {
		case IsDirectionMark(r):
			return -1
		case r == 0xA0 || r == 0x202F:
			return ' '
		}
		return r
	}
	return strings.Map(clean, s)
}

// IsDirectionMark reports whether the rune is an invisible mark of direction.
func IsDirectionMark(r rune) bool {
	return r == 0x061C || r == 0x200E || r == 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

// plain is the one form in which the app's words are compared, but for case:
// Clean, composed characters, no zero-width blanks, "…" as three dots, one kind
// of quotation mark and of apostrophe, runs of white space as one blank and none
// at the ends, and no final punctuation. Builds and languages differ in all of
// these where the words are the same.
func plain(s string) string {
	s = typographic(s)
	if bare := strings.TrimRight(s, finalPunctuation); bare != "" {
		return bare
	}
	return s
}

// typographic is plain with the final punctuation.
func typographic(s string) string {
	return strings.Join(strings.Fields(typography.Replace(norm.NFC.String(Clean(s)))), " ")
}

// finalPunctuation is what may or may not stand behind the app's words: the full
// stops of the scripts, and what stands in their place.
const finalPunctuation = " .!?:;,\u2026\u3002\uff01\uff1f\u0964\u06d4\u061f\u061b"

// typography maps the kinds of ellipses, quotation marks and apostrophes to one
// each, and removes zero-width blanks. The German texts have a blank before the
// ellipsis; the zero-width joiner stays, because it makes emojis.
var typography = strings.NewReplacer(" …", "...", "…", "...", " ...", "...",
	"\u2018", "'", "\u2019", "'", "\u201A", "'", "\u201B", "'", "\u02BC", "'", "\u00B4", "'", "`", "'", "\u2032", "'",
	"\u201C", `"`, "\u201D", `"`, "\u201E", `"`, "\u201F", `"`, "\u00AB", `"`, "\u00BB", `"`, "\u2033", `"`,
	"\u200B", "", "\u2060", "", "\uFEFF", "")

// fold maps a rune to its form without case. Turkish has I/ı and İ/i as
// pairs: all four become one.
func fold(r rune) rune {
	switch r {
	case 'I', 'İ', 'ı':
		return 'i'
	}
	return unicode.ToLower(r)
}

// Fold is the form in which the app's words are compared: marks, kinds of blanks,
// ellipses, quotation marks and apostrophes, final punctuation, and case make no
// difference. It is for the app's words only, never for names or messages.
func Fold(s string) string { return strings.Map(fold, plain(s)) }

// Same reports whether two texts are the same as a whole, compared by Fold.
func Same(a, b string) bool { return a == b || Fold(a) == Fold(b) }

// zeros are the digits zero whose nine successors follow them: Arabic-Indic,
// Persian, Devanagari, Bengali and full width.
var zeros = [...]rune{0x660, 0x6F0, 0x966, 0x9E6, 0xFF10}

func asciiDigit(r rune) rune {
	for _, z := range zeros {
		if r >= z && r <= z+9 {
			return '0' + r - z
		}
	}
	return r
}

// ASCIIDigits writes the digits of other scripts as 0 to 9.
func ASCIIDigits(s string) string { return strings.Map(asciiDigit, s) }

// Digits keeps the digits of s, those of other scripts as 0 to 9.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r = asciiDigit(r); r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
