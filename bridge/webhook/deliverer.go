package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/queue"
)

// Store is what the deliverer needs of a database; queue.Store has more.
type Store interface {
	delivery.Store
	FirstEvent(ctx context.Context) (int64, error)
	Phone(ctx context.Context, id string) (wabridge.Phone, error)
	Endpoints(ctx context.Context) ([]queue.Endpoint, error)
	queue.Objects
}

// reload is how often the endpoints are read again without being asked, for
// changes made by another process.
const reload = 5 * time.Second

// Kind is the kind of the destinations of endpoints.
const Kind = "webhook"

// A Deliverer owns one delivery.Worker for each endpoint.
type Deliverer struct {
	// Observer is told of each POST; set it before Start. It may be nil.
	Observer delivery.Observer
	// AppSecret signs what goes to endpoints without a secret of their own; set
	// it before Start. "" leaves them unsigned.
	AppSecret string
	// Policy says when an event is set aside; set it before Start.
	Policy delivery.Policy

	store  Store
	client *http.Client
	log    *slog.Logger

	marks   marks
	phones  phones
	reloads chan struct{} // capacity 1
	mu      sync.Mutex
	all     []queue.Endpoint
	running map[string]*receiver
	started bool
	stop    context.CancelFunc // take nothing new
	kill    context.CancelFunc // break off what is on its way
	wg      sync.WaitGroup
	done    chan struct{} // closed when all goroutines have ended
}

// New makes a deliverer; client is NewClient() outside tests.
func New(store Store, client *http.Client, log *slog.Logger) *Deliverer {
	return &Deliverer{
		store: store, client: client, log: log, marks: marks{store: store}, phones: phones{store: store},
		reloads: make(chan struct{}, 1), running: map[string]*receiver{}, done: make(chan struct{}),
	}
}

// Start reads the endpoints and starts their workers. ctx ends everything at
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

// Stop ends the deliverer in two steps: at once no worker takes another event,
// and POSTs on their way may end by themselves until ctx is done; then they are
// broken off (and repeated after the next start). It returns when all
// goroutines have ended; ctx's error if something had to be broken off. It may
// be called more than once, and before Start.
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
	<-d.done // bounded: canceled requests end, writes of progress have a limit
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

// supervise keeps one worker for each endpoint. Start starts it; it ends with
// stop, after all workers have ended.
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

// reconcile starts workers for new endpoints, ends those of endpoints that are
// gone, and hands changed settings to the others. The worker of a disabled one
// idles and keeps its place.
func (d *Deliverer) reconcile(stop, work context.Context, wg *sync.WaitGroup) {
	present := map[string]bool{}
	for _, e := range d.endpoints() {
		present[e.ID] = true
		if r := d.receiver(e.ID); r != nil {
			r.configure(work, e)
			continue
		}
		if stop.Err() != nil {
			continue
		}
		place, ok := d.place(work, e.ID)
		if !ok {
			continue // it is looked at again soon
		}
		d.checkGap(work, place)
		r := d.newReceiver(e, place)
		d.mu.Lock()
		d.running[e.ID] = r
		d.mu.Unlock()
		r.worker.Start(wg, stop, work)
		if e.Disabled {
			_ = r.worker.Configure(work, true, false) // fails only if it has ended
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, r := range d.running {
		if !present[id] {
			r.worker.Cancel()
			delete(d.running, id)
		}
	}
}

// checkGap logs when the log no longer holds what an endpoint should get next.
func (d *Deliverer) checkGap(ctx context.Context, place queue.Destination) {
	first, err := d.store.FirstEvent(ctx)
	if err == nil && first > 0 && place.Cursor < first-1 {
		d.log.Warn("webhook endpoint has missed events that are no longer kept", "endpoint", place.ID, "cursor", place.Cursor, "first_event", first)
	}
}

// endpoints is the newest reading of all endpoints.
func (d *Deliverer) endpoints() []queue.Endpoint {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.all
}

// receiver finds the running endpoint of an id, nil if there is none.
func (d *Deliverer) receiver(id string) *receiver {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.running[id]
}

// Seek makes an endpoint go on after the event with the given number: back, to
// get again what it has lost (0: all that is kept), or forward, past what it
// cannot take. CodeNotFound if there is no such endpoint or it is not running.
func (d *Deliverer) Seek(ctx context.Context, id string, after int64) error {
	r := d.receiver(id)
	if r == nil {
		return wabridge.Fail(wabridge.CodeNotFound, nil, "no webhook endpoint %q", id)
	}
	return r.worker.Seek(ctx, after)
}

// Replay delivers dead letters of an endpoint again: those of the given events,
// or all. It returns how many there were. CodeNotFound as for Seek.
func (d *Deliverer) Replay(ctx context.Context, id string, events []int64) (int, error) {
	r := d.receiver(id)
	if r == nil {
		return 0, wabridge.Fail(wabridge.CodeNotFound, nil, "no webhook endpoint %q", id)
	}
	return r.worker.Replay(ctx, events)
}

// Statuses lists how far every endpoint is. It works before Start, too.
func (d *Deliverer) Statuses(ctx context.Context) ([]delivery.Status, error) {
	all, err := delivery.Statuses(ctx, d.store, Kind, func(id string) *delivery.Worker {
		if r := d.receiver(id); r != nil {
			return r.worker
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("status of webhooks: %w", err)
	}
	return all, nil
}

// A receiver is an endpoint with its worker.
type receiver struct {
	d      *Deliverer
	worker *delivery.Worker

	mu sync.Mutex
	e  queue.Endpoint // settings
}

// place reads where an endpoint is in the log.
func (d *Deliverer) place(ctx context.Context, id string) (place queue.Destination, ok bool) {
	all, err := d.store.Destinations(ctx, Kind)
	if err != nil {
		d.log.Error("cannot read the place of a webhook endpoint", "endpoint", id, "err", err)
		return place, false
	}
	i := slices.IndexFunc(all, func(p queue.Destination) bool { return p.ID == id })
	if i < 0 {
		return place, false
	}
	return all[i], true
}

func (d *Deliverer) newReceiver(e queue.Endpoint, place queue.Destination) *receiver {
	r := &receiver{d: d, e: e}
	r.worker = delivery.NewWorker(delivery.Config{
		Store: d.store, Log: d.log, Filter: kinds, Render: r.render, Post: r.post, Policy: d.Policy, Observer: d.Observer,
	}, place)
	return r
}

// endpoint is the newest settings.
func (r *receiver) endpoint() queue.Endpoint {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.e
}

// configure takes new settings. A changed address or secret is tried at once.
func (r *receiver) configure(ctx context.Context, e queue.Endpoint) {
	r.mu.Lock()
	old := r.e
	r.e = e
	r.mu.Unlock()
	if sameSettings(old, e) {
		return
	}
	retry := old.URL != e.URL || old.Secret != e.Secret || old.Disabled && !e.Disabled
	_ = r.worker.Configure(ctx, e.Disabled, retry) // fails only if it has ended
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
