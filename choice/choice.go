// Package choice tells which of the numbered answers a person meant: a phone
// has no buttons, so people write the number or the title. It is pure, and
// knows nothing of messages or chats; what answers to a question and what a bot
// asks are matched by it alike.
package choice

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/wabridge/wabridge"
)

// Pick finds the only choice that a text fits: by its number (Number), by its
// title, or by the whole printed line "1. title", titles compared by Fold.
func Pick(choices []wabridge.Choice, text string) (found wabridge.Choice, ok bool) {
	folded, n := Fold(text), Number(text)
	if folded == "" {
		return found, false
	}
	for _, c := range choices {
		title := Fold(c.Title)
		if c.Number != n && folded != title && folded != strconv.Itoa(c.Number)+". "+title {
			continue
		}
		if ok {
			return wabridge.Choice{}, false
		}
		found, ok = c, true
	}
	return found, ok
}

// Fold brings a text into the form in which titles are compared: composed
// (NFC), without case, directional marks and blanks that do not count, and with
// ё as е, as most Russians type it.
func Fold(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
	s = strings.ReplaceAll(cases.Fold().String(norm.NFC.String(s)), "ё", "е")
	return strings.Join(strings.Fields(s), " ")
}

// zeros begin the digits of scripts that keyboards write.
var zeros = []rune{'0', '０', '٠', '۰', '०', '০'}

// Number reads "2", "2.", "2)" and the keycaps 2️⃣ and 🔟; 0 is none.
func Number(s string) int {
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) })
	if s == "🔟" {
		return 10
	}
	if len(s) > 32 {
		return 0
	}
	var digits strings.Builder
	rest := ""
	for i, r := range s {
		d := slices.IndexFunc(zeros, func(zero rune) bool { return r >= zero && r <= zero+9 })
		if d < 0 && r != '\ufe0f' && r != '\u20e3' { // the keycap's two marks
			rest = s[i:]
			break
		}
		if d >= 0 {
			digits.WriteByte(byte('0' + r - zeros[d]))
		}
	}
	n, err := strconv.Atoi(digits.String())
	if err != nil || strconv.Itoa(n) != digits.String() || rest != "" && rest != "." && rest != ")" {
		return 0
	}
	return n
}
