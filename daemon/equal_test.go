package daemon

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// TestEqualTexts has three people write the same word again and again, within a
// minute and while their own chats are open, because we write to them. Each is
// a message of its own. WABRIDGE_TEST_EQUAL is how many seeds are run.
func TestEqualTexts(t *testing.T) {
	seeds := 2
	if n, err := strconv.Atoi(os.Getenv("WABRIDGE_TEST_EQUAL")); err == nil {
		seeds = n
	}
	slots := make(chan struct{}, 2)
	var wg sync.WaitGroup
	for seed := range uint64(seeds) {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			t.Run(fmt.Sprint("seed ", seed+1), func(t *testing.T) { equalTexts(t, seed+1) })
		})
	}
	wg.Wait()
}

// atOnce is how many of them a person writes for one message of ours: a screen
// that shows nothing but equal texts of one minute cannot be told from another.
const atOnce = 4

func equalTexts(t *testing.T, seed uint64) {
	r := newRig(t, phonesim.Config{Seed: seed, Identity: []string{"pn", "lid"}[seed%2]})
	r.waitState(wabridge.PhoneReady)
	people := []string{ann, ben, eve}
	var wg sync.WaitGroup
	for i, from := range people {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		wg.Go(func() {
			for n := 0; n < 30; {
				if n < atOnce*(r.sentTo(from)+1) {
					r.incoming("ok", from)
					n++
				}
				<-time.After(time.Duration(rng.IntN(500)) * time.Millisecond)
			}
		})
	}
	for i := range 8 {
		r.send(fmt.Sprintf("text %d", i), people...)
		<-time.After(time.Second)
	}
	wg.Wait()
	if !r.drain() {
		return
	}
	r.checkLedger()
	r.checkIncoming()
	onScreen := 0
	for _, m := range r.sim.Received() {
		if m.OnScreen {
			onScreen++
		}
	}
	t.Logf("%d received, %d of them while their chat was open", len(r.sim.Received()), onScreen)
}

func (r *rig) sentTo(number string) (n int) {
	for _, m := range r.sim.Sent() {
		if m.To == number {
			n++
		}
	}
	return n
}
