package whatsapp

import (
	"strings"
	"testing"
)

func TestSameText(t *testing.T) {
	cases := []struct {
		name, sent, shown string
		want              bool
	}{
		{"the same", "a b", "a b", true},
		{"line ends", "a\r\nb\rc", "a\nb\nc", true},
		{"white space at the ends", " \n a\t\n", "a", true},
		{"a control character", "a\x07b\x1b", "a.b.", true},
		{"delete and C1, but not the next line", "\x7f\u0086\u0085x", "..\u0085x", true},
		{"emoji, joined", "👩‍👩‍👧 ok", "👩‍👩‍👧 ok", true},
		{"right to left marks stay", "\u200fمرحبا", "\u200fمرحبا", true},
		{"and count", "\u200fمرحبا", "مرحبا", false},
		{"a blank inside", "a  b", "a b", false},
		{"case", "A", "a", false},
		{"cut", "abc", "ab", false},
		{"nothing is not a text", "", "", false},
		{"blanks are not a text", "  ", " ", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := SameText(c.sent, c.shown); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestBubbleShows(t *testing.T) {
	long := strings.Repeat("word and word, ", 100)
	cases := []struct {
		name, sent, shown string
		want              bool
	}{
		{"the same", "a b", "a b", true},
		{"bold, italic, struck, code", "*a* _b_ ~c~ `d` ```e```", "a b c d e", true},
		{"marks that stay because they stand alone", "2*3 = 6_", "2*3 = 6_", true},
		{"a quote and a list", "> q\n- one\n* two", "q\n• one\n• two", true},
		{"a list with numbers, shown without them", "Sure?\n\n1. Yes\n2. No", "Sure?\n\nYes\nNo", true},
		{"another choice", "1. Yes", "1. No", false},
		{"white space at the end of lines", "a \nb", "a\nb", true},
		{"cut by the app", long, strings.TrimSpace(long[:700]) + "… Read more", true},
		{"cut by the app, another language, own line", long, long[:700] + "…\nWeiterlesen", true},
		{"cut, and then another text", long, "x" + long[:700] + "… Read more", false},
		{"a short beginning proves nothing", long, long[:60] + "… Read more", false},
		{"a long text behind the ellipsis", long, long[:700] + "…" + strings.Repeat("x", 60), false},
		{"our text ends in an ellipsis of its own", long + "… end", long + "… end", true},
		{"another text", "a", "b", false},
		{"part of it", "a b", "a", false},
		{"nothing", "", "", false},
		{"only marks", "***", "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := BubbleShows(c.sent, Bubble{Text: c.shown}); got != c.want {
				t.Errorf("got %v: %q, %q", got, skeleton(c.sent), skeleton(c.shown))
			}
		})
	}
}
