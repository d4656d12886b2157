package bridge

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/queue"
)

// Destinations are all receivers that events are posted to, whichever interface
// does it.
type Destinations interface {
	// Statuses lists how far each is.
	Statuses(ctx context.Context) ([]delivery.Status, error)
	// Replay delivers dead letters again: those of the given events, or all. It
	// returns how many there were; CodeNotFound if there is no such destination.
	Replay(ctx context.Context, id string, events []int64) (int, error)
}

// destinationStatus is a destination in /bridge/v1/status. It leaves out the
// address, which may hold a key.
type destinationStatus struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`   // webhook, devino, twin, crm
	Health   string    `json:"health"` // ok, failing, disabled
	Pending  int64     `json:"pending"`
	More     bool      `json:"pending_at_most,omitempty"` // Pending is an upper bound
	Backlog  int64     `json:"backlog"`                   // the same as Pending
	Oldest   time.Time `json:"oldest_pending,omitzero"`
	Retrying int       `json:"retrying,omitempty"`
	Dead     int       `json:"dead_letters,omitempty"`
	Failures int       `json:"failures,omitempty"`
	Failing  time.Time `json:"failing_since,omitzero"`
	Next     time.Time `json:"next_try,omitzero"`
	Error    string    `json:"last_error,omitempty"`
	LastOK   time.Time `json:"last_ok,omitzero"`
	Dropped  int64     `json:"dropped,omitempty"`
	Disabled bool      `json:"disabled,omitempty"`
}

func statusOf(s delivery.Status) destinationStatus {
	return destinationStatus{ID: s.ID, Kind: s.Kind, Health: s.Health(), Pending: s.Pending, More: s.More, Backlog: s.Pending, Oldest: s.Oldest,
		Retrying: s.Retrying, Dead: s.DeadLetters, Failures: s.Failures, Failing: s.Failing, Next: s.Next, Error: s.LastError, LastOK: s.LastOK,
		Dropped: s.Dropped, Disabled: s.Disabled}
}

// destinationStatuses lists how far every destination is.
func (s *Server) destinationStatuses(ctx context.Context) ([]destinationStatus, error) {
	list := []destinationStatus{}
	all, err := s.statuses(ctx)
	for _, d := range all {
		list = append(list, statusOf(d))
	}
	return list, err
}

// statuses asks who posts to them or, where nobody does, the database.
func (s *Server) statuses(ctx context.Context) ([]delivery.Status, error) {
	if s.Destinations != nil {
		return s.Destinations.Statuses(ctx)
	}
	return delivery.Statuses(ctx, s.Store, "", func(string) *delivery.Worker { return nil })
}

// destinationView is a destination for an admin.
type destinationView struct {
	destinationStatus
	// Address is where it is posted, without what follows a "?", which may hold
	// a key.
	Address   string   `json:"address,omitempty"`
	Cursor    int64    `json:"cursor"`
	Scope     string   `json:"scope,omitempty"`
	Phones    []string `json:"phones,omitempty"`
	Fields    []string `json:"fields,omitempty"`
	HasSecret bool     `json:"has_secret"`
}

// listDestinations lists everything that events are posted to.
func (s *Server) listDestinations(w http.ResponseWriter, r *http.Request) error {
	hooks, err := s.Store.Endpoints(r.Context())
	if err != nil {
		return err
	}
	endpoints := map[string]queue.Endpoint{}
	for _, e := range hooks {
		endpoints[e.ID] = e
	}
	all, err := s.statuses(r.Context())
	if err != nil {
		return err
	}
	views := []destinationView{}
	for _, d := range all {
		v := destinationView{destinationStatus: statusOf(d), Cursor: d.Cursor, Address: BareAddress(d.Receiver)}
		if e, ok := endpoints[d.ID]; ok {
			v.Address, v.Scope, v.Phones, v.Fields, v.HasSecret = BareAddress(e.URL), e.Scope, e.Phones, FieldsOf(e), e.Secret != "" || s.AppSigned
		}
		views = append(views, v)
	}
	writeJSON(w, http.StatusOK, map[string]any{"destinations": views})
	return nil
}

// BareAddress is an address without what may be secret: user, password and
// what follows a "?". What is no address stays as it is.
func BareAddress(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	out := u.Scheme + "://" + u.Host + u.Path
	if u.RawQuery != "" {
		out += "?…"
	}
	return out
}

// deadLetterView is an event that was set aside for a destination. It holds
// nothing that somebody wrote; GET /bridge/v1/events has the event.
type deadLetterView struct {
	Event    int64              `json:"event"`
	Kind     wabridge.EventKind `json:"type,omitempty"`
	Phone    string             `json:"phone_number_id,omitempty"`
	Message  string             `json:"message_id,omitempty"`
	At       time.Time          `json:"at,omitzero"` // of the event
	Tries    int                `json:"tries"`
	Status   int                `json:"http_status,omitempty"`
	Error    string             `json:"error"`
	Failed   time.Time          `json:"first_failed,omitzero"`
	SetAside time.Time          `json:"set_aside"`
}

// listDeadLetters lists what was set aside for a destination, oldest first.
func (s *Server) listDeadLetters(w http.ResponseWriter, r *http.Request) error {
	q := newQuery(r)
	after, limit := q.page("cursor"), q.number("limit", 100, 1, 1000)
	if err := q.err(); err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := s.knownDestination(r.Context(), id); err != nil {
		return err
	}
	list, err := s.Store.DeliveriesOf(r.Context(), id, queue.DeliveryDead, after, limit+1)
	if err != nil {
		return err
	}
	answer := map[string]any{}
	if len(list) > limit {
		list = list[:limit]
		answer["next"] = pageCursor(list[limit-1].Event)
	}
	views := make([]deadLetterView, len(list))
	for i, v := range list {
		views[i] = deadLetterView{v.Event, v.Kind, v.Phone, v.Message, v.At, v.Tries, v.Status, v.Error, v.Failed, v.Changed}
	}
	answer["dead_letters"] = views
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// knownDestination refuses an id that no destination has.
func (s *Server) knownDestination(ctx context.Context, id string) error {
	all, err := s.Store.Destinations(ctx, "")
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.ID == id {
			return nil
		}
	}
	return missing("the destination")
}

// maxReplayEvents bounds the events that one call names.
const maxReplayEvents = 1000

// replayDeadLetters delivers dead letters again.
func (s *Server) replayDeadLetters(w http.ResponseWriter, r *http.Request, act *audit.Entry) error {
	var in struct {
		Events []int64 `json:"events"`
	}
	if err := decode(w, r, &in); err != nil {
		return err
	}
	if len(in.Events) > maxReplayEvents {
		return bad("events", "name at most 1000 events, or none for all", "events holds %d numbers", len(in.Events))
	}
	id := r.PathValue("id")
	if err := s.knownDestination(r.Context(), id); err != nil {
		return err
	}
	act.Detail = "replay dead letters"
	if s.Destinations == nil {
		return notRunning()
	}
	n, err := s.Destinations.Replay(r.Context(), id, in.Events)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return notRunning()
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]int{"replayed": n})
	return nil
}

// notRunning is the answer where a destination is stored, but nothing posts to
// it.
func notRunning() *failure {
	return &failure{Status: http.StatusServiceUnavailable, Code: "not_ready", Field: "id",
		Message: "nothing posts to this destination at the moment", Remedy: "repeat the request in a few seconds; for devino-incoming, set devino.incoming_url"}
}
