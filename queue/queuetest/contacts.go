package queuetest

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testContacts(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"newest first, with their last message": contactList,
		"found by name and number":              contactSearch,
		"in pages, while messages come in":      contactPages,
		"pictures":                              contactPictures,
	})
}

// hears records a message of somebody at now plus offset.
func (b *bench) hears(phone string, ref wabridge.ChatRef, offset time.Duration) {
	b.Helper()
	_, err := b.Reconcile(b.ctx, phone, ref, 0, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: []wabridge.Message{{Text: "x", Created: b.now.Add(offset)}}}
	})
	if err != nil {
		b.Fatalf("reconcile: %v", err)
	}
}

// contacts lists the names, or numbers of those without one.
func (b *bench) contacts(f queue.ContactFilter) string {
	b.Helper()
	if f.Limit == 0 {
		f.Limit = 100
	}
	list, err := b.Contacts(b.ctx, f)
	if err != nil {
		b.Fatalf("contacts: %v", err)
	}
	var names []string
	for _, c := range list {
		if c.Name == "" {
			c.Name = c.Number
		}
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

func contactList(b *bench) {
	b.hears(phone, wabridge.ChatRef{Number: "15550000001", Name: "Ana"}, -3*time.Hour)
	b.hears(phone, wabridge.ChatRef{JID: "77@lid", Name: "Lid"}, -2*time.Hour)
	b.hears("100000000000002", wabridge.ChatRef{Number: "15550000003", Name: "Other"}, -time.Hour)
	b.hears(phone, wabridge.ChatRef{JID: "120363000000000001@g.us", Name: "Group"}, 0)
	sent := b.accept(text("15550000002", "x"))[0]
	b.hears(phone, wabridge.ChatRef{Number: "15550000001", Name: "Ana"}, time.Hour)
	for _, c := range []struct {
		f    queue.ContactFilter
		want string
	}{
		{queue.ContactFilter{Phone: phone}, "Ana 15550000002 Lid"},
		{queue.ContactFilter{}, "Ana 15550000002 Other Lid"},
		{queue.ContactFilter{Phone: phone, Groups: true}, "Ana 15550000002 Group Lid"},
		{queue.ContactFilter{Phone: "100000000000003"}, ""},
		{queue.ContactFilter{Limit: 1}, "Ana"},
	} {
		if got := b.contacts(c.f); got != c.want {
			b.Errorf("%+v: got %q, want %q", c.f, got, c.want)
		}
	}
	list, err := b.Contacts(b.ctx, queue.ContactFilter{Phone: phone, Limit: 100})
	if err != nil {
		b.Fatal(err)
	}
	want := &queue.LastMessage{ID: sent.ID, Direction: wabridge.Out, Type: "text", Created: sent.Created}
	if diff := cmp.Diff(want, list[1].Last); diff != "" {
		b.Errorf("last message (-want +got):\n%s", diff)
	}
	if l := list[0].Last; l == nil || l.Direction != wabridge.In || !l.Created.Equal(b.now.Add(time.Hour)) {
		b.Errorf("last message of Ana: %+v", l)
	}
	if c := list[2].Chat; c.ID != "77@lid" || c.JID != "77@lid" || c.Phone != phone || c.Group {
		b.Errorf("chat %+v", c)
	}
}

func contactSearch(b *bench) {
	for i, name := range []string{"Ana", "\u00c4rzte GmbH", "stra\u00dfe 7", "\u041e\u043b\u044c\u0433\u0430"} {
		b.hears(phone, wabridge.ChatRef{Number: number(i), Name: name}, -time.Duration(i)*time.Minute)
	}
	for search, want := range map[string]string{
		"ANA": "Ana", " an ": "Ana", "\u00e4RZ": "\u00c4rzte GmbH", "STRASSE": "stra\u00dfe 7", "\u043e\u043b\u044c": "\u041e\u043b\u044c\u0433\u0430", "nobody": "",
		"+1 555 0000001": "\u00c4rzte GmbH", "0000002": "stra\u00dfe 7", "7": "stra\u00dfe 7", "%": "", "_": "",
	} {
		if got := b.contacts(queue.ContactFilter{Search: search}); got != want {
			b.Errorf("search %q: got %q, want %q", search, got, want)
		}
	}
}

func contactPages(b *bench) {
	const people = 25
	var all []string
	for i := range people {
		b.hears(phone, wabridge.ChatRef{Number: number(i), Name: fmt.Sprint("n", i)}, -time.Duration(i/3)*time.Minute) // some at the same time
	}
	after := ""
	for {
		page, err := b.Contacts(b.ctx, queue.ContactFilter{Limit: 4, After: after})
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range page {
			all = append(all, c.Name)
		}
		if len(page) < 4 {
			break
		}
		after = page[3].Position
		b.hears(phone, wabridge.ChatRef{Number: page[0].Number}, time.Hour) // it moves to the front
	}
	seen := map[string]bool{}
	for _, n := range all {
		seen[n] = true
	}
	if len(all) != people || len(seen) != people {
		b.Errorf("got %d contacts, %d different: %v", len(all), len(seen), all)
	}
	_, err := b.Contacts(b.ctx, queue.ContactFilter{After: "x", Limit: 1})
	b.code(err, wabridge.CodeParameter)
}

func pictureOf(size int) []byte {
	var w bytes.Buffer
	if err := png.Encode(&w, image.NewGray(image.Rect(0, 0, size, size))); err != nil {
		panic(err)
	}
	return w.Bytes()
}

func contactPictures(b *bench) {
	ana := wabridge.ChatRef{Number: "15550000001", Name: "Ana"}
	b.hears(phone, ana, 0)
	b.hears(phone, wabridge.ChatRef{Number: "15550000002", Name: "Ben"}, -time.Hour)
	b.code(b.PutPicture(b.ctx, phone, ana, []byte("GIF89a"), b.now), wabridge.CodeParameter)
	b.code(b.PutPicture(b.ctx, phone, ana, append(pictureOf(1), make([]byte, queue.MaxPicture)...), b.now), wabridge.CodeParameter)
	b.code(b.PutPicture(b.ctx, phone, wabridge.ChatRef{Number: "15550000009"}, pictureOf(1), b.now), wabridge.CodeNotFound)
	_, _, err := b.Picture(b.ctx, phone, wabridge.UserJID("15550000001"))
	b.code(err, wabridge.CodeNotFound)
	for i, size := range []int{8, 16} {
		at := b.now.Add(time.Duration(i) * time.Minute)
		if err := b.PutPicture(b.ctx, phone, ana, pictureOf(size), at); err != nil {
			b.Fatal(err)
		}
		got, taken, err := b.Picture(b.ctx, phone, wabridge.UserJID("15550000001"))
		if err != nil || !bytes.Equal(got, pictureOf(size)) || !taken.Equal(at) {
			b.Errorf("picture: %d bytes of %v, %v", len(got), taken, err)
		}
	}
	list, err := b.Contacts(b.ctx, queue.ContactFilter{Limit: 10})
	if err != nil || len(list) != 2 || list[0].Pictured.IsZero() || !list[1].Pictured.IsZero() {
		b.Errorf("contacts: %+v, %v", list, err)
	}
}
