package cloud

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// subscriptionID is the endpoint that POST /{app}/subscriptions sets. That of
// the config file is another one; both get what the app gets.
const subscriptionID = "subscription"

// webhookObject is the only kind of object there are webhooks of.
const webhookObject = "whatsapp_business_account"

// onApp is what every call on the app begins with. There is one app, whatever
// decimal id (or "app") a client was configured with.
func (a *api) onApp(w http.ResponseWriter, r *http.Request) (params, error) {
	if _, err := a.authorize(r); err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	if !isDigits(id) && id != "app" {
		return nil, unknownPath(r.URL.Path)
	}
	phones, err := a.Store.Phones(r.Context())
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(phones, func(p wabridge.Phone) bool { return p.ID == id || p.WABA == id }) {
		return nil, noObject(r.Method, id)
	}
	return readParams(w, r)
}

// subscriptions is GET /{app}/subscriptions.
func (a *api) subscriptions(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.onApp(w, r); err != nil {
		return err
	}
	hooks, err := a.Store.Endpoints(r.Context())
	if err != nil {
		return err
	}
	data := []any{}
	for _, e := range hooks {
		if e.Scope != "app" {
			continue
		}
		fields := []any{}
		for _, f := range bridge.FieldsOf(e) {
			fields = append(fields, node{"name": f, "version": defaultVersion})
		}
		data = append(data, node{"object": webhookObject, "callback_url": e.URL, "active": !e.Disabled, "fields": fields})
	}
	writeJSON(w, http.StatusOK, node{"data": data})
	return nil
}

// subscribeApp is POST /{app}/subscriptions: where the app's webhooks go, and
// which fields. The handshake comes first.
func (a *api) subscribeApp(w http.ResponseWriter, r *http.Request) error {
	p, err := a.onApp(w, r)
	if err != nil {
		return err
	}
	if err := p.webhookObject(); err != nil {
		return err
	}
	e := queue.Endpoint{ID: subscriptionID, Scope: "app"}
	if e.URL, err = p.text("callback_url"); err != nil {
		return err
	}
	if e.URL == "" {
		return required("callback_url", "give the address of the receiver")
	}
	if e.VerifyToken, err = p.text("verify_token"); err != nil {
		return err
	}
	if e.VerifyToken == "" {
		return required("verify_token", "give the word that the receiver checks in the handshake")
	}
	if e.Fields, err = p.names("fields"); err != nil {
		return err
	}
	for _, f := range e.Fields {
		if !bridge.KnownField(f) {
			return say(wabridge.CodeParameter, "(#100) Param fields["+brief(f)+"] is not a valid field.", "fields: docs/webhooks.md lists them")
		}
	}
	if err := a.putEndpoint(r, "callback_url", e); err != nil {
		return err
	}
	return succeed(w)
}

// unsubscribeApp is DELETE /{app}/subscriptions: all of it, or the named
// fields.
func (a *api) unsubscribeApp(w http.ResponseWriter, r *http.Request) error {
	p, err := a.onApp(w, r)
	if err != nil {
		return err
	}
	if p.has("object") {
		if err := p.webhookObject(); err != nil {
			return err
		}
	}
	gone, err := p.names("fields")
	if err != nil {
		return err
	}
	hooks, err := a.Store.Endpoints(r.Context())
	if err != nil {
		return err
	}
	at := slices.IndexFunc(hooks, func(e queue.Endpoint) bool { return e.ID == subscriptionID })
	if at < 0 {
		return refuse(wabridge.CodeParameter, "there is no subscription; an address of the config file is taken out there")
	}
	e := hooks[at]
	left := slices.DeleteFunc(bridge.FieldsOf(e), func(f string) bool { return slices.Contains(gone, f) })
	if len(gone) == 0 || len(left) == 0 {
		if err := a.dropEndpoint(r, subscriptionID); err != nil {
			return err
		}
		return succeed(w)
	}
	e.Fields = left
	if _, err := a.Store.PutEndpoint(r.Context(), e); err != nil {
		return err
	}
	a.reload()
	return succeed(w)
}

// webhookObject checks the parameter object.
func (p params) webhookObject() error {
	object, err := p.text("object")
	if err != nil {
		return err
	}
	if object == "" {
		return required("object", "set it to "+webhookObject)
	}
	if object != webhookObject {
		return oneOf("object", []string{webhookObject}, object)
	}
	return nil
}

// names reads a list of words: a JSON list, or words with commas between them.
func (p params) names(name string) ([]string, error) {
	raw := p[name]
	if isNull(raw) {
		return nil, nil
	}
	if raw[0] == '"' {
		s, err := unquote(name, raw)
		if err != nil {
			return nil, err
		}
		if s = strings.TrimSpace(s); !strings.HasPrefix(s, "[") {
			words := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
			return words, nil
		}
	}
	return p.list(name)
}

// accessToken is GET and POST /oauth/access_token with the grant
// client_credentials. Nothing new is made: the secret of the client must be a
// live token of this server, and is what comes back.
func (a *api) accessToken(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(w, r)
	if err != nil {
		return err
	}
	if grant, err := p.text("grant_type"); err != nil {
		return err
	} else if grants := []string{"client_credentials"}; grant != "" && grant != grants[0] {
		return oneOf("grant_type", grants, grant)
	}
	if id, err := p.text("client_id"); err != nil {
		return err
	} else if id == "" {
		return required("client_id", "give the app's id; any will do")
	}
	secret, err := p.text("client_secret")
	if err != nil {
		return err
	}
	if secret == "" {
		return required("client_secret", "give a token of this server: make one with `wabridge token create`")
	}
	_, err = a.Auth.Check(r.Context(), r.RemoteAddr, secret)
	if wabridge.CodeOf(err) == wabridge.CodeToken {
		e := say(wabridge.CodeUnknown, "Error validating client secret.", "client_secret: it must be a live token of this server")
		e.cause = nil
		return e
	}
	if err != nil {
		return err
	}
	body, err := json.Marshal(struct {
		Token string `json:"access_token"`
		Kind  string `json:"token_type"`
	}{secret, "bearer"})
	if err != nil {
		return err
	}
	write(w, http.StatusOK, body)
	return nil
}
