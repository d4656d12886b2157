package queue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var discard = slog.New(slog.DiscardHandler)

const phoneID = "100000000000001"

// A world is one phone and its database in fake time.
type world struct {
	*testing.T
	db   *sqlite.DB
	fake *fake
	// pacing of the lanes that it starts
	pacing queue.Pacing
}

// inWorld runs a test in a bubble of fake time with a real database.
func inWorld(t *testing.T, run func(*world)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wabridge.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		w := &world{T: t, db: db, fake: newFake()}
		if err := db.PutPhone(context.Background(), wabridge.Phone{ID: phoneID}); err != nil {
			t.Fatal(err)
		}
		run(w)
	})
}

// start starts a lane; the functions returned end it: softly, or at once.
func (w *world) start(k queue.Keeper) (stop, kill func()) {
	ctx, cancel := context.WithCancel(context.Background())
	work, cut := context.WithCancel(context.Background())
	l := &queue.Lane{Phone: phoneID, Store: k, Sender: w.fake, Gate: w.pacing.Gate, Log: discard}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := l.Run(ctx, work); err != nil {
			w.Errorf("lane: %v", err)
		}
	})
	stop = func() {
		cancel()
		wg.Wait()
		cut()
	}
	return stop, func() {
		cut()
		stop()
	}
}

// accept takes a message in; its text is also its name in these tests.
func (w *world) accept(to int, text string) wabridge.Message {
	w.Helper()
	number := fmt.Sprintf("1555%07d", to)
	a, err := w.db.Enqueue(context.Background(), queue.Draft{Message: wabridge.Message{
		Phone: phoneID, Chat: wabridge.UserJID(number), Number: number, Type: "text", Text: wabridge.Text(text),
	}})
	if err != nil {
		w.Fatal(err)
	}
	return a[0].Message
}

func (w *world) message(id string) wabridge.Message {
	w.Helper()
	m, err := w.db.Message(context.Background(), id)
	if err != nil {
		w.Fatal(err)
	}
	return m
}

// phone insists on the phone's state.
func (w *world) phone(want wabridge.PhoneState) wabridge.Phone {
	w.Helper()
	p, err := w.db.Phone(context.Background(), phoneID)
	if err != nil {
		w.Fatal(err)
	}
	if p.State != want {
		w.Fatalf("phone: got %s (%s), want %s", p.State, p.Reason, want)
	}
	return p
}

// drained waits, in fake time, until nothing is open any more.
func (w *world) drained(limit time.Duration) {
	w.Helper()
	end := time.After(limit)
	for {
		changed := w.db.Changed()
		depth, _, err := w.db.Depth(context.Background(), phoneID)
		if err != nil {
			w.Fatal(err)
		}
		if len(depth) == 0 {
			synctest.Wait()
			return
		}
		select {
		case <-changed:
		case <-end:
			w.Fatalf("still open after %v: %v", limit, depth)
		}
	}
}

// wait lets fake time pass and the lane come to rest.
func (w *world) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// A fake is a Sender: a phone whose chats are a ledger.
type fake struct {
	mu     sync.Mutex
	ledger []wabridge.Message // what truly left, in order
	times  []time.Time

	typing time.Duration // how long a sending takes
	// before and after say what goes wrong before the intent and after the
	// tap; a tap that is lost leaves nothing in the ledger.
	before func(m *wabridge.Message) error
	after  func(m *wabridge.Message) (lost bool, err error)
	look   func(m *wabridge.Message) error
	probe  func() error
	idle   func() (time.Duration, error)
	dead   func() bool // a crashed program taps no more
}

func newFake() *fake {
	return &fake{
		typing: time.Second,
		before: func(*wabridge.Message) error { return nil },
		after:  func(*wabridge.Message) (bool, error) { return false, nil },
		look:   func(*wabridge.Message) error { return nil },
		probe:  func() error { return nil },
		idle:   func() (time.Duration, error) { return time.Hour, nil },
		dead:   func() bool { return false },
	}
}

func (f *fake) Send(ctx context.Context, m *wabridge.Message, intend func(context.Context, wabridge.Intent) error) (wabridge.State, error) {
	select {
	case <-time.After(f.typing):
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if err := f.before(m); err != nil {
		return "", err
	}
	if err := intend(ctx, wabridge.Intent{At: time.Now()}); err != nil {
		return "", err
	}
	if f.dead() {
		return "", errDead
	}
	lost, err := f.after(m)
	if !lost {
		f.mu.Lock()
		f.ledger = append(f.ledger, *m)
		f.times = append(f.times, time.Now())
		f.mu.Unlock()
	}
	if lost && err == nil {
		err = wabridge.Fail(wabridge.CodeAmbiguous, nil, "no bubble")
	}
	return wabridge.Sent, err
}

func (f *fake) Resolve(_ context.Context, m *wabridge.Message) (wabridge.State, error) {
	time.Sleep(time.Second)
	if err := f.look(m); err != nil {
		return "", err
	}
	for _, l := range f.sent() {
		if l.ID == m.ID {
			return wabridge.Delivered, nil
		}
	}
	return wabridge.Queued, nil
}

func (f *fake) Idle(context.Context) (time.Duration, error) { return f.idle() }
func (f *fake) Probe(context.Context) error                 { return f.probe() }

func (f *fake) sent() []wabridge.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]wabridge.Message(nil), f.ledger...)
}

// texts joins what was sent.
func (f *fake) texts() (s string) {
	for _, m := range f.sent() {
		s += string(m.Text) + " "
	}
	return s
}

var errDead = errors.New("the program has crashed")

// A mortal is a Keeper of a program that may crash at any call, before or
// after the database did its part.
type mortal struct {
	queue.Keeper
	dead atomic.Bool
	mu   sync.Mutex
	rng  *rand.Rand
	odds int // one in odds calls crashes
}

func (k *mortal) call(do func() error) error {
	k.mu.Lock()
	fate := k.rng.IntN(2 * k.odds)
	k.mu.Unlock()
	if fate == 0 {
		k.dead.Store(true)
	}
	if k.dead.Load() {
		return errDead
	}
	err := do()
	if fate == 1 {
		k.dead.Store(true)
		return errDead
	}
	return err
}

func (k *mortal) Claim(ctx context.Context, phone string, now time.Time, lease time.Duration, gate queue.Gate) (m *wabridge.Message, at time.Time, err error) {
	err = k.call(func() error { m, at, err = k.Keeper.Claim(ctx, phone, now, lease, gate); return err })
	if err != nil {
		m = nil
	}
	return m, at, err
}

func (k *mortal) Intend(ctx context.Context, id string, fence int64, note wabridge.Intent) error {
	return k.call(func() error { return k.Keeper.Intend(ctx, id, fence, note) })
}

func (k *mortal) Apply(ctx context.Context, id string, fence int64, mv wabridge.Move) (m wabridge.Message, err error) {
	err = k.call(func() error { m, err = k.Keeper.Apply(ctx, id, fence, mv); return err })
	return m, err
}

func (k *mortal) Recover(ctx context.Context, phone string, now time.Time) error {
	return k.call(func() error { return k.Keeper.Recover(ctx, phone, now) })
}

// TestLaneSendsEachOnce is the promise: whatever goes wrong on the phone, and
// wherever the program crashes, every message leaves exactly once, in the
// order of its recipient; only one whose three taps were all lost does not leave,
// and has failed.
func TestLaneSendsEachOnce(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			inWorld(t, func(w *world) { storm(w, rand.New(rand.NewPCG(seed, 7))) })
		})
	}
}

// storm sends 40 messages to 4 people through random faults and crashes.
func storm(w *world, rng *rand.Rand) {
	w.fake.before = func(*wabridge.Message) error { return troubles[rng.IntN(len(troubles))] }
	w.fake.after = func(*wabridge.Message) (bool, error) {
		switch rng.IntN(6) {
		case 0:
			return true, nil // the tap was lost
		case 1:
			return false, wabridge.Fail(wabridge.CodeOffline, nil, "cable")
		case 2:
			return false, context.DeadlineExceeded
		}
		return false, nil
	}
	w.fake.look = func(*wabridge.Message) error {
		if rng.IntN(3) == 0 {
			return wabridge.Fail(wabridge.CodeSlow, nil, "spinner")
		}
		return nil
	}
	want := map[string][]string{}
	for i := range 40 {
		m := w.accept(rng.IntN(4), fmt.Sprint(i))
		want[m.Chat] = append(want[m.Chat], m.ID)
	}
	for open := true; open; {
		k := &mortal{Keeper: w.db, rng: rand.New(rand.NewPCG(rng.Uint64(), 0)), odds: 40}
		w.fake.dead = k.dead.Load
		_, kill := w.start(k)
		for open && !k.dead.Load() {
			time.Sleep(10 * time.Second)
			depth, _, err := w.db.Depth(context.Background(), phoneID)
			if err != nil {
				w.Fatal(err)
			}
			open = len(depth) > 0
		}
		k.dead.Store(true) // an end that notes nothing
		kill()
	}
	got := map[string][]string{}
	for _, m := range w.fake.sent() {
		got[m.Chat] = append(got[m.Chat], m.ID)
	}
	for chat, ids := range want {
		want[chat] = slices.DeleteFunc(ids, func(id string) bool {
			m := w.message(id)
			return m.State == wabridge.Failed && m.Code == wabridge.CodeTapped && m.Taps == wabridge.MaxTaps
		})
		if fmt.Sprint(got[chat]) != fmt.Sprint(want[chat]) {
			w.Errorf("a recipient got\n%v, want\n%v", got[chat], want[chat])
		}
	}
	for _, m := range w.fake.sent() {
		if s := w.message(m.ID).State; s != wabridge.Sent && s != wabridge.Delivered {
			w.Errorf("message %s left the phone and is %s", m.Text, s)
		}
	}
}

// troubles are what may go wrong before the tap, without counting against the
// message; mostly nothing does.
var troubles = []error{
	nil, nil, nil, nil, nil, nil, nil,
	wabridge.Fail(wabridge.CodeOffline, nil, "cable"),
	wabridge.Fail(wabridge.CodeLockedScreen, nil, "keyguard"),
	wabridge.Fail(wabridge.CodeNetwork, nil, "no internet"),
}
