package cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
)

// params are the parameters of a call, whether they came as a JSON body, as a
// form or in the query string (contract, section 1.4). Members that are null
// are not there.
type params map[string]json.RawMessage

// readParams reads the body and the query. A member of the body wins over one
// of the query.
func readParams(w http.ResponseWriter, r *http.Request) (params, error) {
	if len(r.URL.RawQuery) > maxQuery {
		return nil, say(wabridge.CodeParameter, "(#100) Invalid parameter", "the query string is longer than %d bytes; put the parameters into the body", maxQuery)
	}
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	p := params{}
	switch kind, args, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); {
	case len(body) == 0:
	case body[0] == '{': // whatever its type says: curl -d calls JSON a form
		p, err = parseObject(body)
	case kind == "multipart/form-data":
		err = p.addMultipart(body, args["boundary"])
	case kind == "application/x-www-form-urlencoded":
		err = p.addForm(string(body))
	default:
		err = refuse(wabridge.CodeParameter, "the request body is not a JSON object")
	}
	if err == nil && r.URL.RawQuery != "" {
		err = p.addForm(r.URL.RawQuery)
	}
	return p, err
}

// readBody takes a body of at most maxBody bytes, of known length or chunked.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > maxBody {
		return nil, tooLarge()
	}
	// not every writer has deadlines (tests); then the server's own bound it
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
	var buf bytes.Buffer
	buf.Grow(int(max(512, r.ContentLength+bytes.MinRead))) // ContentLength is -1 when chunked
	_, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody))
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, tooLarge()
	}
	if err != nil {
		return nil, &graphError{Message: "(#100) Invalid parameter", Type: "OAuthException", Code: 100, status: http.StatusBadRequest,
			Data: &errorData{"whatsapp", "the request body ended early or took too long; send it again"}}
	}
	return bytes.TrimSpace(buf.Bytes()), nil
}

func tooLarge() error {
	e := refuse(wabridge.CodeParameter, "the request body is larger than %d KiB; a text has at most %d characters", maxBody>>10, wabridge.MaxText)
	e.status = http.StatusRequestEntityTooLarge
	return e
}

// parseObject parses a JSON object, bounded in depth, strict in UTF-8.
func parseObject(b []byte) (params, error) {
	if !utf8.Valid(b) {
		return nil, refuse(wabridge.CodeParameter, "the request body is not valid UTF-8")
	}
	if tooDeep(b) {
		return nil, refuse(wabridge.CodeParameter, "the request body is nested deeper than %d levels", maxDepth)
	}
	var p params
	if err := json.Unmarshal(b, &p); err != nil {
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, refuse(wabridge.CodeParameter, "the request body is not valid JSON: look at byte %d", e.Offset)
		}
		return nil, refuse(wabridge.CodeParameter, "the request body is not a JSON object")
	}
	for name, raw := range p {
		if isNull(raw) {
			delete(p, name)
		}
	}
	return p, nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || raw[0] == 'n' }

// tooDeep counts open brackets outside of strings.
func tooDeep(b []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// addForm adds what an urlencoded form or a query string holds.
func (p params) addForm(s string) error {
	values, err := url.ParseQuery(s)
	if err != nil {
		return refuse(wabridge.CodeParameter, "the query string or form is malformed: percent-encode the values")
	}
	for name, v := range values {
		if name == "access_token" {
			continue
		}
		if err := p.add(name, v[0]); err != nil {
			return err
		}
	}
	return nil
}

// addMultipart adds the plain fields of a multipart form.
func (p params) addMultipart(body []byte, boundary string) error {
	form, err := multipartForm(body, boundary)
	if err != nil {
		return refuse(wabridge.CodeParameter, "the multipart form cannot be read")
	}
	for name, value := range form {
		if err := p.add(name, value); err != nil {
			return err
		}
	}
	return nil
}

// add sets a member that is not there yet. A value that is a JSON object or
// list is that, as the Graph API has it; any other is a string.
func (p params) add(name, value string) error {
	if _, there := p[name]; there {
		return nil
	}
	if !utf8.ValidString(value) {
		return refuse(wabridge.CodeParameter, "a parameter is not valid UTF-8")
	}
	if strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") {
		raw := json.RawMessage(value)
		if tooDeep(raw) {
			return refuse(wabridge.CodeParameter, "%s: the value is nested deeper than %d levels", brief(name), maxDepth)
		}
		if json.Valid(raw) {
			p[name] = raw
			return nil
		}
	}
	p[name], _ = json.Marshal(value) // a string always can
	return nil
}

// text reads a member that is documented as a string; numbers are taken as
// they are written (contract, section 1.5).
func (p params) text(name string) (string, error) {
	raw := p[name]
	switch {
	case isNull(raw):
		return "", nil
	case raw[0] == '"':
		return unquote(name, raw)
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		if s := string(raw); isDigits(s) {
			return s, nil
		}
		return "", wrongType(name, "a string, or a number without fraction and exponent")
	}
	return "", wrongType(name, "a string")
}

// unquote decodes a JSON string without changing it silently: half of a
// surrogate pair, which has no character, is refused.
func unquote(name string, raw json.RawMessage) (string, error) {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", wrongType(name, "a string")
	}
	if n := strings.Count(s, "\ufffd"); n > 0 && n != meant(raw) {
		return "", refuse(wabridge.CodeParameter, "%s: holds half of a surrogate pair (\\ud800 to \\udfff); send whole characters", name)
	}
	return s, nil
}

// meant counts the replacement characters that the sender wrote himself.
func meant(raw json.RawMessage) int {
	return bytes.Count(raw, []byte("\ufffd")) + bytes.Count(bytes.ToLower(raw), []byte(`\ufffd`))
}

// flag reads a boolean, written as such or as a string.
func (p params) flag(name string) (bool, error) {
	switch strings.Trim(strings.ToLower(string(p[name])), `"`) {
	case "true", "1":
		return true, nil
	case "", "false", "0":
		return false, nil
	}
	return false, wrongType(name, "true or false")
}

// object reads a member that is an object; nil if it is not there.
func (p params) object(name string) (params, error) {
	raw := p[name]
	if isNull(raw) {
		return nil, nil
	}
	if raw[0] == '"' { // an object as a string, as in a form within JSON
		s, err := unquote(name, raw)
		if err != nil || !strings.HasPrefix(s, "{") {
			return nil, wrongType(name, "an object")
		}
		raw = json.RawMessage(s)
	}
	if raw[0] != '{' {
		return nil, wrongType(name, "an object")
	}
	return parseObject(raw)
}

// has tells whether a member is there and not null.
func (p params) has(name string) bool { return !isNull(p[name]) }

func wrongType(name, want string) error {
	return say(wabridge.CodeParameter, "(#100) Param "+name+" must be "+want+".", "%s: write it as %s", name, want)
}
