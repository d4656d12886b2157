package queue

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
)

// A Sender drives one phone's screen; phone.Session is one. A Lane calls it
// from one goroutine only.
type Sender interface {
	// Send types and sends m. It calls intend immediately before the tap; if
	// intend fails it does not tap. It returns the tick that was seen (Handed,
	// Sent, Delivered, Read) or an error with a code; CodeAmbiguous after
	// intend when the outcome is unknown.
	Send(ctx context.Context, m *wabridge.Message, intend func(context.Context, wabridge.Intent) error) (wabridge.State, error)
	// Resolve looks into the chat of an unconfirmed message: (state, nil) when
	// its bubble was found, (Queued, nil) when it is proven absent; an error
	// means that it cannot tell now.
	Resolve(ctx context.Context, m *wabridge.Message) (wabridge.State, error)
	// Idle does low-priority work (ticks, catch-up) in small steps; next says
	// when to call again.
	Idle(ctx context.Context) (next time.Duration, err error)
	// Probe reports whether the phone can work now: reachable, unlocked, the
	// app logged in.
	Probe(ctx context.Context) error
}
