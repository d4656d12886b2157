package delivery

import (
	"context"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// Status is how far a destination is.
type Status struct {
	queue.Destination
	Pending int64 // events that wait
	// More: Pending is an upper bound, because not all that waits was looked
	// at: some of it may not be meant for the destination.
	More     bool
	Retrying int       // events that were refused and are tried again
	Oldest   time.Time // when the oldest event happened that waits
	Disabled bool
}

// Health of a destination.
const (
	HealthOK       = "ok"       // has everything, or is getting it
	HealthFailing  = "failing"  // its last try failed, or an event is refused
	HealthDisabled = "disabled" // a person switched it off
)

// Health sums a destination up in a word.
func (s Status) Health() string {
	switch {
	case s.Disabled:
		return HealthDisabled
	case s.Failures > 0 || s.Retrying > 0:
		return HealthFailing
	}
	return HealthOK
}

// statusTime bounds the wait for one worker's status.
const statusTime = 2 * time.Second

// Statuses lists how far the destinations of a kind are. running finds the
// worker of one, or nil; of those without one, what the database says counts.
func Statuses(ctx context.Context, store Store, kind string, running func(id string) *Worker) ([]Status, error) {
	all, err := store.Destinations(ctx, kind)
	if err != nil {
		return nil, err
	}
	last, err := store.LastEvent(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Status, 0, len(all))
	for _, d := range all {
		s := Status{Destination: d, Pending: max(0, last-d.Cursor), More: last > d.Cursor}
		if w := running(d.ID); w != nil {
			own, cancel := context.WithTimeout(ctx, statusTime)
			live, err := w.Status(own)
			cancel()
			if err == nil {
				s = live
			}
		}
		list = append(list, s)
	}
	return list, nil
}

// Status asks the worker how far it is; CodeNotFound once it has ended.
func (w *Worker) Status(ctx context.Context) (s Status, err error) {
	var read int64
	err = w.call(ctx, func(context.Context) {
		s, read = w.status(), w.read
	})
	if err != nil {
		return s, err
	}
	last, err := w.newest(ctx)
	if err != nil {
		return s, err
	}
	if last > read {
		s.Pending, s.More = s.Pending+last-read, true
	}
	return s, nil
}

// newest is the number of the newest event that may be read.
func (w *Worker) newest(ctx context.Context) (int64, error) {
	if w.Limit != nil {
		return w.Limit(), nil
	}
	return w.Store.LastEvent(ctx)
}

func (w *Worker) status() Status {
	s := Status{Destination: w.d, Pending: int64(w.win.size), Disabled: w.disabled}
	s.Cursor, s.Next = w.low(), w.nextTry()
	if first := w.win.oldest(); first != nil {
		s.Oldest, s.Cursor = first.at, min(s.Cursor, first.number-1)
	}
	for _, c := range w.win.convs {
		for _, it := range c.items {
			if it.tries == 0 {
				break
			}
			s.Retrying++
			if s.LastError == "" {
				s.LastError, s.Failing, s.Next = it.err, it.failed, c.next
			}
		}
	}
	return s
}
