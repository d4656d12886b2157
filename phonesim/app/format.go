package app

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainText is what a bubble shows of a text: the marks of *bold*, _italic_,
// ~strikethrough~ and ```monospace``` are gone, as far as they are pairs. A mark
// opens after a blank or punctuation and before a non-blank, and closes the other
// way round, on one line. From memory; not captured.
func plainText(s string) string {
	if !strings.ContainsAny(s, "*_~`") {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = unmark(l)
	}
	return strings.Join(lines, "\n")
}

func unmark(l string) string {
	for _, mark := range []string{"```", "*", "_", "~"} {
		l = unmarkOne(l, mark)
	}
	return l
}

func unmarkOne(l, mark string) string {
	var b strings.Builder
	for {
		i := strings.Index(l, mark)
		if i < 0 {
			b.WriteString(l)
			return b.String()
		}
		j := closing(l, i, mark)
		if j < 0 {
			b.WriteString(l[:i+len(mark)])
			l = l[i+len(mark):]
			continue
		}
		b.WriteString(l[:i])
		b.WriteString(l[i+len(mark) : j])
		l = l[j+len(mark):]
	}
}

// closing finds the mark that pairs with the one at i, or -1.
func closing(l string, i int, mark string) int {
	before, _ := utf8.DecodeLastRuneInString(l[:i])
	rest := l[i+len(mark):]
	first, _ := utf8.DecodeRuneInString(rest)
	if i > 0 && wordRune(before) || rest == "" || unicode.IsSpace(first) || strings.HasPrefix(rest, mark[:1]) {
		return -1
	}
	for from := 0; ; {
		k := strings.Index(rest[from:], mark)
		if k < 0 {
			return -1
		}
		k += from
		last, _ := utf8.DecodeLastRuneInString(rest[:k])
		after, _ := utf8.DecodeRuneInString(rest[k+len(mark):])
		if k > 0 && !unicode.IsSpace(last) && (k+len(mark) == len(rest) || !wordRune(after)) {
			return i + len(mark) + k
		}
		from = k + len(mark)
	}
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// foldedLength is after how many characters a bubble is folded behind "Read
// more". From memory: the longest message captured, 721 characters, is whole.
const foldedLength = 768

// fold cuts a long text as a bubble does.
func fold(s, readMore string) (text string, cut bool) {
	if utf8.RuneCountInString(s) <= foldedLength {
		return s, false
	}
	r := []rune(s)
	return string(r[:foldedLength]) + "… " + readMore, true
}

// oneLine is a text as a list row shows it: line feeds are blanks, the end is
// cut to the row's width.
func oneLine(s string, width int) string {
	s = strings.ReplaceAll(plainText(s), "\n", " ")
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
