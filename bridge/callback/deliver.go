// Package callback brings events to the addresses that messages name
// themselves, as the interfaces of other systems have it: each receiver has its
// own lane with its own place in the event log, so that one that does not
// answer holds up no other, and a restart or crash loses nothing. What an event
// looks like, and where it goes, is its user's business (Config.Render).
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
	"github.com/wabridge/wabridge/queue"
)

const (
	page      = 100             // events read at once
	headKept  = 1000            // events that the head may be before its place on disk
	storeWait = time.Second     // pause after the database refused
	sweepTime = time.Minute     // between two looks for lanes that are done
	tidyTime  = time.Hour       // between two calls of Config.Tidy
	saving    = 5 * time.Second // bounds a write while stopping
)

// Store is what a Deliverer needs of the database; queue.Store has it all.
type Store interface {
	Events(ctx context.Context, after int64, limit int, f queue.EventFilter) (events []wabridge.Event, searched int64, err error)
	LastEvent(ctx context.Context) (int64, error)
	Changed() <-chan struct{}
	PutObject(ctx context.Context, o queue.Object, at time.Time, events ...wabridge.Event) (queue.Object, error)
	Object(ctx context.Context, kind, owner, id string) (queue.Object, error)
	Objects(ctx context.Context, kind, owner, after string, limit int) ([]queue.Object, error)
	DeleteObject(ctx context.Context, kind, owner, id string, events ...wabridge.Event) error
}

// Config is what a Deliverer is made of. All but Skip and Tidy are required.
type Config struct {
	Store Store
	Log   *slog.Logger
	// Name is the interface's ("devino"): it owns the places that are stored,
	// of the kinds <name>_lane and <name>_cursor.
	Name string
	// Kinds are the events that may be told of.
	Kinds []wabridge.EventKind
	// Render says whether and how an event is told; a Job without a Lane is
	// not. Its errors but ErrUnreadable are the database's: the event is
	// looked at again.
	Render func(ctx context.Context, ev wabridge.Event) (Job, error)
	// Encode writes the body of one POST, of one job or of up to Most that
	// have the same URL and are not Alone.
	Encode func(jobs []Job) ([]byte, error)
	Most   int // jobs in one POST, at least 1
	// Skip leaves a stored lane as it is: its receiver is not there for now.
	Skip func(lane string) bool
	// Tidy is called every hour.
	Tidy func(ctx context.Context, now time.Time)
}

// ErrUnreadable marks an event that can never be told.
var ErrUnreadable = errors.New("unreadable event")

// A Job is what becomes of an event.
type Job struct {
	Lane   string       // names the receiver, see LaneOf; "" tells nobody
	URL    string       // where it is posted
	Client *http.Client // posts it; it should follow no redirects and have a timeout
	Alone  bool         // its POST carries no other
	Body   any          // for Config.Encode

	number int64 // of the event
	at     time.Time
}

// A Deliverer carries the event log to receivers.
//
//	log ──► head: which lane? ──► lane of address A: read from its own place, post, repeat
//	                          └─► lane of address B: …
//
// The head reads the log once and only says which lanes have something; a lane
// has a place of its own in the log, and forgets it when it has nothing left.
// Both places are in the database: a lane's is written when its receiver has
// acknowledged, the head's only after the places of all lanes that it woke. So
// after a crash nothing is left out, and what was acknowledged and noted is
// not told again.
type Deliverer struct {
	Config
	filter queue.EventFilter

	mu      sync.Mutex
	head    int64 // lanes may read up to here
	lanes   map[string]*lane
	started bool

	version int64 // of the stored head; the head's goroutine alone uses it and saved
	saved   int64
	tidied  time.Time

	stop, kill context.CancelFunc
	wg         sync.WaitGroup
}

// New makes a deliverer.
func New(c Config) *Deliverer {
	return &Deliverer{Config: c, filter: queue.EventFilter{Kinds: c.Kinds}, lanes: map[string]*lane{}}
}

func (d *Deliverer) kindLane() string   { return d.Name + "_lane" }
func (d *Deliverer) kindCursor() string { return d.Name + "_cursor" }

// render makes the job of an event.
func (d *Deliverer) render(ctx context.Context, ev wabridge.Event) (Job, error) {
	j, err := d.Render(ctx, ev)
	j.number, j.at = ev.Number, ev.At
	return j, err
}

type headState struct {
	Cursor int64 `json:"cursor"`
}

// Start reads the places and goes on from them; at the first start of all it
// begins at the newest event. ctx ends everything at once when it is canceled;
// Stop is the gentle way.
func (d *Deliverer) Start(ctx context.Context) error {
	if d.started {
		return fmt.Errorf("start %s webhooks: started before", d.Name)
	}
	if err := d.load(ctx); err != nil {
		return fmt.Errorf("start %s webhooks: %w", d.Name, err)
	}
	d.started = true
	work, kill := context.WithCancel(ctx)
	stop, cancel := context.WithCancel(work)
	d.stop, d.kill = cancel, kill
	d.mu.Lock()
	for _, l := range d.lanes {
		l.start(stop, work)
	}
	d.mu.Unlock()
	d.wg.Go(func() { d.run(stop, work) })
	return nil
}

// Stop ends the deliverer in two steps: at once nothing new is posted, and a
// POST on its way may end by itself until ctx is done; then it is broken off
// (and repeated after the next start). It may be called more than once, and
// before Start.
func (d *Deliverer) Stop(ctx context.Context) error {
	if !d.started {
		return nil
	}
	d.stop()
	defer d.kill()
	done := make(chan struct{})
	go func() { // ends with the lanes, which kill and `saving` bound
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
	return fmt.Errorf("stop %s webhooks: %w", d.Name, ctx.Err())
}

// load reads the head's place, or makes it, and the lanes.
func (d *Deliverer) load(ctx context.Context) error {
	o, err := d.Store.Object(ctx, d.kindCursor(), d.Name, "head")
	switch {
	case wabridge.CodeOf(err) == wabridge.CodeNotFound:
		if d.head, err = d.Store.LastEvent(ctx); err != nil {
			return err
		}
		if err := d.saveHead(ctx); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		var s headState
		if err := json.Unmarshal(o.Data, &s); err != nil {
			return err
		}
		d.head, d.saved, d.version = s.Cursor, s.Cursor, o.Version
	}
	for after := ""; ; {
		list, err := d.Store.Objects(ctx, d.kindLane(), d.Name, after, page)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, o := range list {
			after = o.ID
			l, err := readLane(d, o)
			if err != nil {
				return err
			}
			if d.Skip == nil || !d.Skip(l.key) {
				d.lanes[l.key] = l
			}
		}
	}
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
			changed = nil
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
			d.sweep(stop, work)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(work), saving)
	defer cancel()
	if err := d.saveHead(ctx); err != nil {
		d.Log.Warn("place in the log not saved; some events are looked at again", "err", err)
	}
}

// advance reads a page of the log and wakes the lanes that it concerns. more
// is false at the end of the log.
func (d *Deliverer) advance(stop, work context.Context) (more bool, err error) {
	events, searched, err := d.Store.Events(work, d.head, page, d.filter)
	if err != nil {
		return false, err
	}
	var wake []*lane
	fresh := false
	for _, ev := range events {
		j, err := d.render(work, ev)
		if errors.Is(err, ErrUnreadable) {
			d.Log.Error("event cannot be told", "event", ev.Number, "err", err)
			continue
		}
		if err != nil {
			return false, err // the page is read again; lanes that were made stay
		}
		if j.Lane == "" {
			continue
		}
		l, made := d.lane(stop, work, j.Lane, ev.Number)
		fresh = fresh || made
		wake = append(wake, l)
	}
	d.mu.Lock()
	d.head = max(d.head, searched)
	d.mu.Unlock()
	for _, l := range wake {
		l.wake()
	}
	if fresh || d.head-d.saved >= headKept {
		err = d.saveHead(work)
	}
	return len(events) > 0, err
}

// lane finds the lane of a key, or makes it: it begins before the event.
func (d *Deliverer) lane(stop, work context.Context, key string, event int64) (l *lane, made bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l, ok := d.lanes[key]; ok {
		return l, false
	}
	l = newLane(d, key, event-1)
	d.lanes[key] = l
	l.start(stop, work)
	return l, true
}

// limit is how far lanes may read.
func (d *Deliverer) limit() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.head
}

// saveHead stores the head's place, after those of all lanes.
func (d *Deliverer) saveHead(ctx context.Context) error {
	d.mu.Lock()
	head := d.head
	var unsaved []*lane
	for _, l := range d.lanes {
		if !l.onDisk() {
			unsaved = append(unsaved, l)
		}
	}
	d.mu.Unlock()
	if head == d.saved && d.version > 0 {
		return nil
	}
	for _, l := range unsaved {
		if err := l.save(ctx); err != nil {
			return err
		}
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

// sweep forgets the lanes that have nothing left. The head
// is saved first: what a lane has told is then behind it.
func (d *Deliverer) sweep(stop, work context.Context) {
	if err := d.saveHead(work); err != nil {
		return // run's next reading tells of it
	}
	d.mu.Lock()
	var done []*lane
	for _, l := range d.lanes {
		if l.finished(d.saved) {
			done = append(done, l)
		}
	}
	d.mu.Unlock()
	for _, l := range done {
		d.forget(stop, work, l)
	}
	if now := time.Now(); d.Tidy != nil && now.Sub(d.tidied) >= tidyTime {
		d.tidied = now
		d.Tidy(work, now)
	}
}

// forget ends a lane. If its place cannot be deleted it goes on instead.
func (d *Deliverer) forget(stop, work context.Context, l *lane) {
	l.end()
	err := d.Store.DeleteObject(work, d.kindLane(), d.Name, l.id())
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.lanes, l.key)
	if err == nil || wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return
	}
	again := newLane(d, l.key, 0)
	again.state, again.version = l.state, l.version
	d.lanes[l.key] = again
	again.start(stop, work)
}
