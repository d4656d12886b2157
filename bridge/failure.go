package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/wabridge/wabridge"
)

// A failure is an answer that is not 2xx. Its Code is stable: programs may
// branch on it; the rest is for people.
type failure struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`  // the parameter that is wrong
	Remedy  string `json:"remedy,omitempty"` // what to do about it
	State   string `json:"state,omitempty"`  // of the message, where that is why
	// Campaign is one of which a part was accepted.
	Campaign string `json:"campaign_id,omitempty"`
	cause    error  // logged, never shown
}

func (f *failure) Error() string {
	if f.cause != nil {
		return f.Message + ": " + f.cause.Error()
	}
	return f.Message
}

func (f *failure) Unwrap() error { return f.cause }

// bad is the answer to a parameter that cannot be used.
func bad(field, remedy, format string, args ...any) *failure {
	return &failure{Status: http.StatusBadRequest, Code: "invalid_parameter", Field: field,
		Message: fmt.Sprintf(format, args...), Remedy: remedy}
}

// missing is the answer to an id that nobody has.
func missing(what string) *failure {
	return &failure{Status: http.StatusNotFound, Code: "not_found", Message: what + " does not exist",
		Remedy: "check the id; lists show those that exist"}
}

// codes maps what a layer below said to what the outside sees.
var codes = map[wabridge.Code]failure{
	wabridge.CodeToken: {Status: 401, Code: "unauthorized", Message: "the token is missing, unknown or revoked",
		Remedy: "send a live token as Authorization: Bearer <token>; make one with `wabridge token create`"},
	wabridge.CodePermission: {Status: 403, Code: "forbidden", Message: "the token lacks the scope for this",
		Remedy: "use a token with the scope that docs/api.md names for this path"},
	wabridge.CodeNotFound: {Status: 404, Code: "not_found", Message: "there is no such object",
		Remedy: "check the id; lists show those that exist"},
	wabridge.CodeTooLate: {Status: 409, Code: "too_late", Message: "the message is no longer queued",
		Remedy: "read the message to see where it is; what a phone has begun to type is not taken back"},
	wabridge.CodeConflict: {Status: 409, Code: "conflict", Message: "this clashes with what is stored"},
	wabridge.CodeStorage: {Status: 503, Code: "storage", Message: "the database could not do it; nothing was changed",
		Remedy: "free disk space or repair the disk, then repeat the request"},
	wabridge.CodeOffline: {Status: 503, Code: "offline", Message: "the phone cannot be reached",
		Remedy: "see that it is on and connected; its health says more"},
	wabridge.CodeSlow: {Status: 503, Code: "busy", Message: "the phone is busy with a message",
		Remedy: "repeat the request in a few seconds"},
	wabridge.CodeScreen: {Status: 502, Code: "phone_refused", Message: "the phone did not do it",
		Remedy: "see that its screen is on and shows nothing protected, then try again"},
	wabridge.CodeStopping: {Status: 503, Code: "stopping", Message: "the program is stopping",
		Remedy: "repeat the request in a few seconds"},
}

// failureOf turns any error into an answer. One without a known code is an
// internal error whose words stay in the log.
func failureOf(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	f, known := codes[wabridge.CodeOf(err)]
	if !known {
		f = failure{Status: 500, Code: "internal", Message: "something went wrong inside the program",
			Remedy: "look into the log for the request's id"}
	}
	f.cause = err
	return &f
}

// A handler answers a request or says why not.
type handler func(w http.ResponseWriter, r *http.Request) error

// answer is the one place where an error becomes a response and a log line.
func (s *Server) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		Routed(r.Context(), r.Pattern)
		err := s.guarded(h, w, r)
		if err == nil {
			return
		}
		f := failureOf(err)
		if f.Status == http.StatusNotFound && ofPhone(r.Pattern) && s.Searching.On() {
			f = searching()
		}
		switch {
		case r.Context().Err() != nil:
			s.Log.DebugContext(r.Context(), "client went away", "route", r.Pattern, "took", time.Since(started))
		case f.Status >= 500:
			s.Log.ErrorContext(r.Context(), "request not answered", "route", r.Pattern, "status", f.Status, "code", f.Code,
				"took", time.Since(started), "err", f.cause)
		default:
			s.Log.DebugContext(r.Context(), "request refused", "route", r.Pattern, "status", f.Status, "code", f.Code, "field", f.Field)
		}
		writeFailure(w, f)
	})
}

// guarded makes a panic of a handler an error like any other.
func (s *Server) guarded(h handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		p := recover()
		if p == http.ErrAbortHandler { //nolint:errorlint // the very value is asked for
			panic(p)
		}
		if p != nil {
			err = Panicked(p)
		}
	}()
	return h(w, r)
}

// Panicked makes an error of a recovered panic: its kind and the stack, but of
// the value only what the runtime wrote, for a value may hold private text.
func Panicked(p any) error {
	if e, ok := p.(runtime.Error); ok {
		return fmt.Errorf("panic: %w\n%s", e, debug.Stack())
	}
	return fmt.Errorf("panic: %T\n%s", p, debug.Stack())
}

func writeFailure(w http.ResponseWriter, f *failure) {
	switch f.Status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="wabridge"`)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	}
	writeJSON(w, f.Status, map[string]*failure{"error": f})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // a bug: all our answers are plain structs
		status, body = 500, []byte(`{"error":{"code":"internal","message":"the answer could not be written"}}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client may be gone; nothing to do about it
}
