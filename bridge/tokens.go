package bridge

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/queue"
)

// tokenInput is what a caller gives of a token.
type tokenInput struct {
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"`
}

// newToken is the only answer that ever shows a secret.
type newToken struct {
	queue.Token
	Secret string `json:"token"`
}

func (s *Server) listTokens(w http.ResponseWriter, r *http.Request) error {
	tokens, err := s.Store.Tokens(r.Context())
	if err != nil {
		return err
	}
	if tokens == nil {
		tokens = []queue.Token{}
	}
	writeJSON(w, http.StatusOK, map[string]any{"tokens": tokens})
	return nil
}

func (s *Server) createToken(w http.ResponseWriter, r *http.Request, e *audit.Entry) error {
	var in tokenInput
	if err := decode(w, r, &in); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	secret := queue.NewSecret()
	t, err := s.Store.CreateToken(r.Context(), in.Name, secret, in.Scopes, time.Now())
	if err != nil {
		return err
	}
	e.Target, e.Detail = t.ID, "scopes "+strings.Join(t.Scopes, ",")
	writeJSON(w, http.StatusCreated, newToken{t, secret})
	return nil
}

func (in *tokenInput) check() error {
	in.Name = strings.TrimSpace(in.Name)
	if in.Name == "" || len(in.Name) > 100 {
		return bad("name", "say who uses the token, like \"crm\"", "name must be 1 to 100 bytes long")
	}
	if len(in.Scopes) == 0 {
		in.Scopes = []string{queue.ScopeSend, queue.ScopeRead}
	}
	for _, scope := range in.Scopes {
		if !slices.Contains(queue.Scopes, scope) {
			return bad("scopes", "use "+strings.Join(queue.Scopes, ", "), "a scope is not known")
		}
	}
	return nil
}

func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request, _ *audit.Entry) error {
	id := r.PathValue("id")
	err := s.Store.RevokeToken(r.Context(), id, time.Now())
	if wabridge.CodeOf(err) == wabridge.CodeConflict {
		f := codes[wabridge.CodeConflict]
		f.Message, f.Remedy = "this is the last token with the scope admin", "make another one first: `wabridge token create NAME --scope admin`"
		return &f
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
