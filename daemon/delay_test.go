package daemon

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// TestIncomingDuringSend holds a phone with realistic times to this: an incoming
// message is not later in the log because something is being sent.
func TestIncomingDuringSend(t *testing.T) {
	r := newRig(t, phonesim.Config{Latency: phonesim.Realistic, Seed: 3}, func(c *Config) { c.Timing = TimingPhone })
	r.waitState(wabridge.PhoneReady)
	idle := r.delays("idle", 5)
	for i := range 4 {
		r.send(fmt.Sprintf("text %d", i), fmt.Sprintf("1555888%04d", i+1))
	}
	r.until("a send in progress", func() bool { return r.sendings() > 0 })
	busy := r.delays("busy", 8)
	if r.sendings() == 0 {
		t.Error("nothing was being sent any more: the measurement says nothing")
	}
	t.Logf("from posting to log: idle %v, during sends %v", idle, busy)
	// This machine's, not the phone's: one send takes over five seconds, and the
	// dump alone that reading would have to wait for takes 1.5.
	const slack = 500 * time.Millisecond
	if median(busy) > median(idle)+slack {
		t.Errorf("median delay %v during sends, %v idle", median(busy), median(idle))
	}
}

func median(list []time.Duration) time.Duration {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

func (r *rig) sendings() int {
	depth, _, err := r.d.db.Depth(context.Background(), benchPhone)
	if err != nil {
		r.t.Error(err)
	}
	return depth[wabridge.Sending] + depth[wabridge.Queued]
}

// delays has n people write, one after the other, and tells how long each
// message took from its sending to its event.
func (r *rig) delays(text string, n int) (all []time.Duration) {
	after, err := r.d.db.LastEvent(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range n {
		begin := time.Now()
		r.incoming(text, fmt.Sprintf("1666%03d%04d", len(text), i))
		r.until("the message's event", func() bool {
			events, last, err := r.d.db.Events(context.Background(), after, 100, queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventMessage}})
			if err != nil {
				r.t.Error(err)
			}
			after = last
			return len(events) > 0
		})
		all = append(all, time.Since(begin))
	}
	return all
}
