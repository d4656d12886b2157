package crm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

var errKilled = errors.New("killed")

// A doom kills the process at one of its operations: before it is done, or
// after it was done and before anybody knows. Then nothing works any more.
type doom struct {
	mu    sync.Mutex
	left  int // operations until then; negative: never
	late  bool
	dead  bool
	count int
}

// step does an operation, if the process lives.
func (d *doom) step(do func() error) error {
	d.mu.Lock()
	d.count++
	if d.left == 0 {
		d.dead = true
		d.left = -1
		if d.late {
			_ = do() // it is done, and nobody knows
		}
	}
	if d.left > 0 {
		d.left--
	}
	dead := d.dead
	d.mu.Unlock()
	if dead {
		return errKilled
	}
	return do()
}

// A mortal store is a database whose program dies.
type mortal struct {
	*sqlite.DB
	d *doom
}

func (m mortal) Enqueue(ctx context.Context, drafts ...queue.Draft) (out []queue.Accepted, err error) {
	err = m.d.step(func() (err error) {
		out, err = m.DB.Enqueue(ctx, drafts...)
		return err
	})
	return out, err
}

func (m mortal) PutObject(ctx context.Context, o queue.Object, at time.Time, ev ...wabridge.Event) (out queue.Object, err error) {
	err = m.d.step(func() (err error) {
		out, err = m.DB.PutObject(ctx, o, at, ev...)
		return err
	})
	return out, err
}

func (m mortal) DeleteObject(ctx context.Context, kind, owner, id string, ev ...wabridge.Event) error {
	return m.d.step(func() error { return m.DB.DeleteObject(ctx, kind, owner, id, ev...) })
}

func (m mortal) Events(ctx context.Context, after int64, limit int, f queue.EventFilter) (list []wabridge.Event, searched int64, err error) {
	err = m.d.step(func() (err error) {
		list, searched, err = m.DB.Events(ctx, after, limit, f)
		return err
	})
	return list, searched, err
}

func (m mortal) Message(ctx context.Context, id string) (out wabridge.Message, err error) {
	if killed := m.d.step(func() error {
		out, err = m.DB.Message(ctx, id)
		return nil
	}); killed != nil {
		return out, killed
	}
	return out, err
}

// A world is a CRM, a phone and a gateway, of which things die.
type world struct {
	t    *testing.T
	rng  *rand.Rand
	db   *sqlite.DB
	shop *shop
	sent []string
	in   []string
}

// live runs the gateway until it dies or, without a doom, until all is done.
func (w *world) live(d *doom, done func() bool) {
	limit := 3000 // seconds
	if d.left > 0 {
		limit = 100
	}
	l := &logs{}
	p := New(ownConfig(), Parts{Store: mortal{w.db, d}, Client: client(w.shop), Log: l.logger()})
	if err := p.Start(context.Background()); err == nil {
		for range limit {
			d.mu.Lock()
			dead := d.dead
			d.mu.Unlock()
			if dead || done() {
				break
			}
			w.happen()
			time.Sleep(time.Second)
		}
	}
	// What is killed says nothing more to anybody.
	w.shop.mu.Lock()
	before := w.shop.fault
	w.shop.fault = func(bool) bool { return true }
	w.shop.mu.Unlock()
	if p.started {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = p.Stop(ctx) // broken off
	}
	w.shop.mu.Lock()
	w.shop.fault = before
	w.shop.mu.Unlock()
	if w.t.Failed() {
		w.t.Log(l.text())
	}
}

// happen lets something happen on the phone.
func (w *world) happen() {
	switch w.rng.IntN(4) {
	case 0, 1:
		if text := sendNext(w.t, w.db); text != "" {
			w.sent = append(w.sent, text)
		}
	case 2:
		if len(w.in) < 8 {
			w.in = append(w.in, receive(w.t, w.db, fmt.Sprintf("in %d", len(w.in))).ID)
		}
	}
}

const worldItems = 9

func (w *world) whole() bool {
	for i := range worldItems {
		if got, want := w.shop.statuses(fmt.Sprint(i)), expected(i); got != want {
			return false
		}
	}
	return len(w.in) == 8 && len(w.shop.inbox()) == len(w.in)
}

// expected are the statuses of an item: each third is broken.
func expected(i int) string {
	if i%3 == 2 {
		return "rejected"
	}
	return "accepted sent delivered read"
}

// TestCrashes: whatever dies, and whenever, each item is sent once, and the CRM
// learns everything in order. The CRM that forgets nothing is told nothing
// twice but for what a crash has left open; one that loses its answers, and
// one with amnesia, are told again.
func TestCrashes(t *testing.T) {
	for _, tt := range []struct {
		name    string
		loses   bool // the CRM's connection dies, too
		amnesia bool
		seeds   int
	}{
		{"the gateway dies", false, false, 3},
		{"both die", true, false, 3},
		{"both die, and the CRM hands out everything again and again", true, true, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for seed := range tt.seeds * times(t) {
				synctest.Test(t, func(t *testing.T) { crash(t, uint64(seed), tt.loses, tt.amnesia) })
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

// times is how often more is tried on request: WABRIDGE_CRASHES=20.
func times(t *testing.T) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("WABRIDGE_CRASHES"), "1"))
	must(t, err)
	return n
}

func crash(t *testing.T, seed uint64, loses, amnesia bool) {
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 7)), db: openDB(t), shop: newShop()}
	defer func() { must(t, w.db.Close()) }()
	w.shop.amnesia = amnesia
	for i := range worldItems {
		body := fmt.Sprintf(`{"id":"%d","to":"7903456789%d","text":"text %d"}`, i, i%4, i)
		if i%3 == 2 {
			body = fmt.Sprintf(`{"id":"%d","to":"nobody","text":"text %d"}`, i, i)
		}
		w.shop.add(fmt.Sprint(i), body)
	}
	// The first start of all makes the places in the log.
	w.live(&doom{left: -1}, func() bool { return true })
	if loses {
		losses := rand.New(rand.NewPCG(seed, 8))
		w.shop.fault = func(bool) bool { return losses.IntN(5) == 0 }
	}
	never := func() bool { return false }
	for range 6 {
		w.live(&doom{left: w.rng.IntN(60), late: w.rng.IntN(2) == 0}, never)
	}
	w.shop.fault = nil
	w.live(&doom{left: -1}, w.whole)
	w.check()
}

func (w *world) check() {
	t := w.t
	for i := range worldItems {
		if got, want := w.shop.statuses(fmt.Sprint(i)), expected(i); got != want {
			t.Errorf("item %d: told %q, want %q", i, got, want)
		}
		n := 0
		for _, text := range w.sent {
			if text == fmt.Sprintf("text %d", i) {
				n++
			}
		}
		if want := map[bool]int{true: 0, false: 1}[i%3 == 2]; n != want {
			t.Errorf("item %d was sent %d times, want %d", i, n, want)
		}
	}
	if n := len(outgoing(t, w.db)); n != 6 {
		t.Errorf("%d messages in the queue's history, want 6", n)
	}
	if !slices.Equal(w.shop.heard, w.in) {
		t.Errorf("heard %s, want %s", strings.Join(w.shop.heard, " "), strings.Join(w.in, " "))
	}
	if n, err := w.db.CountObjects(context.Background(), objectRefused, "shop"); err != nil || n > 0 && !w.shop.amnesia {
		t.Errorf("%d rejections wait (%v)", n, err)
	}
}

// Without any fault nothing is told twice.
func TestExactlyOnceWhereNothingBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, rng: rand.New(rand.NewPCG(1, 7)), db: openDB(t), shop: newShop()}
		defer func() { must(t, w.db.Close()) }()
		for i := range worldItems {
			to := fmt.Sprintf("7903456789%d", i%4)
			if i%3 == 2 {
				to = "nobody"
			}
			w.shop.add(fmt.Sprint(i), fmt.Sprintf(`{"id":"%d","to":"%s","text":"text %d"}`, i, to, i))
		}
		w.live(&doom{left: -1}, func() bool { return w.whole() })
		w.check()
		if w.shop.repeated != 0 {
			t.Errorf("%d were told twice", w.shop.repeated)
		}
	})
}
