package content

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
)

// Limits of interactive messages, in characters or counts (contract, section
// 2.2).
const (
	maxBody        = 1024
	maxListBody    = 4096
	maxButtons     = 3
	maxReplyID     = 256
	maxReplyTitle  = 20
	maxListButton  = 20
	maxSections    = 10
	maxSection     = 24
	maxRows        = 10 // in all sections together
	maxRowID       = 200
	maxRowTitle    = 24
	maxRowText     = 72
	maxDisplayText = 20
)

// interactiveBody is an interactive message in the form in which it is kept.
type interactiveBody struct {
	Type   string          `json:"type"`
	Header json.RawMessage `json:"header,omitempty"`
	Body   json.RawMessage `json:"body,omitempty"`
	Footer json.RawMessage `json:"footer,omitempty"`
	Action json.RawMessage `json:"action,omitempty"`
}

// interactives render what stands below the text of each type.
var interactives = map[string]func(action object, c *Carried) string{
	"button": replyButtons, "list": rows, "cta_url": link, "location_request_message": askLocation,
}

// notCarried are the Cloud API's other types of interactive messages.
var notCarried = []string{"product", "product_list", "catalog_message", "flow", "call_permission_request", "order_details", "order_status",
	"order", "address_message", "voice_call", "carousel", "payment_request", "request_contact_info", "media_carousel"}

func parseInteractive(o object) Content {
	kind := strings.ToLower(o.text("type"))
	below, known := interactives[kind]
	switch {
	case kind == "":
		o.fail(fault(wabridge.CodeMissing, o.at("type"), "set it to button, list, cta_url or location_request_message"))
	case slices.Contains(notCarried, kind):
		o.fail(fault(wabridge.CodeUnsupported, o.at("type"), "a phone cannot carry %s; send a text, a button or a list message", kind))
	case !known:
		o.fail(&Error{Code: wabridge.CodeParameter, Field: o.at("type"), Detail: "set it to one of them",
			Words: "Param interactive['type'] must be one of {BUTTON, LIST, CTA_URL, LOCATION_REQUEST_MESSAGE}."})
	}
	if !o.ok() {
		return Content{}
	}
	var c Carried
	head := header(o.object("header"), kind, &c)
	limit := maxBody
	if kind == "list" {
		limit = maxListBody
	}
	text := o.need("body", `give it as {"text":"…"}`).required("text", limit)
	foot := ""
	if o.has("footer") {
		foot = o.object("footer").required("text", MaxFooter)
	}
	offers := below(o.need("action", "say what the message offers"), &c)
	c.Text = blocks(head, text, foot, offers)
	o.measure(&c)
	c.Body = body(interactiveBody{kind, o.members["header"], o.members["body"], o.members["footer"], o.members["action"]})
	return Content{carried: c}
}

// header reads a header; a file goes into c.
func header(o object, kind string, c *Carried) string {
	if len(o.members) == 0 {
		return ""
	}
	switch what := strings.ToLower(o.text("type")); {
	case what == "text":
		return o.required("text", MaxHeader)
	case kind == "list":
		o.fail(fault(wabridge.CodeValue, o.at("type"), "a list has only a text as its header"))
	case kind == "location_request_message":
		o.fail(fault(wabridge.CodeValue, o.path, "a location request has no header; put its text into the body"))
	case what == "image" || what == "video" || what == "document":
		c.Media = readMedia(o.need(what, "give the file as id or as link"), what)
	default:
		o.fail(fault(wabridge.CodeValue, o.at("type"), "set it to text, image, video or document"))
	}
	return ""
}

// measure holds the whole to what one message of a phone can be.
func (o object) measure(c *Carried) {
	limit, what := wabridge.MaxText, "a text"
	if c.Media != nil {
		limit, what = MaxCaption, "the caption of the header's file"
	}
	if n := runes(c.Text); n > limit {
		o.fail(fault(wabridge.CodeValue, o.path, "a phone carries it as %s of %d characters at most, with its numbered choices it has %d; shorten it", what, limit, n))
	}
}

// listed are the choices as numbered lines.
func listed(choices []wabridge.Choice) string {
	lines := make([]string, len(choices))
	for i, c := range choices {
		lines[i] = fmt.Sprintf("%d. %s", c.Number, oneLine(c.Title))
		if d := oneLine(c.Description); d != "" {
			lines[i] += " - " + d
		}
	}
	return strings.Join(lines, "\n")
}

// offer notes a choice and its number. The id comes back in the answer, so it
// must be unique.
func (c *Carried) offer(o object, choice wabridge.Choice) {
	if choice.ID != strings.TrimSpace(choice.ID) {
		o.fail(fault(wabridge.CodeValue, o.at("id"), "it begins or ends with a blank; take it away"))
	}
	if slices.ContainsFunc(c.Choices, func(x wabridge.Choice) bool { return x.ID == choice.ID }) {
		o.fail(fault(wabridge.CodeValue, o.at("id"), "another choice of the message has the same id; make them different"))
	}
	choice.Number = len(c.Choices) + 1
	c.Choices = append(c.Choices, choice)
}

func replyButtons(action object, c *Carried) string {
	list := action.list("buttons")
	if n := len(list); n < 1 || n > maxButtons {
		action.fail(fault(wabridge.CodeValue, action.at("buttons"), "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: %d", maxButtons))
		return ""
	}
	for _, b := range list {
		if kind := b.text("type"); kind != "" && !strings.EqualFold(kind, "reply") {
			b.fail(fault(wabridge.CodeValue, b.at("type"), "set it to reply"))
		}
		r := b.need("reply", `give it as {"id":"…","title":"…"}`)
		choice := wabridge.Choice{Reply: "button_reply", ID: r.required("id", maxReplyID), Title: r.required("title", maxReplyTitle)}
		if slices.ContainsFunc(c.Choices, func(x wabridge.Choice) bool { return x.Title == choice.Title }) {
			r.fail(fault(wabridge.CodeValue, r.at("title"), "another button has the same title; make them different"))
		}
		c.offer(r, choice)
	}
	return listed(c.Choices)
}

func rows(action object, c *Carried) string {
	parts := []string{oneLine(action.required("button", maxListButton)) + ":"}
	sections := action.list("sections")
	switch n := len(sections); {
	case n == 0:
		action.fail(fault(wabridge.CodeMissing, action.at("sections"), "give 1 to %d sections with rows", maxSections))
	case n > maxSections:
		action.fail(fault(wabridge.CodeValue, action.at("sections"), "there are %d sections, 1 to %d are allowed", n, maxSections))
	}
	for _, s := range sections {
		parts = append(parts, section(s, len(sections) > 1, c))
	}
	if n := len(c.Choices); n < 1 || n > maxRows {
		action.fail(fault(wabridge.CodeValue, action.at("sections"), "there are %d rows in all sections, 1 to %d are allowed", n, maxRows))
	}
	return blocks(parts...)
}

func section(o object, titled bool, c *Carried) string {
	title := oneLine(o.bounded("title", maxSection))
	if titled && title == "" {
		o.fail(fault(wabridge.CodeMissing, o.at("title"), "with more than one section each needs a title of 1 to %d characters", maxSection))
	}
	first := len(c.Choices)
	for _, r := range o.list("rows") {
		c.offer(r, wabridge.Choice{Reply: "list_reply", ID: r.required("id", maxRowID), Title: r.required("title", maxRowTitle),
			Description: r.bounded("description", maxRowText)})
	}
	lines := listed(c.Choices[first:])
	if title != "" {
		lines = title + "\n" + lines
	}
	return strings.TrimSuffix(lines, "\n")
}

func link(action object, _ *Carried) string {
	action.named("cta_url")
	p := action.need("parameters", `give it as {"display_text":"…","url":"…"}`)
	text, address := oneLine(p.required("display_text", maxDisplayText)), strings.TrimSpace(p.required("url", maxLink))
	if !isLink(address) {
		p.fail(&Error{Code: wabridge.CodeParameter, Field: p.at("url"), Words: "Param interactive['action']['parameters']['url'] is not a valid URI.",
			Detail: "give an http or https address"})
	}
	return text + ": " + address
}

// locationRequest stands for the button that asks for a place.
const locationRequest = "📍 Send location"

func askLocation(action object, _ *Carried) string {
	action.named("send_location")
	return locationRequest
}

// named holds the action's name to what the type demands.
func (o object) named(want string) {
	if name := o.text("name"); !strings.EqualFold(name, want) {
		code := wabridge.CodeValue
		if name == "" {
			code = wabridge.CodeMissing
		}
		o.fail(fault(code, o.at("name"), "set it to %s", want))
	}
}
