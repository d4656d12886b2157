package bot

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
)

// Begin makes the session of a new conversation, and says what its first
// message is. Who starts it sends that with the session (queue.Draft.Session),
// and fills in who it is with; what else the scenario says before the first
// answer follows once the message has gone (State.Rest). own tells that the
// starter has a text of their own: it stands in for all that the scenario would
// say before the first answer, so first is nil. It is nil, too, for a scenario
// that says nothing there; then a text of one's own is needed.
//
// The session's TTL is the usual one, or as long as the scenario waits for an
// answer; Deadline counts from now, and is moved on when the first message
// leaves the phone (queue.Sessions).
func Begin(s *Scenario, vars map[string]string, own bool, now time.Time) (session wabridge.Session, first *Say) {
	state, actions := Start(s, vars, now)
	for _, a := range actions {
		say, ok := a.(Say)
		switch {
		case !ok || own:
		case first == nil:
			first = &say
		default:
			state.Rest = append(state.Rest, say)
		}
	}
	return wabridge.Session{
		ID:        wabridge.NewUUID(),
		Bot:       s.Name,
		Talk:      state.JSON(),
		Variables: maps.Clone(vars),
		Results:   maps.Clone(state.Results),
		Deadline:  state.Deadline,
		TTL:       max(wabridge.DefaultTTL, wabridge.Seconds(s.Longest()/time.Second)),
	}, first
}

// Message is what a phone carries of the words: Type, Body, Text, Choices and
// Source are set.
func (s Say) Message() (wabridge.Message, error) {
	c, err := content.Parse(s.Type, s.Body)
	if err != nil { // a bug: Load holds scenarios to the limits
		return wabridge.Message{}, fmt.Errorf("what a bot says: %w", err)
	}
	carried := c.Carry()
	return wabridge.Message{Direction: wabridge.Out, Source: wabridge.SourceBot, Type: s.Type, Body: carried.Body, Text: wabridge.Text(carried.Text), Choices: carried.Choices}, nil
}

// JSON is the state as it is kept (wabridge.Session.Talk).
func (s State) JSON() json.RawMessage { return object(s) }

// ReadState is the reverse of State.JSON.
func ReadState(talk json.RawMessage) (State, error) {
	var s State
	if err := json.Unmarshal(talk, &s); err != nil {
		return State{}, fmt.Errorf("where a conversation stands: %w", err)
	}
	return s, nil
}

// Again asks once more what the state waits for, and gives it the whole time
// for an answer: a person had taken over, and gives back. ok is false if the
// conversation has ended, or its step is not in the scenario any more.
func Again(s *Scenario, state State, now time.Time) (next State, actions []Action, ok bool) {
	m := resume(s, state, now)
	st, ok := m.waiting()
	if !ok {
		return state, nil, false
	}
	m.state.Misses, m.state.Answers, m.state.Rest = 0, 0, nil
	m.ask(st.ask, nil)
	return m.state, m.actions, true
}

// Longest is the longest time for which the scenario waits for an answer.
func (s *Scenario) Longest() time.Duration {
	var d time.Duration
	for _, st := range s.steps {
		if st.ask != nil {
			d = max(d, st.ask.silence.after)
		}
	}
	return d
}
