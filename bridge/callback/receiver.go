package callback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/queue"
)

// A worker is a receiver's.
type worker struct {
	*delivery.Worker
	place queue.Destination
	// busy: it was woken since the last sweep.
	busy atomic.Bool
}

// destinationID names the destination of a receiver.
func (d *Deliverer) destinationID(receiver string) string {
	sum := sha256.Sum256([]byte(receiver))
	return d.Name + "-" + hex.EncodeToString(sum[:16])
}

// worker finds the worker of a receiver, or makes it: it begins before the
// event.
func (d *Deliverer) worker(stop, work context.Context, receiver string, event int64) (w *worker, made bool, err error) {
	d.mu.Lock()
	w = d.workers[receiver]
	d.mu.Unlock()
	if w != nil {
		return w, false, nil
	}
	place := queue.Destination{ID: d.destinationID(receiver), Kind: d.Name, Receiver: receiver, Cursor: event - 1, Created: time.Now()}
	if err := d.Store.AddDestination(work, place); err != nil {
		return nil, false, err
	}
	return d.start(stop, work, place), true, nil
}

// start starts the worker of a stored destination.
func (d *Deliverer) start(stop, work context.Context, place queue.Destination) *worker {
	w := &worker{place: place}
	w.Worker = delivery.NewWorker(delivery.Config{
		Store: d.Store, Log: d.Log, Filter: d.filter, MaxBatch: d.Most, Parallel: parallel, Policy: d.Policy, Observer: d.Observer,
		Limit: d.limit, Post: d.post,
		Render: func(ctx context.Context, ev wabridge.Event) (delivery.Job, error) {
			return d.renderFor(ctx, ev, place.Receiver)
		},
	}, place)
	w.busy.Store(true)
	d.mu.Lock()
	d.workers[place.Receiver] = w
	d.mu.Unlock()
	w.Start(&d.wg, stop, work)
	return w
}

// renderFor makes the job of an event, if it is the receiver's.
func (d *Deliverer) renderFor(ctx context.Context, ev wabridge.Event, receiver string) (delivery.Job, error) {
	j, err := d.Render(ctx, ev)
	switch {
	case err == nil && j.Receiver != receiver:
		err = delivery.ErrSkip
	case err != nil && j.Receiver == "" && errors.Is(err, ErrUnreadable):
		err = delivery.ErrSkip // whose it is nobody knows; the head has logged it
	}
	batch := j.URL
	if j.Alone {
		batch = ""
	}
	return delivery.Job{Batch: batch, Body: j}, err
}

// post posts jobs of one URL.
func (d *Deliverer) post(ctx context.Context, list []delivery.Job) delivery.Answer {
	jobs := make([]Job, len(list))
	for i, j := range list {
		jobs[i] = j.Body.(Job) // renderFor made it
	}
	raw, err := d.Encode(jobs)
	if err != nil {
		return delivery.Answer{Err: fmt.Errorf("encode: %w", err)}
	}
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "User-Agent": {"wabridge"}}
	return delivery.Post(ctx, jobs[0].Client, jobs[0].URL, header, raw)
}

// sweep forgets the receivers that have everything, and have had nothing new
// for a while. The head is stored first: what they were told is then behind it.
func (d *Deliverer) sweep(work context.Context) {
	if err := d.saveHead(work); err != nil {
		return // run's next reading reports it
	}
	for _, w := range d.list() {
		if w.busy.Swap(false) {
			continue
		}
		s, err := w.Status(work)
		if s.Pending > 0 {
			w.Wake() // what is new may be nobody's, and then nobody has woken it
		}
		if err == nil && s.Pending == 0 && s.DeadLetters == 0 && s.Failures == 0 {
			d.forget(work, w)
		}
	}
	if now := time.Now(); d.Tidy != nil && now.Sub(d.tidied) >= tidyTime {
		d.tidied = now
		d.Tidy(work, now)
	}
}

// list lists the running workers.
func (d *Deliverer) list() []*worker {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]*worker, 0, len(d.workers))
	for _, w := range d.workers {
		list = append(list, w)
	}
	return list
}

// forget ends a receiver's worker and forgets its place. If the place cannot be
// deleted, it is found again at the next start, or when there is news for it.
func (d *Deliverer) forget(work context.Context, w *worker) {
	w.Close()
	d.mu.Lock()
	delete(d.workers, w.place.Receiver)
	d.mu.Unlock()
	err := d.Store.DeleteDestination(work, w.place.ID)
	if err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
		d.Log.Warn("the place of a receiver that has everything is not forgotten", "err", err)
	}
}

// Statuses lists how far every receiver is that has not got everything, or was
// told something lately.
func (d *Deliverer) Statuses(ctx context.Context) ([]delivery.Status, error) {
	return delivery.Statuses(ctx, d.Store, d.Name, func(id string) *delivery.Worker {
		if w := d.running(id); w != nil {
			return w.Worker
		}
		return nil
	})
}

// running finds the worker of a destination; nil if it has none.
func (d *Deliverer) running(id string) *worker {
	for _, w := range d.list() {
		if w.place.ID == id {
			return w
		}
	}
	return nil
}

// Seek makes a receiver go on after an event; CodeNotFound if there is none of
// that id.
func (d *Deliverer) Seek(ctx context.Context, id string, after int64) error {
	w := d.running(id)
	if w == nil {
		return wabridge.Fail(wabridge.CodeNotFound, nil, "there is no destination %s", id)
	}
	return w.Seek(ctx, after)
}

// Replay delivers dead letters of a receiver again: those of the given events,
// or all. It returns how many there were; CodeNotFound as for Seek.
func (d *Deliverer) Replay(ctx context.Context, id string, events []int64) (int, error) {
	w := d.running(id)
	if w == nil {
		return 0, wabridge.Fail(wabridge.CodeNotFound, nil, "there is no destination %s", id)
	}
	n, err := w.Replay(ctx, events)
	w.busy.Store(true)
	return n, err
}
