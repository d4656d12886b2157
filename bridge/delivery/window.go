package delivery

import (
	"slices"
	"sort"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// An item is one event that a destination has not taken yet.
type item struct {
	number int64
	at     time.Time // of the event
	conv   *conversation
	job    *Job // nil: to be rendered again before the next try

	tries, refusals int
	status          int
	err             string
	failed          time.Time // when the first try failed
	proven          bool      // refused often, while the receiver took the one behind it
	alone           bool      // posted without others: a post of several was refused
	stored          bool      // the database has a Delivery of it, or gets one with the next save
	order           int64     // counts the items that were added
	// How many events the receiver had taken when this one was first tried, and
	// when it was last tried.
	takenFirst, takenLast int64
}

// A conversation is a queue of items that are delivered in order.
type conversation struct {
	key     string
	items   []*item
	posting int       // how many of them are on their way
	probing int       // index of the item to try next; above 0 only behind refused ones
	next    time.Time // not before
	lastTry time.Time
	queued  bool // it stands in window.ready
	apart   bool // posted without other conversations: a post of several was refused
}

// head is the item to try next.
func (c *conversation) head() *item { return c.items[c.probing] }

// A window is what a worker holds of the log: every event that was read and is
// not settled, by conversation. It decides nothing; it only keeps order.
type window struct {
	convs   map[string]*conversation
	ready   []*conversation // may be tried now, in this order
	waiting map[*conversation]bool
	// fresh are the items without a stored Delivery, by number: the cursor on
	// disk stays below the first of them.
	fresh []*item
	size  int
	added int64
}

func newWindow() window {
	return window{convs: map[string]*conversation{}, waiting: map[*conversation]bool{}}
}

// add puts an item into its conversation, by number, and returns it.
func (w *window) add(it *item, key string) {
	c := w.convs[key]
	if c == nil {
		c = &conversation{key: key}
		w.convs[key] = c
	}
	it.conv, it.order = c, w.added
	w.added++
	at := sort.Search(len(c.items), func(i int) bool { return c.items[i].number > it.number })
	c.items = slices.Insert(c.items, max(at, c.posting+c.probing), it)
	w.size++
	if !it.stored {
		i := sort.Search(len(w.fresh), func(i int) bool { return w.fresh[i].number > it.number })
		w.fresh = slices.Insert(w.fresh, i, it)
	}
}

// has reports whether an event is in the window.
func (w *window) has(number int64, key string) bool {
	c := w.convs[key]
	return c != nil && slices.ContainsFunc(c.items, func(it *item) bool { return it.number == number })
}

// remove takes a settled item out.
func (w *window) remove(it *item) {
	c := it.conv
	i := slices.Index(c.items, it)
	if i < 0 {
		return
	}
	c.items = slices.Delete(c.items, i, i+1)
	if i < c.probing {
		c.probing--
	}
	w.size--
	w.dropFresh(it)
	if len(c.items) == 0 && c.posting == 0 {
		delete(w.convs, c.key)
		delete(w.waiting, c)
	}
}

// dropFresh takes an item from those that hold the cursor back.
func (w *window) dropFresh(it *item) {
	i := sort.Search(len(w.fresh), func(i int) bool { return w.fresh[i].number >= it.number })
	if i < len(w.fresh) && w.fresh[i] == it {
		w.fresh = slices.Delete(w.fresh, i, i+1)
	}
}

// enqueue lets a conversation be tried at its next time.
func (w *window) enqueue(c *conversation, now time.Time) {
	if len(c.items) == 0 || c.posting > 0 || c.queued {
		return
	}
	if c.next.After(now) {
		w.waiting[c] = true
		return
	}
	delete(w.waiting, c)
	c.queued = true
	w.ready = append(w.ready, c)
}

// enqueueAll lets the conversations of a post that has ended be tried again, and
// forgets those that have nothing left.
func (w *window) enqueueAll(items []*item, now time.Time) {
	for _, it := range items {
		if len(it.conv.items) > 0 {
			w.enqueue(it.conv, now)
		} else if w.convs[it.conv.key] == it.conv {
			delete(w.convs, it.conv.key)
		}
	}
}

// wake moves conversations whose time has come to the ready ones, and returns
// when the next one's time comes; zero if none waits. A time further away than
// any pause comes from a clock that was wrong, and does not count.
func (w *window) wake(now time.Time) (next time.Time) {
	for c := range w.waiting {
		if c.next.After(now) && c.next.Sub(now) <= longestWait {
			if next.IsZero() || c.next.Before(next) {
				next = c.next
			}
			continue
		}
		c.next = time.Time{}
		w.enqueue(c, now)
	}
	return next
}

// longestWait is longer than any pause that a policy gives.
const longestWait = 2 * MaxRetryAfter

// wakeAll lets every conversation be tried at once, the longest untried first.
func (w *window) wakeAll(now time.Time) {
	for c := range w.waiting {
		c.next = time.Time{}
	}
	w.wake(now)
	slices.SortStableFunc(w.ready, func(a, b *conversation) int { return a.lastTry.Compare(b.lastTry) })
}

// pop takes the next conversation that may be tried; nil if there is none.
func (w *window) pop() *conversation {
	for len(w.ready) > 0 {
		c := w.ready[0]
		w.ready[0] = nil
		w.ready = w.ready[1:]
		c.queued = false
		if len(c.items) > c.probing && c.posting == 0 {
			return c
		}
	}
	return nil
}

// untried reports whether a conversation waits whose next item was never tried.
func (w *window) untried() bool {
	return slices.ContainsFunc(w.ready, func(c *conversation) bool { return len(c.items) > c.probing && c.head().tries == 0 })
}

// passed is how many items were settled that were added behind the i-th fresh
// one, at least.
func (w *window) passed(i int) int64 {
	unsettled := int64(len(w.fresh)-i-1) + int64(w.size-len(w.fresh))
	return w.added - w.fresh[i].order - 1 - unsettled
}

// oldest is the item with the smallest number; nil without any.
func (w *window) oldest() (first *item) {
	for _, c := range w.convs {
		if len(c.items) > 0 && (first == nil || c.items[0].number < first.number) {
			first = c.items[0]
		}
	}
	return first
}

// delivery is an item as it is stored.
func (it *item) delivery(destination string, state queue.DeliveryState, now time.Time) queue.Delivery {
	d := queue.Delivery{Destination: destination, Event: it.number, Conversation: it.conv.key, State: state, Tries: it.tries, Refusals: it.refusals,
		Status: it.status, Error: it.err, Failed: it.failed, Changed: now}
	if state == queue.DeliveryWaiting {
		d.Next = it.conv.next
	}
	return d
}

// itemOf is the reverse of delivery.
func itemOf(d queue.Delivery) *item {
	return &item{number: d.Event, at: d.At, tries: d.Tries, refusals: d.Refusals, status: d.Status, err: d.Error, failed: d.Failed, stored: true}
}

// ConversationOf names the conversation that an event belongs to: its phone and
// chat or, without a chat, the phone itself.
func ConversationOf(ev wabridge.Event) string {
	chat := chatOf(ev.Data)
	if chat == "" {
		return ev.Phone
	}
	return ev.Phone + "/" + chat
}
