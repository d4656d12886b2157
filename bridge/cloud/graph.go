package cloud

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/content"
)

// defaultVersion is reported to clients that name none.
const defaultVersion = "v23.0"

// Codes of the Graph API that only this package uses (contract, section 1.12).
const (
	codeNoToken wabridge.Code = 104
	subNoObject int           = 33
)

// statuses are the HTTP statuses of the contract's section 7; 400 elsewhere.
var statuses = map[wabridge.Code]int{
	codeNoToken:               401,
	wabridge.CodeToken:        401,
	wabridge.CodePermission:   403,
	wabridge.CodeAccessDenied: 403,
	wabridge.CodeLocked:       403,
	wabridge.CodeInternal:     500,
	wabridge.CodeUnavailable:  500,
	wabridge.CodeMaintenance:  500,
	wabridge.CodeNoTemplate:   404,
}

// A graphError is an error as the Graph API writes it.
type graphError struct {
	Message   string     `json:"message"`
	Type      string     `json:"type"`
	Code      int        `json:"code"`
	Subcode   int        `json:"error_subcode,omitempty"`
	Transient bool       `json:"is_transient,omitempty"`
	UserTitle string     `json:"error_user_title,omitempty"`
	UserMsg   string     `json:"error_user_msg,omitempty"`
	Data      *errorData `json:"error_data,omitempty"`
	Trace     string     `json:"fbtrace_id"`

	status int           // HTTP; 0 means the code's
	retry  time.Duration // when to come again; 0: nothing is known of it
	cause  error         // logged, never shown
}

type errorData struct {
	Product string `json:"messaging_product"`
	Details string `json:"details"`
}

func (e *graphError) Error() string { return fmt.Sprintf("graph error %d", e.Code) }
func (e *graphError) Unwrap() error { return e.cause }

// refuse makes the error of a code with its standard title. The details say
// which parameter it is and what to do.
func refuse(code wabridge.Code, format string, args ...any) *graphError {
	return say(code, fmt.Sprintf("(#%d) %s", code, bridge.Title(code)), format, args...)
}

// say is refuse with other words than the title.
func say(code wabridge.Code, message, format string, args ...any) *graphError {
	return &graphError{Message: message, Type: "OAuthException", Code: int(code),
		Data: &errorData{"whatsapp", fmt.Sprintf(format, args...)}}
}

// required is the answer to a parameter that is not there.
func required(param, remedy string) *graphError {
	return say(wabridge.CodeParameter, "(#100) The parameter "+param+" is required.", "%s: %s", param, remedy)
}

// noObject is the answer to an id that is not ours, whatever was asked of it
// (contract, section 1.12: HTTP 400, never 404).
func noObject(method, id string) *graphError {
	return &graphError{
		Message: "Unsupported " + strings.ToLower(method) + " request. Object with ID '" + brief(id) + "' does not exist, cannot be loaded due to " +
			"missing permissions, or does not support this operation. Please read the Graph API documentation at " +
			"https://developers.facebook.com/docs/graph-api",
		Type: "GraphMethodException", Code: int(wabridge.CodeParameter), Subcode: subNoObject}
}

// brief keeps an echoed value short and printable.
func brief(s string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\'' || r == '"' || r == 0xfffd {
			return -1
		}
		return r
	}, s)
	if runes := []rune(clean); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return clean
}

// graphErrorOf turns any error into a Graph error. The words of one that is
// not ours stay in the log.
func graphErrorOf(err error) *graphError {
	if e, ok := errors.AsType[*graphError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*content.Error](err); ok {
		return contentError(e)
	}
	code := wabridge.CodeOf(err)
	var e *graphError
	switch {
	case code == wabridge.CodeStorage:
		e = refuse(wabridge.CodeUnavailable, "the gateway could not store this (disk full or broken?); nothing was accepted: repeat the request later")
	case code == wabridge.CodeConflict:
		e = refuse(wabridge.CodeParameter, "Idempotency-Key: this key was used for another request; use a new key for a new message")
	case code.Cloud() == wabridge.CodeUnavailable:
		e = refuse(wabridge.CodeUnavailable, "the gateway cannot take this now; nothing was accepted: repeat the request later")
	default:
		e = refuse(wabridge.CodeInternal, "the gateway made a mistake; nothing is known to be accepted: its log holds this answer's fbtrace_id")
	}
	e.Transient = e.Code == int(wabridge.CodeUnavailable)
	e.cause = err
	return e
}

// A handler answers a request or says why not.
type handler func(w http.ResponseWriter, r *http.Request) error

// answer is the one place where an error becomes a response and a log line.
func (a *api) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		bridge.Routed(r.Context(), r.Pattern)
		err := guarded(h, w, r)
		if err == nil {
			return
		}
		e := *graphErrorOf(err) // a copy: the trace id is this answer's
		e.Trace = w.Header().Get("X-Fb-Trace-Id")
		status := e.httpStatus()
		if status >= 500 {
			a.Log.ErrorContext(r.Context(), "request not answered", "route", r.Pattern, "status", status, "code", e.Code,
				"trace", e.Trace, "took", time.Since(started), "err", e.cause)
		} else {
			a.Log.DebugContext(r.Context(), "request refused", "route", r.Pattern, "status", status, "code", e.Code, "trace", e.Trace)
		}
		e.write(w, status)
	})
}

// guarded makes a panic of a handler an error like any other.
func guarded(h handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			err = bridge.Panicked(p)
		}
	}()
	return h(w, r)
}

func (e *graphError) httpStatus() int {
	if e.status != 0 {
		return e.status
	}
	if s, ok := statuses[wabridge.Code(e.Code)]; ok {
		return s
	}
	return http.StatusBadRequest
}

func (e *graphError) write(w http.ResponseWriter, status int) {
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `OAuth "Facebook Platform" "invalid_request" "`+e.Message+`"`)
	}
	switch {
	case e.retry > 0:
		w.Header().Set("Retry-After", strconv.Itoa(int((e.retry+time.Second-1)/time.Second)))
	case e.Transient:
		w.Header().Set("Retry-After", "5")
	}
	writeJSON(w, status, map[string]*graphError{"error": e})
}

// identify sets the headers that clients print or read (contract, 1.6).
func identify(h http.Header, version string) {
	var b [18]byte
	rand.Read(b[:]) // never fails since Go 1.24
	id := "A" + base64.RawURLEncoding.EncodeToString(b[:])
	h["Facebook-Api-Version"] = []string{version}
	h["X-Fb-Request-Id"] = []string{id}
	h["X-Fb-Trace-Id"] = []string{id}
	h["X-Fb-Rev"] = []string{"1"}
	h["X-Fb-Debug"] = []string{id}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // a bug: our answers are plain
		status, body = 500, []byte(`{"error":{"message":"(#131000) Something went wrong","type":"OAuthException","code":131000,"fbtrace_id":"A"}}`)
	}
	write(w, status, body)
}

func write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json; charset=UTF-8"}
	h["Cache-Control"] = []string{"private, no-cache, no-store, must-revalidate"}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone; nothing to do about it
}
