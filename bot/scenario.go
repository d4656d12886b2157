package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Limits of a scenario and of what it keeps. Lengths are in characters.
const (
	MaxFile    = 256 << 10 // bytes
	MaxSteps   = 200
	MaxVars    = 32
	MaxResults = 32
	MaxValue   = 1000 // of a variable or a result; longer ones are cut
	MaxAnswers = 200  // of one conversation; then a person is called
	MaxTimeout = 30 * 24 * time.Hour

	maxLanguages = 10
	maxRules     = 30 // expect or anywhere
	maxWords     = 50 // of one rule
	maxWord      = 100
	maxPattern   = 500
	maxName      = 64 // of steps, variables, results, reasons, outcomes
	maxTries     = 10

	presetTimeout = 24 * time.Hour
	presetTries   = 2
)

// A Scenario is a checked file: every step can be reached and leads to an end.
// It is never changed, so any number of conversations may use it at once.
type Scenario struct {
	Name      string
	Languages []string // the first one is used if nobody says otherwise; may be empty
	// Vars are the variables that Start takes, in the file's order, and
	// Results the keys that the scenario may set.
	Vars    []string
	Results []string

	presets  map[string]string // of Vars
	start    string
	steps    map[string]*step
	order    []string // of steps, as in the file
	anywhere []rule
	silence  silence // presets of each ask
	miss     miss
}

// Steps is the number of steps.
func (s *Scenario) Steps() int { return len(s.steps) }

// Unset are the variables, in the file's order, that are empty unless Start is
// given them: vars has no value for them, not even "".
func (s *Scenario) Unset(given map[string]string) []string {
	var names []string
	for _, name := range s.Vars {
		_, preset := s.presets[name]
		if !preset && strings.TrimSpace(given[name]) == "" {
			names = append(names, name)
		}
	}
	return names
}

// Takes is nil if Start takes a variable, and else says which ones it does.
func (s *Scenario) Takes(name string) error {
	if slices.Contains(s.Vars, name) || name == languageVar && len(s.Languages) > 0 {
		return nil
	}
	known := strings.Join(s.Vars, ", ")
	if len(s.Languages) > 0 {
		known = strings.TrimPrefix(known+", "+languageVar, ", ")
	}
	if known == "" {
		known = "none"
	}
	return fmt.Errorf("the scenario takes no variable %q; it takes %s", clip(name, 40), known)
}

// A step does, in this order: set, result, say, and then one of ask, branch,
// handOver, end and going on to next.
type step struct {
	name     string
	line     int
	set      []assignment
	result   []assignment
	say      *text
	ask      *question
	branch   []condition
	next     target
	handOver string
	end      string
}

// A target is the name of a step and the line that names it.
type target struct {
	step string
	line int
}

// A question is an ask: the choices come first in rules.
type question struct {
	text    *text
	menu    []choiceLine // printed below the text
	list    *text        // the list's label; nil are buttons
	rules   []rule       // those of the choices, then those of expect
	save    string
	silence silence
	miss    miss
}

// A choiceLine is a button or a row.
type choiceLine struct {
	id                 string
	title, description *text
}

// A rule says which answers lead where.
type rule struct {
	line     int
	menu     int      // the number of a choice, from 1
	anywhere bool     // not of the question: what it saves does not concern it
	words    []string // folded
	contains [][]string
	number   *span
	pattern  *regexp.Regexp
	any      bool

	save   string
	value  *text // what is saved for it; nil is what was answered
	set    []assignment
	result []assignment
	next   target
}

// A span is the numbers that a rule takes; nil bounds are open.
type span struct {
	min, max *float64
	whole    bool
}

// An assignment gives a variable or a result its value.
type assignment struct {
	key   string
	value *text
	line  int
}

// A condition of a branch holds if all that is given of it does.
type condition struct {
	name    string
	line    int
	is      []string // folded
	known   *bool
	span    *span
	pattern *regexp.Regexp
	next    target
}

// silence is what happens when no answer comes. Without next the conversation
// ends with OutcomeTimeout.
type silence struct {
	after time.Duration
	next  target
}

// miss is what happens when an answer fits nothing: the question is asked again
// with say before it, tries times; then next, or a person is called. The answer is
// saved in save, if it names a variable.
type miss struct {
	say   *text
	save  string
	tries int
	next  target
}
