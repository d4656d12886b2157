package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Health of an endpoint.
const (
	HealthOK       = "ok"       // has everything, or is getting it
	HealthFailing  = "failing"  // its last try failed
	HealthDisabled = "disabled" // a person switched it off
)

// maxCounted and maxRead bound the reading of one endpoint's backlog: what is
// counted, and what is read for it.
const (
	maxCounted = 1000
	maxRead    = 20000
)

// A Status is an endpoint, its progress, and what waits for it.
type Status struct {
	queue.Endpoint
	Health  string    `json:"health"`
	Pending int       `json:"pending"`                // events that wait for it
	More    bool      `json:"pending_more,omitempty"` // Pending is a lower bound
	Oldest  time.Time `json:"oldest_pending,omitzero"`
}

// Backlog tells how far every endpoint is. It counts at most 1000 waiting
// events of each. It works before Start, too.
func (d *Deliverer) Backlog(ctx context.Context) ([]Status, error) {
	all, err := d.store.Endpoints(ctx)
	if err != nil {
		return nil, fmt.Errorf("webhook backlog: %w", err)
	}
	for i := range all {
		if l := d.lane(all[i].ID); l != nil {
			live := l.endpoint()
			all[i].Cursor, all[i].Failures, all[i].Failing, all[i].Next = live.Cursor, live.Failures, live.Failing, live.Next
			all[i].LastError, all[i].LastOK, all[i].Dropped = live.LastError, live.LastOK, live.Dropped
		}
	}
	choose := Chain{lookup(d.store), route(func() []queue.Endpoint { return all }), render, d.marks.admit}
	var list []Status
	for _, e := range all {
		s := Status{Endpoint: e, Health: health(e)}
		if err := s.count(ctx, d.store, choose); err != nil {
			return nil, fmt.Errorf("webhook backlog of %s: %w", e.ID, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// Seek makes an endpoint go on after the event with the given number: back, to
// get again what it has lost (0: all that is kept), or forward, past what it
// cannot take. CodeNotFound if there is no such endpoint or it is not running.
func (d *Deliverer) Seek(id string, after int64) error {
	l := d.lane(id)
	if l == nil {
		return wabridge.Fail(wabridge.CodeNotFound, nil, "no webhook endpoint %q", id)
	}
	l.moveTo(max(after, 0))
	return nil
}

// lane finds the lane of an endpoint, nil if it has none.
func (d *Deliverer) lane(id string) *lane {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lanes[id]
}

// health sums the endpoint up in a word.
func health(e queue.Endpoint) string {
	switch {
	case e.Disabled:
		return HealthDisabled
	case e.Failures > 0:
		return HealthFailing
	}
	return HealthOK
}

// count reads the log behind the endpoint's cursor.
func (s *Status) count(ctx context.Context, store Store, choose Chain) error {
	e := s.Endpoint
	e.Disabled = false // what waits for one that is switched off is of interest, too
	for at, read := s.Cursor, 0; ; {
		events, searched, err := store.Events(ctx, at, page, kinds)
		if err != nil {
			return err
		}
		for _, ev := range events {
			if read++; s.Pending == maxCounted || read > maxRead {
				s.More = true
				return nil
			}
			if choose.Run(ctx, &Delivery{Endpoint: e, Event: ev}) != nil {
				continue
			}
			if s.Pending++; s.Pending == 1 {
				s.Oldest = ev.At
			}
		}
		if len(events) == 0 || searched <= at {
			return nil
		}
		at = searched
	}
}
