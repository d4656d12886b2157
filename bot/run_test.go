package bot

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// menu is a scenario for matching: each answer ends with what it meant.
const menu = `
name: menu
languages: [en, ru]
steps:
  ask:
    ask: {en: 'Which?', ru: 'Какой?'}
    choices:
      - {title: {en: Red one, ru: Зелёный}, words: [crimson], contains: [red], goto: red}
      - {title: {en: Blue, ru: Синий}, contains: [not red, "син*"], goto: blue}
    expect:
      - {number: {min: 3, max: 10, whole: true}, save: n, goto: number}
      - {number: {min: 100}, save: n, goto: number}
      - {regexp: '(?P<d>\d+)\.(?P<m>\d+)', goto: date}
      - {words: [anything], goto: any}
      - {contains: [call me], goto: any}
    no_match: {tries: 0, goto: none}
  red: {end: red}
  blue: {end: blue}
  number: {result: {n: "{{n}}"}, say: "Number {{n}}", end: number}
  date: {say: "On {{m}}/{{d}}", result: {date: "{{m}}/{{d}}"}, end: date}
  any: {end: any}
  none: {end: none}
`

func TestMatching(t *testing.T) {
	s := load(t, menu)
	for _, tt := range []struct{ language, text, want string }{
		{"en", "1", "red"}, {"en", " 1. ", "red"}, {"en", "1️⃣", "red"}, {"en", "RED ONE", "red"}, {"en", "Red one!", "red"}, {"en", "«Blue»!", "blue"},
		{"en", "1. red one", "red"}, {"en", "Crimson.", "red"}, {"en", "the red, please", "red"}, {"en", "2", "blue"},
		{"en", "٢", "blue"}, {"en", "not red", "blue"}, {"en", "No, not red!", "blue"}, {"en", "redder", "none"}, {"en", "blue or red", "red"},
		{"ru", "зеленый", "red"}, {"ru", "ЗЕЛЁНЫЙ", "red"}, {"ru", "синюю", "blue"}, {"ru", "Red one", "red"}, {"ru", "Blue", "none"},
		{"en", "red, call me", "any"}, {"en", "синий red", "none"}, {"en", "anything", "any"}, {"en", "call me maybe", "any"},
		{"en", "3", "number"}, {"en", "10!", "number"}, {"en", "11", "none"}, {"en", "3,5", "none"}, {"en", "3.5", "date"}, {"en", "-3", "none"},
		{"en", "150", "number"}, {"en", "1,000", "none"}, {"en", "31.12", "date"}, {"en", "on 31.12", "none"}, {"en", "", "none"}, {"en", " \n", "none"}, {"en", "?!", "none"},
		{"en", strings.Repeat("x", 10000), "none"}, {"en", "\xff\xfe", "none"},
	} {
		state, _ := Start(s, map[string]string{"language": tt.language}, noon)
		state, actions := Answer(s, state, tt.text, noon)
		said(t, actions)
		if state.Outcome != tt.want {
			t.Errorf("%s %q: got %s, want %s", tt.language, clip(tt.text, 30), state.Outcome, tt.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]float64{
		"8": 8, "08": 8, "8.": 8, "8,5": 8.5, "8.25": 8.25, "-3": -3, "+3": 3, "0": 0, "-0": 0, "10 !": 10, "🔟": 10, "999999999999999": 999999999999999,
	} {
		if got, ok := parseNumber(text); !ok || got != want {
			t.Errorf("%q: got %v, %t, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "x", "8 of 10", "8/10", "1,000", "1e5", "NaN", "Inf", "0x1", "1_0", "--1", "9999999999999999999"} {
		if got, ok := parseNumber(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestStartTakesDeclaredVariables(t *testing.T) {
	s := load(t, "name: x\nlanguages: [en, pt-BR]\nvars: {name: there, n: }\nsteps: {a: {ask: 'Hi {{name}}{{n}}, {{language}}', expect: [{any: true, goto: b}]}, b: {end: x}}\n")
	for _, tt := range []struct {
		vars     map[string]string
		want     map[string]string
		language string
		text     string
	}{
		{nil, map[string]string{"name": "there", "n": ""}, "en", "Hi there, en"},
		{map[string]string{"name": "", "other": "x", "language": "PT_br"}, map[string]string{"name": "there", "n": ""}, "pt-BR", "Hi there, pt-BR"},
		{map[string]string{"name": " {{n}} ", "n": "5", "language": "en-GB"}, map[string]string{"name": "{{n}}", "n": "5"}, "en", "Hi {{n}}5, en"},
		{map[string]string{"n": strings.Repeat("ж", 2000), "language": "fr"}, map[string]string{"name": "there", "n": strings.Repeat("ж", 999) + "…"}, "en", "Hi there" + strings.Repeat("ж", 999) + "…, en"},
	} {
		state, actions := Start(s, tt.vars, noon)
		if diff := cmp.Diff(tt.want, state.Vars); diff != "" {
			t.Errorf("variables (-want +got):\n%s", diff)
		}
		if got := said(t, actions); got != tt.text || state.Language != tt.language {
			t.Errorf("got %q in %q, want %q in %q", got, state.Language, tt.text, tt.language)
		}
		if want := noon.Add(24 * time.Hour); !state.Deadline.Equal(want) {
			t.Errorf("got deadline %v, want %v", state.Deadline, want)
		}
	}
}

func TestNoMatch(t *testing.T) {
	const file = "name: x\nno_match: {say: 'What?', tries: 2}\nsteps:\n  a: {ask: 'Yes?', choices: [{title: 'Yes'}], next: b%s}\n  b: {say: Good, end: x}\n"
	for _, tt := range []struct {
		name, keys string
		want       []string // after each wrong answer
	}{
		{"asked again, then a person", "", []string{"What?\n\nYes?\n\n1. Yes", "What?\n\nYes?\n\n1. Yes", "<no_match>\n[handed_over]"}},
		{"a person at once", ", no_match: {tries: 0}", []string{"<no_match>\n[handed_over]"}},
		{"without a word", ", no_match: {tries: 1}", []string{"Yes?\n\n1. Yes", "<no_match>\n[handed_over]"}},
		{"a fall-back", ", no_match: {tries: 1, goto: b}", []string{"Yes?\n\n1. Yes", "Good\n[x]"}},
		{"too long for one message", ", no_match: {tries: 1, say: '" + strings.Repeat("w", 1020) + "'}", []string{strings.Repeat("w", 1020) + "\nYes?\n\n1. Yes", "<no_match>\n[handed_over]"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, fmt.Sprintf(file, tt.keys))
			state, _ := Start(s, nil, noon)
			for i, want := range tt.want {
				var actions []Action
				state, actions = Answer(s, state, "no", noon.Add(time.Hour))
				if got := said(t, actions); got != want {
					t.Errorf("answer %d: got %q, want %q", i, got, want)
				}
			}
			if !state.Done() {
				t.Error("it is not done")
			}
		})
	}
}

// TestMissesBeginAnew at each question, and after an answer that fits.
func TestMissesBeginAnew(t *testing.T) {
	s := load(t, "name: x\nno_match: {tries: 1}\nsteps:\n  a: {ask: 'A?', expect: [{words: a, goto: b}, {words: again, goto: a}]}\n  b: {ask: 'B?', expect: [{words: b, goto: c}]}\n  c: {end: x}\n")
	if state, _ := talk(t, s, nil, "?", "again", "?", "a", "?", "b"); state.Outcome != "x" {
		t.Errorf("got %+v", state)
	}
}

// TestAnywhereSavesNothingOfTheQuestion, but what it says itself.
func TestAnywhereSavesNothingOfTheQuestion(t *testing.T) {
	s := load(t, "name: x\nvars: {v: old, w: old}\nanywhere:\n  - {words: help, goto: c}\n  - {words: me, save: w, goto: c}\n"+
		"steps:\n  a: {ask: 'A?', expect: [{words: a}], save: v, next: c}\n  c: {end: x}\n")
	for answer, want := range map[string]map[string]string{"a": {"v": "a", "w": "old"}, "help": {"v": "old", "w": "old"}, "me": {"v": "old", "w": "me"}} {
		if state, _ := talk(t, s, nil, answer); !maps.Equal(state.Vars, want) {
			t.Errorf("%s: got %v, want %v", answer, state.Vars, want)
		}
	}
}

func TestTick(t *testing.T) {
	s := load(t, "name: x\ntimeout: {after: 1h, goto: later}\nsteps:\n  a: {ask: 'A?', expect: [{any: true, goto: later}]}\n  later: {ask: 'B?', expect: [{any: true, goto: c}], timeout: {after: 2h}}\n  c: {end: x}\n")
	state, _ := Start(s, nil, noon)
	for _, tt := range []struct {
		after time.Duration
		want  string
	}{
		{0, ""}, {time.Hour - 1, ""}, {time.Hour, "B?"}, {3*time.Hour - 1, ""}, {3 * time.Hour, "[timeout]"}, {100 * time.Hour, ""},
	} {
		next, actions := Tick(s, state, noon.Add(tt.after))
		if got := said(t, actions); got != tt.want {
			t.Errorf("after %v: got %q, want %q", tt.after, got, tt.want)
		}
		state = next
	}
	if !state.Done() || !state.Deadline.IsZero() || state.Outcome != OutcomeTimeout {
		t.Errorf("got %+v", state)
	}
	// An answer is later than the deadline, but came before anybody looked.
	state, _ = Start(s, nil, noon)
	if _, actions := Answer(s, state, "x", noon.Add(9*time.Hour)); said(t, actions) != "B?" {
		t.Errorf("got %v", actions)
	}
}

func TestAfterTheEndNothingHappens(t *testing.T) {
	s := load(t, minimal)
	state, actions := Start(s, nil, noon)
	if got := said(t, actions); got != "Hi\n[done]" {
		t.Errorf("got %q", got)
	}
	a, none := Answer(s, state, "1", noon)
	b, no := Tick(s, state, noon.Add(1000*time.Hour))
	if len(none)+len(no) > 0 || !reflect.DeepEqual(a, state) || !reflect.DeepEqual(b, state) {
		t.Errorf("got %v %v, %+v %+v", none, no, a, b)
	}
}

// TestChangedScenario: a file was changed while somebody was asked.
func TestChangedScenario(t *testing.T) {
	s := load(t, menu2)
	for name, state := range map[string]State{
		"the step is gone":        {Scenario: "x", Step: "gone"},
		"the step does not ask":   {Scenario: "x", Step: "b"},
		"it is another's state":   {Scenario: "y", Step: "a"},
		"a language that is gone": {Scenario: "x", Step: "b", Language: "fr"},
	} {
		for kind, move := range map[string]func() (State, []Action){
			"answer": func() (State, []Action) { return Answer(s, state, "x", noon) },
			"tick":   func() (State, []Action) { return Tick(s, state, noon) },
		} {
			got, actions := move()
			if text := said(t, actions); text != "<scenario_changed>\n[handed_over]" || !got.Done() {
				t.Errorf("%s, %s: got %q", name, kind, text)
			}
		}
	}
}

const menu2 = "name: x\nsteps:\n  a: {ask: 'A?', expect: [{words: again, goto: a}, {any: true, goto: b}]}\n  b: {end: x}\n"

func TestTooManyAnswers(t *testing.T) {
	s := load(t, menu2)
	state, _ := Start(s, nil, noon)
	for i := range MaxAnswers {
		if state, _ = Answer(s, state, "again", noon); state.Done() {
			t.Fatalf("done after %d answers", i+1)
		}
	}
	state, actions := Answer(s, state, "again", noon)
	if got := said(t, actions); got != "<too_many_answers>\n[handed_over]" || !state.Done() {
		t.Errorf("got %q", got)
	}
}

func TestResultsAndValues(t *testing.T) {
	s := load(t, `
name: x
languages: [en, ru]
vars: {a: "5"}
steps:
  one:
    set: {b: "{{a}}1", a: "{{b}}!"}
    result: {r: "{{a}} {{b}}", empty: ""}
    ask: {en: 'Lang?', ru: 'Язык?'}
    save: language
    choices:
      - {title: {en: English, ru: Английский}, value: en}
      - {title: {en: Russian, ru: Русский}, value: ru}
    next: two
  two:
    ask: {en: 'Sure?', ru: 'Точно?'}
    save: answer
    choices:
      - {title: {en: "Yes", ru: Да}, set: {c: one}}
      - {title: {en: "No", ru: Нет}, set: {c: two}, save: other}
    next: three
  three:
    result: {answer: "{{answer}}", other: "{{other}}", c: "{{c}}"}
    say: {en: "Bye {{c}}", ru: "Пока {{c}}"}
    end: x
`)
	state, actions := Start(s, nil, noon)
	want := []Action{SetResult{"r", "51! 51"}, SetResult{"empty", ""}}
	if diff := cmp.Diff(want, actions[:2]); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	state, actions = Answer(s, state, "2", noon)
	if got := said(t, actions); got != "Точно?\n\n1. Да\n2. Нет" {
		t.Errorf("got %q", got)
	}
	state, actions = Answer(s, state, "да", noon)
	if got := said(t, actions); got != "Пока one\n[x]" {
		t.Errorf("got %q", got)
	}
	// What is saved of a choice is its title in the first language.
	if diff := cmp.Diff(map[string]string{"r": "51! 51", "empty": "", "answer": "Yes", "other": "", "c": "one"}, state.Results); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"r", "empty", "answer", "other", "c"}, s.Results); diff != "" {
		t.Errorf("names of results (-want +got):\n%s", diff)
	}
}

// TestChoicesAsObjects: what is said with buttons and lists.
func TestChoicesAsObjects(t *testing.T) {
	s := load(t, "name: x\nsteps:\n  a: {ask: 'A?', choices: [{title: 'Yes', id: y}, {title: 'No'}], next: b}\n  b:\n    ask: B?\n    list: Choose\n    choices: [{title: One, description: the first}, {title: Two}]\n    next: c\n  c: {end: x}\n")
	state, first := Start(s, nil, noon)
	_, second := Answer(s, state, "yes", noon)
	for _, tt := range []struct {
		got  Action
		want string
	}{
		{first[0], `{"type":"button","body":{"text":"A?"},"action":{"buttons":[{"type":"reply","reply":{"id":"y","title":"Yes"}},{"type":"reply","reply":{"id":"2","title":"No"}}]}}`},
		{second[0], `{"type":"list","body":{"text":"B?"},"action":{"button":"Choose","sections":[{"rows":[{"id":"1","title":"One","description":"the first"},{"id":"2","title":"Two"}]}]}}`},
	} {
		var got, want any
		say := tt.got.(Say)
		if err := json.Unmarshal(say.Body, &got); err != nil || say.Type != "interactive" {
			t.Fatalf("%+v: %v", say, err)
		}
		if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("object (-want +got):\n%s", diff)
		}
	}
}

// TestMovesLeaveTheirStateAlone: a state may be used again, as after a crash.
func TestMovesLeaveTheirStateAlone(t *testing.T) {
	s := example(t, "appointment")
	asked, _ := Start(s, map[string]string{"name": "Anna"}, noon)
	why, _ := Answer(s, asked, "2", noon)
	for _, state := range []State{asked, why} {
		before := reload(t, state)
		one, first := Answer(s, state, "2", noon)
		two, second := Answer(s, state, "2", noon)
		if diff := cmp.Diff(before, reload(t, state)); diff != "" {
			t.Errorf("the state was changed (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(one, two) + cmp.Diff(first, second); diff != "" {
			t.Errorf("the same move went another way:\n%s", diff)
		}
	}
}
