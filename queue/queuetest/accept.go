package queuetest

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testAccept(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"what was accepted is what is read":    acceptRoundTrip,
		"sequence follows the order":           acceptOrder,
		"an accepted message has an event":     acceptEvent,
		"a key gives the first answer again":   acceptKeys,
		"all or none":                          acceptAllOrNone,
		"many at once":                         acceptMany,
		"two forms of a number are one chat":   acceptForms,
		"cancel":                               acceptCancel,
		"a message without a recipient":        acceptNobody,
		"a failing call spoils none beside it": acceptSpoils,
	})
}

func acceptRoundTrip(b *bench) {
	m := text(number(1), "héllo\n🙂 \u202eאב\x01'\"\\%s;--")
	m.Context, m.Callback, m.Priority = "wamid.quoted", "call me", 7
	m.Due, m.Expires = b.now.Add(-time.Hour), b.now.Add(time.Hour)
	want := b.accept(m)[0]
	got, err := b.Message(b.ctx, want.ID)
	if err != nil {
		b.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("read differs from accepted (-accepted +read):\n%s", diff)
	}
	m.ID, m.Seq, m.Created, m.State, m.Direction = got.ID, got.Seq, got.Created, wabridge.Queued, wabridge.Out
	if diff := cmp.Diff(m, got); diff != "" {
		b.Errorf("accepted differs from given (-given +accepted):\n%s", diff)
	}
	if age := time.Since(got.Created); age < -time.Second || age > time.Minute {
		b.Errorf("created %v ago", age)
	}
}

func acceptOrder(b *bench) {
	var last int64
	for i := range 10 {
		for _, m := range b.accept(text(number(i), "a"), text(number(i), "b")) {
			if m.Seq <= last {
				b.Fatalf("seq %d after %d", m.Seq, last)
			}
			last = m.Seq
		}
	}
}

func acceptEvent(b *bench) {
	m := text(number(1), "secret words")
	m.Callback = "cb"
	m = b.accept(m)[0]
	events, err := b.Statuses(b.ctx, m.ID)
	if err != nil || len(events) != 1 {
		b.Fatalf("statuses: got %d (%v), want 1", len(events), err)
	}
	var got wabridge.StatusData
	if err := json.Unmarshal(events[0].Data, &got); err != nil {
		b.Fatal(err)
	}
	want := wabridge.StatusData{ID: m.ID, State: wabridge.Queued, At: m.Created, Chat: m.Chat, Number: m.Number, Callback: "cb"}
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("payload (-want +got):\n%s", diff)
	}
}

func acceptKeys(b *bench) {
	d := queue.Draft{Message: text(number(1), "once"), Key: "k", Owner: "token-a", Print: "p"}
	if _, ok, err := b.Repeated(b.ctx, d); ok || err != nil {
		b.Fatalf("a new key: known %v, %v", ok, err)
	}
	first, err := b.Enqueue(b.ctx, d)
	if err != nil || first[0].Repeated {
		b.Fatalf("first: repeated %v, %v", first, err)
	}
	again, err := b.Enqueue(b.ctx, d)
	if err != nil || !again[0].Repeated || again[0].Message.ID != first[0].Message.ID {
		b.Fatalf("again: got %+v, %v; want the first message", again, err)
	}
	if known, ok, err := b.Repeated(b.ctx, d); !ok || err != nil || !known.Repeated || known.Message.ID != first[0].Message.ID {
		b.Fatalf("the known key: got %+v %v, %v; want the first message", known, ok, err)
	}
	if _, ok, err := b.Repeated(b.ctx, queue.Draft{Print: "p"}); ok || err != nil {
		b.Fatalf("no key: known %v, %v", ok, err)
	}
	other := d
	other.Print = "q"
	_, _, err = b.Repeated(b.ctx, other)
	b.code(err, wabridge.CodeConflict)
	_, err = b.Enqueue(b.ctx, other)
	b.code(err, wabridge.CodeConflict)
	other.Owner = "token-b"
	fresh, err := b.Enqueue(b.ctx, other)
	if err != nil || fresh[0].Repeated {
		b.Fatalf("another caller's key: got %+v, %v; want a new message", fresh, err)
	}
	twice := queue.Draft{Message: text(number(2), "twin"), Key: "twin", Print: "p"}
	both, err := b.Enqueue(b.ctx, twice, twice)
	if err != nil || both[0].Repeated || !both[1].Repeated || both[0].Message.ID != both[1].Message.ID {
		b.Fatalf("twice in one call: got %+v, %v", both, err)
	}
	if events := b.events(queue.EventFilter{}); len(events) != 3 {
		b.Errorf("events: got %d, want 3, one for each message", len(events))
	}
}

func acceptAllOrNone(b *bench) {
	taken := b.accept(text(number(1), "taken"))[0]
	bad := text(number(2), "same id")
	bad.ID = taken.ID
	_, err := b.Enqueue(b.ctx,
		queue.Draft{Message: text(number(3), "good"), Key: "left behind?", Print: "p"},
		queue.Draft{Message: bad})
	b.code(err, wabridge.CodeConflict)
	list, err := b.Messages(b.ctx, queue.MessageFilter{Limit: 10})
	if err != nil || len(list) != 1 {
		b.Fatalf("messages: got %d (%v), want only the first", len(list), err)
	}
	after, err := b.Enqueue(b.ctx, queue.Draft{Message: text(number(3), "other"), Key: "left behind?", Print: "q"})
	if err != nil || after[0].Repeated {
		b.Fatalf("the key of a refused call must not stay: %v", err)
	}
}

func acceptMany(b *bench) {
	const clients, each = 16, 20
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			var last int64
			for i := range each {
				a, err := b.Enqueue(b.ctx, queue.Draft{Message: text(number(c), fmt.Sprintf("%d/%d", c, i))})
				if err != nil {
					b.Errorf("enqueue: %v", err)
					return
				}
				if a[0].Message.Seq <= last {
					b.Errorf("client %d: seq %d after %d", c, a[0].Message.Seq, last)
				}
				last = a[0].Message.Seq
			}
		})
	}
	wg.Wait()
	depth, _, err := b.Depth(b.ctx, phone)
	if err != nil || depth[wabridge.Queued] != clients*each {
		b.Errorf("depth: got %v (%v), want %d queued", depth, err, clients*each)
	}
}

func acceptForms(b *bench) {
	first := b.accept(text("5511987654321", "long form"))[0]
	second := b.accept(text("551187654321", "short form"))[0]
	if first.Chat != second.Chat {
		b.Errorf("chats: got %s and %s, want one", first.Chat, second.Chat)
	}
	if second.Number != "551187654321" {
		b.Errorf("number: got %s, want the caller's form", second.Number)
	}
	b.take(0, "long form")
	b.nothing(0, free)
}

func acceptCancel(b *bench) {
	ms := b.accept(text(number(1), "one"), text(number(1), "two"))
	got, err := b.Cancel(b.ctx, ms[0].ID, b.now)
	if err != nil || got.State != wabridge.Canceled || !got.Ended.Equal(b.now) {
		b.Fatalf("cancel: got %s ended %v, %v", got.State, got.Ended, err)
	}
	m := b.take(0, "two") // its turn has come
	_, err = b.Cancel(b.ctx, m.ID, b.now)
	b.code(err, wabridge.CodeTooLate)
	_, err = b.Cancel(b.ctx, ms[0].ID, b.now)
	b.code(err, wabridge.CodeTooLate)
	_, err = b.Cancel(b.ctx, "wamid.none", b.now)
	b.code(err, wabridge.CodeNotFound)
}

func acceptNobody(b *bench) {
	_, err := b.Enqueue(b.ctx, queue.Draft{Message: wabridge.Message{Phone: phone, Type: "text", Text: "to nobody"}})
	b.code(err, wabridge.CodeParameter)
}

func acceptSpoils(b *bench) {
	taken := b.accept(text(number(1), "taken"))[0]
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			m := text(number(i), "x")
			if i%2 == 0 {
				m.ID = taken.ID
			}
			_, err := b.Enqueue(b.ctx, queue.Draft{Message: m})
			if (err != nil) != (i%2 == 0) {
				b.Errorf("call %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	list, err := b.Messages(b.ctx, queue.MessageFilter{Limit: 100})
	if err != nil || len(list) != 21 {
		b.Errorf("messages: got %d (%v), want 21", len(list), err)
	}
}
