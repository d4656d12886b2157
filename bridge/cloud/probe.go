package cloud

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// unknown answers every path that no route takes: not with HTTP 404, but as
// the Graph API does (contract, section 1.12).
func (a *api) unknown(_ http.ResponseWriter, r *http.Request) error {
	if _, err := a.authorize(r); err != nil {
		return err
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if isDigits(first) && rest == "" {
		return a.unknownPhone(r.Method, first)
	}
	if a.servedOtherwise(r) {
		return noObject(r.Method, first)
	}
	if isDigits(first) {
		return unknownPath("/" + rest)
	}
	return unknownPath(r.URL.Path)
}

// servedOtherwise tells whether the path exists with another method.
func (a *api) servedOtherwise(r *http.Request) bool {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		if _, pattern := a.mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); pattern != "/" {
			return true
		}
	}
	return false
}

func unknownPath(path string) error {
	return say(wabridge.CodeUnknownPath, "(#2500) Unknown path components: "+brief(path), "this gateway has nothing at this path; docs/api.md lists what it has")
}

// root answers the probe that n8n makes to check a token: an error whose type
// is not OAuthException says that the token is good (contract, section 1.12).
func (a *api) root(_ http.ResponseWriter, r *http.Request) error {
	if _, err := a.authorize(r); err != nil {
		return err
	}
	return &graphError{Message: "Unsupported get request. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api",
		Type: "GraphMethodException", Code: int(wabridge.CodeParameter)}
}

// debugToken is GET /debug_token: what a token may do. A secret that is no
// live token of ours is an answer too (is_valid false), not an error.
func (a *api) debugToken(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.authorize(r); err != nil {
		return err
	}
	input := r.URL.Query().Get("input_token")
	if input == "" {
		return required("input_token", "give the token that is to be looked at")
	}
	token, err := a.Auth.Check(r.Context(), r.RemoteAddr, input)
	if wabridge.CodeOf(err) == wabridge.CodeToken {
		writeJSON(w, http.StatusOK, node{"data": node{"is_valid": false, "scopes": []string{},
			"error": node{"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"}}})
		return nil
	}
	if err != nil {
		return err
	}
	data, err := a.describe(r.Context(), token)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, node{"data": data})
	return nil
}

// describe says what a token may do, in Graph's words: reading is management,
// sending is messaging.
func (a *api) describe(ctx context.Context, token queue.Token) (node, error) {
	phones, err := a.Store.Phones(ctx)
	if err != nil {
		return nil, err
	}
	accounts := []string{}
	for _, p := range phones {
		if !slices.Contains(accounts, p.WABA) {
			accounts = append(accounts, p.WABA)
		}
	}
	scopes, granular := []string{}, []any{}
	for ours, theirs := range map[string]string{queue.ScopeRead: "whatsapp_business_management", queue.ScopeSend: "whatsapp_business_messaging"} {
		if token.Allows(ours) {
			scopes = append(scopes, theirs)
		}
	}
	slices.Sort(scopes)
	for _, s := range scopes {
		granular = append(granular, node{"scope": s, "target_ids": accounts})
	}
	return node{"app_id": appID, "type": "SYSTEM_USER", "application": "wabridge", "is_valid": true,
		"issued_at": token.Created.Unix(), "expires_at": 0, "data_access_expires_at": 0, "scopes": scopes, "granular_scopes": granular}, nil
}
