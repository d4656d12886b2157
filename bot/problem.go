package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing that is wrong with a file, and what to do about it.
type Problem struct {
	Line  int    // from 1
	Where string // "steps.rate.ask"; "" is the file
	What  string
}

// String is "line 12: steps.rate.ask: what is wrong".
func (p Problem) String() string {
	if p.Where == "" {
		return fmt.Sprintf("line %d: %s", p.Line, p.What)
	}
	return fmt.Sprintf("line %d: %s: %s", p.Line, p.Where, p.What)
}

// Problems is the error of Load: all that is wrong with a file, in the order of
// its lines, 100 at most.
type Problems []Problem

const maxProblems = 100

// Error is one problem a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, x := range p {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}

// sorted puts the problems in order, each once.
func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Where, b.Where)) })
	p = slices.Compact(p)
	return p[:min(len(p), maxProblems)]
}
