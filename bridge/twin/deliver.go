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
		Render: r.render, Most: 1, Policy: c.Policy,
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
	if !told(s.State) && !s.Undecided { // that nobody knows is told too, as PENDING with the reason
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
	return callback.Job{Receiver: callback.ReceiverOf(g.Callback), URL: g.Callback, Client: r.Client, Body: body}, nil
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

// words are the statuses of messages. CREATED, PENDING and DELIVERED stand in
// TWIN's recipe (seed 001), that something expires on one of its pages; the
// other words are not known of the original.
var words = []struct {
	word   string
	states []wabridge.State
	means  string
}{
	{statusCreated, []wabridge.State{wabridge.Queued}, "it waits in the queue"},
	{"PENDING", []wabridge.State{wabridge.Sending, wabridge.Unconfirmed, wabridge.Handed}, "the phone has it, and nobody has seen a tick"},
	{"SENT", []wabridge.State{wabridge.Sent}, "one tick"},
	{"DELIVERED", []wabridge.State{wabridge.Delivered}, "two ticks"},
	{"READ", []wabridge.State{wabridge.Read}, "two blue ticks"},
	{"FAILED", []wabridge.State{wabridge.Failed}, "it will not be sent"},
	{"EXPIRED", []wabridge.State{wabridge.Expired}, "its validityPeriod ended before it could be sent"},
	{"CANCELED", []wabridge.State{wabridge.Canceled}, "it was canceled before it was sent"},
}

// statusWord is the word of a state, "" for that of a received message.
func statusWord(s wabridge.State) string {
	for _, w := range words {
		for _, state := range w.states {
			if state == s {
				return w.word
			}
		}
	}
	return ""
}

// statesOf are the states that a word stands for; nil for no word of ours.
func statesOf(word string) []wabridge.State {
	for _, w := range words {
		if w.word == word {
			return w.states
		}
	}
	return nil
}

// told reports whether a callback tells of a state: of what has happened to
// the message, not of the steps to it.
func told(s wabridge.State) bool {
	switch s {
	case wabridge.Sent, wabridge.Delivered, wabridge.Read, wabridge.Failed, wabridge.Expired, wabridge.Canceled:
		return true
	}
	return false
}

// describe says why a message is where it is, without private text.
func describe(s wabridge.State, reason string) string {
	if reason != "" {
		return reason
	}
	for _, w := range words {
		if w.word == statusWord(s) {
			return w.means
		}
	}
	return ""
}
