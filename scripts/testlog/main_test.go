package main

import (
	"strings"
	"testing"
)

// What go test -json prints of a package with each outcome.
const eachOutcome = `{"Action":"start","Package":"a"}
{"Action":"run","Package":"a","Test":"TestPass"}
{"Action":"output","Package":"a","Test":"TestPass","Output":"=== RUN   TestPass\n"}
{"Action":"output","Package":"a","Test":"TestPass","Output":"    a_test.go:3: not to be seen\n"}
{"Action":"output","Package":"a","Test":"TestPass","Output":"--- PASS: TestPass (0.00s)\n"}
{"Action":"pass","Package":"a","Test":"TestPass"}
{"Action":"output","Package":"a","Test":"TestSkip","Output":"=== RUN   TestSkip\n"}
{"Action":"output","Package":"a","Test":"TestSkip","Output":"    a_test.go:5: NO PHONE: none is here\n"}
{"Action":"output","Package":"a","Test":"TestSkip","Output":"--- SKIP: TestSkip (0.00s)\n"}
{"Action":"skip","Package":"a","Test":"TestSkip"}
{"Action":"output","Package":"a","Test":"TestFail","Output":"=== RUN   TestFail\n"}
{"Action":"output","Package":"a","Test":"TestFail","Output":"    a_test.go:9: got 1, want 2\n"}
{"Action":"output","Package":"a","Test":"TestFail","Output":"--- FAIL: TestFail (0.00s)\n"}
{"Action":"fail","Package":"a","Test":"TestFail"}
{"Action":"output","Package":"a","Test":"TestBroken","Output":"=== RUN   TestBroken\n"}
{"Action":"output","Package":"a","Test":"TestBroken","Output":"panic: oops\n"}
{"Action":"output","Package":"a","Output":"FAIL\n"}
{"Action":"output","Package":"a","Output":"FAIL\ta\t0.003s\n"}
{"Action":"fail","Package":"a"}
{"ImportPath":"b","Action":"build-output","Output":"b.go:1: syntax error\n"}
{"Action":"output","Package":"c","Output":"ok  \tc\t0.1s\n"}
{"Action":"skip","Package":"d"}
go: some words of the go command
`

func TestSummaryShowsFailuresAndCountsSkips(t *testing.T) {
	var out strings.Builder
	if err := summarize(strings.NewReader(eachOutcome), &out); err != nil {
		t.Fatal(err)
	}
	want := `    a_test.go:9: got 1, want 2
--- FAIL: TestFail (0.00s)
FAIL
FAIL	a	0.003s
b.go:1: syntax error
ok  	c	0.1s
go: some words of the go command
--- UNFINISHED: a TestBroken
panic: oops
test: 1 tests skipped
       1  NO PHONE: none is here
          a TestSkip
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestReasonOfASkip(t *testing.T) {
	for name, c := range map[string]struct {
		output []string
		want   string
	}{
		"the last log line": {[]string{"    a_test.go:1: first\n", "    a_test.go:2: second\n"}, "second"},
		"two lines":         {[]string{"    a_test.go:1: first\n", "        and more\n"}, "first and more"},
		"none":              {[]string{"=== RUN TestX\n", "--- SKIP: TestX (0.00s)\n"}, "no reason given"},
	} {
		if got := reasonOf(c.output); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestManySkipsOfOneReason(t *testing.T) {
	var in, out strings.Builder
	for _, name := range []string{"TestA", "TestB", "TestC", "TestD", "TestE"} {
		in.WriteString(`{"Action":"skip","Package":"a","Test":"` + name + `"}` + "\n")
	}
	if err := summarize(strings.NewReader(in.String()), &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "test: 5 tests skipped\n       5  no reason given\n          a TestA\n") || !strings.Contains(got, "and 2 more") {
		t.Errorf("got\n%s", got)
	}
}
