package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// Limits of templates (contract, section 5).
const (
	templatesMost = 6000
	editsPerDay   = 1
	editsPerMonth = 10
)

// A storedTemplate is a template with what only this package needs of it.
type storedTemplate struct {
	content.Template
	Edits []time.Time `json:"edits,omitempty"` // of the last 30 days

	object queue.Object
}

// templateByID finds one; CodeNotFound.
func (a *api) templateByID(ctx context.Context, id string) (storedTemplate, error) {
	o, err := a.Store.Object(ctx, queue.ObjectTemplate, "", id)
	if err != nil {
		return storedTemplate{}, err
	}
	return decodeTemplate(o)
}

func decodeTemplate(o queue.Object) (t storedTemplate, err error) {
	err = json.Unmarshal(o.Data, &t)
	t.object = o
	return t, err
}

// put stores a template with the webhook that tells of it (none if event is
// ""). Names are compared
// within an account, languages without regard to case.
func (t *storedTemplate) put(ctx context.Context, store queue.Objects, event string) error {
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	t.object.Kind, t.object.ID, t.object.Data = queue.ObjectTemplate, t.ID, data
	t.object.Name = queue.TemplateName(t.Name, t.Language)
	var events []wabridge.Event
	if event != "" {
		e, err := t.event(event)
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	t.object, err = store.PutObject(ctx, t.object, time.Now(), events...)
	return err
}

// event is the account event of a change: message_template_status_update.
func (t *storedTemplate) event(word string) (wabridge.Event, error) {
	id, err := strconv.ParseInt(t.ID, 10, 64)
	if err != nil {
		return wabridge.Event{}, err
	}
	value, err := json.Marshal(struct {
		Event    string `json:"event"`
		ID       int64  `json:"message_template_id"`
		Name     string `json:"message_template_name"`
		Language string `json:"message_template_language"`
		Reason   string `json:"reason"`
		Category string `json:"message_template_category"`
	}{word, id, t.Name, t.Language, "NONE", t.Category})
	if err != nil {
		return wabridge.Event{}, err
	}
	data, err := json.Marshal(wabridge.AccountData{WABA: t.object.Owner, Field: "message_template_status_update", Value: value})
	return wabridge.Event{Kind: wabridge.EventAccount, Data: data}, err
}

// newTemplateID makes an id that is exact as a JSON number, too: webhooks have
// it as one.
func newTemplateID() string { return strconv.FormatInt(1e15+rand.Int64N(8e15), 10) }

// createTemplate is POST /{waba}/message_templates. What passes the checks is
// approved at once: there is nobody here to review it.
func (a *api) createTemplate(w http.ResponseWriter, r *http.Request) error {
	_, p, err := a.onWABA(w, r)
	if err != nil {
		return err
	}
	t := storedTemplate{object: queue.Object{Owner: r.PathValue("id")}}
	if t.Template, err = p.template(); err != nil {
		return err
	}
	if refusal := t.Check(); refusal != nil {
		return refuseTemplate(refusal)
	}
	n, err := a.Store.CountObjects(r.Context(), queue.ObjectTemplate, t.object.Owner)
	if err != nil {
		return err
	}
	if n >= a.MaxTemplates {
		return refuseTemplate(&content.Refusal{Subcode: content.TemplateLimit, Title: "Message Template Limit Exceeded",
			Detail: "this account has " + strconv.Itoa(n) + " templates, which is the most; delete some"})
	}
	t.ID, t.Status = newTemplateID(), content.Approved
	if t.ParameterFormat == "" {
		t.ParameterFormat = content.Positional
	}
	err = t.put(r.Context(), a.Store, content.Approved)
	if wabridge.CodeOf(err) == wabridge.CodeConflict {
		return refuseTemplate(&content.Refusal{Subcode: content.TemplateExists, Field: "name", Title: "Content in This Language Already Exists",
			Detail: "there is a template with this name and language; edit it, delete it, or use another name"})
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, node{"id": t.ID, "status": t.Status, "category": t.Category})
	return nil
}

// template reads a definition from the parameters; members that are lists may
// come as strings, from a form or the query.
func (p params) template() (content.Template, error) {
	for _, name := range []string{"components", "buttons"} {
		if raw := p[name]; len(raw) > 0 && raw[0] == '"' {
			var s string
			if json.Unmarshal(raw, &s) == nil && json.Valid([]byte(s)) {
				p[name] = json.RawMessage(s)
			}
		}
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return content.Template{}, err
	}
	t, err := content.ReadTemplate(raw)
	if e, ok := errors.AsType[*content.Error](err); ok {
		return t, refuse(e.Code, "%s", e.Details())
	}
	t.ID, t.Status, t.Rejected = "", "", ""
	return t, err
}

// refuseTemplate writes a refusal as Meta does: code 100, with the reason as
// its subcode and in the members for users (from public logs).
func refuseTemplate(r *content.Refusal) error {
	e := say(wabridge.CodeParameter, "Invalid parameter", "%s", r.Error())
	e.Subcode, e.UserTitle, e.UserMsg = r.Subcode, r.Title, r.Detail
	return e
}

// editTemplate is POST /{template-id}: other components, another category or
// another time to live. It stays approved.
func (a *api) editTemplate(w http.ResponseWriter, r *http.Request) error {
	t, err := a.templateByID(r.Context(), r.PathValue("id"))
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return noObject(r.Method, r.PathValue("id"))
	}
	if err != nil {
		return err
	}
	if token, err := a.authorize(r); err != nil {
		return err
	} else if !token.Allows(queue.ScopeSend) {
		return lacks(queue.ScopeSend)
	}
	p, err := readParams(w, r)
	if err != nil {
		return err
	}
	if err := t.edit(p, time.Now(), !a.FreeEdits); err != nil {
		return err
	}
	err = t.put(r.Context(), a.Store, t.Status)
	if wabridge.CodeOf(err) == wabridge.CodeConflict {
		return refuse(wabridge.CodeParameter, "somebody else edited this template in the same moment; read it again")
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, node{"success": true, "id": t.ID, "name": t.Name, "category": t.Category})
	return nil
}

// edit makes the changes that are asked for, within the limits.
func (t *storedTemplate) edit(p params, now time.Time, limited bool) error {
	if !p.has("components") && !p.has("category") && !p.has("message_send_ttl_seconds") && !p.has("parameter_format") {
		return refuse(wabridge.CodeParameter, "give components, category or message_send_ttl_seconds")
	}
	if !slices.Contains([]string{content.Approved, content.Rejected, content.Paused}, t.Status) {
		return refuse(wabridge.CodeParameter, "this template is %s: only approved, rejected and paused ones can be edited", t.Status)
	}
	t.Edits = slices.DeleteFunc(t.Edits, func(at time.Time) bool { return now.Sub(at) >= 30*24*time.Hour })
	day := 0
	for _, at := range t.Edits {
		if now.Sub(at) < 24*time.Hour {
			day++
		}
	}
	if limited && (day >= editsPerDay || len(t.Edits) >= editsPerMonth) {
		return refuse(wabridge.CodeParameter, "a template can be edited once in 24 hours and 10 times in 30 days; templates.free_edits in the config lifts this")
	}
	given, err := p.template()
	if err != nil {
		return err
	}
	if p.has("components") {
		t.Components = given.Components
	}
	if given.ParameterFormat != "" {
		t.ParameterFormat = given.ParameterFormat
	}
	if given.Category != "" && given.Category != t.Category {
		t.PreviousCategory, t.Category = t.Category, given.Category
	}
	if p.has("message_send_ttl_seconds") {
		t.TTL = given.TTL
	}
	if refusal := t.Check(); refusal != nil {
		return refuseTemplate(refusal)
	}
	t.Status, t.Edits = content.Approved, append(t.Edits, now)
	return nil
}

// deleteTemplates is DELETE /{waba}/message_templates: by name in all its
// languages, or the one that hsm_id names.
func (a *api) deleteTemplates(w http.ResponseWriter, r *http.Request) error {
	_, p, err := a.onWABA(w, r)
	if err != nil {
		return err
	}
	name, err := p.text("name")
	if err != nil {
		return err
	}
	id, err := p.text("hsm_id")
	if err != nil {
		return err
	}
	if name == "" {
		return required("name", "give the template's name, and hsm_id to delete one language of it only")
	}
	found, err := a.templates(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(t storedTemplate) bool { return t.Name != name || id != "" && t.ID != id })
	if len(found) == 0 {
		return refuseTemplate(&content.Refusal{Subcode: 2593002, Field: "name", Title: "Message Template Not Found", Detail: "this account has no such template"})
	}
	for _, t := range found {
		e, err := t.event("DELETED")
		if err != nil {
			return err
		}
		err = a.Store.DeleteObject(r.Context(), queue.ObjectTemplate, t.object.Owner, t.ID, e)
		if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return err
		}
	}
	return succeed(w)
}

// templates lists those of an account, newest first.
func (a *api) templates(ctx context.Context, waba string) ([]storedTemplate, error) {
	found, err := all(ctx, a.Store, queue.ObjectTemplate, waba)
	if err != nil {
		return nil, err
	}
	list := make([]storedTemplate, len(found))
	for i, o := range found {
		if list[i], err = decodeTemplate(o); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(x, y storedTemplate) int {
		if c := y.object.Created.Compare(x.object.Created); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return list, nil
}
