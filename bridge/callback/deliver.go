// Package callback brings events to the addresses that messages name
// themselves, as the interfaces of other systems have it: each receiver is a
// destination with its own place in the event log, so that one that does not
// answer holds up no other, and a restart or crash loses nothing. What an event
// looks like, and where it goes, is its user's business (Config.Render);
// package delivery decides what is posted when.
//
// It knows nothing of any system's form, of screens, ADB or SQL.
package callback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/queue"
)

const (
	page      = 100             // events read at once
	headKept  = 1000            // events that the head may be before its place on disk
	storeWait = time.Second     // pause after the database refused
	sweepTime = time.Minute     // between two looks for receivers that have everything
	tidyTime  = time.Hour       // between two calls of Config.Tidy
	saving    = 5 * time.Second // bounds a write while stopping
	// parallel bounds the posts to one receiver at one time.
	parallel = 4
)

// Store is what a Deliverer needs of the database; queue.Store has it all.
type Store interface {
	delivery.Store
	PutObject(ctx context.Context, o queue.Object, at time.Time, events ...wabridge.Event) (queue.Object, error)
	Object(ctx context.Context, kind, owner, id string) (queue.Object, error)
}

// Config is what a Deliverer is made of. All but Skip, Tidy, Policy and
// Observer are required.
type Config struct {
	Store Store
	Log   *slog.Logger
	// Name is the interface's ("devino"): the kind of its destinations, and the
	// owner of the place that is stored as an object of the kind <name>_cursor.
	Name string
	// Kinds are the events that may be told of.
	Kinds []wabridge.EventKind
	// Render says whether and how an event is told; a Job without a Receiver is
	// not. Its errors but ErrUnreadable are the database's: the event is
	// looked at again.
	Render func(ctx context.Context, ev wabridge.Event) (Job, error)
	// Encode writes the body of one POST, of one job or of up to Most that
	// have the same URL and are not Alone.
	Encode func(jobs []Job) ([]byte, error)
	Most   int // jobs in one POST, at least 1
	// Skip leaves a stored receiver as it is: it is not there for now.
	Skip func(receiver string) bool
	// Tidy is called every hour.
	Tidy     func(ctx context.Context, now time.Time)
	Policy   delivery.Policy
	Observer delivery.Observer
}

// ErrUnreadable marks an event that can never be told.
var ErrUnreadable = delivery.ErrUnreadable

// A Job is what becomes of an event.
type Job struct {
	Receiver string       // names the receiver, see ReceiverOf; "" tells nobody
	URL      string       // where it is posted
	Client   *http.Client // posts it; it should follow no redirects and have a timeout
	Alone    bool         // its POST carries no other
	Body     any          // for Config.Encode
}

// A Deliverer carries the event log to receivers.
//
//	log ──► head: which receiver? ──► worker of address A: read from its own place, post, repeat
//	                              └─► worker of address B: …
//
// The head reads the log once and only says which receivers have something; a
// receiver is a destination with a place of its own in the log, which is
// forgotten when it has nothing left. The head's place is stored only after
// those of all destinations that it made. So after a crash nothing is left out.
type Deliverer struct {
	Config
	filter queue.EventFilter

	mu      sync.Mutex
	head    int64              // workers may read up to here
	workers map[string]*worker // by receiver
	started bool

	version int64 // of the stored head; only the head's goroutine uses it and saved
	saved   int64
	tidied  time.Time

	stop, kill context.CancelFunc
	wg         sync.WaitGroup
}

// New makes a deliverer.
func New(c Config) *Deliverer {
	return &Deliverer{Config: c, filter: queue.EventFilter{Kinds: c.Kinds}, workers: map[string]*worker{}}
}

func (d *Deliverer) kindCursor() string { return d.Name + "_cursor" }

type headState struct {
	Cursor int64 `json:"cursor"`
}

// Start reads the places and goes on from them; at the first start of all it
// begins at the newest event. ctx ends everything at once when it is canceled;
// Stop is the gentle way.
func (d *Deliverer) Start(ctx context.Context) error {
	if d.started {
		return fmt.Errorf("start %s callbacks: started before", d.Name)
	}
	if err := d.loadHead(ctx); err != nil {
		return fmt.Errorf("start %s callbacks: %w", d.Name, err)
	}
	all, err := d.Store.Destinations(ctx, d.Name)
	if err != nil {
		return fmt.Errorf("start %s callbacks: %w", d.Name, err)
	}
	d.started = true
	work, kill := context.WithCancel(ctx)
	stop, cancel := context.WithCancel(work)
	d.stop, d.kill = cancel, kill
	for _, place := range all {
		if d.Skip == nil || !d.Skip(place.Receiver) {
			d.start(stop, work, place)
		}
	}
	d.wg.Go(func() { d.run(stop, work) })
	return nil
}

// Stop ends the deliverer in two steps: at once nothing new is posted, and
// POSTs on their way may end by themselves until ctx is done; then they are
// broken off (and repeated after the next start). It may be called more than
// once, and before Start.
func (d *Deliverer) Stop(ctx context.Context) error {
	if !d.started {
		return nil
	}
	d.stop()
	defer d.kill()
	done := make(chan struct{})
	go func() { // ends with the workers, which kill and limits of writes bound
		defer close(done)
		d.wg.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	d.kill()
	<-done
	return fmt.Errorf("stop %s callbacks: %w", d.Name, ctx.Err())
}

// loadHead reads the head's place, or makes it.
func (d *Deliverer) loadHead(ctx context.Context) error {
	o, err := d.Store.Object(ctx, d.kindCursor(), d.Name, "head")
	switch {
	case wabridge.CodeOf(err) == wabridge.CodeNotFound:
		if d.head, err = d.Store.LastEvent(ctx); err != nil {
			return err
		}
		return d.saveHead(ctx)
	case err != nil:
		return err
	}
	var s headState
	if err := json.Unmarshal(o.Data, &s); err != nil {
		return err
	}
	d.head, d.saved, d.version = s.Cursor, s.Cursor, o.Version
	return nil
}

// run is the head's goroutine. Stop ends it.
func (d *Deliverer) run(stop, work context.Context) {
	tick := time.NewTicker(sweepTime)
	defer tick.Stop()
	failing := false
	for stop.Err() == nil {
		changed := d.Store.Changed() // before looking, so that nothing is missed
		more, err := d.advance(stop, work)
		if err != nil && !failing && work.Err() == nil {
			d.Log.Error("cannot read the log", "err", err)
		}
		if failing = err != nil; failing {
			select {
			case <-stop.Done():
			case <-time.After(storeWait):
			}
			continue
		}
		if more {
			continue
		}
		select {
		case <-stop.Done():
		case <-changed:
		case <-tick.C:
			d.sweep(work)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(work), saving)
	defer cancel()
	if err := d.saveHead(ctx); err != nil {
		d.Log.Warn("place in the log not saved; some events are looked at again", "err", err)
	}
}

// advance reads a page of the log and wakes the workers that it concerns. more
// is false at the end of the log.
func (d *Deliverer) advance(stop, work context.Context) (more bool, err error) {
	events, searched, err := d.Store.Events(work, d.limit(), page, d.filter)
	if err != nil {
		return false, err
	}
	var wake []*worker
	fresh := false
	for _, ev := range events {
		j, err := d.Render(work, ev)
		if errors.Is(err, ErrUnreadable) {
			d.Log.Error("event cannot be told", "event", ev.Number, "err", err)
			continue
		}
		if err != nil {
			return false, err // the page is read again; workers that were made stay
		}
		if j.Receiver == "" {
			continue
		}
		l, made, err := d.worker(stop, work, j.Receiver, ev.Number)
		if err != nil {
			return false, err
		}
		fresh = fresh || made
		wake = append(wake, l)
	}
	d.mu.Lock()
	d.head = max(d.head, searched)
	due := fresh || d.head-d.saved >= headKept
	d.mu.Unlock()
	for _, l := range wake {
		l.busy.Store(true)
		l.Wake()
	}
	if due {
		err = d.saveHead(work)
	}
	return len(events) > 0, err
}

// limit is how far workers may read.
func (d *Deliverer) limit() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.head
}

// saveHead stores the head's place, after those of all destinations.
func (d *Deliverer) saveHead(ctx context.Context) error {
	head := d.limit()
	if head == d.saved && d.version > 0 {
		return nil
	}
	data, err := json.Marshal(headState{head})
	if err != nil {
		return err
	}
	o, err := d.Store.PutObject(ctx, queue.Object{Kind: d.kindCursor(), Owner: d.Name, ID: "head", Version: d.version, Data: data}, time.Now())
	if err != nil {
		return err
	}
	d.version, d.saved = o.Version, head
	return nil
}
