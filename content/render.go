package content

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
)

// Render fills the template with what the message gives, or says with one of
// the 132xxx codes why it does not fit. The result is carried as a text or, if
// the header is a file, as that file with its caption. Errors are of type
// *Error.
func (t *Template) Render(m *TemplateMessage) (Carried, error) {
	r := rendering{t: t, m: m}
	r.check(t.sendable())
	head := r.header()
	text := r.fill("body", t.BodyText(), m.of("body"), MaxBody)
	offers := r.buttons()
	r.unused()
	c := Carried{Kind: "template", Text: blocks(head, text, t.FooterText(), offers), Choices: r.choices, Media: r.media}
	limit := wabridge.MaxText
	if c.Media != nil {
		limit = MaxCaption
	}
	if n := runes(c.Text); n > limit {
		r.check(fault(wabridge.CodeTextLong, "template", "the whole text has %d characters, %d are what a phone can carry; shorten the parameters", n, limit))
	}
	if r.err != nil {
		return Carried{}, r.err
	}
	return c, nil
}

// A rendering is one filling-in. The first error is kept.
type rendering struct {
	t       *Template
	m       *TemplateMessage
	choices []wabridge.Choice
	media   *MediaRef
	err     error
}

func (r *rendering) check(err *Error) {
	if err != nil && r.err == nil {
		r.err = err
	}
}

func (r *rendering) refuse(code wabridge.Code, field, format string, args ...any) {
	r.check(fault(code, field, format, args...))
}

// header is the header's text. A file goes into r.media.
func (r *rendering) header() string {
	c, given := r.t.Part("HEADER"), r.m.of("header")
	if c == nil || c.Format == "TEXT" {
		text := ""
		if c != nil {
			text = c.Text
		}
		return r.fill("header", text, given, MaxHeader)
	}
	received := "UNKNOWN"
	if len(given) > 0 {
		received = strings.ToUpper(given[0].kind)
	}
	switch {
	case len(given) > 1:
		r.miscounted("header", len(given), 1)
	case received != c.Format:
		r.refuse(wabridge.CodeParamFormat, "header", "Format mismatch, expected %s, received %s", c.Format, received)
	case c.Format == "LOCATION":
		return given[0].place.Text()
	default:
		r.media = given[0].media
	}
	return ""
}

func (r *rendering) miscounted(where string, got, want int) {
	r.refuse(wabridge.CodeParamCount, where, "number of localizable_params (%d) does not match the expected number of params (%d)", got, want)
}

// fill puts the values into a text and holds the result to its limit.
func (r *rendering) fill(where, text string, given []value, limit int) string {
	names := Placeholders(text)
	if len(given) != len(names) {
		r.miscounted(where, len(given), len(names))
		return ""
	}
	with := map[string]string{}
	for i, v := range given {
		name := names[i]
		if r.t.ParameterFormat == Named {
			name = v.name
		} else if n := strconv.Itoa(i + 1); slices.Contains(names, n) {
			name = n
		}
		if !slices.Contains(names, name) || with[name] != "" {
			r.refuse(wabridge.CodeParamFormat, where, "each parameter needs the parameter_name of one placeholder of the template: %s", strings.Join(names, ", "))
			return ""
		}
		with[name] = r.clean(where, v)
	}
	out := placeholder.ReplaceAllStringFunc(text, func(s string) string { return with[placeholder.FindStringSubmatch(s)[1]] })
	if n := runes(out); n > limit {
		r.refuse(wabridge.CodeTextLong, where, "with its parameters it has %d characters, %d are allowed; shorten them", n, limit)
	}
	return out
}

var gaps = regexp.MustCompile(`[\n\r\t]| {5,}`)

// clean is the text of a value, if it is one that may stand in a template.
func (r *rendering) clean(where string, v value) string {
	switch {
	case v.kind != "text" && v.kind != "currency" && v.kind != "date_time":
		r.refuse(wabridge.CodeParamFormat, where, "Format mismatch, expected TEXT, received %s", strings.ToUpper(v.kind))
	case blank(v.text):
		r.refuse(wabridge.CodeMissing, where, "Parameter of type text is missing text value")
	case gaps.MatchString(v.text):
		r.refuse(wabridge.CodeTemplateCheck, where, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
	case strings.ContainsFunc(v.text, func(c rune) bool { return c < ' ' || c >= 0x7f && c < 0xa0 }):
		r.refuse(wabridge.CodeCharacters, where, "a parameter holds a control character; take it out")
	}
	return v.text
}

// buttons are the lines below the text; quick replies become choices.
func (r *rendering) buttons() string {
	c := r.t.Part("BUTTONS")
	if c == nil {
		return ""
	}
	var lines []string
	for i, b := range c.Buttons {
		given := r.m.button(i)
		if given != nil && !fits(b.Type, given.sub) {
			r.refuse(wabridge.CodeTemplateCheck, "buttons", "Button at index %d is of type %s, not %s", i, b.Type, given.sub)
		}
		if line := r.button(i, b, given); line != "" {
			lines = append(lines, line)
		}
	}
	return blocks(strings.Join(lines, "\n"), listed(r.choices))
}

// fits compares a definition's type with the sub_type of its parameters. The
// code of an authentication template comes as that of a url.
func fits(kind, sub string) bool {
	return strings.EqualFold(kind, sub) || kind == "OTP" && (sub == "url" || sub == "copy_code")
}

// button is the line of one button, "" for a quick reply and for the button
// that copies a code, which stands in the body.
func (r *rendering) button(i int, b Button, given *values) string {
	switch b.Type {
	case "QUICK_REPLY":
		c := wabridge.Choice{Reply: "button", Number: len(r.choices) + 1, ID: b.Text, Title: b.Text}
		if s := r.one(i, given); s != "" {
			c.ID = s
		}
		r.choices = append(r.choices, c)
		return ""
	case "URL":
		return oneLine(b.Text) + ": " + r.address(i, b, given)
	case "PHONE_NUMBER":
		return oneLine(b.Text) + ": +" + strings.TrimPrefix(b.Phone, "+")
	case "COPY_CODE":
		return oneLine(b.Text) + ": " + r.needed(i, "Copy_code", given)
	case "OTP":
		r.needed(i, "Url", given)
		return ""
	}
	r.refuse(wabridge.CodeUnsupported, "buttons", "Button at index %d is of type %s, which a phone cannot carry", i, b.Type)
	return ""
}

// address is a button's URL with its ending filled in.
func (r *rendering) address(i int, b Button, given *values) string {
	names := Placeholders(b.URL)
	if len(names) == 0 {
		if given != nil && len(given.params) > 0 {
			r.miscounted("buttons", len(given.params), 0)
		}
		return b.URL
	}
	ending := r.needed(i, "Url", given)
	return placeholder.ReplaceAllLiteralString(b.URL, ending)
}

// needed is the one value that a button must be given.
func (r *rendering) needed(i int, kind string, given *values) string {
	s := r.one(i, given)
	switch {
	case s == "":
		r.refuse(wabridge.CodeMissing, "buttons", "Button at index %d of type %s requires a parameter", i, kind)
	case strings.ContainsAny(s, " \t\r\n") && kind == "Url":
		r.refuse(wabridge.CodeTemplateCheck, "buttons", "the parameter of the button at index %d holds blanks; percent-encode them", i)
	}
	return s
}

// one is the only value of a button, "" if there is none.
func (r *rendering) one(i int, given *values) string {
	if given == nil || len(given.params) == 0 {
		return ""
	}
	if len(given.params) > 1 {
		r.miscounted("buttons", len(given.params), 1)
	}
	v := given.params[0]
	if v.kind != "text" && v.kind != "payload" && v.kind != "coupon_code" {
		r.refuse(wabridge.CodeParamFormat, "buttons", "the parameter of the button at index %d must be of type text, payload or coupon_code", i)
	}
	return v.text
}

// unused refuses values for buttons that the template does not have: what a
// caller gives is never dropped silently.
func (r *rendering) unused() {
	n := 0
	if c := r.t.Part("BUTTONS"); c != nil {
		n = len(c.Buttons)
	}
	seen := map[string]bool{}
	for _, v := range r.m.parts {
		key := v.kind + strconv.Itoa(v.index)
		if v.kind == "button" && (v.index < 0 || v.index >= n) {
			r.refuse(wabridge.CodeTemplateCheck, "buttons", "the template has no button at index %d", v.index)
		} else if seen[key] {
			r.refuse(wabridge.CodeTemplateCheck, v.kind, "its parameters are given twice")
		}
		seen[key] = true
	}
}
