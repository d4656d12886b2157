package session

import (
	"maps"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/queue"
)

// A turned session is what a move of its scenario makes of it.
type turned struct {
	wabridge.Session
	drafts []queue.Draft
	reason string // of a hand-over
	err    error
}

// give is a change of queue.Sessions.
func (t turned) give() (wabridge.Session, []queue.Draft, error) { return t.Session, t.drafts, t.err }

// turn does to a session what a scenario wants, after its move from state to
// next. It is a pure function.
func turn(s wabridge.Session, state, next bot.State, actions []bot.Action, now time.Time) turned {
	t := turned{Session: s}
	t.Results = maps.Clone(s.Results)
	t.Deadline = next.Deadline
	for _, a := range actions {
		switch a := a.(type) {
		case bot.Say:
			t.say(a, now)
		case bot.SetResult:
			if t.Results == nil {
				t.Results = map[string]string{}
			}
			t.Results[a.Key] = a.Value
		case bot.HandOver:
			t.handOver(a.Reason)
			next = waitingAt(next, state)
		case bot.End:
			if !t.Operator {
				t.State, t.Outcome = wabridge.SessionEnded, a.Outcome
			}
		}
	}
	t.Talk = next.JSON()
	return t
}

// handOver: a person answers. The session goes on until its time is over.
func (t *turned) handOver(reason string) {
	t.Operator, t.reason, t.Deadline = true, reason, time.Time{}
}

// waitingAt is what a conversation that was handed over goes on with once it
// is taken back: it waits where it waited.
func waitingAt(next, before bot.State) bot.State {
	if before.Step != "" {
		next.Step, next.Outcome, next.Reason, next.Misses = before.Step, "", "", 0
	}
	return next
}

// say adds a message.
func (t *turned) say(say bot.Say, now time.Time) {
	m, err := say.Message()
	if err != nil {
		t.err = err
		return
	}
	m.Priority, m.Expires = Priority, now.Add(time.Duration(t.TTL)*time.Second)
	t.drafts = append(t.drafts, queue.Draft{Message: m})
}

// rest says what was left until the session's first message had gone, and ends
// a conversation that waits for nothing.
func rest(s wabridge.Session, state bot.State, now time.Time) turned {
	var actions []bot.Action
	for _, say := range state.Rest {
		actions = append(actions, say)
	}
	next := state
	next.Rest = nil
	if state.Done() {
		if state.Outcome == bot.OutcomeHandedOver {
			actions = append(actions, bot.HandOver{Reason: state.Reason})
		}
		actions = append(actions, bot.End{Outcome: state.Outcome})
	}
	return turn(s, state, next, actions, now)
}

// timedOut ends a session of which nothing was heard for its TTL.
func timedOut(s wabridge.Session) turned {
	t := turned{Session: s}
	t.State, t.Outcome = wabridge.SessionEnded, wabridge.EndedTime
	if s.Operator {
		t.Outcome = wabridge.EndedHanded
	}
	return t
}
