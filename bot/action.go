package bot

import (
	"encoding/json"
	"time"
)

// An Action is something that a move wants to be done, in order: Say, SetResult,
// HandOver or End.
type Action interface{ action() }

// Say sends a message of the Cloud API: Type is "text" or "interactive", and
// Body the object of that name, within the limits of package content.
type Say struct {
	Type string          `json:"type"`
	Body json.RawMessage `json:"body"`
}

// SetResult notes a result of the conversation, as State.Results holds it, too.
type SetResult struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// HandOver calls a person: the bot says nothing more. Reason is the scenario's
// word, or one of the Reason constants. End follows it.
type HandOver struct {
	Reason string `json:"reason"`
}

// End is the last action of a conversation. Outcome is the scenario's word,
// OutcomeHandedOver or OutcomeTimeout.
type End struct {
	Outcome string `json:"outcome"`
}

func (Say) action()       {}
func (SetResult) action() {}
func (HandOver) action()  {}
func (End) action()       {}

// Outcomes and reasons that the package gives itself.
const (
	OutcomeHandedOver = "handed_over"
	OutcomeTimeout    = "timeout" // no answer came, and the scenario says nothing else

	ReasonNoMatch = "no_match"         // answers fitted nothing, too often
	ReasonChanged = "scenario_changed" // the step that waited is not in the file any more
	ReasonTalk    = "too_many_answers" // more than MaxAnswers
)

// A State is where a conversation stands. It is small, made to be kept as JSON,
// and never changed by a move: each returns a new one.
type State struct {
	Scenario string `json:"scenario"`
	// Step waits for an answer; "" after the end.
	Step     string            `json:"step,omitempty"`
	Language string            `json:"language,omitempty"`
	Vars     map[string]string `json:"vars,omitempty"`
	Results  map[string]string `json:"results,omitempty"`
	// Misses counts the answers in a row that fitted nothing.
	Misses  int `json:"misses,omitempty"`
	Answers int `json:"answers,omitempty"`
	// Deadline is when Tick goes on without an answer; zero after the end.
	Deadline time.Time `json:"deadline,omitzero"`
	Outcome  string    `json:"outcome,omitempty"` // set at the end
	Reason   string    `json:"reason,omitempty"`  // of OutcomeHandedOver
	// Rest is what is still to be said once the session's first message has
	// gone (Begin); moves do not look at it.
	Rest []Say `json:"rest,omitempty"`
}

// Done tells whether the conversation has ended.
func (s State) Done() bool { return s.Step == "" }
