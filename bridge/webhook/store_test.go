package webhook

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/delivery/deliverytest"
	"github.com/wabridge/wabridge/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a Store in memory. What was saved survives a "restart": a new
// Deliverer on the same memory.
type memory struct {
	keeper
	*deliverytest.Places
	mu        sync.Mutex
	events    []wabridge.Event
	changed   chan struct{}
	endpoints []queue.Endpoint
	broken    error // what every call answers
}

func newMemory(endpoints ...queue.Endpoint) *memory {
	m := &memory{keeper: noObjects{}, Places: deliverytest.New(), changed: make(chan struct{})}
	for _, e := range endpoints {
		m.put(e)
	}
	return m
}

// put adds an endpoint.
func (m *memory) put(e queue.Endpoint) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.endpoints = append(m.endpoints, e)
	if err := m.AddDestination(context.Background(), queue.Destination{ID: e.ID, Kind: Kind, Cursor: e.Cursor}); err != nil {
		panic(err)
	}
}

// add appends events and tells the readers.
func (m *memory) add(events ...wabridge.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, events...)
	close(m.changed)
	m.changed = make(chan struct{})
}

// text appends an incoming text of this moment.
func (m *memory) text(t *testing.T, number int64, words string) {
	t.Helper()
	m.textAt(t, number, words, time.Now())
}

// textAt is text with a time.
func (m *memory) textAt(t *testing.T, number int64, words string, at time.Time) {
	t.Helper()
	ev := event(t, wabridge.EventMessage, number, with(incoming(), func(w *wabridge.Message) { w.Text = wabridge.Text(words) }))
	ev.At = at
	m.add(ev)
}

func (m *memory) breakWith(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
	m.FailSaving(err)
}

func (m *memory) breakSaving(err error) { m.FailSaving(err) }

func (m *memory) change(id string, f func(*queue.Endpoint)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.endpoints {
		if m.endpoints[i].ID == id {
			f(&m.endpoints[i])
		}
	}
}

func (m *memory) remove(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.endpoints = slices.DeleteFunc(m.endpoints, func(e queue.Endpoint) bool { return e.ID == id })
	if err := m.DeleteDestination(context.Background(), id); err != nil {
		panic(err)
	}
}

func (m *memory) endpoint(id string) queue.Endpoint {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.endpoints {
		if e.ID == id {
			return m.placed(e)
		}
	}
	return queue.Endpoint{}
}

// placed is an endpoint with its progress.
func (m *memory) placed(e queue.Endpoint) queue.Endpoint {
	p := m.Place(e.ID)
	e.Cursor, e.Failures, e.Failing, e.Next = m.Settled(e.ID), p.Failures, p.Failing, p.Next
	e.LastError, e.LastOK, e.Dropped, e.DeadLetters = p.LastError, p.LastOK, p.Dropped, p.DeadLetters
	return e
}

func (m *memory) Events(_ context.Context, after int64, limit int, f queue.EventFilter) ([]wabridge.Event, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return nil, 0, m.broken
	}
	var found []wabridge.Event
	searched := after
	for _, ev := range m.events {
		if ev.Number <= after {
			continue
		}
		if len(found) == limit {
			break
		}
		searched = ev.Number
		if slices.Contains(f.Kinds, ev.Kind) {
			found = append(found, ev)
		}
	}
	return found, searched, nil
}

func (m *memory) LastEvent(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.events) == 0 {
		return 0, m.broken
	}
	return m.events[len(m.events)-1].Number, m.broken
}

func (m *memory) FirstEvent(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.events) == 0 {
		return 0, m.broken
	}
	return m.events[0].Number, m.broken
}

func (m *memory) Changed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

func (m *memory) Phone(_ context.Context, id string) (wabridge.Phone, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return wabridge.Phone{}, m.broken
	}
	if id == testPhone.ID {
		return testPhone, nil
	}
	return wabridge.Phone{}, wabridge.Fail(wabridge.CodeNotFound, nil, "no phone %s", id)
}

func (m *memory) Endpoints(context.Context) ([]queue.Endpoint, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []queue.Endpoint
	for _, e := range m.endpoints {
		all = append(all, m.placed(e))
	}
	return all, m.broken
}

// noObjects is an empty store of objects.
type noObjects struct{ keeper }

// keeper is queue.Objects under a name that hides none of its methods.
type keeper interface{ queue.Objects }

func (noObjects) Objects(context.Context, string, string, string, int) ([]queue.Object, error) {
	return nil, nil
}

func (noObjects) CountObjects(context.Context, string, string) (int, error) { return 0, nil }
