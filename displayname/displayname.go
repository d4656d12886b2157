// Package displayname compares the names by which the app shows people and
// groups: titles of chats and notifications, rows of the chat list, senders in
// groups, and names of the phone's address book. It has the only normal form
// of a name and the only comparison. It knows nothing of chats and numbers'
// owners: a name is shown, it identifies nobody.
package displayname

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/wabridge/wabridge/uiauto"
)

// chosenMark stands before a name that a person chose for themselves. The app
// writes "~" and a narrow no-break space (facts on Android, section 1); Clean
// makes that "~ ". A saved name such as "~Ann" has no blank there.
const chosenMark = "~ "

// Clean gives the form in which a shown name is kept, stored and compared
// between the screens of one phone. It keeps what a person sees: direction
// marks, zero-width blanks and other invisible format characters go (joiners
// stay, they shape letters and emoji), characters that a dump cannot hold are
// ".", all white space is one blank, composed and decomposed letters are one,
// and the app's mark of a chosen name is "~ ".
func Clean(shown string) string {
	s := strings.Map(visible, norm.NFC.String(shown))
	s = strings.Join(strings.Fields(s), " ")
	if strings.HasPrefix(s, "~") && markedByApp(shown) {
		return chosenMark + strings.TrimSpace(s[1:])
	}
	return s
}

// visible maps a rune of a name to the one that is kept, or -1.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r), r == 0x2028, r == 0x2029:
		return ' '
	case r == 0x200C || r == 0x200D: // joiners
		return r
	case r == 0x180E || r == 0x115F || r == 0x1160 || r == 0x3164 || r == 0xFFA0, unicode.Is(unicode.Cf, r):
		return -1
	case unicode.IsControl(r), r >= 0xFDD0 && r <= 0xFDDF:
		return '.' // as AOSP's AccessibilityNodeInfoDumper writes what XML cannot hold
	}
	return r
}

// markedByApp reports whether a blank follows the "~" that begins a name.
func markedByApp(shown string) bool {
	_, rest, _ := strings.Cut(shown, "~")
	for _, r := range rest {
		if v := visible(r); v != -1 {
			return v == ' '
		}
	}
	return true // nothing but the mark
}

// IsChosen reports whether the app marks a name, as Clean gives it, as one
// that the person chose. Such a name may be anything, another person's name or
// number too: it proves nothing.
func IsChosen(name string) bool { return strings.HasPrefix(name, chosenMark) || name == "~" }

// Plain is a name, as Clean gives it, without the app's mark.
func Plain(name string) string {
	if IsChosen(name) {
		return strings.TrimSpace(strings.TrimPrefix(name, "~"))
	}
	return name
}

// Key is the form by which names are held to be the same. It is coarser than
// Clean: names that differ in nothing but how they are encoded (joiners,
// variation selectors, compatibility forms) have one key, because some part of
// the app may drop these. Two people whose names have one key are namesakes.
// Case counts.
func Key(name string) string {
	s := strings.Map(func(r rune) rune {
		if r == 0x200C || r == 0x200D || r >= 0xFE00 && r <= 0xFE0F {
			return -1
		}
		return r
	}, norm.NFKC.String(Clean(name)))
	return strings.Join(strings.Fields(s), " ")
}

// Same reports whether two names are the same. Two empty names are not.
func Same(a, b string) bool {
	k := Key(a)
	return k != "" && k == Key(b)
}

var numberShape = regexp.MustCompile(`^\+[\d ().\-\x{2010}\x{2011}]{6,30}$`)

// Number gives the digits of a name that reads like a number in international
// form ("+55 92 9316-0101"), else "". People can be saved under such a name,
// and can choose one: it is not the number of whoever bears it.
func Number(name string) string {
	s := uiauto.ASCIIDigits(Clean(name))
	if !numberShape.MatchString(s) {
		return ""
	}
	if d := uiauto.Digits(s); len(d) >= 7 && len(d) <= 15 {
		return d
	}
	return ""
}
