package content

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
)

// An object is a JSON object that is read as leniently as real clients demand
// (contract, section 1.5): null members are not there, numbers are taken for
// strings and strings for numbers, unknown members are ignored, an object may
// be written as a string that holds it. The first thing that is wrong is
// remembered in err, which the objects inside share; readers need not ask
// after each member.
type object struct {
	path    string
	members map[string]json.RawMessage
	err     *error
}

// open reads the object of a message.
func open(path string, raw json.RawMessage) object {
	o := object{path: path, err: new(error)}
	o.members = o.decode(path, path, raw)
	return o
}

// fail remembers the first error.
func (o object) fail(err *Error) {
	if *o.err == nil {
		*o.err = err
	}
}

func (o object) ok() bool { return *o.err == nil }

// at is the path of a member.
func (o object) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || raw[0] == 'n' }

func (o object) has(name string) bool { return !isNull(o.members[name]) }

// decode takes a value apart into members.
func (o object) decode(path, name string, raw json.RawMessage) map[string]json.RawMessage {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			raw = bytes.TrimSpace([]byte(s))
		}
	}
	var members map[string]json.RawMessage
	if len(raw) == 0 || raw[0] != '{' || !utf8.Valid(raw) || json.Unmarshal(raw, &members) != nil {
		o.fail(wrongType(path, name, "an object"))
		return nil
	}
	return members
}

// object reads a member that is an object; without it the result is empty.
func (o object) object(name string) object {
	in := object{path: o.at(name), err: o.err}
	if o.has(name) {
		in.members = o.decode(in.path, name, o.members[name])
	}
	return in
}

// need is object for one that must be there.
func (o object) need(name, remedy string) object {
	if !o.has(name) {
		o.fail(fault(wabridge.CodeMissing, o.at(name), "%s", remedy))
	}
	return o.object(name)
}

// list reads a member that is a list of objects; one object alone is a list
// of one.
func (o object) list(name string) []object {
	raw := bytes.TrimSpace(o.members[name])
	if isNull(raw) {
		return nil
	}
	var items []json.RawMessage
	if raw[0] == '{' {
		items = append(items, raw)
	} else if json.Unmarshal(raw, &items) != nil {
		o.fail(wrongType(o.at(name), name, "a list"))
		return nil
	}
	out := make([]object, len(items))
	for i, item := range items {
		out[i] = object{path: o.at(name) + "[" + strconv.Itoa(i) + "]", err: o.err}
		out[i].members = o.decode(out[i].path, name, item)
	}
	return out
}

// text reads a member that is a string, "" if it is not there; numbers are
// taken as they are written.
func (o object) text(name string) string {
	raw := bytes.TrimSpace(o.members[name])
	switch {
	case isNull(raw):
		return ""
	case raw[0] == '"':
		return o.unquote(name, raw)
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		if s := string(raw); s == wabridge.Digits(s) {
			return s
		}
		o.fail(wrongType(o.at(name), name, "a string, or a number without fraction and exponent"))
	default:
		o.fail(wrongType(o.at(name), name, "a string"))
	}
	return ""
}

// unquote decodes a JSON string without changing it silently: half of a
// surrogate pair, which has no character, is refused, and so is NUL, which
// WhatsApp cannot show.
func (o object) unquote(name string, raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		o.fail(wrongType(o.at(name), name, "a string"))
		return ""
	}
	if n := strings.Count(s, "\ufffd"); n > 0 && n != meant(raw) {
		o.fail(fault(wabridge.CodeParameter, o.at(name), `it holds half of a surrogate pair (\ud800 to \udfff); send whole characters`))
	}
	if strings.ContainsRune(s, 0) {
		o.fail(fault(wabridge.CodeValue, o.at(name), "it holds a NUL character, which WhatsApp cannot show; take it out"))
	}
	return s
}

// meant counts the replacement characters that the sender wrote himself.
func meant(raw json.RawMessage) int {
	return bytes.Count(raw, []byte("\ufffd")) + bytes.Count(bytes.ToLower(raw), []byte(`\ufffd`))
}

// bounded reads a text of at most limit characters (Unicode code points).
func (o object) bounded(name string, limit int) string {
	s := o.text(name)
	if n := runes(s); n > limit {
		o.fail(fault(wabridge.CodeValue, o.at(name), "it has %d characters, 1 to %d are allowed; shorten it", n, limit))
	}
	return s
}

// required reads a text of 1 to limit characters that is not blank.
func (o object) required(name string, limit int) string {
	s := o.bounded(name, limit)
	switch {
	case s == "":
		o.fail(fault(wabridge.CodeMissing, o.at(name), "give a text of 1 to %d characters", limit))
	case blank(s):
		o.fail(fault(wabridge.CodeValue, o.at(name), "it is blank; give a text of 1 to %d characters", limit))
	}
	return s
}

// flag reads a boolean, written as such or as a string.
func (o object) flag(name string) bool {
	switch strings.Trim(strings.ToLower(string(o.members[name])), "\" \t\r\n") {
	case "true", "1":
		return true
	case "", "false", "0", "null":
		return false
	}
	o.fail(wrongType(o.at(name), name, "true or false"))
	return false
}

// degrees reads a coordinate, written as a number or as a string; it must be
// there and between -limit and limit.
func (o object) degrees(name string, limit float64) float64 {
	raw := strings.Trim(string(o.members[name]), "\" \t\r\n")
	if !o.has(name) || raw == "" {
		o.fail(fault(wabridge.CodeMissing, o.at(name), "give the degrees as a decimal number, like 37.483307"))
		return 0
	}
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		o.fail(wrongType(o.at(name), name, "a decimal number"))
		return 0
	}
	if math.Abs(f) > limit {
		o.fail(fault(wabridge.CodeValue, o.at(name), "it must be between -%v and %v degrees", limit, limit))
	}
	return f
}

// runes counts characters: Unicode code points, as wabridge.MaxText says.
func runes(s string) int { return utf8.RuneCountInString(s) }

func blank(s string) bool { return strings.TrimFunc(s, unicode.IsSpace) == "" }
