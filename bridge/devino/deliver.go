package devino

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/callback"
)

// callbacksKept is how long a call's addresses are kept: as long as its
// messages may wait, and a month in which they may be read.
const callbacksKept = 60 * 24 * time.Hour

const (
	maxPost = 50  // statuses in one POST
	page    = 100 // addresses that are looked at at once
)

// renderer makes webhooks of events.
type renderer struct {
	Config
	sign *signer
}

// New makes what carries the event log to the callbackUrls of messages and to
// the receiver of incoming ones.
func New(c Config) *callback.Deliverer {
	r := &renderer{c, &signer{store: c.Store}}
	return callback.New(callback.Config{
		Store: c.Store, Log: c.Log, Name: objectOwner,
		Kinds:  []wabridge.EventKind{wabridge.EventStatus, wabridge.EventMessage},
		Render: r.render, Encode: encode, Most: maxPost,
		// Without its address the lane of incoming messages waits for it to come back.
		Skip:   func(receiver string) bool { return receiver == keyIncoming && c.Incoming == "" },
		Tidy:   r.clean,
		Policy: c.Policy,
	})
}

// clean forgets the addresses of old calls.
func (r *renderer) clean(ctx context.Context, now time.Time) {
	for {
		list, err := r.Store.Objects(ctx, objectCallbacks, objectOwner, "", page)
		if err != nil {
			return // the next hour comes
		}
		for _, o := range list {
			if now.Sub(born(o.ID)) < callbacksKept {
				return
			}
			if err := r.Store.DeleteObject(ctx, objectCallbacks, objectOwner, o.ID); err != nil {
				return
			}
		}
		if len(list) < page {
			return
		}
	}
}
