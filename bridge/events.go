package bridge

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Limits of GET /bridge/v1/events.
const (
	maxWait   = 60 // seconds of a long-poll
	maxEvents = 1000
)

// reading is what a reader of events asks for.
type reading struct {
	after  int64
	known  int64 // number of the newest event when the request came
	filter queue.EventFilter
	limit  int
	wait   time.Duration
	missed *gap
}

// A gap tells which events a cursor has missed: they are no longer kept.
type gap struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// page is the answer to a long-poll.
type page struct {
	Events []json.RawMessage `json:"events"`
	Last   int64             `json:"last"` // ask for after=Last next
	Missed *gap              `json:"missed,omitempty"`
}

// events is GET /bridge/v1/events in both its forms.
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	in, err := s.readingOf(r)
	if err != nil {
		return err
	}
	if websocket.IsWebSocketUpgrade(r) {
		return s.stream(w, r, in)
	}
	Waits(r.Context())
	return s.poll(w, r, in)
}

// readingOf reads the parameters and sets the cursor against what is kept.
func (s *Server) readingOf(r *http.Request) (*reading, error) {
	q := newQuery(r)
	in := &reading{
		filter: queue.EventFilter{Phones: q.list("phone")},
		limit:  q.number("limit", 100, 1, maxEvents),
		wait:   time.Duration(q.number("wait", 0, 0, maxWait)) * time.Second,
	}
	for _, kind := range q.list("type") {
		in.filter.Kinds = append(in.filter.Kinds, q.kind(kind))
	}
	after, given := q.cursor("after")
	if err := q.err(); err != nil {
		return nil, err
	}
	return in, s.place(r.Context(), in, after, given)
}

// place finds where the reading starts. Without a cursor it is the end of the
// log; a cursor beyond the end belongs to another database.
func (s *Server) place(ctx context.Context, in *reading, after int64, given bool) error {
	last, err := s.Store.LastEvent(ctx)
	if err != nil {
		return err
	}
	in.known = last
	if !given {
		in.after = last
		return nil
	}
	if after > last {
		return &failure{Status: http.StatusConflict, Code: "cursor_ahead", Field: "after",
			Message: "after is beyond the newest event, " + strconv.FormatInt(last, 10),
			Remedy:  "the log is another one than the cursor was taken from (restored backup?): start again with after=0"}
	}
	first, err := s.Store.FirstEvent(ctx)
	if err != nil {
		return err
	}
	in.after = after
	if first > 0 && after < first-1 {
		in.missed = &gap{From: after + 1, To: first - 1}
		in.after = first - 1
	}
	return nil
}

// poll answers at once if there is something, else when there is or when the
// wait is over.
func (s *Server) poll(w http.ResponseWriter, r *http.Request, in *reading) error {
	entries, last, err := s.await(w, r, in)
	if err != nil {
		return err
	}
	p := page{Events: []json.RawMessage{}, Last: last, Missed: in.missed}
	for _, e := range entries {
		p.Events = append(p.Events, e.encoded)
	}
	writeJSON(w, http.StatusOK, p)
	return nil
}

// await reads what there is, or waits until there is something or the wait is
// over. last is where to go on.
func (s *Server) await(w http.ResponseWriter, r *http.Request, in *reading) (entries []entry, last int64, err error) {
	ctx, done, err := s.streams.enter(r.Context())
	if err != nil {
		return nil, 0, err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, in.wait)
	defer cancel()
	// a client that does not take the answer is dropped; the server takes the
	// deadline back after the request, and tests' writers have none
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(in.wait + s.limits.write))
	last = in.after
	for {
		changed := s.feed.changed()
		if entries, last, err = s.feed.read(context.WithoutCancel(ctx), last, in.known, in.limit, in.filter); err != nil {
			return nil, 0, err
		}
		behind := last < s.feed.seen()
		if len(entries) > 0 || in.missed != nil && !behind || !behind && ctx.Err() != nil {
			return entries, last, nil
		}
		if behind {
			continue // an old stretch without anything for this filter
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// kind checks a type of event.
func (q *query) kind(name string) wabridge.EventKind {
	switch k := wabridge.EventKind(name); k {
	case wabridge.EventMessage, wabridge.EventEcho, wabridge.EventStatus, wabridge.EventPhone, wabridge.EventCall, wabridge.EventAccount,
		wabridge.EventSession, wabridge.EventCampaign, wabridge.EventPreference:
		return k
	}
	q.fail(bad("type", "use message, echo, status, phone, call, account, session, campaign or preference", "type is not one of the kinds of events"))
	return ""
}
