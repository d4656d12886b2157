package cloud

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// authorize finds the caller's token. The scopes are held to by guarded.
func (a *api) authorize(r *http.Request) (queue.Token, error) {
	if token, ok := r.Context().Value(tokenKey{}).(queue.Token); ok {
		return token, nil // found by guarded
	}
	secret, inQuery := bridge.Secret(r)
	if secret == "" {
		return queue.Token{}, &graphError{Message: "An access token is required to request this resource.", Type: "OAuthException",
			Code: int(codeNoToken), Data: &errorData{"whatsapp", "send Authorization: Bearer <token>; make a token with `wabridge token create`"}}
	}
	if inQuery && r.Method != http.MethodGet && r.Method != http.MethodHead && !a.QueryTokenSends {
		return queue.Token{}, &graphError{Message: "Invalid OAuth access token - Cannot parse access token", Type: "OAuthException",
			Code: int(wabridge.CodeToken), Data: &errorData{"whatsapp", "send the token in the Authorization header; in the query it is taken for reading only"}}
	}
	token, err := a.Auth.Check(r.Context(), r.RemoteAddr, secret)
	if wabridge.CodeOf(err) == wabridge.CodeToken {
		return token, &graphError{Message: "Invalid OAuth access token - Cannot parse access token", Type: "OAuthException",
			Code: int(wabridge.CodeToken), Data: &errorData{"whatsapp", "this token is unknown or was revoked; make one with `wabridge token create`"}}
	}
	return token, err
}

// lacks is the answer to a token without a scope.
func lacks(scope string) error {
	return refuse(wabridge.CodePermission, "the token lacks the scope %s; use one that has it", scope)
}

// phone finds the phone of the path.
func (a *api) phone(r *http.Request) (wabridge.Phone, error) {
	id := r.PathValue("phone")
	p, err := a.phones.get(r.Context(), a.Store, id)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return p, a.unknownPhone(r.Method, id)
	}
	if err != nil {
		return p, err
	}
	return p, maintained(p)
}

// unknownPhone answers for an id that no phone has: for good only when all
// phones have been looked for. Clients take a 400 for a permanent error.
func (a *api) unknownPhone(method, id string) error {
	if !a.Searching.On() {
		return noObject(method, id)
	}
	e := refuse(wabridge.CodeUnavailable, "%v", bridge.ErrSearching)
	e.status, e.Transient, e.retry = http.StatusServiceUnavailable, true, time.Second
	return e
}

// phonesFresh is how long a phone's row is good enough for accepting a
// message: what was accepted in the moment of a logout waits in its queue.
const phonesFresh = 100 * time.Millisecond

// A phoneCache spares a reading of the database per accepted message.
type phoneCache struct {
	mu   sync.Mutex
	rows map[string]cachedPhone
}

type cachedPhone struct {
	phone wabridge.Phone
	read  time.Time
}

// get finds a phone. Only phones that exist are remembered, so the map stays
// as small as the fleet.
func (c *phoneCache) get(ctx context.Context, store Store, id string) (wabridge.Phone, error) {
	c.mu.Lock()
	row, ok := c.rows[id]
	c.mu.Unlock()
	if ok && time.Since(row.read) < phonesFresh {
		return row.phone, nil
	}
	read := time.Now()
	p, err := store.Phone(ctx, id)
	if err != nil {
		return p, err
	}
	reg, err := queue.RegistrationOf(ctx, store, id)
	if err != nil {
		return p, err
	}
	p = shown(p, reg)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rows == nil {
		c.rows = map[string]cachedPhone{}
	}
	c.rows[id] = cachedPhone{p, read}
	return p, nil
}

// forget makes the next call read the phone anew.
func (c *phoneCache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.rows, id)
}

// shown is a phone as this API shows and uses it: a deregistered one is not
// registered, whatever WhatsApp on it does.
func shown(p wabridge.Phone, reg queue.Registration) wabridge.Phone {
	if reg.Deregistered {
		p.State, p.Code, p.Reason = wabridge.PhoneAttention, wabridge.CodeNotRegistered, deregistered
	}
	return p
}

const deregistered = "the number was deregistered through the API; register it again with POST /{phone_number_id}/register"
