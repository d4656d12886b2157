package cloud

import (
	"net/http"
	"strings"

	"github.com/wabridge/wabridge"
)

// unknown answers every path that no route takes: not with HTTP 404, but as
// the Graph API does (contract, section 1.12).
func (a *api) unknown(_ http.ResponseWriter, r *http.Request) error {
	if _, err := a.authorize(r); err != nil {
		return err
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if isDigits(first) && rest == "" || a.servedOtherwise(r) {
		return noObject(r.Method, first)
	}
	if isDigits(first) {
		return unknownPath("/" + rest)
	}
	return unknownPath(r.URL.Path)
}

// servedOtherwise tells whether the path exists with another method.
func (a *api) servedOtherwise(r *http.Request) bool {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
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
