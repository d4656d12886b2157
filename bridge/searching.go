package bridge

import (
	"net/http"
	"strings"

	"github.com/wabridge/wabridge"
)

// A Search reports whether phones that nobody knows yet may still appear,
// because adb has not answered since the start. A nil Search is over.
type Search func() bool

// On reports whether the search goes on.
func (s Search) On() bool { return s != nil && s() }

// SearchAgain is when a caller should come again during a search, as seconds
// of a Retry-After header.
const SearchAgain = "5"

// ErrSearching is the answer to a phone that is not known while the search for
// phones goes on: clients take "does not exist" for final, and it is not.
var ErrSearching = wabridge.Fail(wabridge.CodeUnavailable, nil,
	"the gateway still looks for its phones; nothing was accepted: repeat the request in a moment")

// searching is ErrSearching in the form of /bridge/v1.
func searching() *failure {
	return &failure{Status: http.StatusServiceUnavailable, Code: "not_ready", Message: "the gateway still looks for its phones; nothing was accepted",
		Remedy: "repeat the request in a few seconds; if it stays so, see `wabridge doctor`", cause: ErrSearching}
}

// ofPhone reports whether a route is one of a phone.
func ofPhone(pattern string) bool { return strings.Contains(pattern, "/bridge/v1/phones/{id}") }
