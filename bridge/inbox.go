package bridge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// inboxPage is the answer of GET /bridge/v1/inbox.
type inboxPage struct {
	Messages []inboxMessage `json:"messages"`
	Last     int64          `json:"last"` // ask for after=Last next
	Missed   *gap           `json:"missed,omitempty"`
}

// An inboxMessage is a message that came in, and its place in the log.
type inboxMessage struct {
	Cursor int64 `json:"cursor"`
	wabridge.Message
}

// inbox is GET /bridge/v1/inbox: what people write, for a CRM that prefers to
// ask. The cursor is the caller's, so there is nothing to acknowledge: whoever
// asks again with the same one gets the same again.
func (s *Server) inbox(w http.ResponseWriter, r *http.Request) error {
	q := newQuery(r)
	in := &reading{
		filter: queue.EventFilter{Phones: q.list("phone_number_id"), Kinds: []wabridge.EventKind{wabridge.EventMessage}},
		limit:  q.number("limit", 100, 1, maxEvents),
		wait:   time.Duration(q.number("wait", 0, 0, maxWait)) * time.Second,
	}
	after, given := q.cursor("after")
	if err := q.err(); err != nil {
		return err
	}
	if err := s.place(r.Context(), in, after, given); err != nil {
		return err
	}
	entries, last, err := s.await(w, r, in)
	if err != nil {
		return err
	}
	p := inboxPage{Messages: []inboxMessage{}, Last: last, Missed: in.missed}
	for _, e := range entries {
		m, err := messageOf(e)
		if err != nil {
			return err
		}
		p.Messages = append(p.Messages, m)
	}
	writeJSON(w, http.StatusOK, p)
	return nil
}

func messageOf(e entry) (inboxMessage, error) {
	var ev struct {
		Data wabridge.Message `json:"data"`
	}
	if err := json.Unmarshal(e.encoded, &ev); err != nil {
		return inboxMessage{}, fmt.Errorf("read event %d: %w", e.number, err)
	}
	return inboxMessage{e.number, ev.Data}, nil
}
