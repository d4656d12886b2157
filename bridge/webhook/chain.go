package webhook

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// A Delivery is one event on its way to one endpoint: what the stages share.
type Delivery struct {
	Endpoint queue.Endpoint
	Event    wabridge.Event
	Phone    wabridge.Phone

	Field  string      // set by render
	Body   []byte      // set by render: the exact bytes that are signed and sent
	Header http.Header // set by sign, completed by post

	Status  int           // set by post: the receiver's answer
	Excerpt string        // set by post: the start of the answer's body; may hold private text
	Took    time.Duration // set by post
}

// A Stage does one thing to a delivery, or says why the way ends here.
type Stage func(ctx context.Context, d *Delivery) error

// A Chain is a list of stages; the list is the documentation.
type Chain []Stage

// Run runs the stages in order until one returns an error, and returns it.
func (c Chain) Run(ctx context.Context, d *Delivery) error {
	for _, stage := range c {
		if err := stage(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// errSkip ends the way of an event that this endpoint does not get.
var errSkip = errors.New("not for this endpoint")
