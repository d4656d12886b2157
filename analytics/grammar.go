package analytics

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Arg is one parameter as it was written: a dotted call of a field
// expansion (granularity(DAY)), or a parameter of an edge (granularity=DAY).
type Arg struct{ Name, Value string }

// An Error is a parameter that is missing or cannot be used.
type Error struct {
	Param   string
	Missing bool
	Want    string // what would be right: "unix seconds"
}

// Error names the parameter and what it must be.
func (e *Error) Error() string {
	if e.Missing {
		return e.Param + " is missing; give " + e.Want
	}
	return e.Param + " must be " + e.Want
}

// values reads a list as leniently as the contract asks for: ["A","B"],
// ['A', 'B'], [A,B], A and []. Blanks and line breaks around the values,
// quotes of either kind and empty places do not count. A comma within quotes
// parts nothing.
func values(arg string) []string {
	arg = trim(arg)
	if inner, ok := strings.CutPrefix(arg, "["); ok {
		arg = strings.TrimSuffix(inner, "]")
	}
	list := []string{}
	for arg != "" {
		var v string
		v, arg = cutValue(arg)
		if v != "" {
			list = append(list, v)
		}
	}
	return list
}

// blanks may stand between all parts of a list; the backslash is a shell's,
// before a line break.
const blanks = " \t\r\n\\"

func trim(s string) string { return strings.Trim(s, blanks) }

// cutValue takes the first value off a list.
func cutValue(s string) (value, rest string) {
	s = strings.TrimLeft(s, blanks)
	if s == "" {
		return "", ""
	}
	if q := s[0]; q == '"' || q == '\'' {
		if end := strings.IndexByte(s[1:], q); end >= 0 {
			value, s = s[1:1+end], s[end+2:]
			_, rest, _ = strings.Cut(s, ",")
			return trim(value), rest
		}
	}
	value, rest, _ = strings.Cut(s, ",")
	return strings.Trim(value, blanks+`"'`), rest
}

// one reads a parameter that has a single value; "" if there is none.
func one(arg string) (string, bool) {
	list := values(arg)
	if len(list) == 0 {
		return "", true
	}
	return list[0], len(list) == 1
}

// latest is the last second that a start or end may name (in the year 2200):
// beyond it stand milliseconds.
const latest = 7258118400

// moment reads unix seconds and, where dates are allowed, YYYY-MM-DD (UTC).
func moment(s string, dates bool, zone *time.Location) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0).UTC(), n >= 0 && n <= latest
	}
	if !dates {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	return t, err == nil
}

// choice finds a value in a closed list, whatever its case.
func choice(v string, allowed []string) (string, bool) {
	v = strings.ToUpper(v)
	return v, slices.Contains(allowed, v)
}
