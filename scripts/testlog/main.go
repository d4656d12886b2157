// Command testlog reads what "go test -json" prints and shows what "go test"
// itself would: the lines of packages as they end, and the output of tests
// that failed. At the end it counts the tests that were skipped, by reason,
// because a skipped test has proven nothing. It knows nothing of wabridge.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if err := summarize(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testlog:", err)
		os.Exit(1)
	}
}

// An event is one line of "go test -json"; see "go doc test2json".
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Output     string
}

// A test is named by its package and its own name.
type test struct{ pkg, name string }

// A summary collects what is known of tests that still run, and the skips.
type summary struct {
	out     io.Writer
	output  map[test][]string
	skipped map[string][]test // by reason
}

// summarize copies in to out as it comes. A line that is no event, such as
// what the go command itself says, is shown as it is.
func summarize(in io.Reader, out io.Writer) error {
	s := &summary{out: out, output: map[test][]string{}, skipped: map[string][]test{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			s.read(line)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	s.printUnfinished()
	s.printSkipped()
	return nil
}

func (s *summary) read(line string) {
	var e event
	if err := json.Unmarshal([]byte(line), &e); err != nil || e.Action == "" {
		fmt.Fprint(s.out, line)
		return
	}
	t := test{e.Package, e.Test}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(s.out, e.Output)
	case e.Action == "output" && e.Test == "":
		if e.Output != "PASS\n" && !strings.HasPrefix(e.Output, "-test.shuffle ") {
			fmt.Fprint(s.out, e.Output)
		}
	case e.Action == "output":
		s.output[t] = append(s.output[t], e.Output)
	case e.Action == "fail" && e.Test != "":
		s.printOutput(t)
	case e.Action == "skip" && e.Test != "":
		reason := reasonOf(s.output[t])
		s.skipped[reason] = append(s.skipped[reason], t)
		delete(s.output, t)
	case e.Action == "pass" && e.Test != "":
		delete(s.output, t)
	}
}

// printOutput prints what a test said, without the lines that only tell when
// it ran.
func (s *summary) printOutput(t test) {
	for _, line := range s.output[t] {
		if !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(s.out, line)
		}
	}
	delete(s.output, t)
}

// printUnfinished prints the output of tests that have neither passed nor
// failed: their process ended.
func (s *summary) printUnfinished() {
	var left []test
	for t := range s.output {
		left = append(left, t)
	}
	slices.SortFunc(left, func(a, b test) int { return cmp.Or(cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.name, b.name)) })
	for _, t := range left {
		fmt.Fprintf(s.out, "--- UNFINISHED: %s %s\n", t.pkg, t.name)
		s.printOutput(t)
	}
}

// place is where a log line of a test comes from.
var place = regexp.MustCompile(`^\s*[\w.-]+\.go:\d+: `)

// reasonOf is the last thing that a skipped test logged.
func reasonOf(output []string) string {
	var reason []string
	for _, line := range output {
		switch {
		case strings.HasPrefix(line, "=== "), strings.HasPrefix(strings.TrimSpace(line), "--- SKIP"):
		case place.MatchString(line):
			reason = []string{strings.TrimSpace(place.ReplaceAllString(line, ""))}
		case strings.TrimSpace(line) != "":
			reason = append(reason, strings.TrimSpace(line))
		}
	}
	return cmp.Or(strings.Join(reason, " "), "no reason given")
}

// namedTests is how many tests are named for each reason.
const namedTests = 3

func (s *summary) printSkipped() {
	total := 0
	var reasons []string
	for reason, tests := range s.skipped {
		total += len(tests)
		reasons = append(reasons, reason)
	}
	slices.SortFunc(reasons, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(s.skipped[b]), len(s.skipped[a])), cmp.Compare(a, b))
	})
	fmt.Fprintf(s.out, "test: %d tests skipped\n", total)
	for _, reason := range reasons {
		tests := s.skipped[reason]
		fmt.Fprintf(s.out, "%8d  %s\n", len(tests), reason)
		for _, t := range tests[:min(len(tests), namedTests)] {
			fmt.Fprintf(s.out, "          %s %s\n", t.pkg, t.name)
		}
		if more := len(tests) - namedTests; more > 0 {
			fmt.Fprintf(s.out, "          and %d more\n", more)
		}
	}
}
