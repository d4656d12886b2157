package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Store is what the deliverer needs of a database; queue.Store has more.
type Store interface {
	queue.Log
	Phone(ctx context.Context, id string) (wabridge.Phone, error)
	Endpoints(ctx context.Context) ([]queue.Endpoint, error)
	SaveProgress(ctx context.Context, e queue.Endpoint) error
	queue.Objects
}

const (
	// reload is how often the endpoints are read again without being asked,
	// for changes made by another process.
	reload = 5 * time.Second
	// saving bounds a write of progress while stopping.
	saving = 5 * time.Second
)

// An Observer hears of each POST to an endpoint: the status of the answer, 0
// where there was none, and how long it took. It must not wait.
type Observer interface {
	Posted(endpoint string, status int, took time.Duration)
}

// A Deliverer owns one lane (goroutine) for each endpoint.
type Deliverer struct {
	// Observer hears of each POST; set it before Start. It may be nil.
	Observer Observer

	store  Store
	client *http.Client
	log    *slog.Logger

	marks   marks
	reloads chan struct{} // capacity 1
	mu      sync.Mutex
	all     []queue.Endpoint
	lanes   map[string]*lane
	started bool
	stop    context.CancelFunc // take nothing new
	kill    context.CancelFunc // break off what is on its way
	wg      sync.WaitGroup
	done    chan struct{} // closed when all goroutines have ended
}

// New makes a deliverer; client is NewClient() outside tests.
func New(store Store, client *http.Client, log *slog.Logger) *Deliverer {
	return &Deliverer{
		store: store, client: client, log: log, marks: marks{store: store},
		reloads: make(chan struct{}, 1), lanes: map[string]*lane{}, done: make(chan struct{}),
	}
}

// Start reads the endpoints and starts their lanes. ctx ends everything at
// once when it is canceled; Stop is the gentle way.
func (d *Deliverer) Start(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.started {
		return errors.New("start webhooks: started before")
	}
	all, err := d.store.Endpoints(ctx)
	if err != nil {
		return fmt.Errorf("start webhooks: %w", err)
	}
	d.started = true
	work, kill := context.WithCancel(ctx)
	stop, cancel := context.WithCancel(work)
	d.kill, d.stop, d.all = kill, cancel, all

	d.wg.Go(func() {
		defer close(d.done)
		d.supervise(stop, work)
	})
	return nil
}

// Stop ends the deliverer in two steps: at once no lane takes another event,
// and a POST on its way may end by itself until ctx is done; then it is broken
// off (and repeated after the next start). It returns when all goroutines
// have ended; ctx's error if something had to be broken off. It may be called
// more than once, and before Start.
func (d *Deliverer) Stop(ctx context.Context) error {
	d.mu.Lock()
	started := d.started
	d.mu.Unlock()
	if !started {
		return nil
	}
	d.stop()
	defer d.kill()
	select {
	case <-d.done:
		return nil
	case <-ctx.Done():
	}
	d.kill()
	<-d.done // bounded: canceled requests end, writes of progress have `saving`
	return fmt.Errorf("stop webhooks: %w", ctx.Err())
}

// Reload makes a change of the endpoints known at once. It never blocks.
func (d *Deliverer) Reload() {
	d.marks.forget()
	select {
	case d.reloads <- struct{}{}:
	default: // one is waiting already
	}
}

// supervise keeps one lane for each endpoint. Start starts it; it ends with
// stop, after all lanes have ended.
func (d *Deliverer) supervise(stop, work context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	tick := time.NewTicker(reload)
	defer tick.Stop()
	for failing := false; ; {
		d.reconcile(stop, work, &wg)
		select {
		case <-stop.Done():
			return
		case <-tick.C:
		case <-d.reloads:
		}
		all, err := d.store.Endpoints(work)
		if err != nil && !failing && work.Err() == nil {
			d.log.Warn("cannot read webhook endpoints", "err", err)
		}
		if failing = err != nil; failing {
			continue
		}
		d.mu.Lock()
		d.all = all
		d.mu.Unlock()
	}
}

// reconcile starts lanes for new endpoints, ends those of endpoints that are
// gone, and hands changed settings to the others. The lane of a disabled one
// idles and keeps its place.
func (d *Deliverer) reconcile(stop, work context.Context, wg *sync.WaitGroup) {
	d.mu.Lock()
	defer d.mu.Unlock()
	present := map[string]bool{}
	for _, e := range d.all {
		present[e.ID] = true
		if l, ok := d.lanes[e.ID]; ok {
			l.configure(e)
			continue
		}
		if stop.Err() != nil {
			continue
		}
		own, cancel := context.WithCancel(stop)
		l := newLane(d, e, cancel)
		d.lanes[e.ID] = l
		wg.Go(func() { l.run(own, work) })
	}
	for id, l := range d.lanes {
		if !present[id] {
			l.cancel()
			delete(d.lanes, id)
		}
	}
}

// endpoints is the newest reading of all endpoints.
func (d *Deliverer) endpoints() []queue.Endpoint {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.all
}

// sameSettings reports whether two readings of an endpoint differ in progress
// only.
func sameSettings(a, b queue.Endpoint) bool {
	return reflect.DeepEqual(settings(a), settings(b))
}

// settings is the endpoint without its progress.
func settings(e queue.Endpoint) queue.Endpoint {
	return queue.Endpoint{ID: e.ID, URL: e.URL, VerifyToken: e.VerifyToken, Secret: e.Secret,
		Phones: e.Phones, Fields: e.Fields, Scope: e.Scope, Disabled: e.Disabled}
}
