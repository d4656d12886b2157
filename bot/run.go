package bot

import (
	"maps"
	"strings"
	"time"
)

// Start begins a conversation. Of vars it takes those that the scenario declares
// (an empty one counts as not given) and "language": one of the
// scenario's, "ru_RU" and "ru-RU" being "ru" where there is no other.
func Start(s *Scenario, vars map[string]string, now time.Time) (State, []Action) {
	m := move{s: s, now: now, state: State{Scenario: s.Name, Vars: map[string]string{}}}
	if len(s.Languages) > 0 {
		m.state.Language = s.Languages[0]
	}
	m.assign(languageVar, vars[languageVar])
	for _, name := range s.Vars {
		v := vars[name]
		if v == "" {
			v = s.presets[name]
		}
		m.assign(name, v)
	}
	m.run(s.start)
	return m.state, m.actions
}

// Answer goes on with what the person wrote; of anything but a text that is ""
// and fits nothing. After the end nothing happens. An answer later than the
// Deadline counts as long as no Tick has told of it.
func Answer(s *Scenario, state State, text string, now time.Time) (State, []Action) {
	if state.Done() {
		return state, nil
	}
	m := resume(s, state, now)
	st, ok := m.waiting()
	if !ok {
		m.handOver(ReasonChanged)
		return m.state, m.actions
	}
	m.state.Answers++
	if m.state.Answers > MaxAnswers {
		m.handOver(ReasonTalk)
		return m.state, m.actions
	}
	h, ok := st.ask.match(s.anywhere, m.state.Language, text)
	if !ok {
		m.missed(st, text)
		return m.state, m.actions
	}
	m.take(st, h)
	return m.state, m.actions
}

// Tick goes on without an answer once the Deadline has come; before it nothing
// happens.
func Tick(s *Scenario, state State, now time.Time) (State, []Action) {
	if state.Done() || now.Before(state.Deadline) {
		return state, nil
	}
	m := resume(s, state, now)
	st, ok := m.waiting()
	switch {
	case !ok:
		m.handOver(ReasonChanged)
	case st.ask.silence.next.step == "":
		m.end(OutcomeTimeout)
	default:
		m.run(st.ask.silence.next.step)
	}
	return m.state, m.actions
}

// A move is one change of a state.
type move struct {
	s       *Scenario
	now     time.Time
	state   State
	actions []Action
}

// resume copies what the move may change.
func resume(s *Scenario, state State, now time.Time) *move {
	state.Vars, state.Results = maps.Clone(state.Vars), maps.Clone(state.Results)
	if state.Vars == nil {
		state.Vars = map[string]string{}
	}
	return &move{s: s, now: now, state: state}
}

// waiting is the step that waits for an answer.
func (m *move) waiting() (*step, bool) {
	st := m.s.steps[m.state.Step]
	return st, st != nil && st.ask != nil && m.state.Scenario == m.s.Name
}

// take does what a rule says to an answer.
func (m *move) take(st *step, h hit) {
	for name, v := range h.groups {
		m.assign(name, v)
	}
	name, answer := h.rule.save, h.answer
	if name == "" && !h.rule.anywhere {
		name = st.ask.save
	}
	if h.rule.value != nil {
		answer = m.fill(h.rule.value)
	}
	if name != "" {
		m.assign(name, answer)
	}
	m.note(h.rule.set, h.rule.result)
	next := h.rule.next.step
	if next == "" {
		next = st.next.step
	}
	m.run(next)
}

// missed asks again, or gives up.
func (m *move) missed(st *step, answer string) {
	m.state.Misses++
	if st.ask.miss.save != "" {
		m.assign(st.ask.miss.save, answer)
	}
	switch miss := st.ask.miss; {
	case m.state.Misses <= miss.tries:
		m.ask(st.ask, miss.say)
	case miss.next.step != "":
		m.run(miss.next.step)
	default:
		m.handOver(ReasonNoMatch)
	}
}

// run goes from step to step until one waits or ends. Load has made sure that
// none comes twice.
func (m *move) run(name string) {
	m.state.Misses = 0
	for range m.s.steps {
		st := m.s.steps[name]
		m.note(st.set, st.result)
		if st.say != nil {
			m.text(m.fill(st.say))
		}
		switch {
		case st.ask != nil:
			m.state.Step = name
			m.ask(st.ask, nil)
			return
		case st.handOver != "":
			m.handOver(st.handOver)
			return
		case st.end != "":
			m.end(st.end)
			return
		}
		name = m.leave(st)
	}
	m.handOver(ReasonChanged) // cannot be: a loop that Load did not see
}

// leave is the step that follows one that does not ask.
func (m *move) leave(st *step) string {
	for i := range st.branch {
		if c := &st.branch[i]; c.holds(m.value(c.name)) {
			return c.next.step
		}
	}
	return st.next.step
}

func (c *condition) holds(v string) bool {
	if c.known != nil && *c.known != (v != "") || c.is != nil && !has(c.is, fold(v)) || c.pattern != nil && !c.pattern.MatchString(v) {
		return false
	}
	if c.span != nil {
		n, ok := parseNumber(v)
		return ok && c.span.holds(n)
	}
	return true
}

// note sets variables, then results.
func (m *move) note(vars, results []assignment) {
	for _, a := range vars {
		m.assign(a.key, m.fill(a.value))
	}
	for _, a := range results {
		v := clip(m.fill(a.value), MaxValue)
		if m.state.Results == nil {
			m.state.Results = map[string]string{}
		}
		m.state.Results[a.key] = v
		m.actions = append(m.actions, SetResult{Key: a.key, Value: v})
	}
}

func (m *move) assign(name, value string) {
	if name == languageVar {
		if l, ok := m.s.language(value); ok {
			m.state.Language = l
		}
		return
	}
	m.state.Vars[name] = clip(strings.TrimSpace(clean(value)), MaxValue)
}

// value is what a variable holds.
func (m *move) value(name string) string {
	if name == languageVar {
		return m.state.Language
	}
	return m.state.Vars[name]
}

func (m *move) fill(t *text) string { return t.in(m.state.Language, m.value) }

// language finds one of the scenario's languages.
func (s *Scenario) language(want string) (string, bool) {
	base, _, _ := strings.Cut(strings.ReplaceAll(want, "_", "-"), "-")
	for _, w := range []string{want, strings.ReplaceAll(want, "_", "-"), base} {
		for _, l := range s.Languages {
			if strings.EqualFold(l, w) {
				return l, true
			}
		}
	}
	return "", false
}

func (m *move) handOver(reason string) {
	m.state.Reason = reason
	m.actions = append(m.actions, HandOver{Reason: reason})
	m.end(OutcomeHandedOver)
}

func (m *move) end(outcome string) {
	m.state.Step, m.state.Misses, m.state.Deadline, m.state.Outcome = "", 0, time.Time{}, outcome
	m.actions = append(m.actions, End{Outcome: outcome})
}
