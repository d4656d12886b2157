package bot

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/choice"
)

// A hit is the rule that an answer fits, and what is saved of the answer.
type hit struct {
	rule   *rule
	answer string
	groups map[string]string // the named groups of a regexp
}

// match finds what an answer means, in four stages; the first that finds
// something decides. Whole: a choice's number or title, a word. Contains: the
// rule with the longest run of words in the answer; if two rules have equally
// long ones, the answer is unclear and fits neither. Then numbers and regexps in the
// order of the file, then any.
func (q *question) match(anywhere []rule, language, answer string) (hit, bool) {
	answer = strings.TrimSpace(clip(answer, wabridge.MaxText))
	if answer == "" {
		return hit{}, false
	}
	if r := q.chosen(language, answer); r != nil {
		return hit{rule: r, answer: r.title(q)}, true
	}
	folded := fold(answer)
	for _, rules := range [][]rule{q.rules, anywhere} {
		for i := range rules {
			if r := &rules[i]; has(r.words, folded) {
				return r.hit(q, answer), true
			}
		}
	}
	if r, found := longest(answer, q.rules, anywhere); found {
		if r == nil {
			return hit{}, false
		}
		return r.hit(q, answer), true
	}
	for _, rules := range [][]rule{q.rules, anywhere} {
		for i := range rules {
			if h, ok := rules[i].shaped(answer); ok {
				return h, true
			}
		}
	}
	for i := range q.rules {
		if r := &q.rules[i]; r.any {
			return hit{rule: r, answer: answer}, true
		}
	}
	return hit{}, false
}

// chosen is the rule of the choice that an answer names; nil if it names none.
func (q *question) chosen(language, answer string) *rule {
	if len(q.menu) == 0 {
		return nil
	}
	choices := make([]wabridge.Choice, len(q.menu))
	for i, c := range q.menu {
		choices[i] = wabridge.Choice{Number: i + 1, Title: c.title.literal(language)}
	}
	c, ok := choice.Pick(choices, answer)
	if !ok {
		c, ok = choice.Pick(choices, strings.TrimFunc(answer, outer))
	}
	if !ok {
		return nil
	}
	return &q.rules[c.Number-1]
}

// title is the choice of a rule as it is saved: in the scenario's first
// language, so that results do not depend on the conversation's.
func (r *rule) title(q *question) string {
	t := q.menu[r.menu-1].title
	return t.literal(t.first)
}

func (r *rule) hit(q *question, answer string) hit {
	if r.menu > 0 {
		answer = r.title(q)
	}
	return hit{rule: r, answer: answer}
}

// shaped tries a number or a regexp.
func (r *rule) shaped(answer string) (hit, bool) {
	switch {
	case r.number != nil:
		n, ok := parseNumber(answer)
		return hit{rule: r, answer: strconv.FormatFloat(n, 'f', -1, 64)}, ok && r.number.holds(n)
	case r.pattern != nil:
		m := r.pattern.FindStringSubmatch(answer)
		if m == nil {
			return hit{}, false
		}
		groups := map[string]string{}
		for i, name := range r.pattern.SubexpNames() {
			if name != "" {
				groups[name] = m[i]
			}
		}
		return hit{rule: r, answer: answer, groups: groups}, true
	}
	return hit{}, false
}

// longest finds the rule with the longest phrase in an answer; nil with found
// are several.
func longest(answer string, lists ...[]rule) (best *rule, found bool) {
	said := tokens(answer)
	length := 0
	for _, rules := range lists {
		for i := range rules {
			switch n := rules[i].within(said); {
			case n > length:
				best, length = &rules[i], n
			case n == length && n > 0:
				best = nil
			}
		}
	}
	return best, length > 0
}

// within is the number of words of the longest phrase of a rule that was said.
func (r *rule) within(said []string) int {
	n := 0
	for _, phrase := range r.contains {
		if len(phrase) > n && occurs(phrase, said) {
			n = len(phrase)
		}
	}
	return n
}

func occurs(phrase, said []string) bool {
	for at := 0; at+len(phrase) <= len(said); at++ {
		if begins(phrase, said[at:]) {
			return true
		}
	}
	return false
}

func begins(phrase, said []string) bool {
	for i, w := range phrase {
		if stem, ok := strings.CutSuffix(w, "*"); ok && strings.HasPrefix(said[i], stem) {
			continue
		}
		if w != said[i] {
			return false
		}
	}
	return true
}

func has(words []string, folded string) bool {
	for _, w := range words {
		if w == folded {
			return true
		}
	}
	return false
}

// fold is choice.Fold without the punctuation around a text, if something is
// left.
func fold(s string) string {
	if inner := strings.TrimFunc(s, outer); inner != "" {
		s = inner
	}
	return choice.Fold(s)
}

func outer(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }

// tokens are the words of a text, folded.
func tokens(s string) []string { return strings.FieldsFunc(fold(s), outer) }

var decimal = regexp.MustCompile(`^[+-]?[0-9]{1,15}(?:[.,][0-9]{1,2})?$`)

// parseNumber reads an answer that is a number and nothing else: "8", "8.",
// "8,5", 8️⃣. With three digits behind it a comma may mean thousands; such a
// text is none.
func parseNumber(s string) (float64, bool) {
	if n := choice.Number(s); n > 0 && n < 1e15 {
		return float64(n), true
	}
	s = strings.TrimRight(strings.TrimSpace(s), ".!) ")
	if !decimal.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	return n + 0, err == nil // -0 + 0 is 0
}

func (s *span) holds(n float64) bool {
	return (s.min == nil || n >= *s.min) && (s.max == nil || n <= *s.max) && (!s.whole || n == math.Trunc(n))
}
