package phone

import (
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// TestARestrictedAccountSendsToChatsThatExist: the refusal of a new chat is
// that message's alone, and leaves nothing in the way of the next.
func TestARestrictedAccountSendsToChatsThatExist(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	if _, err := r.send(message(1, bob, "before")); err != nil {
		t.Fatal(err)
	}
	if err := r.sim.Fault(phonesim.Fault{Kind: "restricted"}); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		_, err := r.send(message(10+n, "15550003333", "to somebody new"))
		if wabridge.CodeOf(err) != wabridge.CodeNoNewChats || !strings.Contains(err.Error(), "restricted") {
			t.Errorf("a first contact: %v, want code %d and the app's words", err, wabridge.CodeNoNewChats)
		}
		if _, err := r.send(message(20+n, bob, "to a friend")); err != nil {
			t.Errorf("to a chat that exists: %v", err)
		}
	}
	if err := r.s.Probe(t.Context()); err != nil {
		t.Errorf("probe: %v", err)
	}
	r.ledger(bob, "before", "to a friend", "to a friend", "to a friend")
}
