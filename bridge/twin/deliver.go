package twin

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/callback"
)

// renderer makes callbacks of events.
type renderer struct{ Config }

// New makes what carries the event log to the callbackUrls of messages.
func New(c Config) *callback.Deliverer {
	r := &renderer{c}
	return callback.New(callback.Config{
		Store: c.Store, Log: c.Log, Name: objectOwner,
		Kinds:  []wabridge.EventKind{wabridge.EventStatus},
		Render: r.render, Most: 1,
		Encode: func(jobs []callback.Job) ([]byte, error) { return json.Marshal(jobs[0].Body) },
	})
}

// render makes the callback of a status: what GET messages says of the
// message, with the status of the event. (TWIN's own form is not known.)
func (r *renderer) render(ctx context.Context, ev wabridge.Event) (callback.Job, error) {
	var s wabridge.StatusData
	if err := json.Unmarshal(ev.Data, &s); err != nil {
		return callback.Job{}, fmt.Errorf("%w: status data: %w", callback.ErrUnreadable, err)
	}
	if !told(s.State) {
		return callback.Job{}, nil
	}
	_, k, _, ok := split(s.ID)
	if !ok {
		return callback.Job{}, nil
	}
	if g, ok, err := readGroup(ctx, r.Store, k); err != nil || !ok || g.Callback == "" {
		return callback.Job{}, err
	}
	m, err := r.Store.Message(ctx, s.ID)
	if err != nil {
		if wabridge.CodeOf(err) == wabridge.CodeNotFound {
			err = fmt.Errorf("%w: its message is gone", callback.ErrUnreadable)
		}
		return callback.Job{}, err
	}
	g, external, err := newDetails(r.Store).of(ctx, m)
	if err != nil || g == nil {
		return callback.Job{}, err
	}
	session, err := r.session(ctx, m.Session)
	if err != nil {
		return callback.Job{}, err
	}
	at := s.At
	if at.IsZero() {
		at = ev.At
	}
	m.State, m.Code, m.Reason = s.State, s.Code, s.Reason
	body := append(record(m, g, external, session), cell{"statusAt", stamp(at)})
	return callback.Job{Lane: callback.LaneOf(g.Callback), URL: g.Callback, Client: r.Client, Body: body}, nil
}

func (r *renderer) session(ctx context.Context, id string) (wabridge.Session, error) {
	if id == "" {
		return wabridge.Session{}, nil
	}
	s, err := r.Store.Session(ctx, id)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		err = nil
	}
	return s, err
}
