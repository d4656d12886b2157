package content

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
)

// A place is where a parameter of a template stands.
type place struct {
	component string // header, body or button
	index     int    // of the button
	name      string // of the placeholder
}

// places lists a template's placeholders in the order in which numbers count
// them: header, body, the endings of addresses.
func (t *Template) places() []place {
	var out []place
	if c := t.Part("HEADER"); c != nil && c.Format == "TEXT" {
		for _, name := range Placeholders(c.Text) {
			out = append(out, place{component: "header", name: name})
		}
	}
	for _, name := range Placeholders(t.BodyText()) {
		out = append(out, place{component: "body", name: name})
	}
	if c := t.Part("BUTTONS"); c != nil {
		for i, b := range c.Buttons {
			if len(Placeholders(b.URL)) > 0 {
				out = append(out, place{component: "button", index: i})
			}
		}
	}
	return out
}

// Fill renders the template with parameters that are named by their number,
// counted through header, body and the endings of addresses ("1", "2" …), or by
// their name; link is the file in its header, "" for none. object is the
// message's in the Cloud API's form. Errors are of type *Error.
func (t *Template) Fill(params map[string]string, link string) (c Carried, object json.RawMessage, err error) {
	raw := body(map[string]any{"name": t.Name, "language": map[string]string{"code": t.Language}, "components": t.components(params, link)})
	parsed, err := Parse("template", raw)
	if err != nil {
		return Carried{}, nil, err
	}
	if n := len(t.places()); len(params) != n {
		return Carried{}, nil, fault(wabridge.CodeParamCount, "", "there are %d parameters, the template has %d", len(params), n)
	}
	c, err = t.Render(parsed.Template)
	return c, parsed.Carry().Body, err
}

// TakesFile reports whether the template's header is a file, and its kind of
// message (image, video or document).
func (t *Template) TakesFile() (kind string, ok bool) {
	h := t.Part("HEADER")
	if h == nil || !slices.Contains([]string{"IMAGE", "VIDEO", "DOCUMENT"}, h.Format) {
		return "", false
	}
	return strings.ToLower(h.Format), true
}

type component struct {
	Type  string           `json:"type"`
	Sub   string           `json:"sub_type,omitempty"`
	Index *int             `json:"index,omitempty"`
	List  []map[string]any `json:"parameters"`
}

// components are the parameters as the Cloud API writes them.
func (t *Template) components(params map[string]string, link string) []component {
	var out []component
	if kind, ok := t.TakesFile(); ok && link != "" {
		out = append(out, component{Type: "header", List: []map[string]any{{"type": kind, kind: map[string]string{"link": link}}}})
	}
	for i, p := range t.places() {
		value, given := params[strconv.Itoa(i+1)]
		param := map[string]any{"type": "text", "text": value}
		if t.ParameterFormat == Named && p.name != "" {
			if !given {
				value, given = params[p.name]
			}
			param["text"], param["parameter_name"] = value, p.name
		}
		if !given {
			continue // Render counts them
		}
		last := len(out) - 1
		if p.component != "button" && last >= 0 && out[last].Type == p.component {
			out[last].List = append(out[last].List, param)
			continue
		}
		c := component{Type: p.component, List: []map[string]any{param}}
		if p.component == "button" {
			c.Sub, c.Index = "url", &p.index
		}
		out = append(out, c)
	}
	return out
}
