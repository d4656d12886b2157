package content

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
)

// Statuses of a template, the formats of its parameters, and its categories,
// in the Cloud API's words.
const (
	Approved = "APPROVED"
	Pending  = "PENDING"
	Rejected = "REJECTED"
	Paused   = "PAUSED"
	Disabled = "DISABLED"

	Positional = "POSITIONAL" // {{1}}, {{2}} …
	Named      = "NAMED"      // {{first_name}}

	CategoryAuthentication = "AUTHENTICATION"
	CategoryMarketing      = "MARKETING"
	CategoryUtility        = "UTILITY"
)

// Limits of a template's texts, in characters (contract, section 5). Those of
// header and body hold for the texts with their parameters filled in, too.
const (
	MaxHeader     = 60
	MaxBody       = 1024
	MaxFooter     = 60
	MaxButtonText = 25
	MaxButtons    = 10
)

// A Template is the definition of a message, in the form in which the Business
// Management API shows it; it is stored as the Data of a queue.Object.
type Template struct {
	ID               string          `json:"id"` // decimal digits
	Name             string          `json:"name"`
	Language         string          `json:"language"` // "en_US", as it was created
	Category         string          `json:"category"` // CategoryMarketing …
	PreviousCategory string          `json:"previous_category,omitempty"`
	Status           string          `json:"status"` // Approved …
	Rejected         string          `json:"rejected_reason,omitempty"`
	ParameterFormat  string          `json:"parameter_format,omitempty"` // "" is Positional
	Components       []Component     `json:"components"`
	Quality          json.RawMessage `json:"quality_score,omitempty"`
	TTL              int             `json:"message_send_ttl_seconds,omitempty"`
}

// A Component is a part of a template.
type Component struct {
	Type    string          `json:"type"`             // HEADER, BODY, FOOTER, BUTTONS
	Format  string          `json:"format,omitempty"` // of a header: TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION
	Text    string          `json:"text,omitempty"`
	Example json.RawMessage `json:"example,omitempty"`
	Buttons []Button        `json:"buttons,omitempty"`

	// Of an authentication template, whose texts are given.
	Security bool `json:"add_security_recommendation,omitempty"`
	Minutes  int  `json:"code_expiration_minutes,omitempty"`
}

// A Button is an offer below a template.
type Button struct {
	Type    string          `json:"type"` // QUICK_REPLY, URL, PHONE_NUMBER, COPY_CODE, OTP; others are not carried
	Text    string          `json:"text,omitempty"`
	URL     string          `json:"url,omitempty"` // may end in {{1}}
	Phone   string          `json:"phone_number,omitempty"`
	Example json.RawMessage `json:"example,omitempty"`
	OTPType string          `json:"otp_type,omitempty"`
}

// CarriedButtons are the types of buttons that a phone carries.
var CarriedButtons = []string{"QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE", "OTP"}

// ReadTemplate reads a definition as a client writes it: words of any case,
// numbers as strings. It checks types, not limits; errors are of type *Error.
func ReadTemplate(raw json.RawMessage) (Template, error) {
	o := open("", raw)
	if !o.ok() {
		return Template{}, *o.err
	}
	t := Template{
		ID: o.text("id"), Name: o.text("name"), Language: o.text("language"), Category: strings.ToUpper(o.text("category")),
		Status: strings.ToUpper(o.text("status")), ParameterFormat: strings.ToUpper(o.text("parameter_format")),
		TTL: o.count("message_send_ttl_seconds"), Components: readComponents(o),
	}
	return t, *o.err
}

// count reads a whole number, 0 if it is not there.
func (o object) count(name string) int {
	s := strings.Trim(string(o.members[name]), "\" \t\r\n")
	if !o.has(name) || s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		o.fail(wrongType(o.at(name), name, "a whole number"))
	}
	return n
}

func readComponents(o object) []Component {
	out := []Component{}
	for _, in := range o.list("components") {
		c := Component{
			Type: strings.ToUpper(in.text("type")), Format: strings.ToUpper(in.text("format")), Text: in.text("text"),
			Security: in.flag("add_security_recommendation"), Minutes: in.count("code_expiration_minutes"),
		}
		if in.has("example") {
			c.Example = in.members["example"]
		}
		if c.Type == "HEADER" && c.Format == "" {
			c.Format = "TEXT"
		}
		for _, b := range in.list("buttons") {
			c.Buttons = append(c.Buttons, readButton(b))
		}
		out = append(out, c)
	}
	return out
}

func readButton(o object) Button {
	b := Button{
		Type: strings.ToUpper(o.text("type")), Text: o.text("text"), URL: o.text("url"), Phone: o.text("phone_number"),
		OTPType: strings.ToUpper(o.text("otp_type")),
	}
	if o.has("example") {
		b.Example = o.members["example"]
	}
	return b
}

// Part is the component of a type (HEADER, BODY, FOOTER, BUTTONS); nil if the
// template has none.
func (t *Template) Part(kind string) *Component {
	i := slices.IndexFunc(t.Components, func(c Component) bool { return c.Type == kind })
	if i < 0 {
		return nil
	}
	return &t.Components[i]
}

var placeholder = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)

// Placeholders are the names in a text's {{…}}, in order of first appearance,
// each once: "1", "2", or "first_name".
func Placeholders(text string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}

// Text of an authentication template, which its owner cannot choose. Meta has
// it in each language; here it is in English (from memory, not from the
// contract).
const (
	codeText     = "*{{1}}* is your verification code."
	securityText = "For your security, do not share this code."
)

// BodyText is the body with its placeholders, also of an authentication
// template.
func (t *Template) BodyText() string {
	c := t.Part("BODY")
	switch {
	case c == nil:
		return ""
	case c.Text != "" || t.Category != CategoryAuthentication:
		return c.Text
	case c.Security:
		return codeText + " " + securityText
	}
	return codeText
}

// FooterText is the footer, also of an authentication template.
func (t *Template) FooterText() string {
	c := t.Part("FOOTER")
	switch {
	case c == nil:
		return ""
	case c.Text == "" && c.Minutes > 0:
		return "This code expires in " + strconv.Itoa(c.Minutes) + " minutes."
	}
	return c.Text
}

// sendable says whether messages may be made of it now.
func (t *Template) sendable() *Error {
	switch t.Status {
	case Approved:
		return nil
	case Paused:
		return fault(wabridge.CodeTemplatePaused, "template", "it is paused; unpause it or use another one")
	case Disabled:
		return fault(wabridge.CodeTemplateDisabled, "template", "it is disabled; use another one")
	}
	return NoTemplate(t.Name, t.Language)
}

// NoTemplate is the error of a name and language that no approved template
// has.
func NoTemplate(name, language string) *Error {
	return fault(wabridge.CodeNoTemplate, "", "template name (%s) does not exist in %s", brief(name), brief(language))
}

// brief keeps an echoed name short and printable.
func brief(s string) string {
	clean := []rune(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\'' || r == '"' || r == 0xfffd {
			return -1
		}
		return r
	}, s))
	if len(clean) > 60 {
		return string(clean[:60]) + "…"
	}
	return string(clean)
}
