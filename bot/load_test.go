package bot

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// load reads a file of a test; it is written without tabs.
func load(t testing.TB, yaml string) *Scenario {
	t.Helper()
	s, err := Load(strings.NewReader(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// minimal is a scenario into which a test puts what is wrong.
const minimal = "name: x\nsteps:\n  a: {say: Hi, end: done}\n"

func TestLoadRefuses(t *testing.T) {
	steps := func(s string) string { return "name: x\nsteps:\n" + s }
	for _, tt := range []struct {
		name, file string
		want       []string // of the error's lines, each begins or contains it
	}{
		{"nothing", "", []string{"line 1: the file is empty"}},
		{"a comment", "# x\n", []string{"line 1: the file is empty"}},
		{"not YAML", "name: x\nsteps: [\n", []string{"not YAML: "}},
		{"a tab", "name: x\nsteps:\n\ta: 1\n", []string{"line 3: not YAML: found character that cannot start any token"}},
		{"two documents", minimal + "---\nname: y\n", []string{"a second document begins"}},
		{"a list", "- a\n", []string{"line 1: a list stands where keys"}},
		{"no name, no steps", "vars: {}\n", []string{"line 1: name is missing", "line 1: steps is missing"}},
		{"an unknown key", minimal + "step: 1\n", []string{`line 4: "step" is no key here; there are name, languages, start`}},
		{"a key twice", minimal + "name: y\n", []string{`line 4: "name" stands here a second time, after line 1`}},
		{"an alias", "name: x\nvars: &v {b: 1}\nno_match: *v\nsteps: {a: {end: x}}\n", []string{"line 3: no_match: an alias"}},
		{"merging", "name: x\nvars: &v {b: 1}\nsteps: {a: {<<: *v, end: x}}\n", []string{"merging"}},
		{"no step", "name: x\nsteps: {}\n", []string{"line 2: steps: there is no step"}},
		{"a step without an exit", steps("  a: {say: Hi}\n"), []string{"line 3: steps.a: nothing follows; add one of next, ask"}},
		{"two exits", steps("  a: {end: x, hand_over: y}\n"), []string{"line 3: steps.a: hand_over and end stand in one step"}},
		{"next after the end", steps("  a: {end: x, next: a}\n"), []string{"nothing follows after end"}},
		{"an empty end", steps("  a: {end: ''}\n"), []string{"steps.a.end: it is empty"}},
		{"a null", steps("  a: {say: , end: x}\n"), []string{"line 3: steps.a.say: nothing stands where a text is wanted"}},
		{"no such step", steps("  a: {say: Hi, next: bb}\n  bbb: {end: x}\n"), []string{`line 3: there is no step "bb"; write it under steps`}},
		{"nearly such a step", steps("  a: {say: Hi, next: Bbb}\n  bbb: {end: x}\n"), []string{`line 3: there is no step "Bbb"; is it bbb?`}},
		{"no such start", "name: x\nstart: b\nsteps: {a: {end: x}}\n", []string{`line 2: start: there is no step "b"`}},
		{"nothing leads there", steps("  a: {end: x}\n  b: {end: y}\n"), []string{"line 4: steps.b: nothing leads to this step"}},
		{"a loop", steps("  a: {say: Hi, next: b}\n  b: {say: Ho, next: a}\n"), []string{"line 4: a -> b -> a follow each other forever"}},
		{"a loop of itself", steps("  a: {next: a}\n"), []string{"a -> a follow"}},
		{"a loop in a branch", "name: x\nvars: {v: }\nsteps:\n  a:\n    branch:\n      - {if: v, is: 1, goto: a}\n    next: b\n  b: {end: x}\n", []string{"line 6: a -> a follow"}},
		{"a loop of time-outs", steps("  a: {ask: Hi, expect: [{any: true, goto: b}], timeout: {goto: a}}\n  b: {end: x}\n"), []string{"line 3: a -> a follow each other forever if no answer comes"}},
		{"an ask without answers", steps("  a: {ask: Hi, next: b}\n  b: {end: x}\n"), []string{"line 3: steps.a: no answer is expected"}},
		{"a rule that leads nowhere", steps("  a:\n    ask: Hi\n    expect:\n      - any: true\n"), []string{"line 6: steps.a: nothing follows this answer"}},
		{"a rule for nothing", steps("  a:\n    ask: Hi\n    expect:\n      - goto: b\n  b: {end: x}\n"), []string{"line 6: steps.a.expect: it says not which answers"}},
		{"two ways in a rule", steps("  a: {ask: Hi, expect: [{any: true, words: b, goto: b}]}\n  b: {end: x}\n"), []string{"words and any stand in one rule"}},
		{"any twice", steps("  a: {ask: Hi, expect: [{any: true}, {any: true}], next: b}\n  b: {end: x}\n"), []string{"any stands in two rules"}},
		{"a bad regexp", steps("  a: {ask: Hi, expect: [{regexp: '(', goto: b}]}\n  b: {end: x}\n"), []string{"line 3: steps.a.expect.regexp: missing closing ): `(`"}},
		{"a regexp out of its brackets", steps("  a: {ask: Hi, expect: [{regexp: 'a)|(?:b', goto: b}]}\n  b: {end: x}\n"), []string{"unexpected )"}},
		{"a bad name of a group", steps("  a: {ask: Hi, expect: [{regexp: '(?P<_x>a)', goto: b}]}\n  b: {end: x}\n"), []string{`"_x" is no name`}},
		{"numbers upside down", steps("  a: {ask: Hi, expect: [{number: {min: 2, max: 1}, goto: b}]}\n  b: {end: x}\n"), []string{"min is above max"}},
		{"not a number", steps("  a: {ask: Hi, expect: [{number: {min: x, max: .nan}, goto: b}]}\n  b: {end: x}\n"), []string{"number.max: write a number", "number.min: write a number"}},
		{"a time that is none", minimal + "timeout: {after: soon}\n", []string{`line 4: timeout.after: "soon" is no time`}},
		{"a time too long", minimal + "timeout: {after: 31d}\n", []string{`"31d" is no time`}},
		{"too many tries", minimal + "no_match: {tries: 11}\n", []string{"line 4: no_match.tries: write how often to ask again, 0 to 10"}},
		{"half a try", minimal + "no_match: {tries: 0.5}\n", []string{"no_match.tries"}},
		{"an unknown variable", steps("  a: {say: 'Hi {{nme}}', end: x}\n"), []string{"line 3: steps.a.say: nothing gives the variable nme a value; declare it under vars"}},
		{"an unknown variable in a branch", steps("  a: {branch: [{if: v, known: true, goto: b}], next: b}\n  b: {end: x}\n"), []string{"nothing gives the variable v a value"}},
		{"braces left over", steps("  a: {say: 'Hi {{n', end: x}\n"), []string{"its double braces do not make a variable"}},
		{"only a variable", "name: x\nvars: {n: }\nsteps: {a: {say: '{{n}}', end: x}}\n", []string{"it has nothing but variables"}},
		{"a text without quotes", "name: x\nvars: {n: }\nsteps:\n  a:\n    say: {{n}} hi\n    end: x\n", []string{"not YAML"}},
		{"a language that is missing", "name: x\nlanguages: [en, ru]\nsteps:\n  a:\n    say: {en: Hi}\n    end: x\n", []string{"line 5: steps.a.say: the text in the language ru is missing"}},
		{"a language too many", "name: x\nlanguages: [en]\nsteps:\n  a:\n    say: {en: Hi, de: Hallo}\n    end: x\n", []string{`"de" is no key here; there are en`}},
		{"languages without languages", steps("  a: {say: {en: Hi}, end: x}\n"), []string{"name the languages at the top of the file"}},
		{"a language twice", "name: x\nlanguages: [en, en]\nsteps: {a: {end: x}}\n", []string{"en is named twice"}},
		{"an unknown language set", "name: x\nlanguages: [en]\nsteps: {a: {set: {language: fr}, end: x}}\n", []string{`"fr" is none of the scenario's languages (en)`}},
		{"the language where there are none", steps("  a: {set: {language: fr}, end: x}\n"), []string{"language is a variable only of a scenario with languages", "none of the scenario's"}},
		{"choices without ask", steps("  a: {choices: [{title: x}], end: x}\n"), []string{"choices stands without ask"}},
		{"a long title", steps("  a: {ask: Hi, choices: [{title: 'A title of more than twenty'}], next: b}\n  b: {end: x}\n"), []string{"line 3: steps.a.choices: title: "}},
		{"four buttons", steps("  a:\n    ask: Hi\n    choices: [{title: a}, {title: b}, {title: c}, {title: d}]\n    next: b\n  b: {end: x}\n"), []string{"line 5: steps.a.choices: there are 4 choices, buttons are 3 at most; add list"}},
		{"eleven rows", steps("  a:\n    ask: Hi\n    list: Choose\n    choices: [" + strings.Repeat("{title: a},", 11) + "]\n    next: b\n  b: {end: x}\n"), []string{"there are 11 items, 10 are allowed"}},
		{"a description of a button", steps("  a: {ask: Hi, choices: [{title: a, description: b}], next: b}\n  b: {end: x}\n"), []string{"a button has no description"}},
		{"a variable in a title", "name: x\nvars: {n: }\nsteps:\n  a: {ask: Hi, choices: [{title: 'a {{n}}'}], next: b}\n  b: {end: x}\n", []string{"no variables can stand here"}},
		{"equal titles", steps("  a: {ask: Hi, choices: [{title: a}, {title: A}], next: b}\n  b: {end: x}\n"), []string{`"a" leads two ways`}},
		{"equal ids", steps("  a: {ask: Hi, choices: [{title: a, id: x}, {title: b, id: x}], next: b}\n  b: {end: x}\n"), []string{`the id "x" stands at two choices`}},
		{"a title that is another's number", steps("  a: {ask: Hi, choices: [{title: '2'}, {title: '1'}], next: b}\n  b: {end: x}\n"), []string{`the title "2" is the number of another choice`, `the title "1"`}},
		{"a word that is another's number", steps("  a: {ask: Hi, choices: [{title: a}, {title: b, words: '1'}], next: b}\n  b: {end: x}\n"), []string{`the word "1" is the number of a choice`}},
		{"a word twice", steps("  a: {ask: Hi, expect: [{words: Yes!, goto: b}, {words: [ok, yes], goto: b}]}\n  b: {end: x}\n"), []string{`"yes" leads two ways`}},
		{"a phrase without words", steps("  a: {ask: Hi, expect: [{contains: '*', goto: b}]}\n  b: {end: x}\n"), []string{`"*" has no word in it`}},
		{"a reserved result", steps("  a: {result: {initialVariables: x}, end: x}\n"), []string{"initialVariables is kept"}},
		{"anywhere without a way", minimal + "anywhere: [{words: x}]\n", []string{"line 4: anywhere: goto is missing"}},
		{"branch without next", "name: x\nvars: {v: }\nsteps: {a: {branch: [{if: v, is: b, goto: b}]}, b: {end: x}}\n", []string{"branch has no next"}},
		{"a long text", steps("  a: {say: '" + strings.Repeat("x", 4097) + "', end: x}\n"), []string{"it has 4097 characters, 4096 are allowed"}},
		{"a long text above choices", steps("  a: {ask: '" + strings.Repeat("x", 1025) + "', choices: [{title: a}], next: b}\n  b: {end: x}\n"), []string{"it has 1025 characters, 1024 are allowed"}},
		{"a large file", strings.Repeat("# comment\n", MaxFile/10+1), []string{"line 1: the file has more than 262144 bytes"}},
		{"all at once", "nam: x\nsteps:\n  a: {sya: Hi, next: b}\n", []string{"line 1: name is missing", `line 1: "nam" is no key`, `line 3: there is no step "b"`, `line 3: steps.a: "sya" is no key`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(strings.NewReader(tt.file))
			problems, ok := errors.AsType[Problems](err)
			if !ok {
				t.Fatalf("got %v, want problems", err)
			}
			got := err.Error()
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("got\n%s\nwant %s", got, want)
				}
			}
			if len(problems) > len(tt.want)+1 {
				t.Errorf("one mistake makes %d problems:\n%s", len(problems), got)
			}
		})
	}
}

func TestLoadLimits(t *testing.T) {
	var many, vars, wrong strings.Builder
	for i := range MaxSteps + 1 {
		fmt.Fprintf(&many, "  s%d: {say: Hi, next: s%d}\n", i, i+1)
		fmt.Fprintf(&wrong, "  w%d: {say: }\n", i)
	}
	fmt.Fprintf(&many, "  s%d: {end: x}\n", MaxSteps+1)
	for i := range MaxVars + 1 {
		fmt.Fprintf(&vars, "  v%d: x\n", i)
	}
	for name, tt := range map[string]struct{ file, want string }{
		"steps":     {"name: x\nsteps:\n" + many.String(), "there are 202 steps, 200 are allowed"},
		"variables": {minimal + "vars:\n" + vars.String(), "there are more than 32 variables"},
		"problems":  {"name: x\nsteps:\n" + wrong.String(), "nothing stands where"},
	} {
		_, err := Load(strings.NewReader(tt.file))
		problems, ok := errors.AsType[Problems](err)
		if !ok || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
		if len(problems) > maxProblems {
			t.Errorf("%s: got %d problems", name, len(problems))
		}
	}
}

// TestLoadHostile: files made to take long.
func TestLoadHostile(t *testing.T) {
	for _, s := range []string{"[", "{", "- ", "? ", "a: {", "&a [*a,", "{{", "\"", "|\n ", "!!binary "} {
		loadAny(t, []byte(strings.Repeat(s, MaxFile/len(s))))
	}
	_, err := Load(strings.NewReader("name: x\nsteps:\n  a: {ask: A, expect: [{regexp: '" + strings.Repeat("x{1000}", 60) + "', goto: b}]}\n  b: {end: x}\n"))
	if err == nil || !strings.Contains(err.Error(), "line 3: steps.a.expect.regexp: the regexp is too large") {
		t.Errorf("got %v", err)
	}
}

func TestLoadTellsOfReading(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Load(readFunc(func([]byte) (int, error) { return 0, broken })); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// exampleFiles are the bytes of the examples.
func exampleFiles(t testing.TB) [][]byte {
	t.Helper()
	files, err := filepath.Glob("../examples/bots/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var out [][]byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// TestLoadEveryPrefix: a file that is cut off is an error with lines, or a
// scenario that works.
func TestLoadEveryPrefix(t *testing.T) {
	for n := range menu {
		loadAny(t, []byte(menu[:n]))
	}
	for _, b := range exampleFiles(t) { // not each, for they are long
		for n := 0; n < len(b); n += 61 {
			loadAny(t, b[:n])
		}
	}
}

// loadAny holds Load to its promises on any bytes.
func loadAny(t *testing.T, b []byte) {
	t.Helper()
	s, err := Load(bytes.NewReader(b))
	if err == nil {
		state, actions := Start(s, nil, noon)
		said(t, actions)
		if state.Done() == (s.steps[state.Step] != nil) {
			t.Fatalf("it neither ends nor waits: %+v", state)
		}
		return
	}
	problems, ok := errors.AsType[Problems](err)
	if !ok || len(problems) == 0 {
		t.Fatalf("got %v, want problems", err)
	}
	lines := bytes.Count(b, []byte("\n")) + bytes.Count(b, []byte("\r")) + bytes.Count(b, []byte("\u0085")) +
		bytes.Count(b, []byte("\u2028")) + bytes.Count(b, []byte("\u2029")) + 1
	for _, p := range problems {
		if p.Line < 1 || p.Line > lines+1 || p.What == "" {
			t.Fatalf("problem %+v of %d lines", p, lines)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, b := range exampleFiles(f) {
		f.Add(b)
	}
	f.Add([]byte(minimal))
	f.Add([]byte("name: x\nlanguages: [en, ru]\nsteps: {a: {say: {en: a, ru: b}, end: x}}"))
	f.Fuzz(func(t *testing.T, b []byte) { loadAny(t, b) })
}
