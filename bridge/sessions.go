package bridge

import (
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/session"
)

// sessionList is a page of sessions.
type sessionList struct {
	Sessions []wabridge.Session `json:"sessions"`
	Total    int                `json:"total"` // that fit the filter
}

// sessionDetail is a session with its messages, oldest first.
type sessionDetail struct {
	wabridge.Session
	Messages []wabridge.Message `json:"messages"`
}

// botInfo is a scenario that can be started.
type botInfo struct {
	Name      string   `json:"name"`
	Steps     int      `json:"steps"`
	Languages []string `json:"languages,omitempty"`
	Variables []string `json:"variables,omitempty"`
	Results   []string `json:"results,omitempty"`
}

func (s *Server) listBots(w http.ResponseWriter, _ *http.Request) error {
	list := []botInfo{}
	for _, name := range s.Scenarios.Names() {
		if b := s.Scenarios.Scenario(name); b != nil { // else it has just gone
			list = append(list, botInfo{b.Name, b.Steps(), b.Languages, b.Vars, b.Results})
		}
	}
	writeJSON(w, http.StatusOK, map[string][]botInfo{"bots": list})
	return nil
}

func (s *Server) listSessions(w http.ResponseWriter, r *http.Request) error {
	f, err := sessionFilter(r)
	if err != nil {
		return err
	}
	list := sessionList{}
	if list.Sessions, err = s.Store.Sessions(r.Context(), f); err != nil {
		return err
	}
	if list.Sessions == nil {
		list.Sessions = []wabridge.Session{}
	}
	if list.Total, err = s.Store.CountSessions(r.Context(), f); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, list)
	return nil
}

func sessionFilter(r *http.Request) (queue.SessionFilter, error) {
	q := newQuery(r)
	f := queue.SessionFilter{
		IDs:   q.list("id"),
		Phone: q.text("phone"), Chat: q.text("chat"), Bot: q.text("bot"), Chatbot: q.text("chatbot_id"),
		Since: q.time("since"), Until: q.time("until"),
		HasResults: q.flag("has_results"), HasReceived: q.flag("has_received"),
		Limit: q.number("limit", 100, 1, 1000), Offset: q.number("offset", 0, 0, 1_000_000),
	}
	for _, name := range q.list("state") {
		switch state := wabridge.SessionState(name); state {
		case wabridge.SessionWaiting, wabridge.SessionOpen, wabridge.SessionEnded:
			f.States = append(f.States, state)
		default:
			q.fail(bad("state", "use waiting, open or ended", "state is not known"))
		}
	}
	switch q.text("order") {
	case "", "newest":
	case "oldest":
		f.Oldest = true
	default:
		q.fail(bad("order", "use newest or oldest", "order is not known"))
	}
	return f, q.err()
}

// flag reads true or false.
func (q *query) flag(name string) bool {
	switch q.text(name) {
	case "", "false":
	case "true":
		return true
	default:
		q.fail(bad(name, "use true or false", "%s is not a switch", name))
	}
	return false
}

func (s *Server) readSession(w http.ResponseWriter, r *http.Request) error {
	one, err := s.Store.Session(r.Context(), r.PathValue("id"))
	if err != nil {
		return noSession(err)
	}
	said, err := s.Store.Messages(r.Context(), queue.MessageFilter{Session: one.ID, Oldest: true, Limit: 1000})
	if err != nil {
		return err
	}
	if said == nil {
		said = []wabridge.Message{}
	}
	writeJSON(w, http.StatusOK, sessionDetail{one, said})
	return nil
}

// setResults notes what an outside bot, or a person, has found out.
func (s *Server) setResults(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Results map[string]string `json:"results"`
	}
	if err := decode(w, r, &in); err != nil {
		return err
	}
	if len(in.Results) == 0 {
		return bad("results", `give an object of texts, as in {"results":{"confirmation":"yes"}}; "" takes one away`, "results is missing")
	}
	if err := checkTexts("results", in.Results); err != nil {
		return err
	}
	return answerSession(w)(session.SetResults(r.Context(), s.Store, r.PathValue("id"), in.Results, time.Now()))
}

func (s *Server) handOverSession(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Reason string `json:"reason"`
	}
	if err := decode(w, r, &in); err != nil {
		return err
	}
	if err := checkWord("reason", in.Reason); err != nil {
		return err
	}
	return answerSession(w)(session.HandOver(r.Context(), s.Store, r.PathValue("id"), in.Reason, time.Now()))
}

func (s *Server) takeBackSession(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &struct{}{}); err != nil {
		return err
	}
	return answerSession(w)(session.TakeBack(r.Context(), s.Store, s.Scenarios, r.PathValue("id"), time.Now()))
}

func (s *Server) endSession(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Outcome string `json:"outcome"`
	}
	if err := decode(w, r, &in); err != nil {
		return err
	}
	if err := checkWord("outcome", in.Outcome); err != nil {
		return err
	}
	return answerSession(w)(session.End(r.Context(), s.Store, r.PathValue("id"), in.Outcome, time.Now()))
}

// checkWord holds a reason or an outcome to its limit.
func checkWord(field, word string) error {
	if utf8.RuneCountInString(word) > session.MaxOutcome || strings.ContainsFunc(word, unicode.IsControl) {
		return bad(field, "give a short word, such as done", "%s has more than %d characters, or a line break", field, session.MaxOutcome)
	}
	return nil
}

// answerSession answers with a session that was changed, or says why it was
// not.
func answerSession(w http.ResponseWriter) func(wabridge.Session, error) error {
	return func(one wabridge.Session, err error) error {
		if err != nil {
			return noSession(err)
		}
		writeJSON(w, http.StatusOK, one)
		return nil
	}
}

// noSession says what stands against a wish, in the words of package session.
func noSession(err error) error {
	f := failureOf(err)
	switch f.Code {
	case "not_found":
		return missing("this session")
	case "conflict":
		if e, ok := errors.AsType[*wabridge.Error](err); ok {
			f.Message = e.Detail
		}
		f.Remedy = "read the session to see where it stands"
	}
	return f
}
