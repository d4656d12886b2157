package uiauto

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Template is one wording of the app: fixed text with places (%s, %1$s, %d,
// %2$d) where the app inserts something. A text that ends in "[…]" is only the
// beginning of a longer one.
type Template struct {
	fixed  [][]rune // folded; one more than places
	places []place
	open   bool // more text may follow
	size   int  // runes of fixed text
}

type place struct {
	number int // of the value, from 0
	digits bool
}

// Bounds of templates and of the texts they are tried on: matching is
// quadratic in the worst case.
const (
	maxPlaces = 4
	maxShown  = 2000 // runes
)

const openEnd = "[…]"

// CompileTemplate reads a wording. It refuses one without any fixed text,
// which would match everything.
func CompileTemplate(s string) (*Template, error) {
	t := &Template{}
	s, t.open = strings.CutSuffix(Clean(s), openEnd)
	s = plain(s)
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			break
		}
		p, rest, ok := parsePlace(s[i+1:], len(t.places))
		if !ok {
			return nil, fmt.Errorf("%q is no place (%%s, %%d, %%1$s, %%2$d)", firstRunes(s[i:], 4))
		}
		t.addFixed(s[:i])
		t.places = append(t.places, p)
		s = rest
	}
	t.addFixed(s)
	if t.size == 0 {
		return nil, fmt.Errorf("no fixed text")
	}
	if len(t.places) > maxPlaces {
		return nil, fmt.Errorf("more than %d places", maxPlaces)
	}
	return t, nil
}

func (t *Template) addFixed(s string) {
	r := []rune(strings.Map(fold, s))
	t.fixed = append(t.fixed, r)
	t.size += len(r)
}

// parsePlace reads what follows a "%"; next is the number of a place that
// names none.
func parsePlace(s string, next int) (p place, rest string, ok bool) {
	p.number = next
	if len(s) >= 3 && s[0] >= '1' && s[0] <= '9' && s[1] == '$' {
		p.number, s = int(s[0]-'1'), s[2:]
	}
	if s == "" || s[0] != 's' && s[0] != 'd' || p.number >= maxPlaces {
		return p, s, false
	}
	p.digits = s[0] == 'd'
	return p, s[1:], true
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

// Places tells how many values the app inserts.
func (t *Template) Places() int { return len(t.places) }

// Match compares a shown text with the template as a whole. The values are in
// the order of their numbers, as shown but with marks and blanks made plain; no
// value is empty, and %d is digits with separators only.
func (t *Template) Match(text string) (values []string, ok bool) { return t.match(prepare(text)) }

// A shown text is prepared once for all the templates it is tried on.
type shown struct{ plain, folded []rune }

func prepare(s string) shown {
	if utf8.RuneCountInString(s) > maxShown {
		return shown{}
	}
	x := shown{plain: []rune(plain(s))}
	x.folded = make([]rune, len(x.plain))
	for i, r := range x.plain {
		x.folded[i] = fold(r)
	}
	return x
}

func (t *Template) match(x shown) (values []string, ok bool) {
	m := matcher{t: t, shown: x}
	if len(x.plain) < t.size || !m.hasFixed(0, 0) || !m.rest(0, len(t.fixed[0])) {
		return nil, false
	}
	return m.values[:t.values()], true
}

func (t *Template) values() int {
	n := 0
	for _, p := range t.places {
		n = max(n, p.number+1)
	}
	return n
}

type matcher struct {
	t *Template
	shown
	values [maxPlaces]string
}

// hasFixed reports whether the i-th fixed text stands at a position.
func (m *matcher) hasFixed(i, at int) bool {
	f := m.t.fixed[i]
	return at+len(f) <= len(m.folded) && slices.Equal(m.folded[at:at+len(f)], f)
}

// rest matches place i and what follows it, from a position on.
func (m *matcher) rest(i, at int) bool {
	if i == len(m.t.places) {
		return m.t.open || at == len(m.folded)
	}
	p, last := m.t.places[i], i+1 == len(m.t.places)
	end := at + 1
	if last && !m.t.open { // only one end fits
		end = max(end, len(m.folded)-len(m.t.fixed[i+1]))
	}
	for ; end <= len(m.folded); end++ {
		if p.digits && !countRune(m.plain[end-1]) {
			if !last || m.t.open || !allCount(m.plain[at:end]) {
				return false
			}
		}
		if !m.hasFixed(i+1, end) || p.digits && !allCount(m.plain[at:end]) {
			continue
		}
		if m.rest(i+1, end+len(m.t.fixed[i+1])) {
			m.values[p.number] = string(m.plain[at:end])
			return true
		}
	}
	return false
}

// countRune reports whether a rune may be part of a count: a digit of any
// script, or a separator of thousands.
func countRune(r rune) bool {
	r = asciiDigit(r)
	return r >= '0' && r <= '9' || r == '.' || r == ',' || r == ' ' || r == '\''
}

func allCount(rs []rune) bool {
	for _, r := range rs {
		if !countRune(r) {
			return false
		}
	}
	return Digits(string(rs)) != ""
}
