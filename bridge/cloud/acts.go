package cloud

import (
	"net/http"
	"strconv"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/bridge"
)

// recorded notes in the audit log what an admin did, or was refused, through
// this API. Whoever has no live token leaves no entry.
func (a *api) recorded(act audit.Act, h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		token := bridge.Caller(r.Context())
		if token.ID == "" {
			return err
		}
		e := audit.Entry{Act: act, Detail: r.Pattern, Who: token.ID, Name: token.Name,
			From: audit.Host(r.RemoteAddr), Request: bridge.RequestID(r.Context())}
		if err != nil { // what stands in the path may be anything
			e.Outcome = outcome(err)
		} else {
			e.Target = r.PathValue("id")
		}
		a.Audit.Record(r.Context(), e)
		return err
	}
}

// outcome is the code of the error that the caller gets.
func outcome(err error) string {
	code := graphErrorOf(err).Code
	if wabridge.Code(code) == wabridge.CodePermission {
		return audit.Forbidden
	}
	return "graph " + strconv.Itoa(code)
}
