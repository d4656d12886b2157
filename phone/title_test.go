package phone

import (
	"context"
	"slices"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// book is an address book for tests: name to numbers.
type book map[string][]string

func (b book) Numbers(name string) []string { return b[name] }

func (b book) Shared(name string) bool { return len(b[name]) > 1 }

func (b book) Refresh(context.Context, bool, ...string) {}

func (b book) Reread(context.Context) {}

func (b book) Confirm(context.Context, ...string) {}

func (b book) Saved(number string) bool {
	for _, numbers := range b {
		if slices.Contains(numbers, number) {
			return true
		}
	}
	return false
}

func (b book) Names(number string) []string {
	var out []string
	for name, numbers := range b {
		if len(numbers) == 1 && numbers[0] == number {
			out = append(out, name)
		}
	}
	return out
}

// A link that opens another chat than asked, whose header is a saved name: only
// the contacts can tell that it is the wrong one, because the link did lead
// here. Nothing may go to that person, in no try.
func TestSavedNameOfAnotherPersonIsTheWrongChat(t *testing.T) {
	const ann = "15550003333"
	r := newRig(t, phonesim.Config{Contacts: []phonesim.Contact{{Name: "Ann", Number: ann}, {Name: "Bob", Number: bob}}})
	r.s.cfg.Names = book{"Ann": {ann}, "Bob": {bob}}
	if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: ann, Name: "Ann", Text: "hi"}); err != nil {
		t.Fatal(err)
	}
	if err := r.sim.Fault(phonesim.Fault{Kind: "wrong_chat", Count: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.send(message(1, bob, "for Bob only")); err != nil {
		t.Fatal(err)
	}
	r.ledger(bob, "for Bob only")

	if err := r.sim.Fault(phonesim.Fault{Kind: "wrong_chat", Count: 10}); err != nil {
		t.Fatal(err)
	}
	_, err := r.send(message(2, bob, "never to Ann"))
	if wabridge.CodeOf(err) != wabridge.CodeWrongChat {
		t.Errorf("ten wrong chats: %v, want code %d", err, wabridge.CodeWrongChat)
	}
	m := message(3, bob, "for Bob only")
	m.Intent = &wabridge.Intent{}
	if state, err := r.s.Resolve(t.Context(), m); err == nil {
		t.Errorf("resolved as %s in the wrong chat", state)
	}
	r.sim.ClearFaults()
	r.ledger(bob, "for Bob only")
}

// Two people of one name: the contacts hold both, so the link's way counts.
func TestSharedNameIsProvenByTheLink(t *testing.T) {
	const other = "15550004444"
	r := newRig(t, phonesim.Config{Contacts: []phonesim.Contact{{Name: "Bob", Number: bob}, {Name: "Bob", Number: other}}})
	r.s.cfg.Names = book{"Bob": {bob, other}}
	if _, err := r.send(message(1, bob, "hello")); err != nil {
		t.Fatal(err)
	}
	r.ledger(bob, "hello")
}
