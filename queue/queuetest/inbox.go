package queuetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testInbox(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"received and read":                         inboxReceived,
		"known messages, oldest first":              inboxKnown,
		"update":                                    inboxUpdate,
		"nothing stored when an update is wrong":    inboxAtomic,
		"echo":                                      inboxEcho,
		"group":                                     inboxGroup,
		"a name becomes a person":                   inboxName,
		"two people of one name":                    inboxNamesakes,
		"a shared name joins nothing":               inboxShared,
		"an @lid chat learns its number":            inboxLearn,
		"learning joins two chats":                  inboxMerge,
		"joining keeps the order of what is queued": inboxMergeQueue,
		"a person takes another number":             inboxMoved,
		"chats, newest first":                       inboxChats,
		"what comes with a message":                 inboxObjects,
	})
}

// store reconciles by storing these messages as new.
func (b *bench) store(ref wabridge.ChatRef, ms ...wabridge.Message) []wabridge.Message {
	b.Helper()
	out, err := b.Reconcile(b.ctx, phone, ref, 50, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: ms}
	})
	if err != nil {
		b.Fatalf("reconcile: %v", err)
	}
	return out
}

// chat finds a chat and insists on its id.
func (b *bench) chat(ref wabridge.ChatRef, want string) wabridge.Chat {
	b.Helper()
	c, err := b.Chat(b.ctx, phone, ref)
	if err != nil {
		b.Fatalf("chat %+v: %v", ref, err)
	}
	if c.ID != want {
		b.Errorf("chat of %+v: got %s, want %s", ref, c.ID, want)
	}
	return c
}

func said(words string) wabridge.Message {
	return wabridge.Message{Text: wabridge.Text(words), Source: "notification"}
}

func inboxReceived(b *bench) {
	at := b.now.Add(-time.Minute)
	in := said("hi\n🙂")
	in.Created = at
	got := b.store(wabridge.ChatRef{JID: wabridge.UserJID(number(1)), Name: "Ann"}, in)
	if len(got) != 1 {
		b.Fatalf("stored %d", len(got))
	}
	want := wabridge.Message{
		ID: got[0].ID, Seq: got[0].Seq, Phone: phone, Direction: wabridge.In, Chat: wabridge.UserJID(number(1)), Number: number(1),
		Name: "Ann", Type: "text", Text: in.Text, State: wabridge.Received, Created: at, Source: "notification",
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		b.Errorf("returned (-want +got):\n%s", diff)
	}
	read, err := b.Message(b.ctx, got[0].ID)
	if err != nil {
		b.Fatal(err)
	}
	if diff := cmp.Diff(want, read); diff != "" {
		b.Errorf("read (-want +got):\n%s", diff)
	}
	events := b.events(queue.EventFilter{})
	if len(events) != 1 || events[0].Kind != wabridge.EventMessage || events[0].Message != want.ID {
		b.Fatalf("events: got %+v", events)
	}
	var frozen wabridge.Message
	if err := json.Unmarshal(events[0].Data, &frozen); err != nil {
		b.Fatal(err)
	}
	if diff := cmp.Diff(want, frozen); diff != "" {
		b.Errorf("event (-want +got):\n%s", diff)
	}
}

func inboxKnown(b *bench) {
	ref := wabridge.ChatRef{JID: wabridge.UserJID(number(1))}
	for i := range 5 {
		b.store(ref, said(fmt.Sprint(i)))
	}
	b.accept(text(number(1), "ours"))
	b.store(wabridge.ChatRef{JID: wabridge.UserJID(number(2))}, said("other chat"))
	var got []string
	_, err := b.Reconcile(b.ctx, phone, wabridge.ChatRef{Number: number(1)}, 3, func(c wabridge.Chat, known []wabridge.Message) queue.Changes {
		got = nil
		for _, m := range known {
			got = append(got, string(m.Text))
		}
		return queue.Changes{}
	})
	if err != nil || strings.Join(got, "") != "234" {
		b.Errorf("known: got %v (%v), want 2 3 4", got, err)
	}
}

func inboxUpdate(b *bench) {
	ref := wabridge.ChatRef{JID: wabridge.UserJID(number(1))}
	stood := b.now.Add(-time.Millisecond)
	first := wabridge.Message{Text: "seen on screen", Source: "screen", Clock: "22:37", Created: b.now.Truncate(time.Minute), StoodBy: stood}
	m := b.store(ref, first)[0]
	exact := b.now.Add(-time.Second)
	_, err := b.Reconcile(b.ctx, phone, ref, 5, func(_ wabridge.Chat, known []wabridge.Message) queue.Changes {
		u := known[0]
		u.Created, u.Source, u.Name, u.Clock = exact, "notification", "Ann", ""
		return queue.Changes{Update: []wabridge.Message{u}}
	})
	if err != nil {
		b.Fatal(err)
	}
	got := b.state(m.ID, wabridge.Received)
	if !got.Created.Equal(exact) || got.Source != "notification" || got.Name != "Ann" || got.Clock != "" || got.Text != m.Text || !got.StoodBy.Equal(stood) {
		b.Errorf("updated: got %+v", got)
	}
	if n := len(b.events(queue.EventFilter{})); n != 1 {
		b.Errorf("events: got %d, want 1: an update has none", n)
	}
}

func inboxAtomic(b *bench) {
	_, err := b.Reconcile(b.ctx, phone, wabridge.ChatRef{JID: wabridge.UserJID(number(1))}, 5,
		func(wabridge.Chat, []wabridge.Message) queue.Changes {
			return queue.Changes{New: []wabridge.Message{said("x")}, Update: []wabridge.Message{{ID: "wamid.none"}}}
		})
	b.code(err, wabridge.CodeNotFound)
	if n := len(b.events(queue.EventFilter{})); n != 0 {
		b.Errorf("events: got %d, want 0", n)
	}
	_, err = b.Chat(b.ctx, phone, wabridge.ChatRef{Number: number(1)})
	b.code(err, wabridge.CodeNotFound)
}

func inboxEcho(b *bench) {
	m := said("typed by hand")
	m.Direction = wabridge.Echo
	m = b.store(wabridge.ChatRef{JID: wabridge.UserJID(number(1))}, m)[0]
	events := b.events(queue.EventFilter{})
	if m.Direction != wabridge.Echo || len(events) != 1 || events[0].Kind != wabridge.EventEcho {
		b.Errorf("got %s, events %+v", m.Direction, events)
	}
}

func inboxGroup(b *bench) {
	m := said("hello all")
	m.Number, m.Name = number(7), "Bob"
	m = b.store(wabridge.ChatRef{JID: "1203630@g.us", Name: "Team"}, m)[0]
	if m.Chat != "1203630@g.us" || m.Group != m.Chat || m.GroupName != "Team" || m.Number != number(7) || m.Name != "Bob" {
		b.Errorf("got %+v", m)
	}
	c := b.chat(wabridge.ChatRef{Name: "Team", Group: true}, "1203630@g.us")
	if !c.Group || c.Number != "" {
		b.Errorf("chat: got %+v", c)
	}
	_, err := b.Chat(b.ctx, phone, wabridge.ChatRef{Name: "Team"})
	b.code(err, wabridge.CodeNotFound) // a person of that name is somebody else
}

func inboxName(b *bench) {
	first := b.store(wabridge.ChatRef{Name: "Ann"}, said("one"))[0]
	if !strings.HasSuffix(first.Chat, "@name") {
		b.Errorf("chat of a mere name: got %s", first.Chat)
	}
	again := b.store(wabridge.ChatRef{Name: "Ann"}, said("two"))[0]
	if again.Chat != first.Chat {
		b.Errorf("same name: got %s, want %s", again.Chat, first.Chat)
	}
	jid := wabridge.UserJID(number(1))
	third := b.store(wabridge.ChatRef{JID: jid, Name: "Ann"}, said("three"))[0]
	old := b.state(first.ID, wabridge.Received)
	if third.Chat != jid || old.Chat != jid || old.Number != number(1) {
		b.Errorf("the name's chat did not become the person's: %s, %s %s", third.Chat, old.Chat, old.Number)
	}
	b.chat(wabridge.ChatRef{Name: "Ann"}, jid)
}

func inboxNamesakes(b *bench) {
	one, two := wabridge.UserJID(number(1)), wabridge.UserJID(number(2))
	b.store(wabridge.ChatRef{JID: one, Name: "Ann"}, said("1"))
	b.store(wabridge.ChatRef{JID: two, Name: "Ann"}, said("2"))
	_, err := b.Chat(b.ctx, phone, wabridge.ChatRef{Name: "Ann"})
	b.code(err, wabridge.CodeNotFound)
	m := b.store(wabridge.ChatRef{Name: "Ann"}, said("?"))[0]
	if m.Chat == one || m.Chat == two {
		b.Errorf("a message of one of two namesakes was given to %s", m.Chat)
	}
	b.chat(wabridge.ChatRef{Name: "Ann", Number: number(2)}, two)
}

// inboxShared: a chat of which nothing but a name is known becomes nobody's
// where several have the name, whether the store knows them or not.
func inboxShared(b *bench) {
	nameless := b.store(wabridge.ChatRef{Name: "Mum"}, said("whose?"))[0]
	first := b.store(wabridge.ChatRef{JID: "71@lid", Name: "Mum", Shared: true}, said("one"))[0]
	if first.Chat == nameless.Chat {
		b.Error("a chat with a shared name took over the chat of the name")
	}
	second := b.store(wabridge.ChatRef{JID: "72@lid", Name: "Mum"}, said("two"))[0]
	if second.Chat == nameless.Chat || second.Chat == first.Chat {
		b.Errorf("the second one is in %s", second.Chat)
	}
	if c, err := b.Chat(b.ctx, phone, wabridge.ChatRef{Name: "Mum", Shared: true}); err != nil || c.ID != nameless.Chat {
		b.Errorf("the chat of the name alone: %+v (%v), want %s", c, err, nameless.Chat)
	}
	again := b.store(wabridge.ChatRef{Name: "Mum", Shared: true}, said("still whose?"))[0]
	if again.Chat != nameless.Chat {
		b.Errorf("the name alone is in %s, want %s", again.Chat, nameless.Chat)
	}
	b.store(wabridge.ChatRef{JID: "9-1@g.us", Name: "Mum"}, said("a group"))
	chats, err := b.ChatsNamed(b.ctx, phone, "Mum", 10)
	if err != nil || len(chats) != 4 {
		b.Errorf("chats named Mum: %+v (%v), want four", chats, err)
	}
	if chats, err = b.ChatsNamed(b.ctx, phone, "", 10); err != nil || len(chats) != 0 {
		b.Errorf("chats without a name: %+v (%v)", chats, err)
	}
}

func inboxLearn(b *bench) {
	m := b.store(wabridge.ChatRef{JID: "77@lid", Name: "Ann"}, said("x"))[0]
	if m.Chat != "77@lid" || m.Number != "" {
		b.Errorf("before: got %s %s", m.Chat, m.Number)
	}
	if err := b.Learn(b.ctx, phone, "77@lid", number(1)); err != nil {
		b.Fatal(err)
	}
	got := b.state(m.ID, wabridge.Received)
	if got.Chat != wabridge.UserJID(number(1)) || got.Number != number(1) {
		b.Errorf("after: got %s %s", got.Chat, got.Number)
	}
	b.chat(wabridge.ChatRef{JID: "77@lid"}, wabridge.UserJID(number(1)))
	b.chat(wabridge.ChatRef{Number: number(1)}, wabridge.UserJID(number(1)))
	if err := b.Learn(b.ctx, phone, "77@lid", number(1)); err != nil {
		b.Errorf("learning twice: %v", err)
	}
}

func inboxMerge(b *bench) {
	jid := wabridge.UserJID(number(1))
	lid := b.store(wabridge.ChatRef{JID: "77@lid", Name: "Ann"}, said("from lid"))[0]
	num := b.store(wabridge.ChatRef{JID: jid}, said("from number"))[0]
	if err := b.Learn(b.ctx, phone, "77@lid", number(1)); err != nil {
		b.Fatal(err)
	}
	list, err := b.Messages(b.ctx, queue.MessageFilter{Chat: jid, Oldest: true, Limit: 10})
	if err != nil || len(list) != 2 || list[0].ID != lid.ID || list[1].ID != num.ID {
		b.Fatalf("messages of the joined chat: got %d (%v), want both with their ids", len(list), err)
	}
	if c := b.chat(wabridge.ChatRef{JID: "77@lid"}, jid); c.Name != "Ann" {
		b.Errorf("name: got %q, want Ann", c.Name)
	}
	chats, err := b.Chats(b.ctx, phone, 10)
	if err != nil || len(chats) != 1 {
		b.Errorf("chats: got %+v (%v), want one", chats, err)
	}
}

func inboxMergeQueue(b *bench) {
	late := text(number(1), "late")
	early := text("", "early")
	early.Chat, early.Number = "77@lid", ""
	b.store(wabridge.ChatRef{JID: "77@lid"}, said("hi"))
	b.accept(early, late, text(number(1), "last"))
	inWork := b.take(0, "early")
	if err := b.Learn(b.ctx, phone, "77@lid", number(1)); err != nil {
		b.Fatal(err)
	}
	b.nothing(0, free)
	b.move(inWork, wabridge.WasSent(b.now))
	b.send(0, "late")
	b.send(0, "last")
}

func inboxMoved(b *bench) {
	b.store(wabridge.ChatRef{JID: "77@lid", Number: number(1)}, said("old"))
	m := b.store(wabridge.ChatRef{JID: "77@lid", Number: number(2)}, said("new"))[0]
	if m.Chat != wabridge.UserJID(number(2)) {
		b.Errorf("got %s, want the new number's chat", m.Chat)
	}
	b.chat(wabridge.ChatRef{JID: "77@lid"}, wabridge.UserJID(number(2)))
	b.chat(wabridge.ChatRef{Number: number(1)}, wabridge.UserJID(number(1)))
}

func inboxChats(b *bench) {
	for i, at := range []time.Duration{2, 3, 1} {
		m := said("x")
		m.Created = b.now.Add(at * time.Minute)
		b.store(wabridge.ChatRef{JID: wabridge.UserJID(number(i))}, m)
	}
	chats, err := b.Chats(b.ctx, phone, 2)
	if err != nil || len(chats) != 2 || chats[0].Number != number(1) || chats[1].Number != number(0) {
		b.Errorf("got %+v (%v), want the two newest", chats, err)
	}
}

// inboxObjects: what comes with a message is stored with it, or neither is.
func inboxObjects(b *bench) {
	beside := func(id string, kinds ...string) ([]wabridge.Message, error) {
		return b.Reconcile(b.ctx, phone, wabridge.ChatRef{Number: number(1)}, 10, func(wabridge.Chat, []wabridge.Message) queue.Changes {
			m := said("hi")
			m.ID = id
			ch := queue.Changes{New: []wabridge.Message{m}}
			for _, kind := range kinds {
				ch.Objects = append(ch.Objects, queue.Object{Kind: kind, Owner: phone, ID: id, Data: json.RawMessage(`{"title":"Ana"}`)})
			}
			return ch
		})
	}
	if got, err := beside("wamid.a", queue.ObjectNotification); err != nil || len(got) != 1 || got[0].ID != "wamid.a" {
		b.Fatalf("got %+v (%v)", got, err)
	}
	if o, err := b.Object(b.ctx, queue.ObjectNotification, phone, "wamid.a"); err != nil || string(o.Data) != `{"title":"Ana"}` {
		b.Errorf("beside the message is %+v (%v)", o, err)
	}
	if got, err := beside("wamid.a", queue.ObjectNotification); wabridge.CodeOf(err) != wabridge.CodeConflict {
		b.Errorf("the same id again: %+v (%v)", got, err)
	}
}
