package cloud

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// templateKind names the node; defaultTemplate is what it shows unasked.
const (
	templateKind    = "WhatsAppMessageTemplate"
	defaultTemplate = "name,parameter_format,components,language,status,category,previous_category,id"
)

// templateNode is a template as the Business Management API shows it.
func templateNode(t storedTemplate) node {
	n := node{
		"id": t.ID, "name": t.Name, "language": t.Language, "category": t.Category, "status": t.Status,
		"components": t.Components, "parameter_format": t.ParameterFormat,
		"previous_category": known(t.PreviousCategory), "rejected_reason": "NONE", "quality_score": node{"score": "UNKNOWN"},
		"message_send_ttl_seconds": nil, "last_updated_time": t.object.Changed.Format("2006-01-02T15:04:05-0700"),
		"correct_category": nil, "cta_url_link_tracking_opted_out": nil, "library_template_name": nil, "sub_category": nil,
	}
	if t.Rejected != "" {
		n["rejected_reason"] = t.Rejected
	}
	if len(t.Quality) > 0 {
		n["quality_score"] = t.Quality
	}
	if t.TTL != 0 {
		n["message_send_ttl_seconds"] = t.TTL
	}
	return n
}

// listTemplates is GET /{waba}/message_templates.
func (a *api) listTemplates(w http.ResponseWriter, r *http.Request) error {
	_, p, err := a.onWABA(w, r)
	if err != nil {
		return err
	}
	keep, err := p.templateFilter()
	if err != nil {
		return err
	}
	list, err := a.templates(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(t storedTemplate) bool { return !keep(t) })
	page, err := a.pageOf(r, p, templateKind, defaultTemplate, len(list), func(i int) string { return list[i].ID },
		func(i int) node { return templateNode(list[i]) }, templateNode(storedTemplate{}))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, page)
	return nil
}

// templateFilter reads the filters of a list of templates; a template passes
// if it passes all that are given.
func (p params) templateFilter() (func(storedTemplate) bool, error) {
	var tests []func(storedTemplate) bool
	for name, holds := range map[string]func(t storedTemplate, wanted string) bool{
		"name":    func(t storedTemplate, s string) bool { return t.Name == s },
		"content": func(t storedTemplate, s string) bool { return t.says(s) },
		"name_or_content": func(t storedTemplate, s string) bool {
			return strings.Contains(t.Name, strings.ToLower(s)) || t.says(s)
		},
	} {
		wanted, err := p.text(name)
		if err != nil {
			return nil, err
		}
		if wanted != "" {
			tests = append(tests, func(t storedTemplate) bool { return holds(t, wanted) })
		}
	}
	for name, of := range map[string]func(storedTemplate) string{
		"status":        func(t storedTemplate) string { return t.Status },
		"category":      func(t storedTemplate) string { return t.Category },
		"language":      func(t storedTemplate) string { return t.Language },
		"quality_score": func(t storedTemplate) string { return t.score() },
	} {
		wanted, err := p.names(name)
		if err != nil {
			return nil, err
		}
		if len(wanted) > 0 {
			tests = append(tests, func(t storedTemplate) bool {
				return slices.ContainsFunc(wanted, func(s string) bool { return strings.EqualFold(s, of(t)) })
			})
		}
	}
	return func(t storedTemplate) bool {
		return !slices.ContainsFunc(tests, func(test func(storedTemplate) bool) bool { return !test(t) })
	}, nil
}

// says tells whether one of the template's texts holds the words.
func (t storedTemplate) says(words string) bool {
	words = strings.ToLower(words)
	for _, c := range t.Components {
		if strings.Contains(strings.ToLower(c.Text), words) {
			return true
		}
		for _, b := range c.Buttons {
			if strings.Contains(strings.ToLower(b.Text), words) {
				return true
			}
		}
	}
	return strings.Contains(strings.ToLower(t.BodyText()), words)
}

// score is the word of quality_score.
func (t storedTemplate) score() string {
	var q struct {
		Score string `json:"score"`
	}
	if json.Unmarshal(t.Quality, &q) != nil || q.Score == "" {
		return "UNKNOWN"
	}
	return q.Score
}

// SeedTemplates gives a business account the template that every client's
// first steps send, hello_world in en_US, once: deleted, it stays away.
func SeedTemplates(ctx context.Context, store queue.Objects, waba string) error {
	var own wabaSettings
	if _, err := load(ctx, store, queue.ObjectSettings, waba, settingsID, &own); err != nil || own.Seeded {
		return err
	}
	t := storedTemplate{object: queue.Object{Owner: waba}, Template: content.Template{
		ID: newTemplateID(), Name: "hello_world", Language: "en_US", Category: content.CategoryUtility,
		Status: content.Approved, ParameterFormat: content.Positional,
		Components: []content.Component{
			{Type: "HEADER", Format: "TEXT", Text: "Hello World"},
			{Type: "BODY", Text: "Welcome. This message shows that your gateway can send template messages."},
			{Type: "FOOTER", Text: "wabridge"},
		},
	}}
	if err := t.put(ctx, store, ""); err != nil && wabridge.CodeOf(err) != wabridge.CodeConflict {
		return err
	}
	return revise(ctx, store, queue.ObjectSettings, waba, settingsID, func(s *wabaSettings) error {
		s.Seeded = true
		return nil
	})
}
