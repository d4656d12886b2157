package devino

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/callback"
	"github.com/wabridge/wabridge/bridge/delivery/deliverytest"
	"github.com/wabridge/wabridge/queue"
)

// memory is a Store in memory, for tests in fake time. It outlives its
// deliverers, as a database does.
type memory struct {
	deeper
	*deliverytest.Places
	mu       sync.Mutex
	events   []wabridge.Event
	messages map[string]wabridge.Message
	objects  map[string]queue.Object
	changed  chan struct{}
	broken   error // what every write answers
	writes   int
}

// deeper is a Store whose methods those of Places hide.
type deeper struct{ Store }

func newMemory() *memory {
	return &memory{Places: deliverytest.New(), messages: map[string]wabridge.Message{}, objects: map[string]queue.Object{}, changed: make(chan struct{})}
}

func (m *memory) Changed() <-chan struct{} { m.mu.Lock(); defer m.mu.Unlock(); return m.changed }

func (m *memory) LastEvent(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(len(m.events)), nil
}

func (m *memory) Events(_ context.Context, after int64, limit int, f queue.EventFilter) (out []wabridge.Event, searched int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	searched = int64(len(m.events))
	for _, e := range m.events[min(after, searched):] {
		if len(out) == limit {
			return out, out[limit-1].Number, nil
		}
		for _, k := range f.Kinds {
			if k == e.Kind {
				out = append(out, e)
			}
		}
	}
	return out, max(searched, after), nil
}

func (m *memory) Message(_ context.Context, id string) (wabridge.Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if found, ok := m.messages[id]; ok {
		return found, nil
	}
	return wabridge.Message{}, wabridge.Fail(wabridge.CodeNotFound, nil, "no message")
}

func (m *memory) Phone(_ context.Context, id string) (wabridge.Phone, error) {
	return wabridge.Phone{ID: id, Number: own}, nil
}

func (m *memory) PutObject(_ context.Context, o queue.Object, at time.Time, _ ...wabridge.Event) (queue.Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := o.Kind + "/" + o.ID
	if m.broken != nil {
		return o, m.broken
	}
	if m.objects[key].Version != o.Version {
		return o, wabridge.Fail(wabridge.CodeConflict, nil, "version %d", o.Version)
	}
	o.Version++
	o.Created = at
	m.objects[key] = o
	m.writes++
	return o, nil
}

func (m *memory) Object(_ context.Context, kind, _, id string) (queue.Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[kind+"/"+id]
	if !ok {
		return o, wabridge.Fail(wabridge.CodeNotFound, nil, "no object")
	}
	return o, nil
}

func (m *memory) Objects(_ context.Context, kind, _, after string, limit int) (out []queue.Object, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.objects {
		if o.Kind == kind && o.ID > after && len(out) < limit {
			out = append(out, o)
		}
	}
	return out, nil
}

func (m *memory) DeleteObject(_ context.Context, kind, _, id string, _ ...wabridge.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	delete(m.objects, kind+"/"+id)
	return nil
}

func (m *memory) count(kind string) (n int) {
	list, _ := m.Objects(context.Background(), kind, "", "", 1000)
	return len(list)
}

// snapshot is what is on the disk, restore makes it all that there is.
func (m *memory) snapshot() disk {
	m.mu.Lock()
	defer m.mu.Unlock()
	return disk{maps.Clone(m.objects), m.Places.Copy()}
}

type disk struct {
	objects map[string]queue.Object
	places  *deliverytest.Places
}

func (m *memory) restore(d disk) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects, m.Places = d.objects, d.places
}

// breakWith makes every write answer err, until it is nil.
func (m *memory) breakWith(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
	m.FailSaving(err)
}

// log adds an event and tells the readers.
func (m *memory) log(kind wabridge.EventKind, data any) {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, wabridge.Event{Number: int64(len(m.events) + 1), Kind: kind, Phone: phoneID, At: time.Now(), Data: raw})
	close(m.changed)
	m.changed = make(chan struct{})
}

// sent accepts a message with a callback address, "" for none.
func (m *memory) sent(t *testing.T, url string) string {
	t.Helper()
	b := newBatch(time.Now())
	id := b.wamid(0)
	if url != "" {
		must(t, b.store(t.Context(), m, map[string]string{id: url}, time.Now()))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages[id] = wabridge.Message{ID: id, Seq: int64(len(m.messages) + 1), Created: time.Now()}
	return id
}

func (m *memory) moved(id string, s wabridge.State, code wabridge.Code) {
	m.log(wabridge.EventStatus, wabridge.StatusData{ID: id, State: s, At: time.Now(), Code: code, Callback: "data of " + id})
}

// receivers answers POSTs without a network, by address.
type receivers struct {
	mu      sync.Mutex
	answers map[string]int // 0: 200; negative: no answer
	got     map[string][]string
	tries   map[string]int
}

func (r *receivers) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	to := req.URL.String()
	r.tries[to]++
	code := r.answers[to]
	switch {
	case code < 0:
		return nil, errors.New("connection refused")
	case code == 0:
		code = 200
		r.got[to] = append(r.got[to], string(raw))
	}
	return &http.Response{StatusCode: code, Body: io.NopCloser(strings.NewReader("ok")), Request: req}, nil
}

func (r *receivers) answer(to string, code int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[to] = code
}

// words are the statuses that an address got, in order.
func (r *receivers) words(to string) (words []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, raw := range r.got[to] {
		var list []status
		if json.Unmarshal([]byte(raw), &list) != nil {
			words = append(words, raw)
		}
		for _, s := range list {
			words = append(words, fmt.Sprintf("%s %d", s.Status, s.ErrorCode))
		}
	}
	return words
}

func newReceivers() *receivers {
	return &receivers{answers: map[string]int{}, got: map[string][]string{}, tries: map[string]int{}}
}

func start(t *testing.T, m *memory, r *receivers, incoming string) *callback.Deliverer {
	t.Helper()
	d := New(Config{Store: m, Log: slog.New(slog.DiscardHandler), Client: &http.Client{Transport: r}, Incoming: incoming, Base: "http://gw.test/"})
	must(t, d.Start(t.Context()))
	return d
}
