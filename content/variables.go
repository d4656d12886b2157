package content

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// MaxVariable is the longest name of a variable, in bytes.
const MaxVariable = 64

// Variables lists the names of the variables in a text, each once, in order. A
// variable is written {name} (as TWIN does) or {{name}}, which means the same;
// its name is made of letters, digits, "_", "-" and ".". All other braces are
// text.
func Variables(text string) []string {
	var names []string
	eachVariable(text, func(string) {}, func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	})
	return names
}

// Substitute puts values into a text. Variables without a value stay as they
// are and are told. What a value holds is text: a variable in it is none.
func Substitute(text string, values map[string]string) (out string, missing []string) {
	if !strings.Contains(text, "{") {
		return text, nil
	}
	var b strings.Builder
	eachVariable(text, func(s string) { b.WriteString(s) }, func(name string) {
		value, ok := values[name]
		if !ok {
			value = "{" + name + "}"
			if !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
		b.WriteString(value)
	})
	return b.String(), missing
}

// eachVariable cuts a text into what stands as it is and variables.
func eachVariable(text string, plain, variable func(string)) {
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			plain(text)
			return
		}
		plain(text[:i])
		name, size := variableAt(text[i:])
		if size == 0 {
			plain("{")
			text = text[i+1:]
			continue
		}
		variable(name)
		text = text[i+size:]
	}
}

// variableAt reads the variable that a text begins with; size is 0 if there is
// none.
func variableAt(text string) (name string, size int) {
	braces := 1
	if strings.HasPrefix(text, "{{") {
		braces = 2
	}
	end := strings.IndexByte(text[:min(len(text), MaxVariable+2*braces)], '}')
	if end <= braces || !strings.HasPrefix(text[end:], "}}"[:braces]) {
		return "", 0
	}
	name = text[braces:end]
	for _, r := range name {
		if r != '_' && r != '-' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return "", 0
		}
	}
	return name, end + braces
}

// A Pattern is a JSON value whose strings may hold variables.
type Pattern struct {
	value any
	names []string
}

// ReadPattern reads a pattern.
func ReadPattern(raw json.RawMessage) (Pattern, error) {
	var p Pattern
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&p.value); err != nil {
		return p, fmt.Errorf("read a message with variables: %w", err)
	}
	p.value = eachString(p.value, func(s string) string {
		for _, name := range Variables(s) {
			if !slices.Contains(p.names, name) {
				p.names = append(p.names, name)
			}
		}
		return s
	})
	slices.Sort(p.names)
	return p, nil
}

// Variables lists the names of the variables, in order.
func (p Pattern) Variables() []string { return p.names }

// Fill puts values in; those that are missing are told, in order.
func (p Pattern) Fill(values map[string]string) (raw json.RawMessage, missing []string) {
	for _, name := range p.names {
		if _, ok := values[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, missing
	}
	return body(eachString(p.value, func(s string) string {
		out, _ := Substitute(s, values)
		return out
	})), nil
}

// eachString rebuilds a JSON value with other strings; keys stay.
func eachString(v any, change func(string) string) any {
	switch v := v.(type) {
	case string:
		return change(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = eachString(v[i], change)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = eachString(v[k], change)
		}
		return out
	}
	return v
}
