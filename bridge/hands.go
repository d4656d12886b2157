package bridge

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
)

// Hands is what this interface needs of the phones themselves. Errors:
// CodeNotFound (no such phone), CodeOffline, CodeSlow (busy with a message).
type Hands interface {
	// Screen is a picture (PNG) of a phone's screen and when it was taken: not
	// longer than maxAge ago and after the last Touch, but while the phone is
	// busy with a message up to a minute old.
	Screen(ctx context.Context, phone string, maxAge time.Duration) (png []byte, at time.Time, err error)
	// Touch does what a person wants on the screen, and holds sending for as
	// long as queue.HandHold says.
	Touch(ctx context.Context, phone string, t wabridge.Touch) error
	// Health is at most some seconds old. A phone that cannot be reached is no error.
	Health(ctx context.Context, phone string) (wabridge.Health, error)
	// Warnings are what keeps messages of a phone from coming or going, as far as it
	// was found when the phone was last asked; it asks nothing now.
	Warnings(p wabridge.Phone) []wabridge.Warning
	// Doctor examines a phone.
	Doctor(ctx context.Context, phone string) ([]wabridge.Check, error)
}

// noHands is the answer where the program was put together without phones.
var noHands = &failure{Status: http.StatusServiceUnavailable, Code: "offline", Message: "there are no phones here",
	Remedy: "ask the gateway that the phones are connected to"}

// defaultAge is how old a picture may be if the caller does not say.
const defaultAge = time.Second

// phoneScreen answers with a picture, or 304 if it is the one the caller has.
func (s *Server) phoneScreen(w http.ResponseWriter, r *http.Request) error {
	if s.Hands == nil {
		return noHands
	}
	q := newQuery(r)
	age := q.number("max_age_ms", int(defaultAge.Milliseconds()), 0, 60_000)
	if err := q.err(); err != nil {
		return err
	}
	png, at, err := s.Hands.Screen(r.Context(), r.PathValue("id"), time.Duration(age)*time.Millisecond)
	if err != nil {
		return err
	}
	WritePicture(w, r, png, at)
	return nil
}

// WritePicture answers with a picture of a screen, taken at, or with 304 if the
// caller has it. What is on a screen is private: nobody may keep it.
func WritePicture(w http.ResponseWriter, r *http.Request, png []byte, at time.Time) {
	h := w.Header()
	tag := `"` + strconv.FormatInt(at.UnixMilli(), 36) + `"`
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Picture-Time", at.UTC().Format(time.RFC3339Nano))
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "image/png")
	h.Set("Content-Length", strconv.Itoa(len(png)))
	_, _ = w.Write(png) // the client may be gone
}

// touchPhone does what a person wants on a phone's screen.
func (s *Server) touchPhone(w http.ResponseWriter, r *http.Request, e *audit.Entry) error {
	if s.Hands == nil {
		return noHands
	}
	var t wabridge.Touch
	if err := decode(w, r, &t); err != nil {
		return err
	}
	if field, why := t.Check(); field != "" {
		return bad(field, "see docs/api.md, section 8", "%s", why)
	}
	id := r.PathValue("id")
	err := s.Hands.Touch(r.Context(), id, t)
	e.Detail = t.Kind()
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) phoneHealth(w http.ResponseWriter, r *http.Request) error {
	if s.Hands == nil {
		return noHands
	}
	h, err := s.Hands.Health(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if h.Warnings == nil {
		h.Warnings = []wabridge.Warning{}
	}
	writeJSON(w, http.StatusOK, h)
	return nil
}

func (s *Server) examinePhone(w http.ResponseWriter, r *http.Request) error {
	if s.Hands == nil {
		return noHands
	}
	checks, err := s.Hands.Doctor(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"checks": checks})
	return nil
}
