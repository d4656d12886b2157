package content

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
)

// A TemplateMessage is the object of a message of the type template: a name,
// and what to fill in.
type TemplateMessage struct {
	Name     string
	Language string // as the caller wrote it; compare without regard to case
	parts    []values
}

// values are the parameters for one component.
type values struct {
	kind   string // header, body or button
	sub    string // of a button: quick_reply, url …
	index  int    // of a button
	params []value
}

// A value is one parameter.
type value struct {
	kind  string // text, currency, date_time, image, video, document, location, payload, coupon_code, action
	name  string // parameter_name
	text  string
	media *MediaRef
	place Location
}

type templateBody struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Components json.RawMessage `json:"components,omitempty"`
}

// parseTemplate reads what the caller wants filled in; Template.Render does it.
func parseTemplate(o object) Content {
	t := &TemplateMessage{Name: o.required("name", 512)}
	t.Language = o.need("language", `give it as {"code":"en_US"}`).required("code", 64)
	for _, c := range o.list("components") {
		t.parts = append(t.parts, readValues(c))
	}
	b := templateBody{Name: t.Name, Components: o.members["components"]}
	b.Language.Code = t.Language
	if isNull(b.Components) {
		b.Components = nil
	}
	return Content{Template: t, carried: Carried{Body: body(b)}}
}

func readValues(o object) values {
	v := values{kind: strings.ToLower(o.text("type")), sub: strings.ToLower(o.text("sub_type")), index: o.count("index")}
	switch v.kind {
	case "header", "body":
	case "button":
		if v.sub == "" {
			o.fail(fault(wabridge.CodeMissing, o.at("sub_type"), "give the kind of button: quick_reply, url, copy_code"))
		}
	case "carousel", "limited_time_offer", "order_status", "tap_target_configuration":
		o.fail(fault(wabridge.CodeUnsupported, o.at("type"), "a phone cannot carry a template with a %s", v.kind))
	default:
		o.fail(fault(wabridge.CodeValue, o.at("type"), "set it to header, body or button"))
	}
	for _, p := range o.list("parameters") {
		v.params = append(v.params, readValue(p))
	}
	return v
}

// readValue reads a parameter; types are taken in any case.
func readValue(o object) value {
	v := value{kind: strings.ToLower(o.text("type")), name: o.text("parameter_name")}
	switch v.kind {
	case "text":
		if !o.has("text") {
			o.fail(&Error{Code: wabridge.CodeParameter, Field: o.path, Detail: "Parameter 'text' is mandatory for component parameter type 'text'"})
		}
		v.text = o.text("text")
	case "currency", "date_time":
		v.text = o.need(v.kind, "give the object of that name").required("fallback_value", MaxBody)
	case "image", "video", "document":
		v.media = readMedia(o.need(v.kind, "give the file of that kind"), v.kind)
	case "location":
		v.place = readLocation(o.need(v.kind, "give the place"))
	case "payload", "coupon_code":
		v.text = o.required(v.kind, 256)
	case "action":
		o.fail(fault(wabridge.CodeUnsupported, o.at("type"), "a phone cannot carry flows, catalogs and products"))
	default:
		o.fail(fault(wabridge.CodeParamFormat, o.at("type"), "set it to one of text, currency, date_time, image, video, document, location, payload, coupon_code"))
	}
	return v
}

// of are the values for header or body.
func (m *TemplateMessage) of(kind string) []value {
	i := slices.IndexFunc(m.parts, func(v values) bool { return v.kind == kind })
	if i < 0 {
		return nil
	}
	return m.parts[i].params
}

// button are the values for the button at an index; nil if there are none.
func (m *TemplateMessage) button(index int) *values {
	i := slices.IndexFunc(m.parts, func(v values) bool { return v.kind == "button" && v.index == index })
	if i < 0 {
		return nil
	}
	return &m.parts[i]
}
