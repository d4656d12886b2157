package console

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// Cookies of the console.
const (
	sessionCookie = "wabridge_console"
	themeCookie   = "wabridge_theme"
	langCookie    = "wabridge_lang"
	zoneCookie    = "wabridge_zone" // set by console.js: the browser's time zone
)

// A visit is one request with what is known of who makes it. Token and CSRF
// are set behind the login.
type visit struct {
	*http.Request
	w     http.ResponseWriter
	Token queue.Token
	CSRF  string
	Lang  language
	Theme string // "light", "dark", or "" for the system's
	zone  *time.Location
	page  string // name of the page, "" before the login
}

func (c *Console) visit(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{Request: r, w: w, Lang: chooseLanguage(cookie(r, langCookie), r.Header.Get("Accept-Language")), zone: time.UTC}
	if theme := cookie(r, themeCookie); theme == "light" || theme == "dark" {
		v.Theme = theme
	}
	if name := cookie(r, zoneCookie); name != "" && len(name) < 64 {
		if zone, err := time.LoadLocation(name); err == nil {
			v.zone = zone
		}
	}
	return v
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// Can reports whether the visitor's token has a scope: "send", "admin".
func (v *visit) Can(scope string) bool { return v.Token.Allows(scope) }

// Page is the name of the page, "" before the login.
func (v *visit) Page() string { return v.page }

// Here is the path and query of the request, for a form that comes back to it.
func (v *visit) Here() string { return v.URL.RequestURI() }

// htmx reports whether a part of a page is asked for.
func (v *visit) htmx() bool { return v.Header.Get("HX-Request") == "true" }

// csrfHeader carries the session's token in htmx's requests; forms have a
// field "csrf".
const csrfHeader = "X-Csrf-Token"

// meant checks that a POST comes from one of this session's pages. The error
// is that of a form that is too large to be read.
func (v *visit) meant() (bool, error) {
	given := v.Header.Get(csrfHeader)
	if given == "" {
		err := v.ParseMultipartForm(maxMemory)
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return false, err
		}
		given = v.PostFormValue("csrf")
	}
	return subtle.ConstantTimeCompare([]byte(given), []byte(v.CSRF)) == 1, nil
}

// setCookie sets one that only this site sees.
func (c *Console) setCookie(v *visit, name, value string, age time.Duration) {
	http.SetCookie(v.w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(age / time.Second),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.secure(v.Request),
	})
}
