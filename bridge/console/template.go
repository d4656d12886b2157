package console

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// templatesMost is how many templates are offered.
const templatesMost = 200

// A templateForm is a template with the fields that it needs.
type templateForm struct {
	Name, Language, Category string
	Body                     string
	Header, Footer           string
	Fields                   []field
	// NeedsFile: its header is a picture, a video, a document or a place,
	// which only the API can give.
	NeedsFile bool
}

// A field is one value of a template: where says which.
type field struct{ Where, Label string }

// templateForms is the list of templates that can be sent to a chat.
func (c *Console) templateForms(v *visit) error {
	phone, err := c.Store.Phone(v.Context(), v.PathValue("phone"))
	if err != nil {
		return err
	}
	objects, err := c.Store.Objects(v.Context(), queue.ObjectTemplate, phone.WABA, "", templatesMost)
	if err != nil {
		return err
	}
	data := struct {
		Path  string
		Forms []templateForm
	}{Path: talkPath(phone.ID, v.PathValue("chat"))}
	for _, o := range objects {
		if t, err := content.ReadTemplate(o.Data); err == nil && t.Status == content.Approved {
			data.Forms = append(data.Forms, formOf(&t))
		}
	}
	return c.part(v, "template-forms", data)
}

func formOf(t *content.Template) templateForm {
	f := templateForm{Name: t.Name, Language: t.Language, Category: strings.ToLower(t.Category), Body: t.BodyText(), Footer: t.FooterText()}
	if h := t.Part("HEADER"); h != nil {
		f.Header, f.NeedsFile = h.Text, h.Format != "" && h.Format != "TEXT"
	}
	f.Fields = fieldsOf(t)
	return f
}

// fieldsOf are the values that a template needs, in the order in which they
// stand in it.
func fieldsOf(t *content.Template) []field {
	var all []field
	if h := t.Part("HEADER"); h != nil {
		for _, name := range content.Placeholders(h.Text) {
			all = append(all, field{"header." + name, "Header {{" + name + "}}"})
		}
	}
	for _, name := range content.Placeholders(t.BodyText()) {
		all = append(all, field{"body." + name, "{{" + name + "}}"})
	}
	if b := t.Part("BUTTONS"); b != nil {
		for i, one := range b.Buttons {
			if (one.Type == "URL" && len(content.Placeholders(one.URL)) > 0) || one.Type == "COPY_CODE" || one.Type == "OTP" {
				all = append(all, field{"button." + strconv.Itoa(i) + "." + one.Type, one.Text})
			}
		}
	}
	return all
}

// composeTemplate fills a template in with the form's values.
func (c *Console) composeTemplate(v *visit, phone wabridge.Phone, m *wabridge.Message, name string) error {
	t, err := c.template(v.Context(), phone.WABA, name, v.PostFormValue("language"))
	if err != nil {
		return err
	}
	raw, err := json.Marshal(filled(&t, v.PostFormValue))
	if err != nil {
		return err
	}
	parsed, err := content.Parse("template", raw)
	if err != nil {
		return err
	}
	carried, err := t.Render(parsed.Template)
	if err != nil {
		return err
	}
	m.Type, m.Body, m.Text, m.Choices = "template", parsed.Carry().Body, wabridge.Text(carried.Text), carried.Choices
	m.Template, m.Category = t.ID, strings.ToLower(t.Category)
	if t.TTL > 0 {
		m.Expires = now().Add(time.Duration(t.TTL) * time.Second)
	}
	return nil
}

func (c *Console) template(ctx context.Context, waba, name, language string) (content.Template, error) {
	o, err := c.Store.ObjectByName(ctx, queue.ObjectTemplate, waba, queue.TemplateName(name, language))
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return content.Template{}, content.NoTemplate(name, language)
	}
	if err != nil {
		return content.Template{}, err
	}
	return content.ReadTemplate(o.Data)
}

// filled is the Cloud API's object of a template's message: value gives the
// values of its fields.
func filled(t *content.Template, value func(where string) string) map[string]any {
	parts := map[string][]any{}
	var components []any
	for _, f := range fieldsOf(t) {
		part, rest, _ := strings.Cut(f.Where, ".")
		if part != "button" {
			p := map[string]string{"type": "text", "text": value(f.Where)}
			if t.ParameterFormat == content.Named {
				p["parameter_name"] = rest
			}
			parts[part] = append(parts[part], p)
			continue
		}
		index, kind, _ := strings.Cut(rest, ".")
		p, sub := map[string]string{"type": "text", "text": value(f.Where)}, "url"
		if kind == "COPY_CODE" {
			p, sub = map[string]string{"type": "coupon_code", "coupon_code": value(f.Where)}, "copy_code"
		}
		components = append(components, map[string]any{"type": "button", "sub_type": sub, "index": index, "parameters": []any{p}})
	}
	for _, part := range []string{"header", "body"} {
		if parts[part] != nil {
			components = append(components, map[string]any{"type": part, "parameters": parts[part]})
		}
	}
	return map[string]any{"name": t.Name, "language": map[string]string{"code": t.Language}, "components": components}
}
