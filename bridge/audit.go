package bridge

import (
	"net/http"

	"github.com/wabridge/wabridge/audit"
)

// An actor does what an admin asks for. It fills in the entry's Detail and,
// where the path does not name it, its Target.
type actor func(w http.ResponseWriter, r *http.Request, e *audit.Entry) error

// recorded lets those through whose token has the scope, and notes what they
// did or tried. Whoever has
// no live token leaves no entry: strangers must not be able to fill it.
func (s *Server) recorded(scope string, act audit.Act, h actor) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		token, err := s.admit(r, scope)
		if err != nil && token.ID == "" {
			return err
		}
		e := audit.Entry{Act: act, Who: token.ID, Name: token.Name,
			From: audit.Host(r.RemoteAddr), Request: RequestID(r.Context())}
		if err == nil {
			err = h(w, r, &e)
		}
		switch {
		case err != nil: // what stands in the path may be anything, a secret in the wrong place too
			e.Outcome = failureOf(err).Code
		case e.Target == "":
			e.Target = r.PathValue("id")
		}
		s.Audit.Record(r.Context(), e)
		return err
	}
}

// listAudit pages through what admins did, newest first.
func (s *Server) listAudit(w http.ResponseWriter, r *http.Request) error {
	q := newQuery(r)
	f := audit.Filter{
		Act: audit.Act(q.text("act")), Who: q.text("who"), Target: q.text("target"),
		Since: q.time("since"), Until: q.time("until"), Before: q.page("cursor"), Limit: q.number("limit", 100, 1, 1000),
	}
	if err := q.err(); err != nil {
		return err
	}
	limit := f.Limit
	f.Limit++ // one more tells whether there is a next page
	list, err := s.Store.Audit(r.Context(), f)
	if err != nil {
		return err
	}
	answer := map[string]any{"audit": list}
	if len(list) > limit {
		list = list[:limit]
		answer["audit"], answer["next"] = list, pageCursor(list[limit-1].Number)
	}
	if list == nil {
		answer["audit"] = []audit.Entry{}
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}
