package bridge

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A query reads the parameters of a request; its first mistake is kept.
type query struct {
	values url.Values
	first  error
}

// newQuery parses the query string strictly: a broken one is a mistake too.
func newQuery(r *http.Request) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	q := &query{values: values}
	if err != nil {
		q.fail(bad("", "percent-encode the parameters", "the query string is malformed"))
	}
	return q
}

func (q *query) fail(err error) {
	if q.first == nil {
		q.first = err
	}
}

func (q *query) err() error { return q.first }

func (q *query) text(name string) string { return q.values.Get(name) }

// list reads a parameter that may be repeated, hold commas, or both.
func (q *query) list(name string) []string {
	var all []string
	for _, v := range q.values[name] {
		for item := range strings.SplitSeq(v, ",") {
			if item = strings.TrimSpace(item); item != "" {
				all = append(all, item)
			}
		}
	}
	if len(all) > 100 {
		q.fail(bad(name, "give at most 100 values", "%s has too many values", name))
		return nil
	}
	return all
}

// number reads a whole number between low and high; preset if it is absent.
func (q *query) number(name string, preset, low, high int) int {
	s := q.text(name)
	if s == "" {
		return preset
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		q.fail(bad(name, "give a whole number in that range", "%s must be between %d and %d", name, low, high))
		return preset
	}
	return n
}

// cursor reads a number of an event; given tells whether it is there.
func (q *query) cursor(name string) (n int64, given bool) {
	s := q.text(name)
	if s == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		q.fail(bad(name, "give the number of the last event that you have dealt with, or 0", "%s is not the number of an event", name))
		return 0, false
	}
	return n, true
}

// time reads RFC 3339 or Unix seconds.
func (q *query) time(name string) time.Time {
	s := q.text(name)
	if s == "" {
		return time.Time{}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 0 && n < 1<<40 {
		return time.Unix(n, 0).UTC()
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		q.fail(bad(name, "write it like 2026-01-31T08:00:00Z, or as Unix seconds", "%s is not a time", name))
	}
	return t
}

// page reads an opaque cursor made by pageCursor.
func (q *query) page(name string) int64 {
	s := q.text(name)
	if s == "" {
		return 0
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	digits, ok := strings.CutPrefix(string(raw), "s:")
	n, err2 := strconv.ParseInt(digits, 10, 64)
	if err != nil || !ok || err2 != nil || n < 0 {
		q.fail(bad(name, "use next of the page before, as it is", "%s is not a cursor of this list", name))
		return 0
	}
	return n
}

// pageCursor hides the sequence number, so that nobody counts on its form.
func pageCursor(seq int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("s:" + strconv.FormatInt(seq, 10)))
}

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
