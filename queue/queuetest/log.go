package queuetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testLog(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"an empty log":            logEmpty,
		"pages and filters":       logPages,
		"a reader misses nothing": logReader,
		"lists of messages":       logMessages,
		"depth":                   logDepth,
	})
}

func logEmpty(b *bench) {
	events, searched, err := b.Events(b.ctx, 0, 10, queue.EventFilter{})
	if err != nil || len(events) != 0 || searched != 0 {
		b.Errorf("events: got %v, searched %d, %v", events, searched, err)
	}
	first, err := b.FirstEvent(b.ctx)
	last, err2 := b.LastEvent(b.ctx)
	if first != 0 || last != 0 || err != nil || err2 != nil {
		b.Errorf("first %d, last %d, %v, %v", first, last, err, err2)
	}
}

func logPages(b *bench) {
	b.code(b.PutPhone(b.ctx, wabridge.Phone{ID: phone}), 0)
	b.code(b.SetPhoneState(b.ctx, phone, wabridge.PhoneReady, 0, "", b.now), 0)
	for i := range 10 {
		b.accept(text(number(i), "x"))
	}
	b.hear(number(1))
	all := b.events(queue.EventFilter{})
	if len(all) != 12 {
		b.Fatalf("events: got %d, want 12", len(all))
	}
	if !slices.IsSortedFunc(all, func(x, y wabridge.Event) int { return int(x.Number - y.Number) }) {
		b.Errorf("numbers do not grow")
	}
	page, searched, err := b.Events(b.ctx, all[2].Number, 3, queue.EventFilter{})
	if err != nil || len(page) != 3 || page[0].Number != all[3].Number || searched != page[2].Number {
		b.Errorf("page: got %d from %d, searched %d, %v", len(page), page[0].Number, searched, err)
	}
	f := queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventMessage, wabridge.EventPhone}, Phones: []string{phone, "2"}}
	some, searched, err := b.Events(b.ctx, 0, 100, f)
	if err != nil || len(some) != 2 || searched != all[11].Number {
		b.Errorf("filtered: got %d, searched %d, %v; want 2, %d", len(some), searched, err, all[11].Number)
	}
	none, searched, err := b.Events(b.ctx, 0, 100, queue.EventFilter{Phones: []string{"2"}})
	if err != nil || len(none) != 0 || searched != all[11].Number {
		b.Errorf("another phone's: got %d, searched %d, %v", len(none), searched, err)
	}
	first, _ := b.FirstEvent(b.ctx)
	last, _ := b.LastEvent(b.ctx)
	if first != all[0].Number || last != all[11].Number {
		b.Errorf("first %d, last %d; want %d, %d", first, last, all[0].Number, all[11].Number)
	}
}

// logReader follows the log while many write, as a WebSocket does.
func logReader(b *bench) {
	const writers, each = 4, 30
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if _, err := b.Enqueue(b.ctx, queue.Draft{Message: text(number(w), fmt.Sprint(i))}); err != nil {
					b.Errorf("enqueue: %v", err)
				}
			}
		})
	}
	defer wg.Wait()
	seen := map[string]bool{}
	var after int64
	for len(seen) < writers*each {
		changed := b.Changed()
		events, searched, err := b.Events(b.ctx, after, 7, queue.EventFilter{})
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range events {
			if e.Number <= after || seen[e.Message] {
				b.Fatalf("event %d came again or out of order", e.Number)
			}
			after, seen[e.Message] = e.Number, true
		}
		if searched < after {
			b.Fatalf("searched %d, but got event %d", searched, after)
		}
		after = searched
		if len(events) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-time.After(10 * time.Second):
			b.Fatalf("stuck after %d of %d", len(seen), writers*each)
		}
	}
}

func logMessages(b *bench) {
	b.accept(text(number(1), "a"), text(number(2), "b"), text(number(1), "c"))
	b.store(wabridge.ChatRef{JID: wabridge.UserJID(number(1))}, said("d"))
	m := b.take(0, "a")
	b.move(m, wabridge.WasSent(b.now))
	all, err := b.Messages(b.ctx, queue.MessageFilter{Limit: 100, Oldest: true})
	if err != nil || len(all) != 4 {
		b.Fatalf("all: got %d, %v", len(all), err)
	}
	for name, c := range map[string]struct {
		f    queue.MessageFilter
		want string
	}{
		"newest first":   {queue.MessageFilter{Limit: 3}, "dcb"},
		"no limit given": {queue.MessageFilter{}, "d"},
		"by phone":       {queue.MessageFilter{Phone: phone, Limit: 9}, "dcba"},
		"other phone":    {queue.MessageFilter{Phone: "2", Limit: 9}, ""},
		"by chat":        {queue.MessageFilter{Chat: wabridge.UserJID(number(1)), Limit: 9}, "dca"},
		"by number":      {queue.MessageFilter{Number: number(2), Limit: 9}, "b"},
		"by direction":   {queue.MessageFilter{Direction: wabridge.In, Limit: 9}, "d"},
		"by states":      {queue.MessageFilter{States: []wabridge.State{wabridge.Sent, wabridge.Received}, Limit: 9}, "da"},
		"before":         {queue.MessageFilter{Before: all[2].Seq, Limit: 1}, "b"},
		"after, oldest":  {queue.MessageFilter{After: all[1].Seq, Oldest: true, Limit: 9}, "cd"},
		"since":          {queue.MessageFilter{Since: b.now.Add(time.Hour), Limit: 9}, ""},
		"until":          {queue.MessageFilter{Until: b.now.Add(time.Hour), Limit: 9}, "dcba"},
		"all together": {queue.MessageFilter{Phone: phone, Chat: wabridge.UserJID(number(1)), Number: number(1), Direction: wabridge.Out,
			States: []wabridge.State{wabridge.Queued}, Since: b.now.Add(-time.Hour), Until: b.now.Add(time.Hour), Before: 1000, After: 1, Limit: 9}, "c"},
	} {
		list, err := b.Messages(b.ctx, c.f)
		if err != nil {
			b.Errorf("%s: %v", name, err)
		}
		got := ""
		for _, m := range list {
			got += string(m.Text)
		}
		if got != c.want {
			b.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func logDepth(b *bench) {
	ms := b.accept(text(number(1), "a"), text(number(2), "b"), text(number(3), "c"))
	m := b.take(0, "a")
	depth, oldest, err := b.Depth(b.ctx, phone)
	if err != nil || depth[wabridge.Queued] != 2 || depth[wabridge.Sending] != 1 || !oldest.Equal(ms[0].Created) {
		b.Errorf("got %v, oldest %v, %v", depth, oldest, err)
	}
	b.move(m, wabridge.WasRead(b.now))
	if depth, _, _ = b.Depth(b.ctx, phone); len(depth) != 1 {
		b.Errorf("got %v, want only queued", depth)
	}
	if depth, oldest, _ = b.Depth(b.ctx, "2"); len(depth) != 0 || !oldest.IsZero() {
		b.Errorf("another phone: got %v, %v", depth, oldest)
	}
}
