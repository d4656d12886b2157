package cloud

import (
	"encoding/json"
	"strings"

	"github.com/wabridge/wabridge"
)

// Limits of a fields parameter.
const (
	maxFields     = 4096 // bytes
	maxFieldDepth = 8
)

// A field is one name of a fields parameter, with what is asked below it
// (events{timestamp}) and the calls on it (events.limit(5)).
type field struct {
	name  string
	sub   []field
	calls []call
}

type call struct{ name, arg string }

// parseFields reads a fields parameter: names with commas between them, nested
// by braces, with dotted calls (contract, section 1.7). Blanks and line breaks
// around names are ignored, as are empty places between commas.
func parseFields(s string) ([]field, error) {
	if len(s) > maxFields {
		return nil, badFields("it is longer than 4096 bytes")
	}
	p := fieldParser{rest: s}
	list, err := p.list(0)
	if err == nil && p.rest != "" {
		err = badFields("a } has no {")
	}
	return list, err
}

func badFields(why string) error {
	return say(wabridge.CodeParameter, "(#100) Invalid parameter", "fields: %s; write it like id,verified_name,throughput{level}", why)
}

type fieldParser struct{ rest string }

// skip drops blanks, and the backslashes of documented examples that go over
// several lines of a shell.
func (p *fieldParser) skip() { p.rest = strings.TrimLeft(p.rest, " \t\r\n\\") }

// take cuts c off the rest if it is next.
func (p *fieldParser) take(c byte) bool {
	p.skip()
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// list reads fields up to the end or to a closing brace, which it leaves.
func (p *fieldParser) list(depth int) ([]field, error) {
	if depth > maxFieldDepth {
		return nil, badFields("it is nested too deeply")
	}
	var list []field
	for {
		for p.take(',') {
		}
		if p.rest == "" || p.rest[0] == '}' {
			return list, nil
		}
		f, err := p.field(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
		p.skip()
		if p.rest != "" && p.rest[0] != ',' && p.rest[0] != '}' {
			return nil, badFields("a comma is missing")
		}
	}
}

func (p *fieldParser) field(depth int) (field, error) {
	f := field{name: p.name()}
	if f.name == "" {
		return f, badFields("a name is missing")
	}
	for p.take('.') {
		p.skip()
		c := call{name: p.name()}
		if c.name == "" || !p.take('(') {
			return f, badFields("after a dot comes a call like limit(5)")
		}
		arg, rest, ok := strings.Cut(p.rest, ")")
		if !ok {
			return f, badFields("a ) is missing")
		}
		c.arg, p.rest = strings.TrimSpace(arg), rest
		f.calls = append(f.calls, c)
	}
	if !p.take('{') {
		return f, nil
	}
	var err error
	if f.sub, err = p.list(depth + 1); err != nil {
		return f, err
	}
	if !p.take('}') {
		return f, badFields("a } is missing")
	}
	return f, nil
}

func (p *fieldParser) name() string {
	n := 0
	for n < len(p.rest) && (p.rest[n] == '_' || p.rest[n] >= 'a' && p.rest[n] <= 'z' || p.rest[n] >= 'A' && p.rest[n] <= 'Z' || p.rest[n] >= '0' && p.rest[n] <= '9') {
		n++
	}
	name := p.rest[:n]
	p.rest = p.rest[n:]
	return name
}

// A node is an object of the Graph as far as a field may be asked of it: each
// name with its value. A nil value is known but not there, and is left out.
type node map[string]any

// project keeps of n what was asked for, and id always.
func project(n node, kind string, fields []field) (node, error) {
	out := node{}
	if id := n["id"]; id != nil {
		out["id"] = id
	}
	for _, f := range fields {
		value, known := n[f.name]
		if !known {
			return nil, noField(f.name, kind)
		}
		if inner, ok := value.(node); ok {
			projected, err := project(inner, kind, orAll(f.sub, inner))
			if err != nil {
				return nil, err
			}
			value = projected
		}
		if value != nil {
			out[f.name] = value
		}
	}
	return out, nil
}

// orAll asks for every member where nothing was asked for in particular.
func orAll(sub []field, n node) []field {
	if len(sub) > 0 {
		return sub
	}
	for name := range n {
		sub = append(sub, field{name: name})
	}
	return sub
}

// noField is the answer to a field that the kind of node does not have.
func noField(name, kind string) error {
	return say(wabridge.CodeParameter, "(#100) Tried accessing nonexisting field ("+brief(name)+") on node type ("+kind+")",
		"fields: %s is not known here; docs/api.md lists the fields", brief(name))
}

// wanted is what the fields parameter asks for, or else the preset.
func (p params) wanted(preset string) ([]field, error) {
	s, err := p.text("fields")
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(s) == "" {
		s = preset
	}
	return parseFields(s)
}

// list reads a parameter that is a JSON list of strings; single quotes are
// taken for double ones (contract, section 4).
func (p params) list(name string) ([]string, error) {
	var list []string
	if err := p.lenient(name, &list); err != nil {
		return nil, err
	}
	return list, nil
}

// lenient decodes a parameter that is JSON, with either kind of quotes.
func (p params) lenient(name string, v any) error {
	raw := p[name]
	if isNull(raw) {
		return nil
	}
	if raw[0] == '"' { // it came as a string, which add takes what is not JSON for
		s, err := unquote(name, raw)
		if err != nil {
			return err
		}
		raw = json.RawMessage(strings.TrimSpace(s))
	}
	if err := json.Unmarshal(raw, v); err == nil {
		return nil
	}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(raw), "'", `"`)), v); err != nil {
		return wrongType(name, "a JSON list")
	}
	return nil
}
