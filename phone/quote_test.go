package phone

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// memStore knows messages by id, and nothing else.
type memStore struct {
	Store
	known map[string]wabridge.Message
}

func (s memStore) Message(_ context.Context, id string) (wabridge.Message, error) {
	m, ok := s.known[id]
	if !ok {
		return m, wabridge.Fail(wabridge.CodeNotFound, nil, "no such message")
	}
	return m, nil
}

func (s memStore) Messages(context.Context, queue.MessageFilter) ([]wabridge.Message, error) {
	return nil, nil
}

func (s memStore) Chat(context.Context, string, wabridge.ChatRef) (wabridge.Chat, error) {
	return wabridge.Chat{}, wabridge.Fail(wabridge.CodeNotFound, nil, "no such chat")
}

func (s memStore) Awaiting(context.Context, string, time.Time, int) ([]wabridge.Message, error) {
	return nil, nil
}

func (s memStore) ChatsNamed(context.Context, string, string, int) ([]wabridge.Chat, error) {
	return nil, nil
}

func (s memStore) Chats(context.Context, string, int) ([]wabridge.Chat, error) { return nil, nil }

// knows stores messages for a rig's session.
func (r *rig) knows(ms ...wabridge.Message) {
	s := memStore{known: map[string]wabridge.Message{}}
	for _, m := range ms {
		s.known[m.ID] = m
	}
	r.s.cfg.Store = s
}

// heard has Bob write something, and gives the message as it is stored.
func (r *rig) heard(id, text string) wabridge.Message {
	r.t.Helper()
	if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: bob, Text: text}); err != nil {
		r.t.Fatal(err)
	}
	if err := r.sim.Settle(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	return wabridge.Message{ID: id, Phone: "1", Direction: wabridge.In, Chat: wabridge.UserJID(bob), Number: bob, Type: "text", Text: wabridge.Text(text), Created: time.Now(), State: wabridge.Received}
}

func TestQuotes(t *testing.T) {
	long := strings.Repeat("a long line of text ", 12)
	for name, c := range map[string]struct {
		said   []string // by Bob, in order
		target int      // which of them is quoted
		fault  phonesim.Fault
		other  bool // the target is somebody else's
		want   string
	}{
		"the newest":                   {said: []string{"one", "two"}, target: 1, want: "two"},
		"an older one":                 {said: []string{"one", "two", "three"}, target: 0, want: "one"},
		"a long one":                   {said: []string{long, "x"}, target: 0, want: long},
		"one screen up":                {said: append([]string{"far"}, fill(9)...), target: 0, want: "far"},
		"out of reach":                 {said: append([]string{"far"}, fill(40)...), target: 0},
		"one of two equal ones":        {said: []string{"same", "same"}, target: 0, want: "same"},
		"of another chat":              {said: []string{"one"}, other: true},
		"the first touch is lost":      {said: []string{"one", "two"}, target: 0, fault: phonesim.Fault{Kind: "tap_lost", Count: 1}, want: "one"},
		"the dump fails in the middle": {said: []string{"one", "two"}, target: 0, fault: phonesim.Fault{Kind: "dump_null_root", Count: 2}, want: "one"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, phonesim.Config{})
			var all []wabridge.Message
			for i, text := range c.said {
				all = append(all, r.heard(string(rune('a'+i)), text))
			}
			if c.other {
				all[0].Chat, all[0].Number = wabridge.UserJID("15550009999"), "15550009999"
			}
			r.knows(all...)
			if c.fault.Kind != "" {
				if err := r.sim.Fault(c.fault); err != nil {
					t.Fatal(err)
				}
			}
			m := message(1, bob, "the answer")
			m.Context = all[c.target].ID
			if _, err := r.send(m); err != nil {
				t.Fatal(err)
			}
			r.ledger(bob, "the answer")
			if got := r.sim.Sent()[0].Quote; got != c.want {
				t.Errorf("it quotes %q, want %q", got, c.want)
			}
			// What is sent next quotes nothing.
			if _, err := r.send(message(2, bob, "something else")); err != nil {
				t.Fatal(err)
			}
			if got := r.sim.Sent()[1].Quote; got != "" {
				t.Errorf("the next one quotes %q", got)
			}
		})
	}
}

func fill(n int) []string {
	var out []string
	for i := range n {
		out = append(out, "filling "+string(rune('a'+i%26))+strings.Repeat(" and more", i%3))
	}
	return out
}

// A quote that a person began is taken away before anything is sent.
func TestAForeignQuoteIsClosed(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	first := r.heard("a", "one")
	second := r.heard("b", "two")
	r.knows(first, second)
	m := message(1, bob, "x")
	screen, err := r.s.openToRead(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := locate(&first, screen.Bubbles)
	x1, x2, y := aside(b.Bounds, screen.Size)
	if _, err := r.s.runHere(t.Context(), swipeScript(x1, y, x2, y)); err != nil {
		t.Fatal(err)
	}
	if now, err := r.s.look(t.Context()); err != nil || now.Panel == nil {
		t.Fatalf("no panel: %+v, %v", now.Panel, err)
	}
	if err := r.s.key(t.Context(), keyHome); err != nil {
		t.Fatal(err)
	}
	r.s.dirty = false // nobody backed out of the chat
	m.Context = "b"
	if _, err := r.send(m); err != nil {
		t.Fatal(err)
	}
	if got := r.sim.Sent()[0].Quote; got != "two" {
		t.Errorf("it quotes %q, want two", got)
	}
}

func TestReactions(t *testing.T) {
	for name, c := range map[string]struct {
		give  []string // one after the other
		code  wabridge.Code
		fault phonesim.Fault
		own   bool // the target is ours
		want  []string
	}{
		"given":                 {give: []string{"👍"}, want: []string{"👍"}},
		"to a message of ours":  {give: []string{"🙏"}, own: true, want: []string{"🙏"}},
		"given twice":           {give: []string{"❤️", "❤️"}, want: []string{"❤️"}},
		"changed":               {give: []string{"👍", "😂"}, want: []string{"👍", "😂"}},
		"taken away":            {give: []string{"👍", ""}, want: []string{"👍", ""}},
		"nothing to take away":  {give: []string{""}},
		"not in the tray":       {give: []string{"🦊"}, code: wabridge.CodeUnsupported},
		"without its selector":  {give: []string{"❤"}, want: []string{"❤️"}},
		"a touch is lost":       {give: []string{"👍"}, fault: phonesim.Fault{Kind: "tap_lost", Count: 1}, want: []string{"👍"}},
		"the dump is not there": {give: []string{"👍"}, fault: phonesim.Fault{Kind: "dump_null_root", Count: 2}, want: []string{"👍"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, phonesim.Config{})
			target := r.heard("a", "what do you think?")
			if c.own {
				m := message(9, bob, "ours")
				r.knows(target)
				if _, err := r.send(m); err != nil {
					t.Fatal(err)
				}
				target = *m
				target.HandedAt = time.Now()
			}
			r.knows(target)
			if c.fault.Kind != "" {
				if err := r.sim.Fault(c.fault); err != nil {
					t.Fatal(err)
				}
			}
			for i, emoji := range c.give {
				m := message(i, bob, emoji)
				m.Type, m.Context = "reaction", target.ID
				state, err := r.deliver(m)
				if wabridge.CodeOf(err) != c.code || err == nil && state != wabridge.Sent {
					t.Fatalf("%q: %s, %v, want code %d", emoji, state, err, c.code)
				}
			}
			var got []string
			for _, s := range r.sim.Sent() {
				if s.Kind == "reaction" {
					got = append(got, s.Text)
				}
			}
			if strings.Join(got, "|") != strings.Join(c.want, "|") || len(got) != len(c.want) {
				t.Errorf("reactions %q, want %q", got, c.want)
			}
			if _, err := r.send(message(8, bob, "a text afterwards")); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestAReactionToNothing(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	r.knows(r.heard("a", "one"))
	m := message(1, bob, "👍")
	m.Type, m.Context = "reaction", "unknown"
	if _, err := r.send(m); wabridge.CodeOf(err) != wabridge.CodeValue {
		t.Errorf("got %v, want code %d", err, wabridge.CodeValue)
	}
}

func TestBubblesOfMessages(t *testing.T) {
	at := time.Date(2026, 5, 1, 20, 37, 0, 0, time.UTC)
	box := uiauto.Rect{Right: 10, Bottom: 10}
	text := func(s, clock string, out bool) whatsapp.Bubble {
		return whatsapp.Bubble{Text: s, Time: clock, Out: out, Bounds: box}
	}
	picture := whatsapp.Bubble{Media: "image", Time: "22:37", Bounds: box}
	said := wabridge.Message{Direction: wabridge.In, Type: "text", Text: "same", Created: at}
	shown := wabridge.Message{Direction: wabridge.In, Type: "image", Created: at, Media: &wabridge.Media{MIME: "image/jpeg"}}
	for name, c := range map[string]struct {
		m       wabridge.Message
		bubbles []whatsapp.Bubble
		want    string // the time of the one that is found
	}{
		"the only one":          {said, []whatsapp.Bubble{text("same", "22:30", false)}, "22:30"},
		"not ours":              {said, []whatsapp.Bubble{text("same", "22:37", true)}, ""},
		"the one of its minute": {said, []whatsapp.Bubble{text("same", "22:37", false), text("same", "22:50", false)}, "22:37"},
		"in another zone":       {said, []whatsapp.Bubble{text("same", "10:37 PM", false), text("same", "10:50 PM", false)}, "10:37 PM"},
		"none":                  {said, []whatsapp.Bubble{text("other", "22:37", false)}, ""},
		"two pictures":          {shown, []whatsapp.Bubble{picture, picture}, ""},
		"one picture":           {shown, []whatsapp.Bubble{picture}, "22:37"},
	} {
		t.Run(name, func(t *testing.T) {
			b, ok := locate(&c.m, c.bubbles)
			if ok != (c.want != "") || b.Time != c.want {
				t.Errorf("found %v at %q, want %q", ok, b.Time, c.want)
			}
		})
	}
}
