package bridge

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// Limits of a request's body.
const (
	maxBody  = 64 << 10
	bodyTime = 15 * time.Second
)

// decode reads a JSON object into v, strictly: an unknown member is an error,
// so that a misspelt one does not pass for done.
func decode(w http.ResponseWriter, r *http.Request, v any) error {
	// not every writer has deadlines (tests); then the server's own bound it
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil && d.More() {
		err = errors.New("more than one value")
	}
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &failure{Status: http.StatusRequestEntityTooLarge, Code: "too_large",
			Message: "the body is larger than 64 KiB", Remedy: "send less"}
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return bad(e.Field, "see docs/api.md for the types", "the member has the wrong type")
	}
	return bad("", "send one JSON object with the members of docs/api.md only", "the body cannot be read as such an object")
}
