package queuetest

import (
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testObjects(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"an object's life":           objectLife,
		"versions":                   objectVersions,
		"one of many changes wins":   objectRace,
		"names":                      objectNames,
		"lists":                      objectLists,
		"events of a change":         objectEvents,
		"no event without a change":  objectNoEvents,
		"kinds and owners are apart": objectApart,
	})
}

func object(kind, owner, id, data string) queue.Object {
	return queue.Object{Kind: kind, Owner: owner, ID: id, Data: json.RawMessage(data)}
}

// keep stores an object and insists that it works.
func (b *bench) keep(o queue.Object, events ...wabridge.Event) queue.Object {
	b.Helper()
	stored, err := b.PutObject(b.ctx, o, b.now, events...)
	if err != nil {
		b.Fatalf("put %s %s: %v", o.Kind, o.ID, err)
	}
	return stored
}

func objectLife(b *bench) {
	stored := b.keep(object(queue.ObjectQR, phone, "4O4YGZEG3RIVE1", `{"code":"Ü"}`))
	want := object(queue.ObjectQR, phone, "4O4YGZEG3RIVE1", `{"code":"Ü"}`)
	want.Version, want.Created, want.Changed = 1, b.now, b.now
	if diff := cmp.Diff(want, stored); diff != "" {
		b.Errorf("stored (-want +got):\n%s", diff)
	}
	stored.Data = json.RawMessage(`{"code":2}`)
	later := b.now.Add(time.Hour)
	changed, err := b.PutObject(b.ctx, stored, later)
	b.code(err, 0)
	want.Version, want.Data, want.Changed = 2, stored.Data, later
	if diff := cmp.Diff(want, changed); diff != "" {
		b.Errorf("changed (-want +got):\n%s", diff)
	}
	for _, owner := range []string{phone, ""} {
		got, err := b.Object(b.ctx, queue.ObjectQR, owner, "4O4YGZEG3RIVE1")
		b.code(err, 0)
		if diff := cmp.Diff(want, got); diff != "" {
			b.Errorf("read, owner %q (-want +got):\n%s", owner, diff)
		}
	}
	for range 100 { // no reading keeps anything that the next one needs
		if _, err := b.Object(b.ctx, queue.ObjectQR, "", want.ID); err != nil {
			b.Fatal(err)
		}
		if n, err := b.CountObjects(b.ctx, queue.ObjectQR, ""); n != 1 || err != nil {
			b.Fatal(n, err)
		}
	}
	b.code(b.DeleteObject(b.ctx, queue.ObjectQR, phone, "4O4YGZEG3RIVE1"), 0)
	b.code(b.DeleteObject(b.ctx, queue.ObjectQR, phone, "4O4YGZEG3RIVE1"), wabridge.CodeNotFound)
	_, err = b.Object(b.ctx, queue.ObjectQR, phone, "4O4YGZEG3RIVE1")
	b.code(err, wabridge.CodeNotFound)
	_, err = b.PutObject(b.ctx, changed, b.now)
	b.code(err, wabridge.CodeConflict) // gone: an old version brings nothing back
}

func objectVersions(b *bench) {
	first := b.keep(object(queue.ObjectProfile, phone, "profile", `{}`))
	_, err := b.PutObject(b.ctx, object(queue.ObjectProfile, phone, "profile", `{}`), b.now)
	b.code(err, wabridge.CodeConflict)
	b.keep(first)
	_, err = b.PutObject(b.ctx, first, b.now)
	b.code(err, wabridge.CodeConflict)
}

func objectRace(b *bench) {
	first := b.keep(object(queue.ObjectProfile, phone, "profile", `{}`))
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			switch _, err := b.PutObject(b.ctx, first, b.now); wabridge.CodeOf(err) {
			case 0:
				won.Add(1)
			case wabridge.CodeConflict:
			default:
				b.Errorf("put: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		b.Errorf("%d changes of one version won, want 1", won.Load())
	}
}

func objectNames(b *bench) {
	named := func(owner, id, name string) queue.Object {
		o := object(queue.ObjectTemplate, owner, id, `{}`)
		o.Name = name
		return o
	}
	hello := b.keep(named("2", "11", queue.TemplateName("hello", "en_US")))
	other := b.keep(named("2", "12", queue.TemplateName("hello", "de")))
	b.keep(named("3", "13", queue.TemplateName("hello", "en_US")))
	b.keep(named("2", "14", ""))
	b.keep(named("2", "15", ""))
	got, err := b.ObjectByName(b.ctx, queue.ObjectTemplate, "2", queue.TemplateName("hello", "EN-us"))
	b.code(err, 0)
	if diff := cmp.Diff(hello, got); diff != "" {
		b.Errorf("by name (-want +got):\n%s", diff)
	}
	for _, name := range []string{"", "hello", "hello/fr"} {
		_, err = b.ObjectByName(b.ctx, queue.ObjectTemplate, "2", name)
		b.code(err, wabridge.CodeNotFound)
	}
	_, err = b.PutObject(b.ctx, named("2", "16", hello.Name), b.now)
	b.code(err, wabridge.CodeConflict)
	other.Name = hello.Name
	_, err = b.PutObject(b.ctx, other, b.now)
	b.code(err, wabridge.CodeConflict)
	b.code(b.DeleteObject(b.ctx, queue.ObjectTemplate, "2", "11"), 0)
	b.keep(other)
}

func objectLists(b *bench) {
	for _, id := range []string{"b", "d", "a", "c"} {
		b.keep(object(queue.ObjectBlocked, phone, id, `{}`))
	}
	b.keep(object(queue.ObjectBlocked, "2", "bb", `{}`))
	ids := func(owner, after string, limit int) (s string) {
		list, err := b.Objects(b.ctx, queue.ObjectBlocked, owner, after, limit)
		b.code(err, 0)
		for _, o := range list {
			s += o.ID + " "
		}
		return s
	}
	for _, c := range []struct {
		owner, after string
		limit        int
		want         string
	}{
		{phone, "", 10, "a b c d "},
		{phone, "b", 1, "c "},
		{phone, "d", 10, ""},
		{"", "", 10, "a b bb c d "},
		{"", "b", 2, "bb c "},
		{"9", "", 10, ""},
	} {
		if got := ids(c.owner, c.after, c.limit); got != c.want {
			b.Errorf("owner %q after %q limit %d: got %q, want %q", c.owner, c.after, c.limit, got, c.want)
		}
	}
	for owner, want := range map[string]int{phone: 4, "2": 1, "": 5, "9": 0} {
		if n, err := b.CountObjects(b.ctx, queue.ObjectBlocked, owner); n != want || err != nil {
			b.Errorf("count of %q: got %d, %v; want %d", owner, n, err, want)
		}
	}
}

// account is the event of a change.
func account(word string) wabridge.Event {
	data, _ := json.Marshal(wabridge.AccountData{WABA: "2", Field: "account_update", Value: json.RawMessage(`{"event":"` + word + `"}`)})
	return wabridge.Event{Kind: wabridge.EventAccount, Data: data}
}

func objectEvents(b *bench) {
	changed := b.Changed()
	o := b.keep(object(queue.ObjectTemplate, "2", "1", `{}`), account("made"))
	select {
	case <-changed:
	case <-time.After(10 * time.Second):
		b.Error("readers of the log were not woken")
	}
	dated := account("changed")
	dated.At, dated.Phone = b.now.Add(-time.Hour), phone
	b.keep(o, dated, account("changed again"))
	b.code(b.DeleteObject(b.ctx, queue.ObjectTemplate, "2", "1", account("deleted")), 0)
	var words []string
	events := b.events(queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventAccount}})
	for _, e := range events {
		var d wabridge.AccountData
		b.code(json.Unmarshal(e.Data, &d), 0)
		words = append(words, string(d.Value))
	}
	want := []string{`{"event":"made"}`, `{"event":"changed"}`, `{"event":"changed again"}`, `{"event":"deleted"}`}
	if diff := cmp.Diff(want, words); diff != "" {
		b.Fatalf("events (-want +got):\n%s", diff)
	}
	if !events[0].At.Equal(b.now) || !events[1].At.Equal(dated.At) || events[1].Phone != phone || events[3].At.IsZero() {
		b.Errorf("times and phones: %+v", events)
	}
}

func objectNoEvents(b *bench) {
	b.keep(object(queue.ObjectTemplate, "2", "1", `{}`))
	_, err := b.PutObject(b.ctx, object(queue.ObjectTemplate, "2", "1", `{}`), b.now, account("lie"))
	b.code(err, wabridge.CodeConflict)
	b.code(b.DeleteObject(b.ctx, queue.ObjectTemplate, "2", "2", account("lie")), wabridge.CodeNotFound)
	if events := b.events(queue.EventFilter{}); len(events) != 0 {
		b.Errorf("got %d events of changes that were refused", len(events))
	}
}

func objectApart(b *bench) {
	b.keep(object(queue.ObjectQR, phone, "1", `{"n":1}`))
	b.keep(object(queue.ObjectQR, "2", "1", `{"n":2}`))
	b.keep(object(queue.ObjectBlocked, phone, "1", `{"n":3}`))
	for _, c := range []struct{ kind, owner, want string }{{queue.ObjectQR, phone, `{"n":1}`}, {queue.ObjectQR, "2", `{"n":2}`}, {queue.ObjectBlocked, phone, `{"n":3}`}} {
		o, err := b.Object(b.ctx, c.kind, c.owner, "1")
		if err != nil || string(o.Data) != c.want {
			b.Errorf("%s of %s: got %s, %v", c.kind, c.owner, o.Data, err)
		}
	}
}
