// Package session leads talks with chats: it starts them with a scenario, hands
// what people answer to it, says what it says, and ends them by time. Where a
// talk stands is in the store (queue.Sessions) and nowhere else.
//
// It knows nothing of phones, of HTTP or of SQL. What a scenario says to an
// answer is decided by package bot.
//
//	Open ──> message with a waiting session ──> handed over ──> open
//	          Engine: event log ──> bot.Answer / bot.Tick ──> MoveSession
//	HandOver, TakeBack, SetResults, End: on somebody's wish
package session

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/queue"
)

// Limits of what is set from outside, in characters.
const (
	MaxResults = 100 // of one session
	MaxKey     = 64  // of a result
	MaxValue   = 1000
	MaxOutcome = 64
	MaxName    = 500 // of a session
	MaxTTL     = 30 * 24 * time.Hour
	MinTTL     = time.Minute
)

// Priority is that of a bot's answers: before campaigns (0), behind what
// passes pacing and hours (100).
const Priority = 50

// Reasons of hand-overs that this package gives.
const (
	ReasonTyped   = "typed_on_phone" // somebody wrote in the chat on the phone itself
	ReasonMissing = bot.ReasonChanged
)

// An Opening is what a talk begins with.
type Opening struct {
	Bot       *bot.Scenario // nil: none leads it
	Variables map[string]string
	Name      string // free, for people and statistics
	Chatbot   string // the starter's own ids
	Client    string
	TTL       wabridge.Seconds // 0: Usual, or as long as the scenario waits for an answer
	Usual     wabridge.Seconds // 0: wabridge.DefaultTTL
}

// Open makes the draft of a message that starts a session. m says who it goes
// to, and when; if it has no Type, the scenario's first words are put into it,
// else it stands in for all that the scenario would say before the first
// answer. ok is false if there are no words at all.
func Open(o Opening, m wabridge.Message, now time.Time) (d queue.Draft, ok bool, err error) {
	s := wabridge.Session{ID: wabridge.NewUUID(), Variables: maps.Clone(o.Variables)}
	var first *bot.Say
	if o.Bot != nil {
		s, first = bot.Begin(o.Bot, o.Variables, m.Type != "", now)
	}
	s.Name, s.Chatbot, s.Client = o.Name, o.Chatbot, o.Client
	s.TTL = o.TTL
	if s.TTL <= 0 {
		s.TTL = usual(o.Usual, o.Bot)
	}
	if m.Type == "" {
		if first == nil {
			return queue.Draft{}, false, nil
		}
		words, err := first.Message()
		if err != nil {
			return queue.Draft{}, false, err
		}
		m.Direction, m.Source, m.Type, m.Body, m.Text, m.Choices = words.Direction, words.Source, words.Type, words.Body, words.Text, words.Choices
	}
	return queue.Draft{Message: m, Session: &s}, true, nil
}

// usual is how long a session stays open of which its starter says nothing.
func usual(ttl wabridge.Seconds, s *bot.Scenario) wabridge.Seconds {
	if ttl <= 0 {
		ttl = wabridge.DefaultTTL
	}
	if s == nil {
		return ttl
	}
	return max(ttl, wabridge.Seconds(s.Longest()/time.Second))
}

// HandOver has a person answer from here on: the bot is silent, and what it
// has not said yet stays unsaid. Nothing happens if it is so already.
// CodeConflict if the session has ended.
func HandOver(ctx context.Context, store queue.Sessions, id, reason string, at time.Time) (wabridge.Session, error) {
	return store.MoveSession(ctx, id, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		if s.State == wabridge.SessionEnded {
			return s, nil, ended(s)
		}
		s.Operator, s.Deadline = true, time.Time{}
		return s, nil, nil
	}, queue.SessionStep{At: at, Reason: reason, Silence: true})
}

// TakeBack ends a hand-over: the bot asks again what it waits for. Nothing
// happens if there is none. CodeConflict if the session, or its scenario's
// conversation, has ended.
func TakeBack(ctx context.Context, store queue.Sessions, scenarios *bot.Library, id string, at time.Time) (wabridge.Session, error) {
	return store.MoveSession(ctx, id, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		if s.State == wabridge.SessionEnded {
			return s, nil, ended(s)
		}
		if !s.Operator {
			return s, nil, nil
		}
		s.Operator = false
		if s.Bot == "" {
			return s, nil, nil
		}
		scenario, state, err := talkOf(scenarios, s)
		if err != nil {
			return s, nil, err
		}
		if s.State == wabridge.SessionWaiting { // it has not said anything yet
			s.Deadline = state.Deadline
			return s, nil, nil
		}
		if scenario == nil {
			return s, nil, wabridge.Fail(wabridge.CodeConflict, nil, "there is no scenario %s any more; end the session and start another", s.Bot)
		}
		next, actions, ok := bot.Again(scenario, state, at)
		if !ok {
			return s, nil, wabridge.Fail(wabridge.CodeConflict, nil, "the scenario %s waits for no answer; end the session and start another", s.Bot)
		}
		return turn(s, state, next, actions, at).give()
	}, queue.SessionStep{At: at})
}

// SetResults notes results, beside those that are there; an empty value takes
// one away. They may be set after the end, too. CodeConflict if there would
// be more than MaxResults.
func SetResults(ctx context.Context, store queue.Sessions, id string, results map[string]string, at time.Time) (wabridge.Session, error) {
	return store.MoveSession(ctx, id, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		if s.Results == nil {
			s.Results = map[string]string{}
		}
		for k, v := range results {
			if v == "" {
				delete(s.Results, k)
				continue
			}
			s.Results[k] = v
		}
		if len(s.Results) > MaxResults {
			return s, nil, wabridge.Fail(wabridge.CodeConflict, nil, "the session would have %d results, %d are allowed", len(s.Results), MaxResults)
		}
		return s, nil, nil
	}, queue.SessionStep{At: at})
}

// End ends a session with an outcome ("" is wabridge.EndedByCaller). What the
// bot has not said yet stays unsaid; of a session that waits, nothing is sent.
// CodeConflict if it has ended.
func End(ctx context.Context, store queue.Sessions, id, outcome string, at time.Time) (wabridge.Session, error) {
	if outcome == "" {
		outcome = wabridge.EndedByCaller
	}
	return store.MoveSession(ctx, id, func(s wabridge.Session) (wabridge.Session, []queue.Draft, error) {
		if s.State == wabridge.SessionEnded {
			return s, nil, ended(s)
		}
		s.State, s.Outcome = wabridge.SessionEnded, outcome
		return s, nil, nil
	}, queue.SessionStep{At: at, Silence: true})
}

func ended(s wabridge.Session) error {
	return wabridge.Fail(wabridge.CodeConflict, nil, "session %s has ended (%s)", s.ID, s.Outcome)
}

// talkOf is a session's scenario (nil: it is gone) and where it stands.
func talkOf(scenarios *bot.Library, s wabridge.Session) (*bot.Scenario, bot.State, error) {
	state, err := bot.ReadState(s.Talk)
	if err != nil {
		return nil, state, fmt.Errorf("session %s: %w", s.ID, err)
	}
	if s.State == wabridge.SessionOpen {
		state.Deadline = s.Deadline // the store has moved it on
	}
	return scenarios.Scenario(s.Bot), state, nil
}
