package daemon

import (
	"context"
	"errors"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/queue"
)

// destinations are all receivers that events are posted to, whichever part of
// the program does it.
type destinations struct{ d *Daemon }

var _ bridge.Destinations = destinations{}

// A deliverer posts events to the destinations of one kind.
type deliverer interface {
	Statuses(ctx context.Context) ([]delivery.Status, error)
	Replay(ctx context.Context, id string, events []int64) (int, error)
}

// Statuses implements bridge.Destinations.
func (all destinations) Statuses(ctx context.Context) (list []delivery.Status, err error) {
	for _, part := range all.d.deliverers() {
		some, err := part.Statuses(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	pollers, err := all.d.pollerStates(ctx)
	for _, p := range pollers {
		list = append(list, pollerDestinations(p)...)
	}
	return list, err
}

// Replay implements bridge.Destinations.
func (all destinations) Replay(ctx context.Context, id string, events []int64) (int, error) {
	for _, part := range all.d.deliverers() {
		n, err := part.Replay(ctx, id, events)
		if wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return n, err
		}
	}
	return 0, wabridge.Fail(wabridge.CodeNotFound, errors.New("none posts to it"), "there is no destination %s", id)
}

// deliverers are the running ones.
func (d *Daemon) deliverers() []deliverer {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]deliverer, 0, 1+len(d.callbacks))
	if d.hooks != nil {
		list = append(list, d.hooks)
	}
	for _, c := range d.callbacks {
		list = append(list, c)
	}
	return list
}

// pollerDestinations shows what a CRM is posted as destinations: results and
// incoming messages.
func pollerDestinations(p bridge.Poller) (list []delivery.Status) {
	for _, way := range []struct {
		name string
		*bridge.PollerWay
	}{{"results", p.Results}, {"incoming", p.Incoming}} {
		if way.PollerWay == nil {
			continue
		}
		list = append(list, delivery.Status{
			Destination: queue.Destination{ID: "crm-" + p.Name + "-" + way.name, Kind: "crm", Cursor: way.Cursor, Failures: way.Failures, Failing: way.Failing,
				Next: way.Next, LastError: way.LastError, Dropped: way.Dropped, DeadLetters: way.Aside},
			Pending: way.Backlog, More: way.Backlog > 0,
		})
	}
	return list
}
