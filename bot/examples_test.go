package bot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge/content"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// example loads one of the files that docs/bots.md speaks of.
func example(t testing.TB, name string) *Scenario {
	t.Helper()
	f, err := os.Open(filepath.Join("../examples/bots", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := Load(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

// said is what the actions print on a phone; every message must be one that
// package content carries.
func said(t testing.TB, actions []Action) string {
	t.Helper()
	var out []string
	for i, a := range actions {
		switch a := a.(type) {
		case Say:
			c, err := content.Parse(a.Type, a.Body)
			if err != nil {
				t.Fatalf("says what no phone carries: %v: %s", err, a.Body)
			}
			out = append(out, c.Carry().Text)
		case HandOver:
			out = append(out, "<"+a.Reason+">")
		case End:
			out = append(out, "["+a.Outcome+"]")
			if i != len(actions)-1 {
				t.Fatalf("end is not the last of %v", actions)
			}
		}
	}
	return strings.Join(out, "\n")
}

// reload writes a state and reads it, as a database would.
func reload(t testing.TB, state State) State {
	t.Helper()
	b, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	var out State
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// talk plays a conversation: an answer that is "/2h" lets two hours pass.
func talk(t testing.TB, s *Scenario, vars map[string]string, answers ...string) (State, string) {
	t.Helper()
	now := noon
	state, actions := Start(s, vars, now)
	last := said(t, actions)
	for _, a := range answers {
		if wait, ok := strings.CutPrefix(a, "/"); ok {
			d, err := time.ParseDuration(wait)
			if err != nil {
				t.Fatal(err)
			}
			now = now.Add(d)
			state, actions = Tick(s, reload(t, state), now)
		} else {
			state, actions = Answer(s, reload(t, state), a, now)
		}
		last = said(t, actions)
	}
	return state, last
}

func TestExamples(t *testing.T) {
	anna := map[string]string{"name": "Анна", "date": "12 мая", "time": "10:30", "language": "ru_RU"}
	for _, tt := range []struct {
		name, file string
		vars       map[string]string
		answers    []string
		outcome    string
		results    map[string]string
	}{
		{"confirmed by number", "appointment", anna, []string{"1"}, "confirmed", map[string]string{"confirmation": "Подтверждение"}},
		{"confirmed in words", "appointment", anna, []string{"Да, я приду!"}, "confirmed", map[string]string{"confirmation": "Подтверждение"}},
		{"refused, though приду is in it", "appointment", anna, []string{"я не приду", "заболела"}, "refused", map[string]string{"confirmation": "Отказ", "reason": "заболела"}},
		{"refused without a reason", "appointment", anna, []string{"2", "/2h"}, "refused", map[string]string{"confirmation": "Отказ", "reason": ""}},
		{"in English", "appointment", nil, []string{"I cannot come.", "ill"}, "refused", map[string]string{"confirmation": "Отказ", "reason": "ill"}},
		{"another time", "appointment", anna, []string{"Перенесите", "31.02.", "5.6"}, "handed_over", map[string]string{"confirmation": "Перенос", "wanted": "5.6"}},
		{"a person", "appointment", anna, []string{"позовите оператора"}, "handed_over", nil},
		{"reminded", "appointment", anna, []string{"/4h", "да"}, "confirmed", map[string]string{"confirmation": "Подтверждение"}},
		{"silent", "appointment", anna, []string{"/4h", "/20h"}, "timeout", map[string]string{"confirmation": "Нет ответа"}},
		{"nonsense", "appointment", anna, []string{"а", "б", "в"}, "handed_over", nil},
		{"promoter", "nps", nil, []string{"10", "all"}, "done", map[string]string{"nps": "10", "group": "promoter", "comment": "all"}},
		{"detractor", "nps", nil, []string{"eleven", "3", "yes"}, "handed_over", map[string]string{"nps": "3", "group": "detractor", "callback": "yes"}},
		{"passive and silent", "nps", nil, []string{"7.", "/12h"}, "done", map[string]string{"nps": "7", "group": "passive", "comment": ""}},
		{"no score", "nps", nil, []string{"11", "8,5"}, "no score", nil},
		{"no more", "nps", nil, []string{"STOP!"}, "stopped", map[string]string{"opt_out": "yes"}},
		{"hours", "callback", nil, []string{"Когда вы работаете?", "нет"}, "done", map[string]string{"topic": "Часы работы"}},
		{"a call", "callback", nil, []string{"4", "Где мой заказ?", "перезвоните", "+7 999 123-45-67", "после шести"}, "handed_over",
			map[string]string{"question": "Где мой заказ?", "callback_phone": "+7 999 123-45-67", "callback_time": "после шести"}},
		{"their number", "callback", nil, []string{"Сколько стоит слон?", "2"}, "hotline", map[string]string{"question": "Сколько стоит слон?"}},
		{"a person, who is no topic", "callback", nil, []string{"дайте человека", "3"}, "done", map[string]string{"topic": "оператор", "question": ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state, last := talk(t, example(t, tt.file), tt.vars, tt.answers...)
			if state.Outcome != tt.outcome || !state.Done() {
				t.Errorf("got outcome %q at step %q (%s), want %q", state.Outcome, state.Step, last, tt.outcome)
			}
			if diff := cmp.Diff(tt.results, state.Results); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
		})
	}
}

// TestExamplesAreAllThere: every file of the folder loads.
func TestExamplesAreAllThere(t *testing.T) {
	files, err := filepath.Glob("../examples/bots/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("found %v, %v", files, err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".yaml")
		if s := example(t, name); s.Name != name {
			t.Errorf("%s is named %s", f, s.Name)
		}
	}
}
