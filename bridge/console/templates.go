package console

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// templatesPage shows the message templates with what they look like. They are
// made and changed through the Business Management API, which checks them.
func templatesPage() page {
	return page{Name: "templates", Rest: true, Routes: func(c *Console, r *router) {
		r.show("", c.listTemplates)
	}}
}

// mostObjects bounds the templates of a page.
const mostObjects = 500

// templates lists all that are stored, by name and language.
func (c *Console) templates(ctx context.Context) ([]content.Template, error) {
	objects, err := c.Store.Objects(ctx, queue.ObjectTemplate, "", "", mostObjects)
	if err != nil {
		return nil, err
	}
	all := make([]content.Template, 0, len(objects))
	for _, o := range objects {
		var t content.Template
		if json.Unmarshal(o.Data, &t) == nil { // one that cannot be read is not shown
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b content.Template) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Language, b.Language))
	})
	return all, nil
}

// templateView is a template with its texts filled in.
type templateView struct {
	content.Template
	Head, Body, Foot string
	Media            string // format of a header that is a file
	Buttons          []string
	Variables        int
}

// Class is the colour of the status.
func (t templateView) Class() string {
	switch t.Status {
	case content.Approved:
		return "good"
	case content.Rejected, content.Disabled:
		return "bad"
	}
	return "warn"
}

func viewTemplate(t content.Template) templateView {
	v := templateView{Template: t}
	for _, part := range t.Components {
		samples := samplesOf(part)
		switch part.Type {
		case "HEADER":
			if part.Format != "" && part.Format != "TEXT" {
				v.Media = part.Format
				continue
			}
			v.Head = fillIn(part.Text, samples)
		case "BODY":
			v.Body = fillIn(t.BodyText(), samples)
		case "FOOTER":
			v.Foot = t.FooterText()
		case "BUTTONS":
			for _, b := range part.Buttons {
				v.Buttons = append(v.Buttons, b.Text)
			}
		}
		if part.Type == "HEADER" {
			v.Variables += len(content.Placeholders(part.Text))
		}
	}
	v.Variables += len(content.Placeholders(t.BodyText()))
	return v
}

// samplesOf reads the example of a part: values in order, or by name.
func samplesOf(part content.Component) map[string]string {
	var e struct {
		Body   [][]string `json:"body_text"`
		Header []string   `json:"header_text"`
		Named  []struct {
			Name  string `json:"param_name"`
			Value string `json:"example"`
		} `json:"body_text_named_params"`
		HeaderNamed []struct {
			Name  string `json:"param_name"`
			Value string `json:"example"`
		} `json:"header_text_named_params"`
	}
	all := map[string]string{}
	if len(part.Example) == 0 || json.Unmarshal(part.Example, &e) != nil {
		return all
	}
	values := e.Header
	if len(e.Body) > 0 {
		values = e.Body[0]
	}
	names := content.Placeholders(part.Text)
	for i, name := range names {
		if i < len(values) {
			all[name] = values[i]
		}
	}
	for _, n := range append(e.Named, e.HeaderNamed...) {
		all[n.Name] = n.Value
	}
	return all
}

// fillIn puts samples into a text; a variable without one stays as it is.
func fillIn(text string, samples map[string]string) string {
	for name, value := range samples {
		text = strings.ReplaceAll(text, "{{"+name+"}}", value)
	}
	return text
}

func (c *Console) listTemplates(v *visit) error {
	all, err := c.templates(v.Context())
	if err != nil {
		return err
	}
	views := make([]templateView, len(all))
	for i, t := range all {
		views[i] = viewTemplate(t)
	}
	return c.show(v, views)
}

// Tag is the language in the form of HTML.
func (t templateView) Tag() string { return strings.ReplaceAll(t.Language, "_", "-") }
