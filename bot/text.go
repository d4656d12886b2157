package bot

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A text is what the bot says, in each language; without languages it stands
// under "".
type text struct {
	line  int
	first string // the scenario's first language
	parts map[string][]part
}

// A part is a piece of a text as it is, or the name of a variable.
type part struct{ literal, name string }

var variable = regexp.MustCompile(`\{\{\s*([A-Za-z][A-Za-z0-9_]*)\s*\}\}`)

// split cuts a text at its variables; ok tells that no braces are left over.
func split(s string) (parts []part, ok bool) {
	at := 0
	for _, m := range variable.FindAllStringSubmatchIndex(s, -1) {
		parts = append(parts, part{literal: s[at:m[0]]}, part{name: s[m[2]:m[3]]})
		at = m[1]
	}
	parts = append(parts, part{literal: s[at:]})
	for _, p := range parts {
		if strings.Contains(p.literal, "{{") || strings.Contains(p.literal, "}}") {
			return parts, false
		}
	}
	return parts, true
}

// in is the text in a language, its variables filled in by value. What a
// variable holds is not looked at again.
func (t *text) in(language string, value func(name string) string) string {
	parts, ok := t.parts[language]
	if !ok {
		parts = t.parts[""]
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.literal)
		if p.name != "" {
			b.WriteString(value(p.name))
		}
	}
	return strings.TrimSpace(b.String())
}

// literal is the text without what its variables hold.
func (t *text) literal(language string) string {
	return t.in(language, func(string) string { return "" })
}

// names are the variables of the text.
func (t *text) names() []string {
	var out []string
	for _, parts := range t.parts {
		for _, p := range parts {
			if p.name != "" {
				out = append(out, p.name)
			}
		}
	}
	return out
}

// clean takes out what no message can hold: control characters but for tabs
// and ends of lines, and bytes that are not UTF-8.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// clip cuts a text to a number of characters; the last one is then "…".
func clip(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-1]) + "…"
}
