package delivery

import (
	"context"
	"maps"
	"slices"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// unsaved is what the database does not know yet.
type unsaved struct {
	count  int   // deliveries
	urgent bool  // something other than a delivery
	reset  bool  // the cursor was moved: the waiting deliveries go
	cursor int64 // on disk
	rows   map[int64]queue.Delivery
	gone   map[int64]bool
	busy   bool // a save is on its way
	sent   sent // what it carries
}

// sent is what a save carries, in case it fails.
type sent struct {
	count  int
	urgent bool
	reset  bool
	queue.DeliveryProgress
}

func newUnsaved(cursor int64) unsaved {
	return unsaved{cursor: cursor, rows: map[int64]queue.Delivery{}, gone: map[int64]bool{}}
}

// put notes a row to be written.
func (u *unsaved) put(d queue.Delivery) {
	u.rows[d.Event] = d
	delete(u.gone, d.Event)
}

// drop notes a row that is not needed any more.
func (u *unsaved) drop(event int64) {
	delete(u.rows, event)
	u.gone[event] = true
}

// take hands out all that is unsaved.
func (u *unsaved) take(d queue.Destination) sent {
	s := sent{count: u.count, urgent: u.urgent, reset: u.reset, DeliveryProgress: queue.DeliveryProgress{
		Destination: d, Reset: u.reset, Put: slices.Collect(maps.Values(u.rows)), Done: slices.Collect(maps.Keys(u.gone)),
	}}
	u.count, u.urgent, u.reset = 0, false, false
	clear(u.rows)
	clear(u.gone)
	return s
}

// putBack takes back what could not be saved, where nothing newer is known.
func (u *unsaved) putBack(s sent) {
	u.count += s.count
	u.urgent = u.urgent || s.urgent
	moved := u.reset // since: what waited then does not any more
	u.reset = u.reset || s.reset
	for _, d := range s.Put {
		if _, newer := u.rows[d.Event]; !newer && !u.gone[d.Event] && (!moved || d.State == queue.DeliveryDead) {
			u.rows[d.Event] = d
		}
	}
	for _, event := range s.Done {
		if _, newer := u.rows[event]; !newer && !moved {
			u.gone[event] = true
		}
	}
}

// due reports whether there is something that should be on disk. To pass over
// events again after a crash does no harm, so that is saved now and then only.
func (w *Worker) due() bool {
	u := &w.unsaved
	return u.count > 0 || u.urgent || u.reset || len(u.rows)+len(u.gone) > 0 || w.read-u.cursor >= skipsKept && w.low() > u.cursor
}

// low is the number up to which everything is settled, or has a Delivery.
func (w *Worker) low() int64 {
	if len(w.win.fresh) == 0 {
		return w.read
	}
	return w.win.fresh[0].number - 1
}

// save starts a write of the progress, unless one is on its way.
func (w *Worker) save(work context.Context) {
	if w.unsaved.busy || !w.due() {
		return
	}
	s := w.collect()
	w.unsaved.busy, w.unsaved.sent = true, s
	go func() { // run waits for it
		w.saved <- w.write(work, s.DeliveryProgress)
	}()
}

// collect prepares a write of the progress.
func (w *Worker) collect() sent {
	w.storeLagging()
	w.d.Cursor, w.d.Next = w.low(), w.nextTry()
	return w.unsaved.take(w.d)
}

// storeLagging stores the events that others have passed: those behind a
// refused one, and those whose answer is awaited for long. So the cursor goes
// on, and a crash repeats little.
func (w *Worker) storeLagging() {
	for i := 0; i < len(w.win.fresh); {
		it := w.win.fresh[i]
		blocked := !w.down && it.conv.items[0] != it && it.conv.items[0].tries > 0
		if !blocked && w.win.passed(i) <= maxLag {
			if i++; i > maxLag && !blocked {
				return
			}
			continue
		}
		w.putWaiting(it)
	}
}

// write stores progress, also while the worker is being broken off.
func (w *Worker) write(work context.Context, p queue.DeliveryProgress) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(work), saving)
	defer cancel()
	err := w.Store.SaveDeliveries(ctx, p)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		err = nil // the destination was deleted: there is no place to keep
	}
	return err
}

// savingEnded deals with the end of a write.
func (w *Worker) savingEnded(work context.Context, err error) {
	u := &w.unsaved
	u.busy = false
	w.saveFails = err != nil
	if !w.storeOK(work, "store progress", err) {
		u.putBack(u.sent)
		return
	}
	u.cursor = u.sent.Destination.Cursor
}

// saveNow stores the progress and waits for it, at the worker's end.
func (w *Worker) saveNow(work context.Context) {
	if !w.due() && w.low() == w.unsaved.cursor {
		return
	}
	w.unsaved.sent = w.collect()
	w.savingEnded(work, w.write(work, w.unsaved.sent.DeliveryProgress))
}
