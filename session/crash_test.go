package session

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/queue"
)

// A shaky store fails at random: before it did something, or after it did and
// before its answer was heard, as when the program is killed between the two.
type shaky struct {
	Store
	rng *rand.Rand
}

var errDisk = wabridge.Fail(wabridge.CodeStorage, nil, "the disk is full")

func (s *shaky) fails() bool { return s.rng.IntN(4) == 0 }

func (s *shaky) Events(ctx context.Context, after int64, limit int, f queue.EventFilter) ([]wabridge.Event, int64, error) {
	if s.fails() {
		return nil, after, errDisk
	}
	return s.Store.Events(ctx, after, limit, f)
}

func (s *shaky) Session(ctx context.Context, id string) (wabridge.Session, error) {
	if s.fails() {
		return wabridge.Session{}, errDisk
	}
	return s.Store.Session(ctx, id)
}

func (s *shaky) MoveSession(ctx context.Context, id string, change func(wabridge.Session) (wabridge.Session, []queue.Draft, error), step queue.SessionStep) (wabridge.Session, error) {
	if s.fails() {
		return wabridge.Session{}, errDisk
	}
	out, err := s.Store.MoveSession(ctx, id, change, step)
	if err == nil && s.fails() {
		return wabridge.Session{}, errDisk // it was stored
	}
	return out, err
}

func (s *shaky) StartSession(ctx context.Context, given wabridge.Session, drafts []queue.Draft, step queue.SessionStep) (wabridge.Session, error) {
	out, err := s.Store.StartSession(ctx, given, drafts, step)
	if err == nil && s.fails() {
		return wabridge.Session{}, errDisk
	}
	return out, err
}

func (s *shaky) SaveSessionCursor(ctx context.Context, reader string, event int64) error {
	if s.fails() {
		return errDisk
	}
	return s.Store.SaveSessionCursor(ctx, reader, event)
}

// TestNothingIsLostNorSaidTwice plays random answers against a store that
// fails, with the engine killed and started between and during them, and
// compares what was said and found out with the scenario alone.
func TestNothingIsLostNorSaidTwice(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { playShaky(t, seed) })
		})
	}
}

func playShaky(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t, func(c *Config) { c.Store = &shaky{c.Store, rand.New(rand.NewPCG(seed, 2))} })
	const people = 4
	answers := []string{"yes", "no", "what?", "7", "10", "person", ""}
	talks := make([]*reference, people)
	for i := range talks {
		talks[i] = &reference{scenario: w.lib.Scenario("visit")}
		talks[i].session = w.open(i, "visit", "Dear "+number(i), nil).ID
		talks[i].state, _ = bot.Start(talks[i].scenario, nil, time.Now())
	}
	for range 12 {
		for i, talk := range talks {
			if rng.IntN(3) == 0 {
				continue
			}
			text := answers[rng.IntN(len(answers))]
			kind := "text"
			if text == "" {
				kind = "audio"
			}
			w.hear(i, wabridge.Message{Type: kind, Text: wabridge.Text(text)})
			talk.answer(text)
			if rng.IntN(3) == 0 {
				w.stop() // between any two steps
				w.start()
			}
		}
		time.Sleep(time.Minute) // what failed is tried again each second
		synctest.Wait()
		w.send()
		time.Sleep(time.Minute)
		synctest.Wait()
		w.send()
	}
	for i, talk := range talks {
		talk.compare(w, i)
	}
}

// A reference is a conversation as the scenario alone has it.
type reference struct {
	scenario *bot.Scenario
	session  string
	state    bot.State
	said     []string
	handed   bool
}

func (r *reference) answer(text string) {
	if r.handed {
		return
	}
	var actions []bot.Action
	r.state, actions = bot.Answer(r.scenario, r.state, text, time.Now())
	for _, a := range actions {
		switch a := a.(type) {
		case bot.Say:
			m, err := a.Message()
			if err != nil {
				panic(err)
			}
			r.said = append(r.said, string(m.Text))
		case bot.HandOver:
			r.handed = true
		}
	}
}

func (r *reference) compare(w *world, person int) {
	w.Helper()
	said, err := w.db.Messages(w.ctx, queue.MessageFilter{Session: r.session, Direction: wabridge.Out, Oldest: true, Limit: 1000})
	if err != nil {
		w.Fatal(err)
	}
	var got []string
	for _, m := range said[1:] { // behind the starter's own text
		got = append(got, string(m.Text))
	}
	if strings.Join(got, "\n--\n") != strings.Join(r.said, "\n--\n") {
		w.Errorf("person %d heard %q, want %q", person, got, r.said)
	}
	s := w.session(r.session)
	if fmt.Sprint(s.Results) != fmt.Sprint(r.state.Results) || s.Operator != r.handed || (s.State == wabridge.SessionEnded) != (r.state.Done() && !r.handed) {
		w.Errorf("person %d: got %s operator %t %v, want done %t handed %t %v", person, s.State, s.Operator, s.Results, r.state.Done(), r.handed, r.state.Results)
	}
}

// TestGreetedOnce: a greeter's session is started once, whatever fails.
func TestGreetedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *Config) {
			c.Store = &shaky{c.Store, rand.New(rand.NewPCG(3, 4))}
			c.Greeter = Greeter{Bot: "chatty", CoolDown: time.Hour}
		})
		for i := range 10 {
			w.hear(i, wabridge.Message{Text: "hi"})
			w.stop()
			w.start()
		}
		time.Sleep(2 * time.Minute)
		said := w.send()
		time.Sleep(time.Minute)
		said = append(said, w.send()...)
		if len(said) != 30 {
			t.Errorf("said %d things to ten people, want three to each", len(said))
		}
		if n, err := w.db.CountSessions(w.ctx, queue.SessionFilter{}); n != 10 || err != nil {
			t.Errorf("sessions: got %d, %v", n, err)
		}
	})
}
