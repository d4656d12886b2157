package bot

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/choice"
	"github.com/wabridge/wabridge/content"
)

// question reads an ask and the keys beside it. onward tells that the step has a
// next, so that its rules need no goto.
func (r *reader) question(f fields, where string, onward bool) *question {
	q := &question{silence: r.s.silence, miss: r.s.miss}
	limit := wabridge.MaxText
	if f["choices"] != nil {
		limit = maxMenuBody
	}
	q.text = r.text(f["ask"], where+".ask", limit)
	if n := f["save"]; n != nil {
		q.save = r.name(n, where+".save")
		r.give(q.save, n.Line, where+".save")
	}
	if n := f["list"]; n != nil {
		q.list = r.fixed(n, where+".list")
	}
	if n := f["choices"]; n != nil {
		r.choices(q, n, where+".choices")
	} else if n := f["list"]; n != nil {
		r.wrong(n.Line, where, "list stands without choices; add them, or take it away")
	}
	if n := f["expect"]; n != nil {
		for _, item := range r.list(n, where+".expect", maxRules) {
			q.rules = append(q.rules, r.rule(item, where+".expect", "words", "contains", "number", "regexp", "any"))
		}
	}
	if n := f["timeout"]; n != nil {
		q.silence = r.silence(n, where+".timeout")
	}
	if n := f["no_match"]; n != nil {
		q.miss = r.miss(n, where+".no_match")
	}
	if len(q.rules) == 0 && f["choices"] == nil && f["expect"] == nil {
		r.wrong(f["ask"].Line, where, "no answer is expected; add choices or expect, such as expect: [{any: true}]")
	}
	for _, rule := range q.rules {
		if rule.next.step == "" && !onward {
			r.wrong(rule.line, where, "nothing follows this answer; add goto here, or next to the step")
		}
	}
	r.twice(q, where)
	return q
}

// choices reads the buttons or rows; each becomes a rule.
func (r *reader) choices(q *question, n *yaml.Node, where string) {
	for i, item := range r.list(n, where, 10) {
		line := choiceLine{id: strconv.Itoa(i + 1), title: &text{}}
		ru := r.ruleOf(item, where, []string{"title", "description", "id", "words", "contains"})
		f := ru.fields
		if t := f["title"]; t != nil {
			line.title = r.fixed(t, where+".title")
		} else if item.Kind == yaml.MappingNode {
			r.wrong(item.Line, where, "title is missing; write what stands on the button")
		}
		if d := f["description"]; d != nil {
			line.description = r.fixed(d, where+".description")
			if q.list == nil {
				r.wrong(d.Line, where, "a button has no description; add list to the step, with the label of a list")
			}
		}
		if id := f["id"]; id != nil {
			line.id = r.scalar(id, where+".id", 200)
		}
		ru.menu = i + 1
		q.menu, q.rules = append(q.menu, line), append(q.rules, ru.rule)
		alone := question{list: q.list, menu: []choiceLine{line}}
		if f["title"] != nil {
			r.fits(&alone, item.Line, where)
		}
	}
	if len(q.menu) > 3 && q.list == nil {
		r.wrong(n.Line, where, "there are %d choices, buttons are 3 at most; add list to the step, with the label of a list", len(q.menu))
	}
}

// fits holds choices to the limits of the Cloud API, in each language.
func (r *reader) fits(q *question, line int, where string) {
	for _, l := range r.tongues() {
		_, err := content.Parse("interactive", q.interactive(l, "x"))
		if e, ok := errors.AsType[*content.Error](err); ok {
			at := e.Field[strings.LastIndexByte(e.Field, '.')+1:]
			what := e.Detail
			if what == "" {
				what = e.Words
			}
			r.wrong(line, where, "%s%s: %s", at, inLanguage(l), what)
		}
	}
}

// tongues are the languages, or the one without a name.
func (r *reader) tongues() []string {
	if len(r.s.Languages) == 0 {
		return []string{""}
	}
	return r.s.Languages
}

func inLanguage(l string) string {
	if l == "" {
		return ""
	}
	return " in " + l
}

// twice finds answers that would fit two rules of a step.
func (r *reader) twice(q *question, where string) {
	for _, l := range r.tongues() {
		owner, ids := map[string]int{}, map[string]bool{}
		for i, c := range q.menu {
			title, line := c.title.literal(l), q.rules[i].line
			if n := choice.Number(title); n > 0 && n <= len(q.menu) && n != i+1 {
				r.wrong(line, where, "the title %q%s is the number of another choice; put it at place %d, or write it otherwise", clip(title, 40), inLanguage(l), n)
			}
			r.owned(owner, fold(title), i, line, where)
			if ids[c.id] {
				r.wrong(line, where, "the id %q stands at two choices; make them different", clip(c.id, 40))
			}
			ids[c.id] = true
		}
		for i, ru := range q.rules {
			for _, w := range ru.words {
				if n := choice.Number(w); n > 0 && n <= len(q.menu) && n != ru.menu {
					r.wrong(ru.line, where, "the word %q is the number of a choice; take it away", w)
				}
				r.owned(owner, w, i, ru.line, where)
			}
		}
	}
	if n := anyRules(q.rules); len(n) > 1 {
		r.wrong(n[1].line, where, "any stands in two rules, the second is never reached; keep one")
	}
}

func anyRules(rules []rule) []rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r rule) bool { return !r.any })
}

func (r *reader) owned(owner map[string]int, word string, i, line int, where string) {
	if first, taken := owner[word]; taken && first != i && word != "" {
		r.wrong(line, where, "%q leads two ways in this step; keep it in one", clip(word, 40))
	}
	owner[word] = i
}

// ruleRead is a rule with the fields that it was read from.
type ruleRead struct {
	rule
	fields fields
}

// rule reads a rule that needs at least one of the given ways to match.
func (r *reader) rule(n *yaml.Node, where string, ways ...string) rule {
	ru := r.ruleOf(n, where, ways)
	given := slices.DeleteFunc(slices.Clone(ways), func(w string) bool { return ru.fields[w] == nil })
	alone := slices.ContainsFunc(given, func(w string) bool { return w != "words" && w != "contains" })
	switch {
	case n.Kind != yaml.MappingNode:
	case len(given) == 0:
		r.wrong(n.Line, where, "it says not which answers it is for; add one of %s", strings.Join(ways, ", "))
	case alone && len(given) > 1:
		r.wrong(n.Line, where, "%s stand in one rule; make a rule of each", strings.Join(given, " and "))
	case where == "anywhere" && ru.fields["goto"] == nil:
		r.wrong(n.Line, where, "goto is missing; name the step to go to")
	}
	return ru.rule
}

func (r *reader) ruleOf(n *yaml.Node, where string, ways []string) ruleRead {
	f := r.mapping(n, where, append(slices.Clone(ways), "save", "value", "set", "result", "goto")...)
	ru := rule{line: n.Line}
	if v := f["words"]; v != nil {
		for _, w := range r.words(v, where+".words") {
			ru.words = append(ru.words, fold(w))
		}
	}
	if v := f["contains"]; v != nil {
		for _, w := range r.words(v, where+".contains") {
			ru.contains = append(ru.contains, r.phrase(w, v.Line, where+".contains"))
		}
	}
	if v := f["number"]; v != nil {
		ru.number = r.span(v, where+".number")
	}
	if v := f["regexp"]; v != nil {
		ru.pattern = r.pattern(v, where+".regexp")
	}
	if v := f["any"]; v != nil {
		if ru.any = r.truth(v, where+".any"); !ru.any {
			r.wrong(v.Line, where+".any", "any is true, or it is not there")
		}
	}
	if v := f["save"]; v != nil {
		ru.save = r.name(v, where+".save")
		r.give(ru.save, v.Line, where+".save")
	}
	if v := f["value"]; v != nil {
		ru.value = r.value(v, where+".value")
	}
	ru.set, ru.result = r.assignments(f["set"], where+".set"), r.results(f["result"], where+".result")
	if v := f["goto"]; v != nil {
		ru.next = r.target(v, where+".goto")
	}
	return ruleRead{ru, f}
}

// phrase reads words that may stand anywhere in an answer; one that ends in *
// is the beginning of a word.
func (r *reader) phrase(s string, line int, where string) []string {
	var out []string
	for w := range strings.FieldsSeq(s) {
		stem, star := strings.CutSuffix(w, "*")
		parts := tokens(stem)
		if star && len(parts) > 0 {
			parts[len(parts)-1] += "*"
		}
		out = append(out, parts...)
	}
	if len(out) == 0 {
		r.wrong(line, where, "%q has no word in it", clip(s, 40))
	}
	return out
}

func (r *reader) span(n *yaml.Node, where string) *span {
	f := r.mapping(n, where, "min", "max", "whole")
	var s span
	if v := f["min"]; v != nil {
		s.min = r.float(v, where+".min")
	}
	if v := f["max"]; v != nil {
		s.max = r.float(v, where+".max")
	}
	if v := f["whole"]; v != nil {
		s.whole = r.truth(v, where+".whole")
	}
	if s.min != nil && s.max != nil && *s.min > *s.max {
		r.wrong(n.Line, where, "min is above max, so that no number fits; change one")
	}
	return &s
}
