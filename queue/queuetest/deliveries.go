package queuetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testDeliveries(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"progress of destinations": deliveryProgress,
		"dead letters":             deadLetters,
	})
}

func deliveryProgress(b *bench) {
	d := queue.Destination{ID: "devino-1", Kind: "devino", Receiver: "https://example.org/cb", Cursor: 3, Created: b.now}
	b.code(b.AddDestination(b.ctx, d), 0)
	again := d
	again.Cursor = 99
	b.code(b.AddDestination(b.ctx, again), 0)
	list, err := b.Destinations(b.ctx, "devino")
	if err != nil || len(list) != 1 {
		b.Fatalf("list: %+v, %v", list, err)
	}
	if diff := cmp.Diff(d, list[0]); diff != "" {
		b.Errorf("a known one is not changed (-want +got):\n%s", diff)
	}
	d.Cursor, d.Failures, d.Failing, d.Next, d.LastError, d.LastOK, d.Dropped = 20, 2, b.now, b.now.Add(time.Minute), "500", b.now.Add(-time.Hour), 1
	waiting := queue.Delivery{Destination: d.ID, Event: 7, Conversation: "p/c", State: queue.DeliveryWaiting, Tries: 2, Refusals: 1, Status: 500, Error: "500",
		Failed: b.now, Next: b.now.Add(time.Second), Changed: b.now}
	behind := queue.Delivery{Destination: d.ID, Event: 9, Conversation: "p/c", State: queue.DeliveryWaiting, Changed: b.now}
	b.code(b.SaveDeliveries(b.ctx, queue.DeliveryProgress{Destination: d, Put: []queue.Delivery{behind, waiting}}), 0)
	got, err := b.DeliveriesOf(b.ctx, d.ID, queue.DeliveryWaiting, 0, 10)
	if diff := cmp.Diff([]queue.Delivery{waiting, behind}, got); err != nil || diff != "" {
		b.Errorf("waiting, %v (-want +got):\n%s", err, diff)
	}
	b.code(b.SaveDeliveries(b.ctx, queue.DeliveryProgress{Destination: d, Done: []int64{7}}), 0)
	if got, err = b.DeliveriesOf(b.ctx, d.ID, queue.DeliveryWaiting, 7, 10); err != nil || len(got) != 1 || got[0].Event != 9 {
		b.Errorf("after one was delivered: %+v, %v", got, err)
	}
	b.code(b.SaveDeliveries(b.ctx, queue.DeliveryProgress{Destination: d, Reset: true}), 0)
	if got, err = b.DeliveriesOf(b.ctx, d.ID, queue.DeliveryWaiting, 0, 10); err != nil || len(got) != 0 {
		b.Errorf("after a move: %+v, %v", got, err)
	}
	list, _ = b.Destinations(b.ctx, "")
	if diff := cmp.Diff([]queue.Destination{d}, list); diff != "" {
		b.Errorf("saved (-want +got):\n%s", diff)
	}
	b.code(b.DeleteDestination(b.ctx, d.ID), 0)
	b.code(b.DeleteDestination(b.ctx, d.ID), wabridge.CodeNotFound)
	b.code(b.SaveDeliveries(b.ctx, queue.DeliveryProgress{Destination: d}), wabridge.CodeNotFound)
}

func deadLetters(b *bench) {
	b.accept(text(number(1), "a"), text(number(2), "b"))
	events := b.events(queue.EventFilter{})
	e, err := b.PutEndpoint(b.ctx, queue.Endpoint{URL: "https://example.org", Cursor: 1})
	if err != nil {
		b.Fatal(err)
	}
	p := queue.DeliveryProgress{Destination: queue.Destination{ID: e.ID, Cursor: 50}}
	for _, ev := range events {
		p.Put = append(p.Put, queue.Delivery{Event: ev.Number, Conversation: "c", State: queue.DeliveryDead, Tries: 8, Error: "500", Changed: b.now})
	}
	b.code(b.SaveDeliveries(b.ctx, p), 0)
	dead, err := b.DeliveriesOf(b.ctx, e.ID, queue.DeliveryDead, 0, 10)
	if err != nil || len(dead) != 2 || dead[0].Message != events[0].Message || dead[0].Kind != wabridge.EventStatus || dead[0].At.IsZero() || dead[0].Destination != e.ID {
		b.Errorf("dead letters %+v, %v", dead, err)
	}
	hooks, err := b.Endpoints(b.ctx)
	if err != nil || hooks[0].DeadLetters != 2 || hooks[0].Cursor != 50 {
		b.Errorf("endpoint %+v, %v", hooks, err)
	}
	list, err := b.ReplayDeadLetters(b.ctx, e.ID, []int64{events[1].Number, 12345}, 10, b.now)
	if err != nil || len(list) != 1 || list[0].Event != events[1].Number || list[0].State != queue.DeliveryWaiting || list[0].Tries != 0 {
		b.Errorf("replayed %+v, %v", list, err)
	}
	hooks, _ = b.Endpoints(b.ctx)
	if hooks[0].DeadLetters != 1 || hooks[0].Cursor != events[1].Number-1 {
		b.Errorf("the cursor stands before what waits: %+v", hooks[0])
	}
	if list, err = b.ReplayDeadLetters(b.ctx, e.ID, nil, 10, b.now); err != nil || len(list) != 1 {
		b.Errorf("all: %+v, %v", list, err)
	}
	b.code(b.DeleteEndpoint(b.ctx, e.ID), 0)
	if left, err := b.DeliveriesOf(b.ctx, e.ID, queue.DeliveryWaiting, 0, 10); err != nil || len(left) != 0 {
		b.Errorf("of a deleted endpoint: %+v, %v", left, err)
	}
}
