package bridge

import (
	"net/http"
	"time"

	"github.com/wabridge/wabridge"
)

// statusView is the program at a glance.
type statusView struct {
	Version   string                 `json:"version"`
	Started   time.Time              `json:"started"`
	Uptime    int64                  `json:"uptime_seconds"`
	LastEvent int64                  `json:"last_event"`
	Queue     map[wabridge.State]int `json:"queue"` // open messages of all phones
	Phones    []phoneView            `json:"phones"`
	// Webhooks are all destinations of events: webhooks and the receivers of
	// callbacks.
	Webhooks []destinationStatus `json:"webhooks"`
	Pollers  []Poller            `json:"crm,omitempty"`
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) error {
	phones, err := s.viewPhones(r.Context())
	if err != nil {
		return err
	}
	hooks, err := s.destinationStatuses(r.Context())
	if err != nil {
		return err
	}
	last, err := s.Store.LastEvent(r.Context())
	if err != nil {
		return err
	}
	v := statusView{Version: s.Version, Started: s.started.UTC(), Uptime: int64(time.Since(s.started).Seconds()),
		LastEvent: last, Queue: map[wabridge.State]int{}, Phones: phones, Webhooks: hooks}
	for _, p := range phones {
		for state, n := range p.Depth {
			v.Queue[state] += n
		}
	}
	if s.Pollers != nil {
		if v.Pollers, err = s.Pollers(r.Context()); err != nil {
			return err
		}
	}
	writeJSON(w, http.StatusOK, v)
	return nil
}

// metrics shows what is counted, in Prometheus's text format.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	if s.Metrics == nil {
		return nothingHere
	}
	s.Metrics.ServeHTTP(w, r)
	return nil
}

// healthz says that the program runs; it asks nobody.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	return nil
}

// readyz says whether work is taken: the database answers, and what Ready
// asks is in order.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Store.LastEvent(r.Context()); err != nil {
		return err
	}
	if s.Ready != nil {
		err := s.Ready(r.Context())
		if wabridge.CodeOf(err) == wabridge.CodeStorage {
			return err
		}
		if err != nil {
			return &failure{Status: http.StatusServiceUnavailable, Code: "not_ready", Message: "the program is not ready yet", cause: err}
		}
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
	return nil
}
