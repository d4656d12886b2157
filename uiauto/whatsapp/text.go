package whatsapp

import (
	"regexp"
	"strings"
)

// DumpText is the text as a dump shows it: line ends are line feeds, and the
// control characters that XML cannot hold are "." (AOSP
// AccessibilityNodeInfoDumper.stripInvalidXMLChars).
func DumpText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0x1 && r <= 0x8, r >= 0xB && r <= 0xC, r >= 0xE && r <= 0x1F,
			r >= 0x7F && r <= 0x84, r >= 0x86 && r <= 0x9F, r >= 0xFDD0 && r <= 0xFDDF:
			return '.'
		}
		return r
	}, s)
}

// SameText reports whether the composer shows exactly what was to be sent:
// character by character after the dump's own rules (DumpText), white space at
// both ends apart, which the app removes when it sends. An empty text is the
// same as nothing.
func SameText(sent, shown string) bool {
	want := strings.TrimSpace(DumpText(sent))
	return want != "" && want == strings.TrimSpace(DumpText(shown))
}

// BubbleShows reports whether a bubble shows the text that was sent, as the app
// shows texts (CompareText). Two texts that differ in nothing that the app keeps
// are not told apart: whether the bubble is a new one is for Find to say.
func BubbleShows(sent string, b Bubble) bool { return CompareText(sent, b.Text) == Same }

// Blank reports whether the app's rules leave nothing of a text to compare (see
// CompareText): white space, or marks of formatting alone.
func Blank(s string) bool { return skeleton(s) == "" }

var (
	lineMark  = regexp.MustCompile(`^[ \t]*(?:>|[-*•]|[0-9]{1,3}\.)[ \t]+`)
	pairMarks = strings.NewReplacer("*", "", "_", "", "~", "", "`", "")
)
