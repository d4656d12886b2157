package crm

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// A path leads into a JSON value:
//
//	path  = "" | step { "." step | index }
//	step  = name | index          a name of an object's member; "\." is a dot in it
//	index = "[" digits "]"        an element of a list, from 0
//
// "" is the value itself. A member that is not there, and null, is nothing.
type path []step

type step struct {
	name  string
	index int // -1: name
}

const maxSteps = 16

var errPath = errors.New(`write names with dots between them, and list[0]; a dot in a name is \.`)

func parsePath(s string) (path, error) {
	var p path
	for rest := s; rest != ""; {
		var st step
		var err error
		if st, rest, err = nextStep(rest); err != nil {
			return nil, err
		}
		if p = append(p, st); len(p) > maxSteps {
			return nil, errPath
		}
		if strings.HasPrefix(rest, ".") {
			if rest = rest[1:]; rest == "" || rest[0] == '[' {
				return nil, errPath
			}
		}
	}
	return p, nil
}

func nextStep(s string) (st step, rest string, err error) {
	if s[0] == '[' {
		digits, after, ok := strings.Cut(s[1:], "]")
		n, err := strconv.ParseUint(digits, 10, 16)
		if !ok || err != nil || after != "" && after[0] != '.' && after[0] != '[' {
			return st, "", errPath
		}
		return step{index: int(n)}, after, nil
	}
	var name strings.Builder
	i := 0
	for ; i < len(s) && s[i] != '.' && s[i] != '['; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		name.WriteByte(s[i])
	}
	if name.Len() == 0 {
		return st, "", errPath
	}
	return step{name.String(), -1}, s[i:], nil
}

// find follows the path; nil if there is nothing.
func (p path) find(raw json.RawMessage) json.RawMessage {
	for _, st := range p {
		if st.index >= 0 {
			var list []json.RawMessage
			if json.Unmarshal(raw, &list) != nil || st.index >= len(list) {
				return nil
			}
			raw = list[st.index]
			continue
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) != nil {
			return nil
		}
		raw = members[st.name]
	}
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	return raw
}

// put sets a value in an object, making the objects on the way.
func (p path) put(into map[string]any, v any) {
	for _, st := range p[:len(p)-1] {
		next, ok := into[st.name].(map[string]any)
		if !ok {
			next = map[string]any{}
			into[st.name] = next
		}
		into = next
	}
	into[p[len(p)-1].name] = v
}

// names reports whether the path has names alone, and at least one.
func (p path) names() bool {
	for _, st := range p {
		if st.index >= 0 {
			return false
		}
	}
	return len(p) > 0
}

// A condition is a path, with "=value" behind it or without: then anything
// but null, false, 0 and an empty text will do.
type condition struct {
	at    path
	value string
	exact bool
}

func parseCondition(s string) (condition, error) {
	left, value, exact := strings.Cut(s, "=")
	at, err := parsePath(strings.TrimSpace(left))
	return condition{at, strings.TrimSpace(value), exact}, err
}

func (c condition) holds(raw json.RawMessage) bool {
	v := c.at.find(raw)
	s, ok := scalar(v)
	if !ok {
		s = string(v) // true, false, an object, a list
	}
	if c.exact {
		return v != nil && s == c.value
	}
	return v != nil && s != "false" && s != "0" && s != ""
}
