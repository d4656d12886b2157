// Package deliverytest keeps destinations in memory, for tests in fake time.
package deliverytest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Places implements queue.Deliveries in memory. What it holds survives the
// workers, as a database does.
type Places struct {
	mu    sync.Mutex
	all   map[string]queue.Destination
	rows  map[string]map[int64]queue.Delivery
	fails error
	saves int
}

var _ queue.Deliveries = (*Places)(nil)

// New makes an empty one.
func New() *Places {
	return &Places{all: map[string]queue.Destination{}, rows: map[string]map[int64]queue.Delivery{}}
}

// FailSaving makes every write return err, until it is nil.
func (p *Places) FailSaving(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails = err
}

// Saves counts the writes of progress.
func (p *Places) Saves() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.saves
}

// Copy is what a killed process leaves behind.
func (p *Places) Copy() *Places {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := New()
	c.all = maps.Clone(p.all)
	for id, rows := range p.rows {
		c.rows[id] = maps.Clone(rows)
	}
	return c
}

// Place is the destination of an id, as it is stored.
func (p *Places) Place(id string) queue.Destination {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counted(p.all[id])
}

func (p *Places) counted(d queue.Destination) queue.Destination {
	d.DeadLetters = 0
	for _, v := range p.rows[d.ID] {
		if v.State == queue.DeliveryDead {
			d.DeadLetters++
		}
	}
	return d
}

// Settled is the number up to which a destination has everything.
func (p *Places) Settled(id string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.all[id].Cursor
	for _, v := range p.rows[id] {
		if v.State == queue.DeliveryWaiting {
			at = min(at, v.Event-1)
		}
	}
	return at
}

// Destinations implements queue.Deliveries.
func (p *Places) Destinations(_ context.Context, kind string) (list []queue.Destination, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.all {
		if kind == "" || d.Kind == kind {
			list = append(list, p.counted(d))
		}
	}
	slices.SortFunc(list, func(a, b queue.Destination) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

// AddDestination implements queue.Deliveries.
func (p *Places) AddDestination(_ context.Context, d queue.Destination) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails != nil {
		return p.fails
	}
	if _, ok := p.all[d.ID]; !ok {
		p.all[d.ID], p.rows[d.ID] = d, map[int64]queue.Delivery{}
	}
	return nil
}

// DeleteDestination implements queue.Deliveries.
func (p *Places) DeleteDestination(_ context.Context, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails != nil {
		return p.fails
	}
	if _, ok := p.all[id]; !ok {
		return wabridge.Fail(wabridge.CodeNotFound, nil, "no destination %s", id)
	}
	delete(p.all, id)
	delete(p.rows, id)
	return nil
}

// SaveDeliveries implements queue.Deliveries.
func (p *Places) SaveDeliveries(_ context.Context, s queue.DeliveryProgress) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails != nil {
		return p.fails
	}
	old, ok := p.all[s.Destination.ID]
	if !ok {
		return wabridge.Fail(wabridge.CodeNotFound, nil, "no destination %s", s.Destination.ID)
	}
	p.saves++
	d := s.Destination
	d.Kind, d.Receiver, d.Created = old.Kind, old.Receiver, old.Created
	p.all[d.ID] = d
	rows := p.rows[d.ID]
	if s.Reset {
		maps.DeleteFunc(rows, func(_ int64, v queue.Delivery) bool { return v.State == queue.DeliveryWaiting })
	}
	for _, event := range s.Done {
		delete(rows, event)
	}
	for _, v := range s.Put {
		rows[v.Event] = v
	}
	return nil
}

// DeliveriesOf implements queue.Deliveries.
func (p *Places) DeliveriesOf(_ context.Context, id string, state queue.DeliveryState, after int64, limit int) ([]queue.Delivery, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.list(id, limit, func(v queue.Delivery) bool { return v.State == state && v.Event > after }), nil
}

func (p *Places) list(id string, limit int, pick func(queue.Delivery) bool) (list []queue.Delivery) {
	for _, v := range p.rows[id] {
		if pick(v) {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b queue.Delivery) int { return cmp.Compare(a.Event, b.Event) })
	return list[:min(len(list), limit)]
}

// ReplayDeadLetters implements queue.Deliveries.
func (p *Places) ReplayDeadLetters(_ context.Context, id string, events []int64, limit int, at time.Time) ([]queue.Delivery, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails != nil {
		return nil, p.fails
	}
	list := p.list(id, limit, func(v queue.Delivery) bool {
		return v.State == queue.DeliveryDead && (len(events) == 0 || slices.Contains(events, v.Event))
	})
	for i := range list {
		v := &list[i]
		v.State, v.Tries, v.Refusals, v.Failed, v.Next, v.Changed = queue.DeliveryWaiting, 0, 0, time.Time{}, time.Time{}, at
		p.rows[id][v.Event] = *v
	}
	return list, nil
}
