package console

import (
	"errors"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/media"
)

// maxForm is the largest form in bytes; a route with files sets its own.
const maxForm = 1 << 20

// policy lets a page load what this server serves, and nothing else.
const policy = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// guard sets the headers of every answer and refuses what other sites send.
func (c *Console) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	if o := c.origin(); o != "" {
		_ = cross.AddTrustedOrigin(o) // made of a parsed URL
	}
	cross.SetDenyHandler(c.answer(func(*visit) error { return errForeign }))
	checked := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if clean := path.Clean(r.URL.Path); clean != strings.TrimSuffix(r.URL.Path, "/") && r.URL.Path != "/" {
			http.Redirect(w, r, Path, http.StatusSeeOther)
			return
		}
		checked.ServeHTTP(w, r)
	})
}

// A handler answers a visit or says why not.
type handler func(v *visit) error

// A problem is an error for the person who looks at the page: the words are
// the text of its key, with the arguments of args.
type problem struct {
	status int
	key    string
	args   []any
	cause  error // logged, never shown
}

func (p *problem) Error() string {
	if p.cause != nil {
		return p.key + ": " + p.cause.Error()
	}
	return p.key
}

func (p *problem) Unwrap() error { return p.cause }

// refuse makes a problem that the person can do something about.
func refuse(key string, args ...any) *problem {
	return &problem{status: http.StatusUnprocessableEntity, key: key, args: args}
}

var (
	errNowhere = &problem{status: http.StatusNotFound, key: "error.nowhere"}
	errForeign = &problem{status: http.StatusForbidden, key: "error.foreign"}
	errScope   = &problem{status: http.StatusForbidden, key: "error.scope"}
	errToken   = &problem{status: http.StatusUnauthorized, key: "login.wrong"}
)

// tooLarge names the limit of a form; of one with a file, that of the file.
func tooLarge(limit int64) *problem {
	if limit == maxUpload {
		limit = media.MaxDocument
	}
	return &problem{status: http.StatusRequestEntityTooLarge, key: "error.too_large", args: []any{media.Bytes(limit)}}
}

// problemOf turns any error into words for a person.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(e.Limit)
	}
	switch wabridge.CodeOf(err) {
	case wabridge.CodeNotFound:
		return &problem{http.StatusNotFound, "error.gone", nil, err}
	case wabridge.CodeTooLate:
		return &problem{http.StatusConflict, "error.too_late", nil, err}
	case wabridge.CodeConflict:
		return &problem{http.StatusConflict, "error.conflict", nil, err}
	case wabridge.CodeStorage:
		return &problem{http.StatusServiceUnavailable, "error.storage", nil, err}
	case wabridge.CodeStopping:
		return &problem{http.StatusServiceUnavailable, "error.stopping", nil, err}
	}
	return &problem{http.StatusInternalServerError, "error.internal", nil, err}
}

// answer is the one place where an error becomes an answer and a log line.
func (c *Console) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		if r.Method == http.MethodPost {
			r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
		}
		v := c.visit(w, r)
		err := guarded(h, v)
		if err == nil {
			return
		}
		p := problemOf(err)
		switch {
		case r.Context().Err() != nil:
			c.Log.Debug("browser went away", "route", r.Pattern, "took", time.Since(began))
			return
		case p.status >= http.StatusInternalServerError:
			c.Log.Error("page not answered", "route", r.Pattern, "status", p.status, "took", time.Since(began), "err", p.cause)
		default:
			c.Log.Debug("request refused", "route", r.Pattern, "status", p.status, "why", p.key)
		}
		c.showProblem(v, p)
	})
}

// guarded makes a panic of a handler an error like any other.
func guarded(h handler, v *visit) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			err = bridge.Panicked(p)
		}
	}()
	return h(v)
}

// scoped lets a visit through whose session lives and whose token has the
// scope; a POST must come from one of its pages.
func (c *Console) scoped(scope, page string, h handler) handler {
	return func(v *visit) error {
		v.page = page
		ok, err := c.recognise(v)
		switch {
		case err != nil:
			return err
		case !ok:
			return c.toLogin(v)
		case !v.Can(scope):
			return errScope
		case v.Method == http.MethodGet, v.Method == http.MethodHead:
			return h(v)
		}
		ok, err = v.meant()
		if err != nil {
			return err
		}
		if !ok {
			return errForeign
		}
		return h(v)
	}
}

// recognise finds the session of a visit and whether its token still lives.
func (c *Console) recognise(v *visit) (bool, error) {
	id := cookie(v.Request, sessionCookie)
	found, ok := c.sessions.find(id, time.Now())
	if !ok {
		return false, nil
	}
	token, err := c.Store.Authenticate(v.Context(), found.secret)
	if wabridge.CodeOf(err) == wabridge.CodeToken {
		c.sessions.end(id)
		return false, nil
	}
	v.Token, v.CSRF = token, found.csrf
	return err == nil, err
}

// maxUpload bounds every request: the largest file, and its form.
const maxUpload = 101 << 20
