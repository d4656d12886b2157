package bot

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// answersOf are answers that lead somewhere, and others.
var answersOf = []string{"1", "2", "3", "4", "да", "нет", "yes", "no", "operator", "31.12", "10", "0", "7", "+7 999 123-45-67", "этот", "why", "", "\x00", "перезвоните", "адрес",
	strings.Repeat("длинно ", 900), "{{name}}", "🔟", "stop"}

// TestAnySequenceEndsOrWaits is the promise that no person is written to
// forever: every move ends or waits at an ask with a deadline, says little, and
// after MaxAnswers answers it is over.
func TestAnySequenceEndsOrWaits(t *testing.T) {
	for _, name := range []string{"appointment", "nps", "callback"} {
		s := example(t, name)
		for seed := range uint64(60) {
			rng := rand.New(rand.NewPCG(seed, 1))
			now := noon
			state, actions := Start(s, map[string]string{"name": answersOf[rng.IntN(len(answersOf))], "language": "ru"}, now)
			for n := 0; !state.Done(); n++ {
				checkWaiting(t, s, state, actions, now)
				if n > 2*MaxAnswers {
					t.Fatalf("%s, seed %d: no end", name, seed)
				}
				if rng.IntN(20) == 0 {
					now = state.Deadline
					state, actions = Tick(s, reload(t, state), now)
					continue
				}
				state, actions = Answer(s, reload(t, state), answersOf[rng.IntN(len(answersOf))], now)
			}
			checkEnd(t, state, actions)
		}
	}
}

func checkWaiting(t *testing.T, s *Scenario, state State, actions []Action, now time.Time) {
	t.Helper()
	if st := s.steps[state.Step]; st == nil || st.ask == nil || !state.Deadline.After(now) || state.Outcome != "" {
		t.Fatalf("it does not wait at an ask: %+v", state)
	}
	said(t, actions)
	if len(actions) == 0 || len(actions) > 3*s.Steps() {
		t.Fatalf("got %d actions at %s", len(actions), state.Step)
	}
	if _, ok := actions[len(actions)-1].(Say); !ok {
		t.Fatalf("it waits without a question: %v", actions)
	}
	for name, v := range state.Vars {
		if len([]rune(v)) > MaxValue {
			t.Fatalf("%s has %d bytes", name, len(v))
		}
	}
	if len(state.Vars) > MaxVars {
		t.Fatalf("%d variables", len(state.Vars))
	}
}

func checkEnd(t *testing.T, state State, actions []Action) {
	t.Helper()
	said(t, actions)
	ends := slices.IndexFunc(actions, func(a Action) bool { _, end := a.(End); return end })
	if ends != len(actions)-1 || state.Outcome == "" || !state.Deadline.IsZero() {
		t.Fatalf("end: %+v, %v", state, actions)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, a := range answersOf {
		f.Add(a, "Anna")
	}
	s := example(f, "callback")
	m := load(f, menu)
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, s := range []*Scenario{s, m} {
			state, actions := Start(s, map[string]string{"hotline": b, "language": b}, noon)
			for _, text := range []string{a, b, a} {
				if state.Done() {
					checkEnd(t, state, actions)
					break
				}
				checkWaiting(t, s, state, actions, noon)
				state, actions = Answer(s, reload(t, state), text, noon)
			}
		}
	})
}

// BenchmarkAnswer takes an answer to one of 10,000 conversations: its state is
// read from JSON, moved and written again.
func BenchmarkAnswer(b *testing.B) {
	s := example(b, "appointment")
	states := make([][]byte, 10_000)
	for i := range states {
		state, _ := Start(s, map[string]string{"name": fmt.Sprint("person ", i), "date": "12 May", "time": "10:30"}, noon)
		states[i], _ = json.Marshal(state)
	}
	took := make([]time.Duration, 0, 1<<20)
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		var state State
		if err := json.Unmarshal(states[i%len(states)], &state); err != nil {
			b.Fatal(err)
		}
		state, _ = Answer(s, state, answersOf[i%len(answersOf)], noon)
		states[i%len(states)], _ = json.Marshal(state)
		if state.Done() {
			state, _ = Start(s, nil, noon)
			states[i%len(states)], _ = json.Marshal(state)
		}
		if len(took) < cap(took) {
			took = append(took, time.Since(begin))
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "median-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
