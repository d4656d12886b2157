package session

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/queue"
)

// event deals with one event. An error is the database's.
func (e *Engine) event(ctx context.Context, ev wabridge.Event) error {
	switch ev.Kind {
	case wabridge.EventSession:
		var d wabridge.SessionData
		if e.read(ev, &d) && d.Change == wabridge.ChangeOpened && d.Bot != "" {
			return e.again(ctx, d.ID, func(s wabridge.Session) error { return e.opened(ctx, s, d.Received, ev) })
		}
	case wabridge.EventMessage:
		var m wabridge.Message
		if !e.read(ev, &m) || m.Incidental() {
			return nil
		}
		if m.Session == "" {
			return e.greet(ctx, m, ev)
		}
		return e.again(ctx, m.Session, func(s wabridge.Session) error { return e.answer(ctx, s, m, ev) })
	case wabridge.EventEcho:
		var m wabridge.Message
		if e.read(ev, &m) && m.Session != "" {
			return e.again(ctx, m.Session, func(s wabridge.Session) error { return e.typed(ctx, s, m, ev) })
		}
	}
	return nil
}

func (e *Engine) read(ev wabridge.Event, into any) bool {
	err := json.Unmarshal(ev.Data, into)
	if err != nil {
		e.Log.Error("event not readable", "event", ev.Number, "err", err)
	}
	return err == nil
}

// again does something to a session as it is now, and once more if it has
// moved meanwhile. Sessions that are no more are passed over.
func (e *Engine) again(ctx context.Context, id string, do func(wabridge.Session) error) error {
	for {
		s, err := e.Store.Session(ctx, id)
		if err == nil && leads(s) {
			err = do(s)
		}
		switch {
		case err == nil, wabridge.CodeOf(err) == wabridge.CodeNotFound:
			return nil
		case !errors.Is(err, errMoved) || ctx.Err() != nil:
			return err
		}
	}
}

// opened says what was to wait until the session's first message had gone, and
// hands over what was answered before that was known.
func (e *Engine) opened(ctx context.Context, s wabridge.Session, early int, ev wabridge.Event) error {
	scenario, state, err := talkOf(e.Scenarios, s)
	if err != nil {
		e.Log.Error("session not led", "session", s.ID, "err", err)
		return nil
	}
	now := time.Now()
	if len(state.Rest) > 0 || state.Done() {
		return e.store(ctx, s, rest(s, state, now), step(ev, now))
	}
	if early == 0 || scenario == nil {
		return nil
	}
	heard, err := e.Store.Messages(ctx, queue.MessageFilter{Session: s.ID, Direction: wabridge.In, Oldest: true, Limit: early})
	if err != nil {
		return err
	}
	return e.move(ctx, s, step(ev, now), func(sc *bot.Scenario, state bot.State) (bot.State, []bot.Action) {
		var all []bot.Action
		for _, m := range heard {
			next, actions := bot.Answer(sc, state, textOf(m), now)
			state, all = next, append(all, actions...)
		}
		return state, all
	})
}

func step(ev wabridge.Event, now time.Time) queue.SessionStep {
	return queue.SessionStep{Reader: reader, Event: ev.Number, At: now}
}

// answer hands what somebody wrote to the scenario, unless the question is
// still in the queue: then it is no answer.
func (e *Engine) answer(ctx context.Context, s wabridge.Session, m wabridge.Message, ev wabridge.Event) error {
	asked, err := e.asked(ctx, s)
	if err != nil || !asked {
		return err
	}
	now := time.Now()
	return e.move(ctx, s, step(ev, now), func(sc *bot.Scenario, state bot.State) (bot.State, []bot.Action) {
		return bot.Answer(sc, state, textOf(m), now)
	})
}

// textOf is what counts as the answer: the text, the title or number of a
// choice as it was written, and nothing of what is no text.
func textOf(m wabridge.Message) string {
	switch m.Type {
	case "text", "interactive", "button":
		return string(m.Text)
	}
	return ""
}

// asked tells whether all that the bot has said has left the queue.
func (e *Engine) asked(ctx context.Context, s wabridge.Session) (bool, error) {
	queued, err := e.Store.Messages(ctx, queue.MessageFilter{Session: s.ID, States: []wabridge.State{wabridge.Queued}, Limit: 100})
	if err != nil {
		return false, err
	}
	for _, m := range queued {
		if m.Source == wabridge.SourceBot {
			return false, nil
		}
	}
	return true, nil
}

// move lets a scenario make its move.
func (e *Engine) move(ctx context.Context, s wabridge.Session, step queue.SessionStep, do func(*bot.Scenario, bot.State) (bot.State, []bot.Action)) error {
	scenario, state, err := talkOf(e.Scenarios, s)
	if err != nil {
		e.Log.Error("session not led", "session", s.ID, "err", err)
		return nil
	}
	var t turned
	if scenario == nil {
		t = turned{Session: s}
		t.handOver(ReasonMissing)
	} else {
		next, actions := do(scenario, state)
		t = turn(s, state, next, actions, step.At)
	}
	return e.store(ctx, s, t, step)
}

// typedSlack is how much earlier than its session somebody's typing may seem:
// bubbles are dated to the minute.
const typedSlack = time.Minute

// typed hands a session over to the person who has typed in its chat.
func (e *Engine) typed(ctx context.Context, s wabridge.Session, m wabridge.Message, ev wabridge.Event) error {
	if m.Created.Before(s.Started.Add(-typedSlack)) || m.Incidental() {
		return nil
	}
	t := turned{Session: s}
	t.handOver(ReasonTyped)
	st := step(ev, time.Now())
	st.Silence = true
	return e.store(ctx, s, t, st)
}

// greetAge is how old a message may be that is greeted: who has waited longer,
// because the phone was off, is answered by a person.
const greetAge = time.Hour

// greet starts the greeter's scenario for somebody who writes.
func (e *Engine) greet(ctx context.Context, m wabridge.Message, ev wabridge.Event) error {
	now := time.Now()
	if e.Greeter.Bot == "" || m.Group != "" || now.Sub(m.Created) > greetAge {
		return nil
	}
	scenario := e.Scenarios.Scenario(e.Greeter.Bot)
	if scenario == nil {
		return nil
	}
	if ok, err := e.welcome(ctx, m, now); err != nil || !ok {
		return err
	}
	s, first := bot.Begin(scenario, nil, false, now)
	state, err := bot.ReadState(s.Talk)
	if err != nil {
		return err
	}
	if first != nil {
		state.Rest = slices.Insert(state.Rest, 0, *first) // said once the session is open
	}
	s.Talk, s.Phone, s.Chat, s.Message, s.TTL = state.JSON(), m.Phone, m.Chat, m.ID, usual(e.TTL, scenario)
	_, err = e.Store.StartSession(ctx, s, nil, step(ev, now))
	switch code := wabridge.CodeOf(err); {
	case err == nil:
		e.saved = max(e.saved, ev.Number)
	case transient(ctx, err):
		return err
	case code != wabridge.CodeConflict && code != wabridge.CodeNotFound: // somebody else has started one; the chat has gone
		e.Log.Error("nobody greeted", "err", err)
	}
	return nil
}

// welcome tells whether somebody may be greeted.
func (e *Engine) welcome(ctx context.Context, m wabridge.Message, now time.Time) (bool, error) {
	before, err := e.Store.Messages(ctx, queue.MessageFilter{Phone: m.Phone, Chat: m.Chat, Before: m.Seq, Limit: 1})
	if err != nil || e.Greeter.FirstContact && len(before) > 0 {
		return false, err
	}
	for _, d := range []wabridge.Direction{wabridge.Out, wabridge.Echo} {
		ours, err := e.Store.Messages(ctx, queue.MessageFilter{Phone: m.Phone, Chat: m.Chat, Direction: d, Limit: 1})
		if err != nil {
			return false, err
		}
		if len(ours) > 0 && now.Sub(ours[0].Created) < e.Greeter.CoolDown {
			return false, nil
		}
	}
	return true, nil
}
