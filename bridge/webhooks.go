package bridge

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/queue"
)

// webhookInput is what a caller gives of an endpoint. Absent members of an
// existing endpoint stay as they are.
type webhookInput struct {
	URL         *string   `json:"url"`
	VerifyToken *string   `json:"verify_token"`
	Secret      *string   `json:"secret"`
	Phones      *[]string `json:"phones"`
	Fields      *[]string `json:"fields"`
	Scope       *string   `json:"scope"`
	Cursor      *int64    `json:"cursor"`
	Disabled    *bool     `json:"disabled"`
}

// webhookView shows an endpoint without its secrets.
type webhookView struct {
	queue.Endpoint
	HasSecret bool  `json:"has_secret"`
	Backlog   int64 `json:"backlog"` // numbers between its cursor and the newest event: an upper bound
}

func (s *Server) viewWebhook(ctx context.Context, e queue.Endpoint) (webhookView, error) {
	last, err := s.Store.LastEvent(ctx)
	return webhookView{e, e.Secret != "" || s.AppSigned, max(0, last-e.Cursor)}, err
}

func (s *Server) viewWebhooks(ctx context.Context) ([]webhookView, error) {
	all, err := s.Store.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]webhookView, 0, len(all))
	for _, e := range all {
		v, err := s.viewWebhook(ctx, e)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

func (s *Server) listWebhooks(w http.ResponseWriter, r *http.Request) error {
	views, err := s.viewWebhooks(r.Context())
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"webhooks": views})
	return nil
}

// webhook finds an endpoint by id.
func (s *Server) webhook(ctx context.Context, id string) (queue.Endpoint, error) {
	all, err := s.Store.Endpoints(ctx)
	if err != nil {
		return queue.Endpoint{}, err
	}
	for _, e := range all {
		if e.ID == id {
			return e, nil
		}
	}
	return queue.Endpoint{}, missing("the webhook")
}

// putWebhook adds an endpoint (without an id in the path) or changes one. Where
// there is a verify token, a new address or token has to pass the handshake
// first.
func (s *Server) putWebhook(w http.ResponseWriter, r *http.Request, act *audit.Entry) error {
	var in webhookInput
	if err := decode(w, r, &in); err != nil {
		return err
	}
	e, status := queue.Endpoint{Scope: "app"}, http.StatusCreated
	if id := r.PathValue("id"); id != "" {
		var err error
		if e, err = s.webhook(r.Context(), id); err != nil {
			return err
		}
		status = http.StatusOK
	}
	before := e
	act.Detail = in.given()
	if err := in.apply(&e); err != nil {
		return err
	}
	if err := s.reachable(r.Context(), e.Cursor); err != nil {
		return err
	}
	if s.Verify != nil && e.VerifyToken != "" && (e.URL != before.URL || e.VerifyToken != before.VerifyToken) {
		if err := s.Verify(r.Context(), e); err != nil {
			return unverified(err)
		}
	}
	e, err := s.Store.PutEndpoint(r.Context(), e)
	if err != nil {
		return err
	}
	act.Target = e.ID
	s.reload()
	if in.Cursor != nil && before.ID != "" {
		if err := s.seek(r.Context(), e.ID, *in.Cursor); err != nil {
			return err
		}
		e.Cursor = *in.Cursor
	}
	v, err := s.viewWebhook(r.Context(), e)
	if err != nil {
		return err
	}
	writeJSON(w, status, v)
	return nil
}

// reachable refuses a place that the log has not got to: an endpoint there
// would miss what happens until then.
func (s *Server) reachable(ctx context.Context, cursor int64) error {
	last, err := s.Store.LastEvent(ctx)
	if err == nil && cursor > last {
		err = bad("cursor", "give the number of an event that has happened", "cursor is beyond the newest event, %d", last)
	}
	return err
}

// reload tells the deliverer that the endpoints have changed.
func (s *Server) reload() {
	if s.Webhooks != nil {
		s.Webhooks.Reload()
	}
}

// seek moves a known endpoint. Its lane alone may do that: it is what saves
// the place.
func (s *Server) seek(ctx context.Context, id string, after int64) error {
	var err error = wabridge.Fail(wabridge.CodeNotFound, nil, "no deliverer")
	if s.Webhooks != nil {
		err = s.Webhooks.Seek(ctx, id, after)
	}
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return &failure{Status: http.StatusServiceUnavailable, Code: "not_ready", Field: "cursor",
			Message: "the webhook is stored, but does not run yet and so was not moved", Remedy: "repeat the request in a few seconds"}
	}
	return err
}

// unverified is the answer to an endpoint that did not pass the handshake.
func unverified(err error) *failure {
	f := &failure{Status: http.StatusBadRequest, Code: "verification", Field: "url", cause: err,
		Message: "the endpoint did not answer the verification request with the challenge",
		Remedy:  "answer GET ?hub.mode=subscribe&hub.verify_token=…&hub.challenge=N with status 200 and the body N"}
	if e, ok := errors.AsType[*wabridge.Error](err); ok && e.Code == wabridge.CodeCallback {
		f.Message = e.Detail
	}
	return f
}

// apply checks what was given and sets it.
func (in *webhookInput) apply(e *queue.Endpoint) error {
	set(&e.URL, in.URL)
	set(&e.VerifyToken, in.VerifyToken)
	set(&e.Secret, in.Secret)
	set(&e.Phones, in.Phones)
	set(&e.Fields, in.Fields)
	set(&e.Scope, in.Scope)
	set(&e.Cursor, in.Cursor)
	set(&e.Disabled, in.Disabled)
	u, err := url.Parse(e.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return bad("url", "give the full address, like https://crm.example.org/whatsapp", "url is not an http or https address")
	case u.User != nil:
		return bad("url", "take user and password out of the address; requests are signed instead", "url holds a user or password")
	case len(e.URL) > 2000:
		return bad("url", "give a shorter address", "url is longer than 2000 characters")
	case !slices.Contains([]string{"app", "waba", "phone"}, e.Scope):
		return bad("scope", "use app, waba or phone", "scope is not known")
	case e.Scope == "phone" && len(e.Phones) == 0:
		return bad("phones", "name the phone numbers (phone_number_id) that it overrides", "a webhook of scope phone needs phones")
	case slices.ContainsFunc(e.Fields, func(f string) bool { return !KnownField(f) }):
		return bad("fields", "use messages, smb_message_echoes, calls, message_template_status_update … (docs/webhooks.md) or *", "a field is not one of those that are sent")
	case e.Cursor < 0:
		return bad("cursor", "give the number of the last event that it need not get", "cursor is negative")
	}
	return nil
}

// given names the members that were given, not what they hold.
func (in *webhookInput) given() string {
	var names []string
	for _, m := range []struct {
		name  string
		there bool
	}{
		{"url", in.URL != nil}, {"verify_token", in.VerifyToken != nil}, {"secret", in.Secret != nil}, {"phones", in.Phones != nil},
		{"fields", in.Fields != nil}, {"scope", in.Scope != nil}, {"cursor", in.Cursor != nil}, {"disabled", in.Disabled != nil},
	} {
		if m.there {
			names = append(names, m.name)
		}
	}
	return "set " + strings.Join(names, ",")
}

// set takes a value that was given.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (s *Server) deleteWebhook(w http.ResponseWriter, r *http.Request, _ *audit.Entry) error {
	if err := s.Store.DeleteEndpoint(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	s.reload()
	w.WriteHeader(http.StatusNoContent)
	return nil
}
