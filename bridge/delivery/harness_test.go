package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/delivery/deliverytest"
	"github.com/wabridge/wabridge/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a Store in memory: a log, and the places of destinations.
type memory struct {
	*deliverytest.Places
	mu      sync.Mutex
	events  []wabridge.Event
	changed chan struct{}
	broken  error // what readings answer
}

func newMemory(ids ...string) *memory {
	m := &memory{Places: deliverytest.New(), changed: make(chan struct{})}
	for _, id := range ids {
		if err := m.AddDestination(context.Background(), queue.Destination{ID: id, Kind: "test", Created: time.Now()}); err != nil {
			panic(err)
		}
	}
	return m
}

// add appends an event of a conversation and returns its number.
func (m *memory) add(conversation string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, err := json.Marshal(map[string]string{"chat_id": conversation})
	if err != nil {
		panic(err)
	}
	number := int64(len(m.events) + 1)
	m.events = append(m.events, wabridge.Event{Number: number, Kind: wabridge.EventStatus, Phone: "p", At: time.Now(), Data: data})
	close(m.changed)
	m.changed = make(chan struct{})
	return number
}

func (m *memory) Events(_ context.Context, after int64, limit int, _ queue.EventFilter) ([]wabridge.Event, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return nil, 0, m.broken
	}
	list := slices.Clone(m.events[min(after, int64(len(m.events))):])
	if len(list) > limit {
		list = list[:limit]
		return list, list[limit-1].Number, nil
	}
	return list, int64(len(m.events)), nil
}

func (m *memory) LastEvent(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(len(m.events)), m.broken
}

func (m *memory) Changed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

func (m *memory) conversationOf(number int64) string { return chatOf(m.events[number-1].Data) }

// A receiver answers posts and notes what it took.
type receiver struct {
	mu    sync.Mutex
	takes func(number int64, try int) Answer // nil takes everything
	slow  func() time.Duration
	tries map[int64]int
	at    map[int64]time.Time // when it took an event first
	taken []int64             // in the order of their first time
	posts []int64
}

func newReceiver(takes func(number int64, try int) Answer) *receiver {
	return &receiver{takes: takes, tries: map[int64]int{}, at: map[int64]time.Time{}}
}

var accepted = Answer{Status: 200}

func refuses(status int) Answer { return Answer{Status: status} }

var (
	unreachable = Answer{Unreachable: true, Err: errors.New("connection refused")}
	hangs       = Answer{Err: errors.New("no answer in time")} // the receiver waits itself
)

func (r *receiver) post(ctx context.Context, jobs []Job) Answer {
	r.mu.Lock()
	number := jobs[0].Event.Number
	r.tries[number]++
	r.posts = append(r.posts, number)
	a, wait := accepted, time.Duration(0)
	if r.takes != nil {
		a = r.takes(number, r.tries[number])
	}
	if r.slow != nil {
		wait = r.slow()
	}
	if a == hangs {
		wait = Timeout
	}
	r.mu.Unlock()
	if !sleep(ctx, wait) {
		return Answer{Err: ctx.Err()}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if Judge(a) == Taken {
		for _, j := range jobs {
			if _, again := r.at[j.Event.Number]; !again {
				r.at[j.Event.Number] = time.Now()
				r.taken = append(r.taken, j.Event.Number)
			}
		}
	}
	return a
}

// sleep waits in fake time; false if ctx ended first.
func sleep(ctx context.Context, wait time.Duration) bool {
	ctx, cancel := context.WithTimeoutCause(ctx, wait, errWaited)
	defer cancel()
	<-ctx.Done()
	return context.Cause(ctx) == errWaited
}

var errWaited = errors.New("waited")

func (r *receiver) answer(takes func(number int64, try int) Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.takes = takes
}

func (r *receiver) got() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.taken)
}

func (r *receiver) all() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.posts)
}

func (r *receiver) since(number int64, from time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.at[number]
	if !ok {
		return -1
	}
	return at.Sub(from)
}

// running is a worker that can be killed.
type running struct {
	*Worker
	kill context.CancelFunc
	wg   sync.WaitGroup
}

func start(t *testing.T, m *memory, id string, r *receiver, changes ...func(*Config)) *running {
	t.Helper()
	c := Config{Store: m, Log: slog.New(slog.DiscardHandler), Post: r.post,
		Render: func(_ context.Context, ev wabridge.Event) (Job, error) { return Job{Event: ev}, nil }}
	for _, change := range changes {
		change(&c)
	}
	run := &running{Worker: NewWorker(c, m.Place(id))}
	var ctx context.Context
	ctx, run.kill = context.WithCancel(context.Background())
	run.Start(&run.wg, ctx, ctx)
	t.Cleanup(run.end)
	return run
}

// end breaks the worker off.
func (r *running) end() {
	r.kill()
	r.wg.Wait()
}

// dead lists the dead letters of a destination.
func (m *memory) dead(t *testing.T, id string) (list []int64) {
	t.Helper()
	all, err := m.DeliveriesOf(t.Context(), id, queue.DeliveryDead, 0, 10000)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		list = append(list, v.Event)
	}
	return list
}

// inOrder checks that the events of each conversation were taken in order,
// apart from those that were refused so often that the one behind was tried.
func inOrder(t *testing.T, m *memory, r *receiver) {
	t.Helper()
	last := map[string]int64{}
	for _, n := range r.got() {
		c := m.conversationOf(n)
		if n < last[c] && r.tries[n] < DefaultMaxRefusals {
			t.Errorf("conversation %s: event %d was taken after %d", c, n, last[c])
		}
		last[c] = max(last[c], n)
	}
}

func chatNumber(i int) string { return fmt.Sprintf("c%d", i) }
