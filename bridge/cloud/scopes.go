package cloud

import (
	"context"
	"net/http"
	"slices"

	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/bridge/file"
	"github.com/wabridge/wabridge/queue"
)

// An access says which tokens may use a route: those with one of the scopes
// (admin has all of them). Without scopes every live token may, or the handler
// asks for none; open says which.
type access struct {
	pattern string
	scopes  []string
	open    bool // needs no token, or finds its own way to it
}

// accesses is the one table of scopes: the mux is built with it, a test walks
// it, and docs/api.md holds it ("Scopes, path by path").
func accesses() []access {
	send, read, admin := []string{queue.ScopeSend}, []string{queue.ScopeRead}, []string{queue.ScopeAdmin}
	either := []string{queue.ScopeRead, queue.ScopeSend}
	list := []access{
		{pattern: "POST /{phone}/messages", scopes: send},
		{pattern: "PUT /{phone}/messages", scopes: send},
		{pattern: "POST /{phone}/media", scopes: send},
		{pattern: "DELETE /{id}", scopes: send}, // a file
		{pattern: "GET " + file.AttachmentPath, scopes: either},
		{pattern: "POST /{app}/uploads", scopes: send},
		{pattern: "POST " + sessionPath + "{session}", scopes: send},
		{pattern: "GET " + sessionPath + "{session}", scopes: either},
		{pattern: "GET /{id}", scopes: either}, // templates and analytics: read
		{pattern: "GET /{id}/phone_numbers", scopes: either},
		{pattern: "GET /{id}/message_history", scopes: read},
		{pattern: "GET /{history}/events", scopes: read},
		{pattern: "POST /{id}", scopes: either}, // a template: send; a phone or an account: admin
		{pattern: "GET /{id}/message_templates", scopes: read},
		{pattern: "POST /{id}/message_templates", scopes: send},
		{pattern: "DELETE /{id}/message_templates", scopes: send},
		{pattern: "POST /{id}/register", scopes: admin},
		{pattern: "POST /{id}/deregister", scopes: admin},
		{pattern: "POST /{id}/request_code", scopes: admin},
		{pattern: "POST /{id}/verify_code", scopes: admin},
		{pattern: "GET /{id}/settings", scopes: read},
		{pattern: "POST /{id}/settings", scopes: admin},
		{pattern: "POST /{id}/conversational_automation", scopes: admin},
		{pattern: "GET /{id}/whatsapp_business_profile", scopes: read},
		{pattern: "POST /{id}/whatsapp_business_profile", scopes: admin},
		{pattern: "GET /{id}/block_users", scopes: read},
		{pattern: "POST /{id}/block_users", scopes: admin},
		{pattern: "DELETE /{id}/block_users", scopes: admin},
		{pattern: "GET /{id}/message_qrdls", scopes: read},
		{pattern: "POST /{id}/message_qrdls", scopes: admin},
		{pattern: "GET /{id}/message_qrdls/{code}", scopes: read},
		{pattern: "POST /{id}/message_qrdls/{code}", scopes: admin},
		{pattern: "DELETE /{id}/message_qrdls/{code}", scopes: admin},
		{pattern: "GET /{id}/subscribed_apps", scopes: read},
		{pattern: "POST /{id}/subscribed_apps", scopes: admin},
		{pattern: "DELETE /{id}/subscribed_apps", scopes: admin},
		{pattern: "GET /{id}/assigned_users", scopes: admin},
		{pattern: "GET /{id}/subscriptions", scopes: admin},
		{pattern: "POST /{id}/subscriptions", scopes: admin},
		{pattern: "DELETE /{id}/subscriptions", scopes: admin},
		{pattern: "GET /debug_token"}, // any live token
		{pattern: "GET /{$}", open: true},
		{pattern: "GET /oauth/access_token", open: true}, // asks for the app's secret
		{pattern: "POST /oauth/access_token", open: true},
		{pattern: "/"}, // what is not there
	}
	for _, kind := range analytics.Kinds {
		list = append(list, access{pattern: "GET /{id}/" + string(kind), scopes: read})
	}
	return list
}

// accessOf finds a route's entry. A route without one does not start: nobody
// has said who may use it.
func accessOf(pattern string) access {
	list := accesses()
	i := slices.IndexFunc(list, func(a access) bool { return a.pattern == pattern })
	if i < 0 {
		panic("cloud: no scopes for the route " + pattern)
	}
	return list[i]
}

type tokenKey struct{}

// guarded lets a request through whose token has one of the scopes, before
// anything else is looked at.
func (a *api) guarded(who access, h handler) handler {
	if who.open {
		return h
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		token, err := a.authorize(r)
		if err != nil {
			return err
		}
		if len(who.scopes) > 0 && !slices.ContainsFunc(who.scopes, token.Allows) {
			return lacks(who.scopes[0])
		}
		return h(w, r.WithContext(context.WithValue(r.Context(), tokenKey{}, token)))
	}
}
