package devino

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// codeTTL is how long a one-time code is worth sending, as in the Cloud API.
const codeTTL = 10 * time.Minute

// fileHeaders are the formats of headers that are files.
var fileHeaders = []string{"IMAGE", "VIDEO", "DOCUMENT"}

// template makes the message of a stored template: templateId is its name, in
// the language of languageCode, or its id.
func (a *api) template(ctx context.Context, it *item, phone wabridge.Phone, id, language string, now time.Time) error {
	params := it.params()
	if !it.ok() {
		return nil
	}
	t, err := a.definition(ctx, phone.WABA, id, language, there(it.given["languageCode"]))
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		it.fail(keyInvalid, "templateId", "there is no such template in %s (Devino: %d)", language, errorCode(wabridge.Failed, wabridge.CodeNoTemplate))
		return nil
	}
	if err != nil {
		return err
	}
	header := t.Part("HEADER")
	switch withFile := header != nil && slices.Contains(fileHeaders, header.Format); {
	case withFile && it.file == nil:
		it.fail(keyMissing, "contentUrl", "the template has a file in its header; give it")
		return nil
	case !withFile && it.file != nil:
		it.fail(keyInvalid, "contentUrl", "the template has no file in its header")
		return nil
	}
	carried, body, err := fill(t, params, it.file)
	if err != nil {
		it.failTemplate(err)
		return nil
	}
	m := &it.message
	m.Type, m.Body, m.Text, m.Choices = "template", body, wabridge.Text(carried.Text), carried.Choices
	m.Template, m.Category = t.ID, strings.ToLower(t.Category)
	if it.file != nil {
		it.file.template, it.file.kind = true, carried.Media.Kind
	}
	if until := now.Add(lifetime(t)); until.After(now) && until.Before(m.Expires) && !there(it.given["validity"]) {
		m.Expires = until
	}
	return nil
}

// definition finds a template; CodeNotFound. Devino's default language is EN;
// where none was asked for, the American English one will do.
func (a *api) definition(ctx context.Context, waba, id, language string, asked bool) (content.Template, error) {
	languages := []string{language}
	if !asked {
		languages = append(languages, "en_US")
	}
	for _, l := range languages {
		o, err := a.Store.ObjectByName(ctx, queue.ObjectTemplate, waba, queue.TemplateName(id, l))
		if wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return read(o, err)
		}
	}
	t, err := read(a.Store.Object(ctx, queue.ObjectTemplate, waba, id))
	if err == nil && asked && queue.TemplateName("", t.Language) != queue.TemplateName("", language) {
		err = wabridge.Fail(wabridge.CodeNotFound, nil, "the template has another language")
	}
	return t, err
}

func read(o queue.Object, err error) (content.Template, error) {
	if err != nil {
		return content.Template{}, err
	}
	return content.ReadTemplate(o.Data)
}

// lifetime is how long a message of a template may wait; 0: as any other.
func lifetime(t content.Template) time.Duration {
	if t.TTL == 0 && t.Category == content.CategoryAuthentication {
		return codeTTL
	}
	return time.Duration(max(t.TTL, 0)) * time.Second
}

// params reads templateParams: {"1":"…","2":"…"}.
func (it *item) params() map[string]string {
	raw := it.given["templateParams"]
	if !there(raw) {
		return nil
	}
	var given map[string]json.RawMessage
	if json.Unmarshal(raw, &given) != nil {
		it.fail(keyInvalid, "templateParams", `it is not an object; write it as {"1":"…","2":"…"}`)
		return nil
	}
	values := item{ref: it.ref, given: given}
	out := map[string]string{}
	for name := range given {
		out[name], _ = values.text(name)
	}
	if !values.ok() {
		it.fail(keyInvalid, "templateParams", "its values must be strings")
	}
	return out
}

// A place is where a parameter of a template stands.
type place struct {
	component string // header, body or button
	index     int    // of the button
	name      string // of the placeholder
}

// places lists a template's placeholders in the order in which Devino's
// numbers count them: header, body, the endings of addresses. (Devino's page
// shows parameters of a body alone.)
func places(t content.Template) []place {
	var out []place
	if c := t.Part("HEADER"); c != nil && c.Format == "TEXT" {
		for _, name := range content.Placeholders(c.Text) {
			out = append(out, place{component: "header", name: name})
		}
	}
	for _, name := range content.Placeholders(t.BodyText()) {
		out = append(out, place{component: "body", name: name})
	}
	if c := t.Part("BUTTONS"); c != nil {
		for i, b := range c.Buttons {
			if len(content.Placeholders(b.URL)) > 0 {
				out = append(out, place{component: "button", index: i})
			}
		}
	}
	return out
}

// fill puts the parameters into the template, in the Cloud API's form.
func fill(t content.Template, params map[string]string, f *link) (content.Carried, json.RawMessage, error) {
	object, err := json.Marshal(map[string]any{
		"name": t.Name, "language": map[string]string{"code": t.Language}, "components": components(t, params, f),
	})
	if err != nil {
		return content.Carried{}, nil, err
	}
	c, err := content.Parse("template", object)
	if err != nil {
		return content.Carried{}, nil, err
	}
	if names := places(t); len(params) != len(names) {
		return content.Carried{}, nil, &content.Error{Code: wabridge.CodeParamCount, Field: "templateParams",
			Detail: "there are " + strconv.Itoa(len(params)) + " parameters, the template has " + strconv.Itoa(len(names))}
	}
	carried, err := t.Render(c.Template)
	return carried, c.Carry().Body, err
}

type component struct {
	Type  string           `json:"type"`
	Sub   string           `json:"sub_type,omitempty"`
	Index *int             `json:"index,omitempty"`
	List  []map[string]any `json:"parameters"`
}

// components are the parameters as the Cloud API writes them.
func components(t content.Template, params map[string]string, f *link) []component {
	var out []component
	if f != nil {
		kind := strings.ToLower(t.Part("HEADER").Format)
		out = append(out, component{Type: "header", List: []map[string]any{{"type": kind, kind: map[string]string{"link": f.url}}}})
	}
	for i, p := range places(t) {
		value, given := params[strconv.Itoa(i+1)]
		param := map[string]any{"type": "text", "text": value}
		if t.ParameterFormat == content.Named && p.name != "" {
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

// failTemplate says which member a template's refusal is about.
func (it *item) failTemplate(err error) {
	code := wabridge.CodeInternal
	if e, ok := errors.AsType[*content.Error](err); ok {
		code = e.Code
	}
	devino := errorCode(wabridge.Failed, code)
	switch code {
	case wabridge.CodeNoTemplate, wabridge.CodeTemplatePaused, wabridge.CodeTemplateDisabled, wabridge.CodeUnsupported:
		it.fail(keyInvalid, "templateId", "%s (Devino: %d)", detail(err), devino)
	case wabridge.CodeTextLong:
		it.fail(keyTooLong, "templateParams", "%s (Devino: %d)", detail(err), devino)
	default:
		it.fail(keyInvalid, "templateParams", "%s (Devino: %d)", detail(err), devino)
	}
}
