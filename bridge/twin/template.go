package twin

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// A template is an approved template and the data for it, with variables.
type template struct {
	content.Template
	data map[string]string
}

// languages are tried, in this order, where none is asked for.
var languages = []string{"ru", "en", "en_US"}

// fileKind is the kind of the template's file, "" for none.
func (t *template) fileKind() string {
	kind, _ := t.TakesFile()
	return kind
}

// readTemplate finds the template of a group. An error is the database's.
func (a *api) readTemplate(ctx context.Context, g *group) error {
	name := text(&g.wrong, g.in("templateName"), g.chat.TemplateName, maxName)
	language := text(&g.wrong, g.in("language"), g.chat.Language, maxID)
	if name == "" || len(g.wrong) > 0 {
		return nil
	}
	list := languages
	if language != "" {
		list = []string{language}
	}
	found, err := bridge.Template(ctx, a.Store, g.phone.WABA, name, list...)
	if err == nil && language != "" && queue.TemplateName("", found.Language) != queue.TemplateName("", language) { // found by its id
		err = wabridge.Fail(wabridge.CodeNotFound, nil, "the template has another language")
	}
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		g.wrong.add(g.in("templateName"), "there is no such template in %s", strings.Join(list, ", "))
		return nil
	}
	if err != nil {
		return err
	}
	t := &template{Template: found, data: g.readData()}
	_, wantsFile := t.TakesFile()
	switch hasFile := there(g.chat.MediaURL); {
	case g.text != "":
		g.wrong.add(g.in("text"), "a message of a template has the template's text; leave it out")
	case wantsFile && !hasFile:
		g.wrong.add(g.in("mediaUrl"), "the template has a file in its header; give it")
	case !wantsFile && hasFile:
		g.wrong.add(g.in("mediaUrl"), "the template has no file in its header")
	}
	if life := bridge.Lifetime(found); life > 0 && !there(g.chat.ValidityPeriod) {
		from := g.due
		if from.IsZero() {
			from = time.Now()
		}
		if until := from.Add(life); until.Before(g.expires) {
			g.expires = until
		}
	}
	g.template = t
	return nil
}

// readData reads templateData: names or numbers and their values.
func (g *group) readData() map[string]string {
	out := map[string]string{}
	raw, path := g.chat.TemplateData, g.in("templateData")
	if !there(raw) || string(raw) == "[]" {
		return out
	}
	var given map[string]json.RawMessage
	if json.Unmarshal(raw, &given) != nil {
		g.wrong.add(path, `it is not an object; write it as {"1":"…","2":"…"}`)
		return out
	}
	for name, raw := range given {
		value, ok := scalar(raw)
		if !ok {
			g.wrong.add(path+"."+clip(name), "it is no text; parameters with parts of their own are not known here")
		}
		out[name] = value
	}
	return out
}

// detail is what an error says to the caller.
func detail(err error) string {
	if e, ok := errors.AsType[*content.Error](err); ok {
		return e.Detail
	}
	if e, ok := errors.AsType[*wabridge.Error](err); ok && e.Detail != "" {
		return e.Detail
	}
	return "it cannot be used"
}
