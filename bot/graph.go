package bot

import (
	"slices"
	"strings"
)

// checkGraph looks at the scenario as a whole: every target is there, every
// step is reached, none come round again without an answer, every variable is
// given somewhere.
func (r *reader) checkGraph(s *Scenario) {
	for _, u := range r.uses {
		if !r.given[u.name] && (u.name != languageVar || len(s.Languages) == 0) && namePattern.MatchString(u.name) {
			r.wrong(u.line, u.where, "nothing gives the variable %s a value; declare it under vars, or save it before", u.name)
		}
	}
	if s.steps[s.start] == nil { // told already
		return
	}
	missing := len(r.problems)
	r.exist(s)
	if len(r.problems) == missing {
		r.reach(s)
		r.loops(s)
	}
}

// An edge leads from a step to another.
type edge struct {
	target
	silent bool // without an answer from the person
}

// edges are all ways out of a step.
func (st *step) edges(anywhere []rule) []edge {
	var out []edge
	add := func(t target, silent bool) {
		if t.step != "" {
			out = append(out, edge{t, silent})
		}
	}
	add(st.next, st.ask == nil)
	for _, c := range st.branch {
		add(c.next, true)
	}
	if st.ask == nil {
		return out
	}
	for _, rules := range [][]rule{st.ask.rules, anywhere} {
		for _, ru := range rules {
			add(ru.next, false)
		}
	}
	add(st.ask.miss.next, false)
	add(st.ask.silence.next, true)
	return out
}

// exist sees to it that what is named is there.
func (r *reader) exist(s *Scenario) {
	told := map[target]bool{}
	for _, name := range s.order {
		for _, e := range s.steps[name].edges(s.anywhere) {
			if s.steps[e.step] == nil && !told[e.target] {
				told[e.target] = true
				r.wrong(e.line, "", "there is no step %q; %s", clip(e.step, 40), s.near(e.step))
			}
		}
	}
}

// near proposes a step with a name like the one that is missing.
func (s *Scenario) near(name string) string {
	for _, n := range s.order {
		if strings.EqualFold(n, name) || len(name) > 2 && (strings.HasPrefix(n, name) || strings.HasPrefix(name, n)) {
			return "is it " + n + "?"
		}
	}
	return "write it under steps, or name one that is there"
}

// reach tells which steps nothing leads to.
func (r *reader) reach(s *Scenario) {
	seen := map[string]bool{s.start: true}
	for todo := []string{s.start}; len(todo) > 0; {
		st := s.steps[todo[0]]
		todo = todo[1:]
		for _, e := range st.edges(s.anywhere) {
			if !seen[e.step] {
				seen[e.step] = true
				todo = append(todo, e.step)
			}
		}
	}
	for _, name := range s.order {
		if !seen[name] {
			r.wrong(s.steps[name].line, "steps."+name, "nothing leads to this step; name it in a goto or next, or take it away")
		}
	}
}

// loops tells where steps follow each other forever without an answer: the
// person would be written to again and again.
func (r *reader) loops(s *Scenario) {
	state := map[string]int{} // 1 is on the path, 2 is done
	var path []string
	var walk func(name string)
	walk = func(name string) {
		state[name] = 1
		path = append(path, name)
		for _, e := range s.steps[name].edges(s.anywhere) {
			if !e.silent {
				continue
			}
			switch state[e.step] {
			case 0:
				walk(e.step)
			case 1:
				round := append(slices.Clone(path[slices.Index(path, e.step):]), e.step)
				r.wrong(e.line, "", "%s follow each other forever if no answer comes; put an ask between, or lead one (or its timeout) to a step that ends", strings.Join(round, " -> "))
			}
		}
		path = path[:len(path)-1]
		state[name] = 2
	}
	for _, name := range s.order {
		if state[name] == 0 {
			walk(name)
		}
	}
}
