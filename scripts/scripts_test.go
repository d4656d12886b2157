// Package scripts_test runs every script of the repository in a short form.
package scripts_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// elsewhere are the scripts that another package's tests run.
var elsewhere = map[string]string{
	"package":     "packaging",
	"adbd-oracle": "adb",
}

// TestEveryScriptIsRun: a new script needs a test here, or a package whose
// tests run it.
func TestEveryScriptIsRun(t *testing.T) {
	here, err := os.ReadFile("scripts_test.go")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || e.IsDir() || info.Mode()&0o111 == 0 {
			continue
		}
		if pkg, ok := elsewhere[e.Name()]; ok {
			if !strings.Contains(readAll(t, filepath.Join("..", pkg)), "../scripts/"+e.Name()) {
				t.Errorf("the tests of %s do not run scripts/%s", pkg, e.Name())
			}
		} else if !bytes.Contains(here, []byte(`"`+e.Name()+`"`)) {
			t.Errorf("no test runs scripts/%s", e.Name())
		}
	}
}

// readAll joins the tests of a package.
func readAll(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// run runs a script of this directory and returns what it printed and its exit
// code. The environment's additions come first.
func run(t *testing.T, env []string, name string, args ...string) (said string, code int) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: scripts compile and run the program")
	}
	cmd := exec.Command("./"+name, args...)
	// As the tests are built, so that little is compiled again.
	cmd.Env = append(append(os.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -race")), env...)
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func wantIn(t *testing.T, said string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(said, want) {
			t.Errorf("want %q in\n%s", want, said)
		}
	}
}

func TestSetupTwiceSaysNothing(t *testing.T) {
	if said, code := run(t, nil, "setup"); code != 0 {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	begin := time.Now()
	if said, code := run(t, nil, "setup"); code != 0 || said != "" {
		t.Errorf("exit code %d after %v\n%s", code, time.Since(begin), said)
	}
}

func TestDemoShowsAMessageReadAndAnswered(t *testing.T) {
	said, code := run(t, []string{"WABRIDGE_BIN=" + t.TempDir()}, "demo")
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	wantIn(t, said, "  read\n", "an answer came in: echo: Hello from wabridge", "demo: done")
}

func TestBenchMeasuresEverythingOnce(t *testing.T) {
	said, code := run(t, nil, "bench", "--short")
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	wantIn(t, said, "BenchmarkCosts/send", "BenchmarkCosts/incoming", "BenchmarkCosts/claim", "BenchmarkEnqueue64", "BenchmarkAccept/clients=64",
		"BenchmarkDelivery/", "BenchmarkRealisticSend", "BenchmarkIncoming", "phones=1: ready after", "phones=2: ready after", "bench: done")
}

func TestBenchRefusesWhatItDoesNotKnow(t *testing.T) {
	if said, code := run(t, nil, "bench", "--fast"); code != 2 || !strings.Contains(said, "scripts/bench --short") {
		t.Errorf("exit code %d\n%s", code, said)
	}
}

// TestFuzzListsEveryTarget compares the script's list with what the compiler
// sees.
func TestFuzzListsEveryTarget(t *testing.T) {
	said, code := run(t, nil, "fuzz", "list")
	got, want := strings.Split(strings.TrimSpace(said), "\n"), fuzzTargets(t)
	slices.Sort(got)
	if code != 0 || !slices.Equal(got, want) {
		t.Errorf("exit code %d, got\n%s\nwant\n%s", code, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func fuzzTargets(t *testing.T) (all []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata") {
			return skipDir(err)
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && strings.HasPrefix(fn.Name.Name, "Fuzz") {
				all = append(all, "."+strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "..")+" "+fn.Name.Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// skipDir returns the error, or the wish to pass by a directory.
func skipDir(err error) error {
	if err != nil {
		return err
	}
	return fs.SkipDir
}

func TestFuzzRunsATarget(t *testing.T) {
	said, code := run(t, []string{"GOFLAGS=" + os.Getenv("GOFLAGS")}, "fuzz", "0.1", "^./choice FuzzPick$")
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	wantIn(t, said, "./choice FuzzPick\n", "fuzz: 1 targets, 0 failed")
}

func TestFuzzRefusesABadNumberOfMinutes(t *testing.T) {
	for _, args := range [][]string{{"ten"}, {"0"}, {"-1"}, {"1", "no such target"}} {
		if said, code := run(t, nil, "fuzz", args...); code != 2 || !strings.HasPrefix(said, "fuzz: ") {
			t.Errorf("%v: exit code %d\n%s", args, code, said)
		}
	}
}

// TestTestCountsSkips runs the script that runs the tests, with one small
// package and a module that has a failing test.
func TestTestCountsSkips(t *testing.T) {
	said, code := run(t, []string{"WABRIDGE_TEST_PACKAGES=./choice"}, "test", "-run", "Pick")
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	wantIn(t, said, "ok  \tgithub.com/wabridge/wabridge/choice", "test: 0 tests skipped", "test: the slowest packages:")
}

// TestTestFailsWithAFailingTest: a package that cannot be tested is a failure
// that is seen.
func TestTestFailsWithAFailingTest(t *testing.T) {
	said, code := run(t, []string{"WABRIDGE_TEST_PACKAGES=./choice ./nowhere"}, "test", "-run", "Pick")
	if code == 0 || !strings.Contains(said, "nowhere") {
		t.Errorf("exit code %d\n%s", code, said)
	}
}
