package bot

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
)

// Begin makes the session of a new conversation, and what is to be said before
// the first answer. Who starts it sends the first of it with the session
// (queue.Draft.Session), the rest behind it with the session's id
// (Message.Session, the same Due, Hours and Campaign), and fills in who it is
// with. own tells that the starter
// has a text of their own: it stands in for all that the scenario would say
// here, so nothing is returned to say. The session's TTL is the usual one, or
// as long as the scenario waits for an answer; Deadline counts from now, and
// is moved on when the first message leaves the phone (queue.Sessions).
func Begin(s *Scenario, vars map[string]string, own bool, now time.Time) (wabridge.Session, []Say) {
	state, actions := Start(s, vars, now)
	session := wabridge.Session{
		ID:        wabridge.NewUUID(),
		Bot:       s.Name,
		Talk:      state.JSON(),
		Variables: maps.Clone(vars),
		Results:   maps.Clone(state.Results),
		Deadline:  state.Deadline,
		TTL:       max(wabridge.DefaultTTL, wabridge.Seconds(s.Longest()/time.Second)),
	}
	var says []Say
	for _, a := range actions {
		if say, ok := a.(Say); ok && !own {
			says = append(says, say)
		}
	}
	return session, says
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
func (s State) JSON() json.RawMessage {
	return object(s)
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
	m.state.Misses = 0
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
