package whatsapp

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/wabridge/wabridge/uiauto"
)

func trimSpace(s string) string { return strings.TrimSpace(s) }

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

// BubbleShows reports whether a bubble shows the text that was sent. The app
// does not show a text as it was typed:
//
//   - white space at the ends goes,
//   - the marks of formatting go where they come in pairs (*bold*, _italic_,
//     ~struck~, `code`, ```block```), and quotes and lists lose theirs at the
//     beginning of a line ("> ", "- ", "* ", "1. "),
//   - long texts are cut, with an ellipsis and a few words ("Read more") behind.
//
// So after exact equality, texts are compared without those marks, direction
// marks, and with runs of white space as one blank; and a cut text must begin
// the sent one for at least 200 characters. Two texts that differ in nothing
// else are not told apart: whether the bubble is a new one is for Find to
// say. (The forms of formatted and of cut texts are not verified on a phone.)
func BubbleShows(sent string, b Bubble) bool {
	if sent == "" || b.Text == "" {
		return false
	}
	if SameText(sent, b.Text) {
		return true
	}
	want, have := skeleton(sent), skeleton(b.Text)
	if want == "" {
		return false
	}
	return want == have || cutShows(want, b.Text)
}

// Blank reports whether the app's rules leave nothing of a text to compare (see
// BubbleShows): white space, or marks of formatting alone.
func Blank(s string) bool { return skeleton(s) == "" }

// cutShows reports whether a shown text is the beginning of what was sent.
func cutShows(want, shown string) bool {
	i := strings.LastIndex(shown, "…")
	if i < 0 || utf8.RuneCountInString(shown[i:]) > maxCutWords+2 {
		return false
	}
	head := skeleton(shown[:i])
	return utf8.RuneCountInString(head) >= minCut && strings.HasPrefix(want, head)
}

var (
	lineMarks = regexp.MustCompile(`(?m)^[ \t]*(?:>|[-*•]|[0-9]{1,3}\.)[ \t]+`)
	pairMarks = strings.NewReplacer("*", "", "_", "", "~", "", "`", "")
)

// skeleton is a text without what the app's formatting may change.
func skeleton(s string) string {
	s = lineMarks.ReplaceAllString(uiauto.Clean(DumpText(s)), "")
	return strings.Join(strings.Fields(pairMarks.Replace(s)), " ")
}
