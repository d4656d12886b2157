package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// TestGroupReadBack has two people alternate in a group, in texts of one to three
// lines, some equal, with tall pictures between; then we answer, and the chat is
// read back for the first time. Each message is recorded once, as its sender's.
func TestGroupReadBack(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { groupReadBack(t, seed) })
	}
}

func groupReadBack(t *testing.T, seed uint64) {
	r := newRig(t, phonesim.Config{Seed: seed + 1, Identity: []string{"pn", "lid"}[seed%2],
		Contacts: []phonesim.Contact{{Name: "Ann", Number: ann}, {Name: "Ben", Number: ben}}},
		func(c *Config) { c.Media.Wait = 3 * time.Second })
	r.waitState(wabridge.PhoneReady)
	rng := rand.New(rand.NewPCG(seed, 11))
	want := map[string]int{}
	for i := range 36 {
		m := phonesim.IncomingMessage{Group: "The family", From: []string{ann, ben}[i%2], Text: fmt.Sprint("text ", i)}
		switch rng.IntN(5) {
		case 0:
			m.Text = "ok"
		case 1, 2:
			m.Text += "\nline two\nline three"
		case 3:
			m.Kind = "image"
		}
		want[[]string{"Ann", "Ben"}[i%2]+" "+m.Text]++
		if _, err := r.sim.Incoming(m); err != nil {
			t.Fatal(err)
		}
	}
	r.until("36 messages to be recorded", func() bool { return total(r.recorded(wabridge.EventMessage)) >= 36 })
	id := ""
	for _, m := range r.groupMessages() {
		id = m.Group
	}
	r.send("an answer", id)
	if !r.drain() {
		return
	}
	r.send("another one", id)
	r.drain()
	got := map[string]int{}
	for _, m := range r.groupMessages() {
		text := string(m.Text)
		if m.Media != nil {
			var body struct {
				Caption string `json:"caption"`
			}
			_ = json.Unmarshal(m.Body, &body)
			text = body.Caption
		}
		got[m.Name+" "+text]++
	}
	for line, n := range want {
		if got[line] != n {
			t.Errorf("%q: recorded %d times, want %d", line, got[line], n)
		}
		delete(got, line)
	}
	for line, n := range got {
		t.Errorf("%q: recorded %d times, but nobody wrote it", line, n)
	}
}

func (r *rig) groupMessages() (out []wabridge.Message) {
	r.t.Helper()
	events, _, err := r.d.db.Events(context.Background(), 0, 1000, queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventMessage}})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, e := range events {
		var m wabridge.Message
		if err := json.Unmarshal(e.Data, &m); err != nil {
			r.t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}
