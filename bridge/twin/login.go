package twin

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Logging in: TWIN's clients send an e-mail address and a password and get a
// JWT, of which they read `exp`. Here the password is a token of this gateway,
// and what they get is the same token in a JWT's clothes: it opens nothing that
// the token does not, for no longer than the token, and nobody has to log in,
// because the token itself is taken, too.

// jwtHead is the first part of what login answers with.
var jwtHead = base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"none"}`))

// How long the answer of a login says to hold, in seconds; the preset is that
// of TWIN's own client.
const (
	presetTTL = 3600
	maxTTL    = 30 * 24 * 3600
	maxLogin  = 64 << 10 // bytes of a body
)

// dress makes a JWT's form of a secret.
func dress(secret string, expires time.Time) string {
	claims := `{"exp":` + strconv.FormatInt(expires.Unix(), 10) + `}`
	return jwtHead + "." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "." + base64.RawURLEncoding.EncodeToString([]byte(secret))
}

// undress finds the secret in what a caller sent, be it dressed or not.
func undress(s string) string {
	rest, ok := strings.CutPrefix(s, jwtHead+".")
	_, last, two := strings.Cut(rest, ".")
	secret, err := base64.RawURLEncoding.DecodeString(last)
	if !ok || !two || err != nil {
		return s
	}
	return string(secret)
}

// authorize finds the token of a call, which needs a scope ("" for any).
func (a *api) authorize(r *http.Request, scope string) (queue.Token, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		secret = ""
	}
	return a.check(r, undress(strings.TrimSpace(secret)), scope, "the header Authorization must be Bearer and a live token of this gateway")
}

func (a *api) check(r *http.Request, secret, scope, words string) (queue.Token, error) {
	token, err := a.Auth.Check(r.Context(), r.RemoteAddr, secret)
	if wabridge.CodeOf(err) == wabridge.CodeToken {
		return token, &refusal{status: http.StatusUnauthorized, words: words}
	}
	if err == nil && scope != "" && !token.Allows(scope) {
		err = &refusal{status: http.StatusForbidden, words: "this token lacks the scope " + scope}
	}
	return token, err
}

// login is POST auth/login (POST auth, too) and GET auth/refresh.
func (a *api) login(w http.ResponseWriter, r *http.Request, path string) error {
	var secret, ttl, words string
	switch {
	case r.Method == http.MethodPost && (path == "auth" || path == "auth/login"):
		var given struct{ Password, TTL json.RawMessage }
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxLogin)).Decode(&given); err != nil {
			return refuse(`the body is not a JSON object; send {"email":"…","password":"<token>"}`)
		}
		secret, _ = scalar(given.Password)
		ttl, _ = scalar(given.TTL)
		words = "password: it must be a live token of this gateway"
	case (r.Method == http.MethodGet || r.Method == http.MethodPost) && path == "auth/refresh":
		q := r.URL.Query()
		secret, ttl = undress(q.Get("refreshToken")), q.Get("ttl")
		words = "refreshToken: it must be what auth/login answered with"
	default:
		return &refusal{status: http.StatusNotFound, words: "there is no such path; there are POST auth/login and GET auth/refresh"}
	}
	if _, err := a.check(r, secret, "", words); err != nil {
		return err
	}
	seconds, err := strconv.Atoi(ttl)
	if err != nil || seconds <= 0 {
		seconds = presetTTL
	}
	dressed := dress(secret, time.Now().Add(time.Duration(min(seconds, maxTTL))*time.Second))
	write(w, http.StatusOK, map[string]string{"authToken": dressed, "refreshToken": dressed})
	return nil
}
