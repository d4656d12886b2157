package bridge

import (
	"context"
	"net/http"
	"time"

	"github.com/wabridge/wabridge"
)

// phoneView is a phone with what waits for it.
type phoneView struct {
	wabridge.Phone
	Depth  map[wabridge.State]int `json:"depth"`                  // open messages by state
	Oldest time.Time              `json:"oldest_queued,omitzero"` // when the oldest open one was accepted
}

func (s *Server) viewPhone(ctx context.Context, p wabridge.Phone) (phoneView, error) {
	depth, oldest, err := s.Store.Depth(ctx, p.ID)
	if depth == nil {
		depth = map[wabridge.State]int{}
	}
	return phoneView{p, depth, oldest}, err
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
func (s *Server) holdPhone(held bool) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := r.PathValue("id")
		if err := s.Store.HoldPhone(r.Context(), id, held, time.Now()); err != nil {
			return err
		}
		s.Log.Info("phone held by a person", "phone", id, "held", held)
		return s.showPhone(w, r, id)
	}
}
