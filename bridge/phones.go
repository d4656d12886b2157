package bridge

import (
	"context"
	"net/http"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
)

// phoneView is a phone with what waits for it.
type phoneView struct {
	wabridge.Phone
	Depth  map[wabridge.State]int `json:"depth"`                  // open messages by state
	Oldest time.Time              `json:"oldest_queued,omitzero"` // when the oldest open one was accepted
	// Warnings are what keeps messages from coming or going although the phone works.
	Warnings []wabridge.Warning `json:"warnings"`
}

func (s *Server) viewPhone(ctx context.Context, p wabridge.Phone) (phoneView, error) {
	depth, oldest, err := s.Store.Depth(ctx, p.ID)
	if depth == nil {
		depth = map[wabridge.State]int{}
	}
	v := phoneView{Phone: p, Depth: depth, Oldest: oldest, Warnings: []wabridge.Warning{}}
	if s.Hands != nil {
		v.Warnings = append(v.Warnings, s.Hands.Warnings(p)...)
	}
	return v, err
}

func (s *Server) viewPhones(ctx context.Context) ([]phoneView, error) {
	phones, err := s.Store.Phones(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]phoneView, 0, len(phones))
	for _, p := range phones {
		v, err := s.viewPhone(ctx, p)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

func (s *Server) listPhones(w http.ResponseWriter, r *http.Request) error {
	views, err := s.viewPhones(r.Context())
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"phones": views})
	return nil
}

func (s *Server) readPhone(w http.ResponseWriter, r *http.Request) error {
	return s.showPhone(w, r, r.PathValue("id"))
}

func (s *Server) showPhone(w http.ResponseWriter, r *http.Request, id string) error {
	p, err := s.Store.Phone(r.Context(), id)
	if err != nil {
		return err
	}
	v, err := s.viewPhone(r.Context(), p)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, v)
	return nil
}

// holdPhone pauses or resumes a phone on a person's wish.
func (s *Server) holdPhone(held bool) actor {
	return func(w http.ResponseWriter, r *http.Request, _ *audit.Entry) error {
		id := r.PathValue("id")
		if err := s.Store.HoldPhone(r.Context(), id, held, time.Now()); err != nil {
			return err
		}
		return s.showPhone(w, r, id)
	}
}

// maintenanceInput is what a caller gives; On must be there.
type maintenanceInput struct {
	On *bool `json:"on"`
}

// maintainPhone puts a number into maintenance or ends it: calls of the Cloud
// API on it are refused (131057), while its queue goes on.
func (s *Server) maintainPhone(w http.ResponseWriter, r *http.Request, e *audit.Entry) error {
	var in maintenanceInput
	if err := decode(w, r, &in); err != nil {
		return err
	}
	if in.On == nil {
		return bad("on", "give {\"on\":true} or {\"on\":false}", "on is missing")
	}
	e.Detail = "off"
	if *in.On {
		e.Detail = "on"
	}
	id := r.PathValue("id")
	if err := s.Store.MaintainPhone(r.Context(), id, *in.On, time.Now()); err != nil {
		return err
	}
	return s.showPhone(w, r, id)
}
