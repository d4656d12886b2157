package cloud

import (
	"context"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// appID is the id of the one app that this server is. (The digits spell the
// program's name on a telephone's keys.)
const appID = "92274343"

// appData is how the Graph API shows the app.
func (a *api) appData(r *http.Request) node {
	return node{"id": appID, "name": "wabridge", "link": a.base(r) + "/"}
}

// subscribedApps is GET /{waba}/subscribed_apps.
func (a *api) subscribedApps(w http.ResponseWriter, r *http.Request) error {
	if _, _, err := a.onWABA(w, r); err != nil {
		return err
	}
	data, err := a.subscription(r)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, node{"data": data})
	return nil
}

// subscription is the list of the app, or an empty one.
func (a *api) subscription(r *http.Request) ([]any, error) {
	id := r.PathValue("id")
	var mark struct{}
	gone, err := load(r.Context(), a.Store, queue.ObjectUnsubscribed, id, "app", &mark)
	if err != nil || gone {
		return []any{}, err
	}
	entry := node{"whatsapp_business_api_data": a.appData(r)}
	hooks, err := a.Store.Endpoints(r.Context())
	if err != nil {
		return nil, err
	}
	override := wabaOverride(id).ID
	if i := slices.IndexFunc(hooks, func(e queue.Endpoint) bool { return e.ID == override }); i >= 0 {
		entry["override_callback_uri"] = hooks[i].URL
	}
	return []any{entry}, nil
}

// subscribe is POST /{waba}/subscribed_apps: the account's events are
// delivered, to the override if one is given, else to the app's receiver.
func (a *api) subscribe(w http.ResponseWriter, r *http.Request) error {
	_, p, err := a.onWABA(w, r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := a.override(r, p, wabaOverride(id)); err != nil {
		return err
	}
	if err := a.Store.DeleteObject(r.Context(), queue.ObjectUnsubscribed, id, "app"); err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
		return err
	}
	a.reload()
	if !p.has("override_callback_uri") {
		return succeed(w)
	}
	data, err := a.subscription(r)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, node{"success": true, "data": data})
	return nil
}

// unsubscribe is DELETE /{waba}/subscribed_apps: no webhooks for the account
// until somebody subscribes again. Events are recorded all the same.
func (a *api) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	if _, _, err := a.onWABA(w, r); err != nil {
		return err
	}
	id := r.PathValue("id")
	err := revise(r.Context(), a.Store, queue.ObjectUnsubscribed, id, "app", func(*struct{}) error { return nil })
	if err != nil {
		return err
	}
	if err := a.dropEndpoint(r, wabaOverride(id).ID); err != nil {
		return err
	}
	return succeed(w)
}

// assignedUsers is GET /{waba}/assigned_users: the live tokens. They are made
// and revoked with `wabridge token`.
func (a *api) assignedUsers(w http.ResponseWriter, r *http.Request) error {
	_, p, err := a.onWABA(w, r)
	if err != nil {
		return err
	}
	users, err := a.users(r.Context())
	if err != nil {
		return err
	}
	page, err := a.pageOf(r, p, "AssignedUser", "id,name,user_type,tasks", len(users),
		func(i int) string { return users[i]["id"].(string) }, func(i int) node { return users[i] },
		node{"id": "", "name": "", "user_type": "", "tasks": nil, "business": nil})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, page)
	return nil
}

func (a *api) users(ctx context.Context) ([]node, error) {
	tokens, err := a.Store.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	var users []node
	for _, t := range tokens {
		if !t.Revoked.IsZero() {
			continue
		}
		tasks := []string{}
		if t.Allows(queue.ScopeAdmin) {
			tasks = append(tasks, "MANAGE")
		}
		if t.Allows(queue.ScopeSend) {
			tasks = append(tasks, "MESSAGING", "MANAGE_TEMPLATES")
		}
		if t.Allows(queue.ScopeRead) {
			tasks = append(tasks, "VIEW_COST")
		}
		users = append(users, node{"id": decimal(t.ID), "name": t.Name, "user_type": "SYSTEM_USER", "tasks": tasks, "business": nil})
	}
	return users, nil
}

// decimal makes an id of 16 digits from another one (contract, section 1.9),
// below 2^53: JavaScript rounds larger numbers.
func decimal(id string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // never fails
	return strconv.FormatUint(1e15+h.Sum64()%8e15, 10)
}
