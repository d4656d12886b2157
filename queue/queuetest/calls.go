package queuetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testCalls(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"once per print":        callOnce,
		"rings, then is missed": callMissed,
		"what has no way back":  callForward,
		"phones are apart":      callPhones,
	})
}

// call records one and insists that it works.
func (b *bench) call(c wabridge.Call, print string) (wabridge.Call, bool) {
	b.Helper()
	if c.Phone == "" {
		c.Phone = phone
	}
	stored, known, err := b.RecordCall(b.ctx, c, print)
	if err != nil {
		b.Fatalf("record call: %v", err)
	}
	return stored, known
}

// callEvents are the calls in the log.
func (b *bench) callEvents() (out []wabridge.Call) {
	b.Helper()
	events, _, err := b.Events(b.ctx, 0, 100, queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventCall}})
	b.code(err, 0)
	for _, e := range events {
		var c wabridge.Call
		if err := json.Unmarshal(e.Data, &c); err != nil {
			b.Fatal(err)
		}
		if e.Phone != c.Phone {
			b.Errorf("event of phone %s, call of %s", e.Phone, c.Phone)
		}
		out = append(out, c)
	}
	return out
}

func callOnce(b *bench) {
	c := wabridge.Call{Chat: wabridge.UserJID(number(1)), Number: number(1), Name: "Ana", State: wabridge.CallMissed, Video: true, At: b.now}
	first, known := b.call(c, "a")
	want := c
	want.Phone, want.ID = phone, first.ID
	if diff := cmp.Diff(want, first); diff != "" || known || len(first.ID) != 38 {
		b.Errorf("stored, known %t (-want +got):\n%s", known, diff)
	}
	again, known := b.call(c, "a")
	if diff := cmp.Diff(first, again); diff != "" || !known {
		b.Errorf("again, known %t (-want +got):\n%s", known, diff)
	}
	if other, known := b.call(c, "b"); known || other.ID == first.ID {
		b.Errorf("another print: known %t, id %s", known, other.ID)
	}
	if events := b.callEvents(); len(events) != 2 || cmp.Diff(first, events[0]) != "" {
		b.Errorf("events %+v, want two, the first %+v", events, first)
	}
}

func callMissed(b *bench) {
	rang, _ := b.call(wabridge.Call{Name: "Ana", State: wabridge.CallRinging, At: b.now}, "ring")
	ringing, err := b.RingingCalls(b.ctx, phone)
	b.code(err, 0)
	if diff := cmp.Diff(map[string]wabridge.Call{"ring": rang}, ringing); diff != "" {
		b.Errorf("ringing (-want +got):\n%s", diff)
	}
	missed := wabridge.Call{ID: rang.ID, Number: number(1), State: wabridge.CallMissed, At: b.now.Add(time.Minute)}
	got, known := b.call(missed, "miss")
	want := rang
	want.Number, want.State, want.At = missed.Number, missed.State, missed.At
	if diff := cmp.Diff(want, got); diff != "" || known {
		b.Errorf("missed, known %t (-want +got):\n%s", known, diff)
	}
	missed.ID = ""
	if again, known := b.call(missed, "miss"); !known || again.ID != rang.ID {
		b.Errorf("posted again: known %t, id %s, want that of the call that rang", known, again.ID)
	}
	next, _ := b.call(wabridge.Call{Name: "Ana", State: wabridge.CallRinging, At: b.now}, "ring again")
	missed.ID = next.ID
	if again, known := b.call(missed, "miss"); !known || again.ID != rang.ID {
		b.Errorf("a known print of another call: known %t, id %s, want the print's", known, again.ID)
	}
	b.call(wabridge.Call{ID: next.ID, State: wabridge.CallEnded, At: b.now}, "ring again")
	if ringing, err = b.RingingCalls(b.ctx, phone); err != nil || len(ringing) != 0 {
		b.Errorf("ringing %v, %v; want none", ringing, err)
	}
	if events := b.callEvents(); len(events) != 4 {
		b.Errorf("%d events, want four", len(events))
	}
}

func callForward(b *bench) {
	states := []wabridge.CallState{wabridge.CallRinging, wabridge.CallEnded, wabridge.CallRinging, wabridge.CallMissed, wabridge.CallEnded, wabridge.CallRinging}
	want := []bool{false, false, true, false, true, true}
	for i, s := range states {
		if _, known := b.call(wabridge.Call{State: s, At: b.now}, "a"); known != want[i] {
			b.Errorf("step %d to %s: known %t, want %t", i+1, s, known, want[i])
		}
	}
}

func callPhones(b *bench) {
	one, _ := b.call(wabridge.Call{State: wabridge.CallRinging, At: b.now}, "a")
	two, known := b.call(wabridge.Call{Phone: "2", State: wabridge.CallRinging, At: b.now}, "a")
	if known || one.ID == two.ID {
		b.Errorf("the same print on two phones: known %t", known)
	}
	if ringing, err := b.RingingCalls(b.ctx, "2"); err != nil || len(ringing) != 1 || ringing["a"].ID != two.ID {
		b.Errorf("ringing %v, %v", ringing, err)
	}
}
