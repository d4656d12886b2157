package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/queue"
)

// manage lists the paths of the Business Management API; accesses says which
// tokens may use them.
func (a *api) manage(route func(string, handler)) {
	act := func(act audit.Act, pattern string, h handler) { route(pattern, a.recorded(act, h)) }
	route("POST /{id}", a.changeNode)
	route("GET /{id}/message_templates", a.listTemplates)
	route("POST /{id}/message_templates", a.createTemplate)
	route("DELETE /{id}/message_templates", a.deleteTemplates)
	act(audit.PhoneRegister, "POST /{id}/register", a.register)
	act(audit.PhoneDeregister, "POST /{id}/deregister", a.deregister)
	route("POST /{id}/request_code", a.requestCode)
	route("POST /{id}/verify_code", a.verifyCode)
	route("GET /{id}/settings", a.settings)
	route("POST /{id}/settings", a.changeSettings)
	route("POST /{id}/conversational_automation", a.changeAutomation)
	route("GET /{id}/whatsapp_business_profile", a.profile)
	route("POST /{id}/whatsapp_business_profile", a.changeProfile)
	route("GET /{id}/block_users", a.blockedUsers)
	route("POST /{id}/block_users", a.blockUsers)
	route("DELETE /{id}/block_users", a.unblockUsers)
	route("GET /{id}/message_qrdls", a.listQR)
	route("POST /{id}/message_qrdls", a.putQR)
	route("GET /{id}/message_qrdls/{code}", a.getQR)
	route("POST /{id}/message_qrdls/{code}", a.putQR)
	route("DELETE /{id}/message_qrdls/{code}", a.deleteQR)
	route("GET /{id}/subscribed_apps", a.subscribedApps)
	act(audit.WebhookPut, "POST /{id}/subscribed_apps", a.subscribe)
	act(audit.WebhookDelete, "DELETE /{id}/subscribed_apps", a.unsubscribe)
	route("GET /{id}/assigned_users", a.assignedUsers)
	route("GET /{id}/subscriptions", a.subscriptions)
	act(audit.WebhookPut, "POST /{id}/subscriptions", a.subscribeApp)
	act(audit.WebhookDelete, "DELETE /{id}/subscriptions", a.unsubscribeApp)
	route("GET /oauth/access_token", a.accessToken)
	route("POST /oauth/access_token", a.accessToken)
}

// onPhone is what every call on a phone begins with: the token, the phone and
// the parameters.
func (a *api) onPhone(w http.ResponseWriter, r *http.Request) (wabridge.Phone, params, error) {
	if _, err := a.authorize(r); err != nil {
		return wabridge.Phone{}, nil, err
	}
	id := r.PathValue("id")
	phone, err := a.phones.get(r.Context(), a.Store, id)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		err = a.unknownPhone(r.Method, id)
	}
	if err != nil {
		return wabridge.Phone{}, nil, err
	}
	p, err := readParams(w, r)
	return phone, p, err
}

// onWABA is onPhone for a business account; its phones are returned.
func (a *api) onWABA(w http.ResponseWriter, r *http.Request) ([]wabridge.Phone, params, error) {
	if _, err := a.authorize(r); err != nil {
		return nil, nil, err
	}
	phones, err := a.Store.Phones(r.Context())
	if err != nil {
		return nil, nil, err
	}
	if phones = ofWABA(phones, r.PathValue("id")); len(phones) == 0 {
		return nil, nil, a.unknownPhone(r.Method, r.PathValue("id"))
	}
	p, err := readParams(w, r)
	return phones, p, err
}

// changeNode is POST /{id}: of a phone number, a business account or a
// template.
func (a *api) changeNode(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if !isDigits(id) {
		return a.unknown(w, r)
	}
	token, err := a.authorize(r)
	if err != nil {
		return err
	}
	phones, err := a.Store.Phones(r.Context())
	ours := slices.ContainsFunc(phones, func(p wabridge.Phone) bool { return p.ID == id || p.WABA == id })
	switch {
	case err != nil:
		return err
	case ours && !token.Allows(queue.ScopeAdmin):
		return lacks(queue.ScopeAdmin)
	case slices.ContainsFunc(phones, func(p wabridge.Phone) bool { return p.ID == id }):
		return a.recorded(audit.PhoneSettings, a.changePhone)(w, r)
	case len(ofWABA(phones, id)) > 0:
		return a.changeWABA(w, r)
	}
	return a.editTemplate(w, r)
}

// tries is how often a change is made anew because another one came between.
const tries = 8

// revise changes one object, made if there is none: change gets what is stored
// (or the zero value) and alters it; its error ends the matter. With drop it
// is deleted instead. CodeConflict if others keep changing it.
func revise[T any](ctx context.Context, store queue.Objects, kind, owner, id string, change func(*T) error) error {
	for try := 1; ; try++ {
		o, err := store.Object(ctx, kind, owner, id)
		if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return err
		}
		var v T
		if err == nil {
			if err := json.Unmarshal(o.Data, &v); err != nil {
				return fmt.Errorf("read %s of %s: %w", kind, owner, err)
			}
		}
		if err := change(&v); err != nil {
			return err
		}
		o.Kind, o.Owner, o.ID = kind, owner, id
		if o.Data, err = json.Marshal(v); err != nil {
			return err
		}
		_, err = store.PutObject(ctx, o, time.Now())
		if wabridge.CodeOf(err) == wabridge.CodeConflict && try < tries {
			continue
		}
		return err
	}
}

// load decodes one object; false if there is none.
func load(ctx context.Context, store queue.Objects, kind, owner, id string, v any) (bool, error) {
	o, err := store.Object(ctx, kind, owner, id)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(o.Data, v); err != nil {
		return false, fmt.Errorf("read %s of %s: %w", kind, owner, err)
	}
	return true, nil
}

// all lists every object of an owner, by id.
func all(ctx context.Context, store queue.Objects, kind, owner string) (list []queue.Object, err error) {
	const page = 1000
	for after := ""; ; {
		found, err := store.Objects(ctx, kind, owner, after, page)
		if err != nil {
			return nil, err
		}
		if list = append(list, found...); len(found) < page {
			return list, nil
		}
		after = found[page-1].ID
	}
}

// pageOf cuts the page of a list that is asked for, given the key and the node
// of each item. Unknown fields are errors on an empty page, too.
func (a *api) pageOf(r *http.Request, p params, kind, preset string, n int, key func(int) string, show func(int) node, empty node) (listing, error) {
	s, err := p.span()
	if err != nil {
		return listing{}, err
	}
	fields, err := p.wanted(preset)
	if err != nil {
		return listing{}, err
	}
	if _, err := project(empty, kind, fields); err != nil {
		return listing{}, err
	}
	low, high, err := s.cut(n, key)
	if err != nil {
		return listing{}, err
	}
	var items []any
	for i := low; i < high; i++ {
		item, err := project(show(i), kind, fields)
		if err != nil {
			return listing{}, err
		}
		items = append(items, item)
	}
	if len(items) == 0 {
		return a.listing(r, nil, "", "", false, false), nil
	}
	return a.listing(r, items, key(low), key(high-1), low > 0, high < n), nil
}

// succeed answers {"success":true}.
func succeed(w http.ResponseWriter) error {
	write(w, http.StatusOK, success)
	return nil
}

// tooLong is the answer to a text with more than most characters.
func tooLong(name string, most, has int) error {
	return say(wabridge.CodeParameter, fmt.Sprintf("(#100) Param %s must be at most %d characters long.", name, most),
		"%s: it has %d characters; shorten it", name, has)
}

// short reads a text of at most most characters; there tells whether it was
// given.
func (p params) short(name string, most int) (s string, there bool, err error) {
	if s, err = p.text(name); err != nil {
		return "", false, err
	}
	if n := runes(s); n > most {
		return "", false, tooLong(name, most, n)
	}
	return s, p.has(name), nil
}

// oneOf is the answer to a word that is not in the list.
func oneOf(name string, list []string, got string) error {
	return say(wabridge.CodeParameter, "(#100) Param "+name+" must be one of {"+strings.Join(list, ", ")+`} - got "`+brief(got)+`".`,
		"%s: use one of those", name)
}

// optionalProduct checks messaging_product where clients may leave it out.
func (p params) optionalProduct() error {
	if !p.has("messaging_product") {
		return nil
	}
	return p.product()
}

// isCallback tells a failed handshake from other errors.
func isCallback(err error) (*wabridge.Error, bool) {
	e, ok := errors.AsType[*wabridge.Error](err)
	return e, ok && e.Code == wabridge.CodeCallback
}
