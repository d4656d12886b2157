package content

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Subcodes of code 100 by which the Business Management API says why it does
// not take a template. The first six are the contract's (section 5); the
// others are from public logs.
const (
	TemplateLimit        = 2388019 // the account has too many
	TemplateTooLong      = 2388040
	TemplateFormat       = 2388047 // of header or body
	TemplateFooterFormat = 2388073
	TemplateVariables    = 2388293 // too many for the length
	TemplateEdges        = 2388299 // a variable at the start or the end
	TemplateExists       = 2388024 // this name and language
	TemplateExample      = 2388043 // a variable or a file without an example
	TemplateName         = 2388046
)

// maxTemplateName and the others bound what has no limit of its own above.
const (
	maxTemplateName = 512
	maxButtonURL    = 2000
	maxButtonPhone  = 20
	maxCouponCode   = 15
	maxCodeMinutes  = 90
)

// A Refusal says why a template is not taken.
type Refusal struct {
	Subcode int    // 0: a parameter is wrong in a way that has no number
	Field   string // "components[0].text"
	Title   string // error_user_title
	Detail  string // error_user_msg: what is wrong and what to do; no private text
}

// Error is the field and what is wrong with it.
func (r *Refusal) Error() string {
	if r.Field == "" {
		return r.Detail
	}
	return r.Field + ": " + r.Detail
}

func wrong(field, detail string) *Refusal {
	return &Refusal{Field: field, Title: "Invalid parameter", Detail: detail}
}

func long(field string, most, has int) *Refusal {
	return &Refusal{TemplateTooLong, field, "Character Limit Exceeded",
		"it has " + strconv.Itoa(has) + " characters, " + strconv.Itoa(most) + " are allowed; shorten it"}
}

func malformed(subcode int, field, detail string) *Refusal {
	title := map[int]string{TemplateFormat: "Message Format is Incorrect", TemplateFooterFormat: "Message Footer Format is Incorrect",
		TemplateExample: "Message Template Is Missing an Example", TemplateEdges: "Variables can't be at the start or end of the template",
		TemplateVariables: "Parameters words ratio exceeds limit", TemplateName: "Name Format is Incorrect"}[subcode]
	return &Refusal{subcode, field, title, detail}
}

var (
	templateName     = regexp.MustCompile(`^[a-z0-9_]+$`)
	templateLanguage = regexp.MustCompile(`^[A-Za-z]{2,3}([_-][A-Za-z]{2,4})?$`)
	namedParameter   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// Check holds a new template to the limits of the Business Management API
// (contract, section 5). nil means that it is taken.
func (t *Template) Check() *Refusal {
	switch {
	case t.Name == "":
		return wrong("name", "give a name")
	case !templateName.MatchString(t.Name):
		return malformed(TemplateName, "name", "the name can only have lowercase letters, digits and underscores")
	case len(t.Name) > maxTemplateName:
		return long("name", maxTemplateName, len(t.Name))
	case !templateLanguage.MatchString(t.Language):
		return wrong("language", "give a language code like en_US")
	case t.Category == "":
		return wrong("category", "set it to AUTHENTICATION, MARKETING or UTILITY")
	case !slices.Contains([]string{CategoryAuthentication, CategoryMarketing, CategoryUtility}, t.Category):
		return wrong("category", "it must be AUTHENTICATION, MARKETING or UTILITY")
	case !slices.Contains([]string{"", Positional, Named}, t.ParameterFormat):
		return wrong("parameter_format", "it must be POSITIONAL or NAMED")
	}
	return t.CheckComponents()
}

// CheckComponents is the part of Check that an edit needs, too.
func (t *Template) CheckComponents() *Refusal {
	seen := map[string]bool{}
	for i := range t.Components {
		c, at := &t.Components[i], "components["+strconv.Itoa(i)+"]"
		if seen[c.Type] {
			return wrong(at, "there are two of this type; one is allowed")
		}
		seen[c.Type] = true
		if r := t.checkComponent(c, at); r != nil {
			return r
		}
	}
	if !seen["BODY"] {
		return wrong("components", "a template needs a component of type BODY")
	}
	if t.Category == CategoryAuthentication && !seen["BUTTONS"] {
		return wrong("components", "an authentication template needs a BUTTONS component with one OTP button")
	}
	return nil
}

func (t *Template) checkComponent(c *Component, at string) *Refusal {
	if t.Category == CategoryAuthentication {
		return t.checkAuthentication(c, at)
	}
	switch c.Type {
	case "HEADER":
		return t.checkHeader(c, at)
	case "BODY":
		return t.checkBody(c, at)
	case "FOOTER":
		return checkFooter(c, at)
	case "BUTTONS":
		return checkButtons(c, at)
	}
	return wrong(at+".type", "a phone carries HEADER, BODY, FOOTER and BUTTONS")
}

// checkAuthentication: the texts of these are given, and there is one button,
// to copy the code.
func (t *Template) checkAuthentication(c *Component, at string) *Refusal {
	switch {
	case c.Type == "BODY" && c.Text == "":
		return nil
	case c.Type == "FOOTER" && c.Text == "":
		if c.Minutes < 1 || c.Minutes > maxCodeMinutes {
			return wrong(at+".code_expiration_minutes", "give 1 to 90 minutes")
		}
		return nil
	case c.Type == "BUTTONS":
		if len(c.Buttons) != 1 || c.Buttons[0].Type != "OTP" {
			return wrong(at+".buttons", "an authentication template has exactly one button, of type OTP")
		}
		if b := c.Buttons[0]; !slices.Contains([]string{"COPY_CODE", "ONE_TAP", "ZERO_TAP"}, b.OTPType) {
			return wrong(at+".buttons[0].otp_type", "it must be COPY_CODE, ONE_TAP or ZERO_TAP")
		}
		return checkLabel(c.Buttons[0].Text, at+".buttons[0].text", false)
	}
	return wrong(at, "the texts of an authentication template cannot be chosen: give BODY, FOOTER and BUTTONS without text")
}

func (t *Template) checkHeader(c *Component, at string) *Refusal {
	switch c.Format {
	case "TEXT":
	case "LOCATION":
		return nil
	case "IMAGE", "VIDEO", "DOCUMENT":
		if len(exampleStrings(c.Example, "header_handle")) == 0 {
			return malformed(TemplateExample, at+".example.header_handle", "give the handle of an uploaded sample file")
		}
		return nil
	default:
		return wrong(at+".format", "it must be TEXT, IMAGE, VIDEO, DOCUMENT or LOCATION")
	}
	switch {
	case strings.TrimSpace(c.Text) == "":
		return wrong(at+".text", "give the text of the header")
	case utf8.RuneCountInString(c.Text) > MaxHeader:
		return long(at+".text", MaxHeader, utf8.RuneCountInString(c.Text))
	case strings.ContainsAny(c.Text, "\n\r*_~`"):
		return malformed(TemplateFormat, at+".text", "a header has no line breaks and no formatting")
	}
	if r := t.checkPlaceholders(c.Text, at+".text", 1); r != nil {
		return r
	}
	return t.checkExample(c, at, "header_text")
}

func (t *Template) checkBody(c *Component, at string) *Refusal {
	field := at + ".text"
	switch {
	case strings.TrimSpace(c.Text) == "":
		return wrong(field, "give the text of the body")
	case utf8.RuneCountInString(c.Text) > MaxBody:
		return long(field, MaxBody, utf8.RuneCountInString(c.Text))
	}
	if r := t.checkPlaceholders(c.Text, field, 0); r != nil {
		return r
	}
	trimmed := strings.TrimSpace(c.Text)
	if strings.HasPrefix(trimmed, "{{") || strings.HasSuffix(trimmed, "}}") {
		return malformed(TemplateEdges, field, "put some text before the first and after the last variable")
	}
	if n := len(Placeholders(c.Text)); n > 0 && words(c.Text) < 2*n+1 {
		return malformed(TemplateVariables, field, "this template has too many variables for its length: have "+strconv.Itoa(2*n+1)+" words beside them, or fewer variables")
	}
	return t.checkExample(c, at, "body_text")
}

// words counts what is not a variable. (That n variables need 2n+1 words is
// from memory of Meta's advice, not from the contract.)
func words(text string) int {
	rest := placeholder.ReplaceAllString(text, " ")
	return len(strings.FieldsFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '\'' }))
}

func checkFooter(c *Component, at string) *Refusal {
	switch {
	case strings.TrimSpace(c.Text) == "":
		return wrong(at+".text", "give the text of the footer")
	case utf8.RuneCountInString(c.Text) > MaxFooter:
		return long(at+".text", MaxFooter, utf8.RuneCountInString(c.Text))
	case strings.Contains(c.Text, "{{") || strings.ContainsAny(c.Text, "\n\r"):
		return malformed(TemplateFooterFormat, at+".text", "a footer has no variables and no line breaks")
	}
	return nil
}

// checkPlaceholders: every pair of braces is a variable of the template's
// format; positional ones count from 1 without a gap; most of them, 0 for any
// number.
func (t *Template) checkPlaceholders(text, field string, most int) *Refusal {
	names := Placeholders(text)
	rest := placeholder.ReplaceAllString(text, "")
	if strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
		return malformed(TemplateFormat, field, "a variable is written {{1}}, or {{name}} with parameter_format NAMED")
	}
	if most > 0 && len(names) > most {
		return malformed(TemplateFormat, field, "a header has at most one variable")
	}
	for _, name := range names {
		n, err := strconv.Atoi(name)
		switch {
		case t.ParameterFormat == Named && !namedParameter.MatchString(name):
			return malformed(TemplateFormat, field, "named variables have lowercase letters, digits and underscores, and begin with a letter")
		case t.ParameterFormat != Named && (err != nil || n < 1 || n > len(names) || strconv.Itoa(n) != name):
			return malformed(TemplateFormat, field, "variables are {{1}}, {{2}} … without a gap; for names set parameter_format to NAMED")
		}
	}
	return nil
}

// checkExample: each variable has an example.
func (t *Template) checkExample(c *Component, at, member string) *Refusal {
	names := Placeholders(c.Text)
	if len(names) == 0 {
		return nil
	}
	if t.ParameterFormat == Named {
		given := namedExamples(c.Example, member+"_named_params")
		for _, name := range names {
			if !slices.Contains(given, name) {
				return malformed(TemplateExample, at+".example."+member+"_named_params", `give {"param_name":…,"example":…} for each variable`)
			}
		}
		return nil
	}
	if len(exampleStrings(c.Example, member)) != len(names) {
		return malformed(TemplateExample, at+".example."+member, "give one example for each variable, in their order")
	}
	return nil
}

// exampleStrings reads a member of an example: a list of strings, or a list of
// such lists, of which the first counts.
func exampleStrings(raw json.RawMessage, member string) []string {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	var flat []string
	if json.Unmarshal(members[member], &flat) == nil {
		return flat
	}
	var rows [][]string
	if json.Unmarshal(members[member], &rows) == nil && len(rows) > 0 {
		return rows[0]
	}
	return nil
}

// namedExamples lists the names that have an example.
func namedExamples(raw json.RawMessage, member string) (names []string) {
	var members map[string]json.RawMessage
	var list []struct {
		Name    string `json:"param_name"`
		Example any    `json:"example"`
	}
	if json.Unmarshal(raw, &members) != nil || json.Unmarshal(members[member], &list) != nil {
		return nil
	}
	for _, e := range list {
		if e.Example != nil && e.Example != "" {
			names = append(names, e.Name)
		}
	}
	return names
}

// most of each type of button. Those that are not named are not carried. (From
// memory of Meta's pages, except for ten in all.)
var mostButtons = map[string]int{"QUICK_REPLY": MaxButtons, "URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1}

func checkButtons(c *Component, at string) *Refusal {
	if n := len(c.Buttons); n < 1 || n > MaxButtons {
		return wrong(at+".buttons", "give 1 to 10 buttons")
	}
	count := map[string]int{}
	for i, b := range c.Buttons {
		field := at + ".buttons[" + strconv.Itoa(i) + "]"
		most, known := mostButtons[b.Type]
		if count[b.Type]++; !known {
			return wrong(field+".type", "a phone carries QUICK_REPLY, URL, PHONE_NUMBER and COPY_CODE (and OTP in authentication templates)")
		}
		if count[b.Type] > most {
			return wrong(field, "there are too many buttons of this type; at most "+strconv.Itoa(most))
		}
		if r := checkButton(b, field); r != nil {
			return r
		}
	}
	return nil
}

func checkButton(b Button, at string) *Refusal {
	if r := checkLabel(b.Text, at+".text", b.Type != "COPY_CODE"); r != nil {
		return r
	}
	switch b.Type {
	case "URL":
		return checkButtonURL(b, at)
	case "PHONE_NUMBER":
		if b.Phone == "" || len(b.Phone) > maxButtonPhone {
			return wrong(at+".phone_number", "give a phone number of at most 20 characters")
		}
	case "COPY_CODE":
		code := firstExample(b.Example)
		if code == "" {
			return malformed(TemplateExample, at+".example", "give an example of the code")
		}
		if n := utf8.RuneCountInString(code); n > maxCouponCode {
			return long(at+".example", maxCouponCode, n)
		}
	}
	return nil
}

// checkButtonURL: a variable may stand at the end only.
func checkButtonURL(b Button, at string) *Refusal {
	fixed, variable := strings.CutSuffix(b.URL, "{{1}}")
	switch {
	case !strings.HasPrefix(b.URL, "http://") && !strings.HasPrefix(b.URL, "https://"):
		return wrong(at+".url", "give a full address that begins with http:// or https://")
	case len(b.URL) > maxButtonURL:
		return long(at+".url", maxButtonURL, len(b.URL))
	case strings.Contains(fixed, "{{"):
		return malformed(TemplateFormat, at+".url", "an address has at most one variable, {{1}}, at its end")
	case variable && firstExample(b.Example) == "":
		return malformed(TemplateExample, at+".example", "give an example of the whole address")
	}
	return nil
}

// firstExample reads an example that is a string or a list of them.
func firstExample(raw json.RawMessage) string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		return list[0]
	}
	return ""
}

func checkLabel(text, field string, needed bool) *Refusal {
	n := utf8.RuneCountInString(text)
	switch {
	case n == 0 && needed:
		return wrong(field, "give the text of the button")
	case n > MaxButtonText:
		return long(field, MaxButtonText, n)
	case strings.Contains(text, "{{"):
		return malformed(TemplateFormat, field, "the text of a button has no variables")
	}
	return nil
}
