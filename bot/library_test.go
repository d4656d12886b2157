package bot

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

const tiny = `name: NAME
steps:
  ask:
    ask: Really?
    expect: [{any: true}]
    timeout: {after: 3d}
    next: bye
  bye: {say: Bye., end: done}
`

func putFile(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLibraryOfExamples(t *testing.T) {
	l, err := OpenLibrary("../examples/bots")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"appointment", "callback", "nps"}
	if got := l.Names(); !slices.Equal(got, want) {
		t.Errorf("names: got %v, want %v", got, want)
	}
	if _, err := l.Find("nps"); err != nil {
		t.Error(err)
	}
	if _, err := l.Find("npc"); err == nil || !strings.Contains(err.Error(), "appointment, callback, nps") {
		t.Errorf("a name that is not there: got %v", err)
	}
}

func TestLibraryTellsAllProblems(t *testing.T) {
	dir := t.TempDir()
	putFile(t, dir, "a.yaml", strings.Replace(tiny, "NAME", "same", 1))
	putFile(t, dir, "b.yml", strings.Replace(tiny, "NAME", "same", 1))
	putFile(t, dir, "c.yaml", "name: c\nsteps: {a: {end: done, say: [1]}}\nfoo: 1\n")
	putFile(t, dir, "d.txt", "no scenario")
	putFile(t, dir, ".e.yaml", "hidden")
	_, err := OpenLibrary(dir)
	if err == nil {
		t.Fatal("it loaded")
	}
	for _, want := range []string{"b.yml: the name same is taken by " + filepath.Join(dir, "a.yaml"), "c.yaml: line 3: \"foo\" is no key", "c.yaml: line 2: steps.a.say"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "d.txt") || strings.Contains(err.Error(), ".e.yaml") {
		t.Errorf("it read files that are no scenarios:\n%v", err)
	}
}

func TestLibraryReloads(t *testing.T) {
	dir := t.TempDir()
	putFile(t, dir, "a.yaml", strings.Replace(tiny, "NAME", "first", 1))
	l, err := OpenLibrary(dir)
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := l.Reload(); changed || err != nil {
		t.Errorf("without a change: got %v, %v", changed, err)
	}
	old := l.Scenario("first")
	putFile(t, dir, "b.yaml", "name: b")
	if changed, err := l.Reload(); changed || err == nil {
		t.Errorf("with a broken file: got %v, %v", changed, err)
	}
	if l.Scenario("first") != old {
		t.Error("a broken file took the others away")
	}
	if _, err := l.Reload(); err != nil {
		t.Errorf("the same files complained about twice: %v", err)
	}
	putFile(t, dir, "b.yaml", strings.Replace(tiny, "NAME", "second_one", 1))
	if changed, err := l.Reload(); !changed || err != nil {
		t.Errorf("a file that was put right: got %v, %v", changed, err)
	}
	if got := l.Names(); !slices.Equal(got, []string{"first", "second_one"}) {
		t.Errorf("names: got %v", got)
	}
}

func TestBegin(t *testing.T) {
	s := example(t, "appointment")
	vars := map[string]string{"name": "Anna", "age": "23"}
	session, first := Begin(s, vars, false, noon)
	if first == nil {
		t.Fatal("nothing is said")
	}
	if m, err := first.Message(); err != nil || m.Text == "" || m.Type == "" || len(m.Body) == 0 || m.Source != wabridge.SourceBot {
		t.Errorf("message: got %+v, %v", m, err)
	}
	state, err := ReadState(session.Talk)
	if err != nil {
		t.Fatal(err)
	}
	if state.Step == "" || session.Bot != "appointment" || !session.Deadline.Equal(state.Deadline) || session.ID == "" || session.Variables["age"] != "23" {
		t.Errorf("session: got %+v of %+v", session, state)
	}
	if _, first := Begin(s, vars, true, noon); first != nil {
		t.Errorf("beside a text of the starter's own: got %v", first)
	}
}

func TestBeginKeepsTheRest(t *testing.T) {
	s, err := Load(strings.NewReader("name: n\nsteps:\n  a: {say: One., next: b}\n  b: {say: Two., next: c}\n  c: {ask: \"Three?\", expect: [{any: true}], next: d}\n  d: {end: done}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for own, want := range map[bool]int{false: 2, true: 0} {
		session, first := Begin(s, nil, own, noon)
		state, err := ReadState(session.Talk)
		if err != nil || len(state.Rest) != want || (first == nil) != own {
			t.Errorf("own text %v: got first %v, rest %v, %v", own, first, state.Rest, err)
		}
	}
}

func TestBeginWaitsAsLongAsItsScenario(t *testing.T) {
	s, err := Load(strings.NewReader(tiny))
	if err != nil {
		t.Fatal(err)
	}
	session, _ := Begin(s, nil, false, noon)
	if want := wabridge.Seconds(3 * 24 * 3600); session.TTL != want {
		t.Errorf("ttl: got %d, want %d", session.TTL, want)
	}
}

func TestAgain(t *testing.T) {
	s := example(t, "nps")
	first, actions := Start(s, nil, noon)
	later := noon.Add(time.Hour)
	state, again, ok := Again(s, first, later)
	if !ok || said(t, again) == "" || !strings.HasSuffix(said(t, actions), said(t, again)) {
		t.Errorf("got %v, %q", ok, said(t, again))
	}
	if want := first.Deadline.Add(time.Hour); !state.Deadline.Equal(want) {
		t.Errorf("deadline: got %v, want %v", state.Deadline, want)
	}
	if _, _, ok := Again(s, State{Scenario: s.Name}, later); ok {
		t.Error("a conversation that has ended asks again")
	}
}
