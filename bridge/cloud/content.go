package cloud

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
)

// kinds are the types of messages that the Cloud API has; text is the one that
// is sent today, each other one answers 131051.
var kinds = []string{"text", "image", "video", "audio", "document", "sticker", "location", "contacts", "interactive", "template", "reaction"}

// textBody is the object of a text message as it is stored.
type textBody struct {
	Body       string `json:"body"`
	PreviewURL bool   `json:"preview_url,omitempty"`
}

// content reads the type and the object of that name into m.
func (p params) content(m *wabridge.Message) error {
	kind, err := p.kind()
	if err != nil {
		return err
	}
	if kind != "text" {
		return say(wabridge.CodeUnsupported, "(#131051) Unsupported message type",
			"type: %s is not supported yet; this version sends text only, the other types are planned", kind)
	}
	text, err := p.textBody()
	if err != nil {
		return err
	}
	m.Type, m.Text = kind, wabridge.Text(text.Body)
	m.Body, err = json.Marshal(text)
	return err
}

// kind is the type, or where it is missing the only object that is there, or
// text (contract, section 1.5).
func (p params) kind() (string, error) {
	kind, err := p.text("type")
	if err != nil {
		return "", err
	}
	if kind == "" {
		there := slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return !p.has(k) })
		if len(there) == 1 {
			return there[0], nil
		}
		return "text", nil
	}
	if kind = strings.ToLower(kind); !slices.Contains(kinds, kind) {
		return "", say(wabridge.CodeParameter,
			"(#100) Param type must be one of {"+strings.ToUpper(strings.Join(kinds, ", "))+`} - got "`+brief(kind)+`".`,
			"type: set it to text")
	}
	return kind, nil
}

// textBody reads text.body and text.preview_url.
func (p params) textBody() (textBody, error) {
	t, err := p.object("text")
	if err != nil {
		return textBody{}, err
	}
	if t == nil {
		return textBody{}, required("text", `give the text as {"body":"…"}`)
	}
	body, err := t.text("body")
	if err != nil {
		return textBody{}, err
	}
	if err := checkText(body); err != nil {
		return textBody{}, err
	}
	preview, err := t.flag("preview_url")
	return textBody{body, preview}, err
}

// checkText holds a text to what a phone can send.
func checkText(s string) error {
	switch n := runes(s); {
	case n == 0:
		return required("text['body']", "give a text of 1 to 4096 characters")
	case n > wabridge.MaxText:
		return say(wabridge.CodeParameter, "(#100) Param text['body'] must be at most 4096 characters long.",
			"text.body: it has %d characters (Unicode code points); send it in parts", n)
	case strings.ContainsRune(s, 0):
		return refuse(wabridge.CodeValue, "text.body: it holds a NUL character, which WhatsApp cannot show; take it out")
	case strings.TrimFunc(s, unicode.IsSpace) == "":
		return refuse(wabridge.CodeValue, "text.body: it is blank, and WhatsApp sends no blank messages; give some text")
	}
	return nil
}

// runes counts characters: Unicode code points, as wabridge.MaxText says.
func runes(s string) int { return utf8.RuneCountInString(s) }
