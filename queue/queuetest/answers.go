package queuetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testAnswers(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"stored and told as one":            answerStored,
		"a question is answered once":       answerOnce,
		"a quoted question":                 answerQuoted,
		"the newest question":               answerNewest,
		"only what was asked":               answerUnasked,
		"only in its own chat":              answerElsewhere,
		"each member of a group for itself": answerGroup,
	})
}

// question enqueues a question of two buttons, and sends it if sent.
func (b *bench) question(to wabridge.Message, sent bool) wabridge.Message {
	b.Helper()
	to.Type, to.Body = "interactive", json.RawMessage(`{"type":"button"}`)
	for i, title := range []string{"Yes", "No"} {
		to.Choices = append(to.Choices, wabridge.Choice{Reply: "button_reply", Number: i + 1, ID: "id " + title, Title: title})
	}
	q := b.accept(to)[0]
	if sent {
		b.send(0, string(to.Text))
	}
	return q
}

// listen stores one text and returns it.
func (b *bench) listen(ref wabridge.ChatRef, m wabridge.Message) wabridge.Message {
	b.Helper()
	if m.Created.IsZero() {
		m.Created = b.now.Add(time.Second)
	}
	got := b.store(ref, m)
	if len(got) != 1 {
		b.Fatalf("stored %d", len(got))
	}
	read, err := b.Message(b.ctx, got[0].ID)
	if err != nil {
		b.Fatal(err)
	}
	if diff := cmp.Diff(got[0], read); diff != "" {
		b.Errorf("read (-returned +got):\n%s", diff)
	}
	return read
}

// answers insists on what a message answers; "" for nothing.
func (b *bench) answers(m wabridge.Message, question, title string) {
	b.Helper()
	if question == "" {
		if m.Type != "text" || m.Choices != nil {
			b.Errorf("got %s %+v, want a text", m.Type, m.Choices)
		}
		return
	}
	if m.Type != "interactive" || m.Context != question || len(m.Choices) != 1 || m.Choices[0].Title != title {
		b.Errorf("got %s to %q %+v, want %s to %s", m.Type, m.Context, m.Choices, title, question)
	}
}

func person(n int) wabridge.ChatRef { return wabridge.ChatRef{JID: wabridge.UserJID(number(n))} }

func answerStored(b *bench) {
	q := b.question(text(number(1), "Sure?"), true)
	m := b.listen(person(1), said("2"))
	b.answers(m, q.ID, "No")
	if string(m.Body) != `{"type":"button_reply","button_reply":{"id":"id No","title":"No"}}` || m.Text != "2" {
		b.Errorf("got %q %s", string(m.Text), m.Body)
	}
	events := b.events(queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventMessage}})
	if len(events) != 1 {
		b.Fatalf("events: got %+v", events)
	}
	var told wabridge.Message
	if err := json.Unmarshal(events[0].Data, &told); err != nil {
		b.Fatal(err)
	}
	if diff := cmp.Diff(m, told); diff != "" {
		b.Errorf("told (-stored +told):\n%s", diff)
	}
}

func answerOnce(b *bench) {
	q := b.question(text(number(1), "Sure?"), true)
	b.answers(b.listen(person(1), said("maybe")), "", "")
	b.answers(b.listen(person(1), said("yes")), q.ID, "Yes")
	b.answers(b.listen(person(1), said("no")), "", "")
}

func answerQuoted(b *bench) {
	old := b.question(text(number(1), "Sure?"), true)
	b.question(text(number(1), "And this?"), true)
	other := b.question(text(number(2), "Other?"), true)
	quote := func(id string) wabridge.Message {
		m := said("yes")
		m.Context = id
		return m
	}
	b.answers(b.listen(person(1), quote(old.ID)), old.ID, "Yes")
	b.answers(b.listen(person(1), quote(old.ID)), old.ID, "Yes")
	b.answers(b.listen(person(1), quote(other.ID)), "", "")
	b.answers(b.listen(person(1), quote("wamid.unknown")), "", "")
}

func answerNewest(b *bench) {
	b.question(text(number(1), "Sure?"), true)
	second := b.question(text(number(1), "And this?"), true)
	b.accept(text(number(1), "a text between"))
	b.send(0, "a text between")
	b.answers(b.listen(person(1), said("1")), second.ID, "Yes")
	b.answers(b.listen(person(1), said("1")), "", "")
}

func answerUnasked(b *bench) {
	b.question(text(number(1), "Sure?"), false)
	b.answers(b.listen(person(1), said("1")), "", "")
	m := b.take(0, "Sure?")
	b.answers(b.listen(person(1), said("1")), "", "")
	b.intend(m, 0)
	b.answers(b.listen(person(1), said("1")), m.ID, "Yes")
}

func answerElsewhere(b *bench) {
	q := b.question(text(number(1), "Sure?"), true)
	b.answers(b.listen(person(2), said("1")), "", "")
	echo := said("1")
	echo.Direction = wabridge.Echo
	b.answers(b.listen(person(1), echo), "", "")
	b.answers(b.listen(person(1), said("1")), q.ID, "Yes")
}

func answerGroup(b *bench) {
	const group = "120363012345678901@g.us"
	q := b.question(wabridge.Message{Phone: phone, Chat: group, Group: group, Text: "Who comes?"}, true)
	from := func(n int, words string) wabridge.Message {
		m := said(words)
		m.Number = number(n)
		return m
	}
	ref := wabridge.ChatRef{JID: group, Group: true}
	b.answers(b.listen(ref, from(1, "1")), q.ID, "Yes")
	b.answers(b.listen(ref, from(2, "2")), q.ID, "No")
	b.answers(b.listen(ref, from(1, "2")), "", "")
}
