package bridge

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Limits of the feed.
const (
	feedPage  = 500         // events read from the log at a time
	feedTail  = 4096        // newest events kept in memory, at most
	feedBytes = 4 << 20     // and at most so much of them
	feedRetry = time.Second // pause after the log could not be read
)

// An entry is what filters need of an event, and its JSON, made once for all
// readers.
type entry struct {
	number  int64
	phone   string
	kind    wabridge.EventKind
	encoded []byte
}

// A feed is the event log with its newest part kept in memory: one goroutine
// (run) reads what was added, and any number of readers take it from here,
// each at its own pace. A reader that is further behind than the tail reads
// the log itself; so a slow one costs the others nothing.
type feed struct {
	source queue.Log
	log    *slog.Logger

	mu    sync.Mutex
	ready bool
	tail  []entry       // with numbers above floor, oldest first
	bytes int           // of all JSON in tail
	floor int64         // events up to this number are not in tail
	last  int64         // number of the newest event seen
	grown chan struct{} // closed and replaced when last moves
}

func newFeed(source queue.Log, log *slog.Logger) *feed {
	return &feed{source: source, log: log, grown: make(chan struct{})}
}

// run reads the log until ctx ends. New starts it, Shutdown ends it.
func (f *feed) run(ctx context.Context) {
	var told bool
	for ctx.Err() == nil {
		changed := f.source.Changed()
		err := f.advance(ctx)
		if err == nil {
			told = false
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		if !told && ctx.Err() == nil { // once, not each second
			f.log.Error("event log not readable", "err", err)
			told = true
		}
		select {
		case <-time.After(feedRetry):
		case <-ctx.Done():
		}
	}
}

// advance takes in all that the log has beyond what was seen.
func (f *feed) advance(ctx context.Context) error {
	if !f.isReady() {
		last, err := f.source.LastEvent(ctx)
		if err != nil {
			return err
		}
		f.begin(last)
	}
	for {
		events, searched, err := f.source.Events(ctx, f.seen(), feedPage, queue.EventFilter{})
		if err != nil {
			return err
		}
		f.add(events, searched)
		if len(events) < feedPage {
			return nil
		}
	}
}

func (f *feed) isReady() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ready
}

func (f *feed) begin(last int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ready, f.floor, f.last = true, last, last
	f.wake()
}

func (f *feed) seen() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// add appends events to the tail, forgets what is too old, and wakes readers.
func (f *feed) add(events []wabridge.Event, searched int64) {
	if len(events) == 0 {
		return
	}
	fresh := make([]entry, 0, len(events))
	for _, e := range events {
		fresh = append(fresh, encode(e))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tail = append(f.tail, fresh...)
	for _, e := range fresh {
		f.bytes += len(e.encoded)
	}
	f.trim()
	f.last = max(searched, events[len(events)-1].Number)
	f.wake()
}

// trim forgets the oldest events beyond the bounds; it is called with mu held.
func (f *feed) trim() {
	over := 0
	for ; len(f.tail)-over > feedTail || f.bytes > feedBytes; over++ {
		f.bytes -= len(f.tail[over].encoded)
		f.floor = f.tail[over].number
	}
	clear(f.tail[:over]) // lets go of the memory; readers have copies
	f.tail = f.tail[over:]
}

// wake is called with mu held.
func (f *feed) wake() {
	close(f.grown)
	f.grown = make(chan struct{})
}

// changed is closed when there is something new; fetch it before read.
func (f *feed) changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.grown
}

// read returns events above after that pass the filter, in order, at most
// limit, and the number up to which it has looked. known is a number that the
// caller has seen the log reach: a tail that is not there yet is not asked, so
// that nobody misses what was committed before his request.
func (f *feed) read(ctx context.Context, after, known int64, limit int, filter queue.EventFilter) ([]entry, int64, error) {
	if f.seen() >= known {
		if entries, searched, ok := f.recent(after, limit, filter); ok {
			return entries, searched, nil
		}
	}
	events, searched, err := f.source.Events(ctx, after, limit, filter)
	if err != nil {
		return nil, after, err
	}
	entries := make([]entry, 0, len(events))
	for _, e := range events {
		entries = append(entries, encode(e))
	}
	return entries, searched, nil
}

// recent is read from the tail; ok is false if after lies before it.
func (f *feed) recent(after int64, limit int, filter queue.EventFilter) (found []entry, searched int64, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.ready || after < f.floor {
		return nil, after, false
	}
	at, _ := slices.BinarySearchFunc(f.tail, after+1, func(e entry, n int64) int {
		return cmp.Compare(e.number, n)
	})
	for _, e := range f.tail[at:] {
		if !passes(filter, e) {
			continue
		}
		found = append(found, e)
		if len(found) == limit {
			return found, e.number, true
		}
	}
	return found, max(after, f.last), true
}

func passes(filter queue.EventFilter, e entry) bool {
	return (len(filter.Phones) == 0 || slices.Contains(filter.Phones, e.phone)) &&
		(len(filter.Kinds) == 0 || slices.Contains(filter.Kinds, e.kind))
}

func encode(e wabridge.Event) entry {
	e.At = e.At.UTC()
	if len(e.Data) == 0 {
		e.Data = json.RawMessage("{}")
	}
	b, err := json.Marshal(e)
	if err != nil { // Data is not JSON: a bug of whoever wrote the event
		e.Data = json.RawMessage("{}")
		b, _ = json.Marshal(e)
	}
	return entry{e.Number, e.Phone, e.Kind, b}
}
