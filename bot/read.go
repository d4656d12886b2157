package bot

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/wabridge/wabridge"
)

// scenario reads the whole file.
func (r *reader) scenario(root *yaml.Node) *Scenario {
	r.given = map[string]bool{}
	r.s = &Scenario{presets: map[string]string{}, steps: map[string]*step{}}
	f := r.mapping(root, "", "name", "languages", "start", "vars", "timeout", "no_match", "anywhere", "steps")
	if root.Kind != yaml.MappingNode {
		return r.s
	}
	s := r.s
	if n := f["name"]; n != nil {
		s.Name = r.name(n, "name")
	} else {
		r.wrong(root.Line, "", "name is missing; give the scenario a name, such as name: appointment")
	}
	if n := f["languages"]; n != nil {
		s.Languages = r.languages(n)
	}
	if n := f["vars"]; n != nil {
		r.vars(n)
	}
	s.silence = silence{after: presetTimeout}
	if n := f["timeout"]; n != nil {
		s.silence = r.silence(n, "timeout")
	}
	s.miss = miss{tries: presetTries}
	if n := f["no_match"]; n != nil {
		s.miss = r.miss(n, "no_match")
	}
	if n := f["anywhere"]; n != nil {
		for _, item := range r.list(n, "anywhere", maxRules) {
			ru := r.rule(item, "anywhere", "words", "contains", "regexp")
			ru.anywhere = true
			s.anywhere = append(s.anywhere, ru)
		}
	}
	if n := f["steps"]; n != nil {
		r.steps(n)
	} else {
		r.wrong(root.Line, "", "steps is missing; write at least one step that ends, such as steps: {bye: {say: Bye, end: done}}")
	}
	if len(s.order) > 0 {
		s.start = s.order[0]
	}
	if n := f["start"]; n != nil {
		t := r.target(n, "start")
		if s.start = t.step; t.step != "" && s.steps[t.step] == nil {
			r.wrong(t.line, "start", "there is no step %q; %s", clip(t.step, 40), s.near(t.step))
		}
	}
	return s
}

func (r *reader) languages(n *yaml.Node) []string {
	var out []string
	for _, item := range r.list(n, "languages", maxLanguages) {
		l := r.scalar(item, "languages", 20)
		switch {
		case !namePattern.MatchString(strings.ReplaceAll(l, "-", "_")):
			r.wrong(item.Line, "languages", "%q is no language; write it as en, pt_BR or ru", clip(l, 40))
		case slices.Contains(out, l):
			r.wrong(item.Line, "languages", "%s is named twice", l)
		default:
			out = append(out, l)
		}
	}
	return out
}

// vars reads the variables that Start takes, with what they hold if they are not
// given.
func (r *reader) vars(n *yaml.Node) {
	for _, kv := range r.pairs(n, "vars") {
		if !r.named(kv.key, kv.line, "vars") {
			continue
		}
		if kv.key == languageVar {
			r.wrong(kv.line, "vars", "language is there without being declared; take the line away")
			continue
		}
		r.give(kv.key, kv.line, "vars")
		r.s.Vars = append(r.s.Vars, kv.key)
		if kv.value.Tag != "!!null" {
			r.s.presets[kv.key] = r.scalar(kv.value, "vars."+kv.key, MaxValue)
		}
	}
}

func (r *reader) target(n *yaml.Node, where string) target {
	return target{step: r.name(n, where), line: n.Line}
}

func (r *reader) silence(n *yaml.Node, where string) silence {
	f := r.mapping(n, where, "after", "goto")
	out := silence{after: presetTimeout}
	if n := f["after"]; n != nil {
		out.after = r.duration(n, where+".after")
	}
	if n := f["goto"]; n != nil {
		out.next = r.target(n, where+".goto")
	}
	return out
}

func (r *reader) miss(n *yaml.Node, where string) miss {
	f := r.mapping(n, where, "say", "save", "tries", "goto")
	out := miss{tries: presetTries}
	if n := f["say"]; n != nil {
		out.say = r.text(n, where+".say", maxMenuBody)
	}
	if n := f["save"]; n != nil {
		out.save = r.name(n, where+".save")
		r.give(out.save, n.Line, where+".save")
	}
	if n := f["tries"]; n != nil {
		if t := r.float(n, where+".tries"); t != nil {
			out.tries = int(*t)
			if *t != float64(out.tries) || *t < 0 || *t > maxTries {
				r.wrong(n.Line, where+".tries", "write how often to ask again, 0 to %d", maxTries)
			}
		}
	}
	if n := f["goto"]; n != nil {
		out.next = r.target(n, where+".goto")
	}
	return out
}

func (r *reader) steps(n *yaml.Node) {
	pairs := r.pairs(n, "steps")
	if len(pairs) > MaxSteps {
		r.wrong(pairs[MaxSteps].line, "steps", "there are %d steps, %d are allowed; split the scenario", len(pairs), MaxSteps)
		pairs = pairs[:MaxSteps]
	}
	if len(pairs) == 0 && n.Kind == yaml.MappingNode {
		r.wrong(n.Line, "steps", "there is no step; write at least one that ends")
	}
	for _, kv := range pairs {
		r.named(kv.key, kv.line, "steps")
		r.s.steps[kv.key] = r.step(kv)
		r.s.order = append(r.s.order, kv.key)
	}
}

// ofAsk are the keys that stand only beside ask.
var ofAsk = []string{"choices", "list", "expect", "save", "timeout", "no_match"}

func (r *reader) step(kv pair) *step {
	where := "steps." + clip(kv.key, 40)
	st := &step{name: kv.key, line: kv.line}
	f := r.mapping(kv.value, where, append([]string{"set", "result", "say", "ask", "branch", "next", "hand_over", "end"}, ofAsk...)...)
	st.set, st.result = r.assignments(f["set"], where+".set"), r.results(f["result"], where+".result")
	if n := f["say"]; n != nil {
		st.say = r.text(n, where+".say", wabridge.MaxText)
	}
	if n := f["next"]; n != nil {
		st.next = r.target(n, where+".next")
	}
	if n := f["ask"]; n != nil {
		st.ask = r.question(f, where, st.next.step != "")
	} else {
		for _, key := range ofAsk {
			if n := f[key]; n != nil {
				r.wrong(n.Line, where, "%s stands without ask; add ask, or take it away", key)
			}
		}
	}
	if n := f["branch"]; n != nil {
		st.branch = r.branch(n, where+".branch")
	}
	if n := f["hand_over"]; n != nil {
		st.handOver = r.label(n, where+".hand_over")
	}
	if n := f["end"]; n != nil {
		st.end = r.label(n, where+".end")
	}
	r.exits(st, f, where, kv)
	return st
}

// label reads a reason or an outcome.
func (r *reader) label(n *yaml.Node, where string) string {
	s := r.scalar(n, where, maxName)
	if s == "" && n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		r.wrong(n.Line, where, "it is empty; say it in a word, such as done")
	}
	return s
}

// exits sees to it that a step goes on or ends in exactly one way.
func (r *reader) exits(st *step, f fields, where string, kv pair) {
	if kv.value.Kind != yaml.MappingNode {
		return
	}
	var ways []string
	for _, key := range []string{"ask", "branch", "hand_over", "end"} {
		if f[key] != nil {
			ways = append(ways, key)
		}
	}
	switch {
	case len(ways) > 1:
		r.wrong(kv.line, where, "%s stand in one step; make a step of each", strings.Join(ways, " and "))
	case len(ways) == 0 && f["next"] == nil:
		r.wrong(kv.line, where, "nothing follows; add one of next, ask, branch, hand_over, end")
	case f["branch"] != nil && f["next"] == nil:
		r.wrong(kv.line, where, "branch has no next; say where to go if no condition holds")
	case f["next"] != nil && (f["end"] != nil || f["hand_over"] != nil):
		r.wrong(f["next"].Line, where, "nothing follows after %s; take next away", ways[0])
	}
}

// assignments reads variables and their new values.
func (r *reader) assignments(n *yaml.Node, where string) []assignment {
	if n == nil {
		return nil
	}
	var out []assignment
	for _, kv := range r.pairs(n, where) {
		if !r.named(kv.key, kv.line, where) {
			continue
		}
		r.give(kv.key, kv.line, where)
		a := assignment{kv.key, r.value(kv.value, where+"."+kv.key), kv.line}
		if fixed := a.value.literal(""); kv.key == languageVar && len(a.value.names()) == 0 && !slices.Contains(r.s.Languages, fixed) {
			r.wrong(kv.value.Line, where, "%q is none of the scenario's languages (%s)", clip(fixed, 40), strings.Join(r.s.Languages, ", "))
		}
		out = append(out, a)
	}
	return out
}

// results reads results and their values.
func (r *reader) results(n *yaml.Node, where string) []assignment {
	if n == nil {
		return nil
	}
	var out []assignment
	for _, kv := range r.pairs(n, where) {
		if !r.named(kv.key, kv.line, where) {
			continue
		}
		if kv.key == initialVariables {
			r.wrong(kv.line, where, "%s is kept for the variables of the start; take another name", initialVariables)
		}
		if !slices.Contains(r.s.Results, kv.key) {
			if r.s.Results = append(r.s.Results, kv.key); len(r.s.Results) == MaxResults+1 {
				r.wrong(kv.line, where, "there are more than %d results; use fewer", MaxResults)
			}
		}
		out = append(out, assignment{kv.key, r.value(kv.value, where+"."+kv.key), kv.line})
	}
	return out
}

func (r *reader) branch(n *yaml.Node, where string) []condition {
	var out []condition
	for _, item := range r.list(n, where, maxRules) {
		out = append(out, r.condition(item, where))
	}
	return out
}

func (r *reader) condition(n *yaml.Node, where string) condition {
	f := r.mapping(n, where, "if", "is", "known", "number", "regexp", "goto")
	c := condition{line: n.Line}
	if v := f["if"]; v != nil {
		c.name = r.name(v, where+".if")
		r.uses = append(r.uses, use{c.name, where, v.Line})
	} else if n.Kind == yaml.MappingNode {
		r.wrong(n.Line, where, "if is missing; name the variable to look at")
	}
	if v := f["is"]; v != nil {
		for _, w := range r.words(v, where+".is") {
			c.is = append(c.is, fold(w))
		}
	}
	if v := f["known"]; v != nil {
		known := r.truth(v, where+".known")
		c.known = &known
	}
	if v := f["number"]; v != nil {
		c.span = r.span(v, where+".number")
	}
	if v := f["regexp"]; v != nil {
		c.pattern = r.pattern(v, where+".regexp")
		if c.pattern != nil && slices.ContainsFunc(c.pattern.SubexpNames(), func(s string) bool { return s != "" }) {
			r.wrong(v.Line, where+".regexp", "a condition saves no named groups; write (…) instead of (?P<name>…)")
		}
	}
	if n.Kind == yaml.MappingNode && f["is"] == nil && f["known"] == nil && f["number"] == nil && f["regexp"] == nil {
		r.wrong(n.Line, where, "there is no condition; add one of is, known, number, regexp")
	}
	if v := f["goto"]; v != nil {
		c.next = r.target(v, where+".goto")
	} else if n.Kind == yaml.MappingNode {
		r.wrong(n.Line, where, "goto is missing; name the step to go to")
	}
	return c
}
