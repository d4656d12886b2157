package devino

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	saving    = 5 * time.Second // bounds a write while stopping
	// callbacksKept is how long a call's addresses are kept: as long as its
	// messages may wait, and a month in which they may be read.
	callbacksKept = 60 * 24 * time.Hour
)

// A Deliverer carries the event log to the callbackUrls of messages and to the
// receiver of incoming ones.
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
	sign *signer

	mu      sync.Mutex
	head    int64 // lanes may read up to here
	lanes   map[string]*lane
	started bool

	version int64 // of the stored head; the head's goroutine alone uses it and saved
	saved   int64
	cleaned time.Time

	stop, kill context.CancelFunc
	wg         sync.WaitGroup
}

// New makes a deliverer.
func New(c Config) *Deliverer {
	return &Deliverer{Config: c, sign: &signer{store: c.Store}, lanes: map[string]*lane{}}
}

type headState struct {
	Cursor int64 `json:"cursor"`
}

// Start reads the places and goes on from them; at the first start of all it
// begins at the newest event. ctx ends everything at once when it is canceled;
// Stop is the gentle way.
func (d *Deliverer) Start(ctx context.Context) error {
	if d.started {
		return errors.New("start devino webhooks: started before")
	}
	if err := d.load(ctx); err != nil {
		return fmt.Errorf("start devino webhooks: %w", err)
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
	return fmt.Errorf("stop devino webhooks: %w", ctx.Err())
}

// load reads the head's place, or makes it, and the lanes.
func (d *Deliverer) load(ctx context.Context) error {
	o, err := d.Store.Object(ctx, objectCursor, objectOwner, "head")
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
		list, err := d.Store.Objects(ctx, objectLane, objectOwner, after, page)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, o := range list {
			after = o.ID
			l, err := readLane(d, o)
			if err != nil {
				return err
			}
			if l.key != keyIncoming || d.Incoming != "" { // else it waits for the address to come back
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
	events, searched, err := d.Store.Events(work, d.head, page, kinds)
	if err != nil {
		return false, err
	}
	var wake []*lane
	fresh := false
	for _, ev := range events {
		j, err := d.render(work, ev)
		if errors.Is(err, errUnreadable) {
			d.Log.Error("event cannot be told", "event", ev.Number, "err", err)
			continue
		}
		if err != nil {
			return false, err // the page is read again; lanes that were made stay
		}
		if j.key == "" {
			continue
		}
		l, made := d.lane(stop, work, j.key, ev.Number)
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
	o, err := d.Store.PutObject(ctx, queue.Object{Kind: objectCursor, Owner: objectOwner, ID: "head", Version: d.version, Data: data}, time.Now())
	if err != nil {
		return err
	}
	d.version, d.saved = o.Version, head
	return nil
}

// sweep forgets the lanes that have nothing left, and old addresses. The head
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
	if now := time.Now(); now.Sub(d.cleaned) >= time.Hour {
		d.cleaned = now
		d.clean(work, now)
	}
}

// forget ends a lane. If its place cannot be deleted it goes on instead.
func (d *Deliverer) forget(stop, work context.Context, l *lane) {
	l.end()
	err := d.Store.DeleteObject(work, objectLane, objectOwner, l.id())
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

// clean forgets the addresses of old calls.
func (d *Deliverer) clean(ctx context.Context, now time.Time) {
	for {
		list, err := d.Store.Objects(ctx, objectCallbacks, objectOwner, "", page)
		if err != nil {
			return // the next hour comes
		}
		for _, o := range list {
			if now.Sub(born(o.ID)) < callbacksKept {
				return
			}
			if err := d.Store.DeleteObject(ctx, objectCallbacks, objectOwner, o.ID); err != nil {
				return
			}
		}
		if len(list) < page {
			return
		}
	}
}
