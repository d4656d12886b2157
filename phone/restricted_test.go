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

// TestARestrictedAccountInEveryLanguage: ids tell that the account is restricted,
// whatever the phone's language.
func TestARestrictedAccountInEveryLanguage(t *testing.T) {
	for _, locale := range []string{"en", "pt", "es", "de", "ru"} {
		t.Run(locale, func(t *testing.T) {
			r := newRig(t, phonesim.Config{Locale: locale})
			if err := r.sim.Fault(phonesim.Fault{Kind: "restricted"}); err != nil {
				t.Fatal(err)
			}
			for n := range 2 {
				if _, err := r.send(message(n, "15550003333", "to somebody new")); wabridge.CodeOf(err) != wabridge.CodeNoNewChats {
					t.Errorf("a first contact: %v, want code %d", err, wabridge.CodeNoNewChats)
				}
			}
			r.sim.ClearFaults()
			if _, err := r.send(message(3, "15550003333", "to somebody new")); err != nil {
				t.Errorf("after the restriction: %v", err)
			}
			r.ledger("15550003333", "to somebody new")
		})
	}
}

// TestTheInvitationCountsOnlyAfterOurLink: the dialog that names no number is the
// answer where this attempt's link led to it, and is backed out of elsewhere.
func TestTheInvitationCountsOnlyAfterOurLink(t *testing.T) {
	r := newRig(t, phonesim.Config{App: "com.whatsapp.w4b", Locale: "pt"})
	invite := phonesim.Fault{Kind: "not_on_whatsapp", Value: "invite"}
	if err := r.sim.Fault(invite); err != nil {
		t.Fatal(err)
	}
	if _, err := r.send(message(1, "15550003333", "a")); wabridge.CodeOf(err) != wabridge.CodeUndeliverable {
		t.Errorf("the link led to it: %v", err)
	}
	if err := r.sim.Fault(invite); err != nil {
		t.Fatal(err)
	}
	if _, err := r.dev.Run(t.Context(), "am start -a android.intent.action.VIEW -d https://wa.me/15550004444 -p com.whatsapp.w4b"); err != nil {
		t.Fatal(err)
	}
	r.s.dirty = true // a person left it there
	if _, err := r.send(message(2, "15550003333", "b")); err != nil {
		t.Errorf("a dialog that stood there before: %v", err)
	}
	r.ledger("15550003333", "b")
}

// TestAFileToANewChatOfARestrictedAccount: a file waits as a text does, in every
// language.
func TestAFileToANewChatOfARestrictedAccount(t *testing.T) {
	for _, locale := range []string{"en", "pt", "de"} {
		r := newRig(t, phonesim.Config{Locale: locale})
		f := withFiles(r)
		if err := r.sim.Fault(phonesim.Fault{Kind: "restricted"}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.send(fileMessage(f, 1, "image", "image/jpeg", "", "look", []byte("a"))); wabridge.CodeOf(err) != wabridge.CodeNoNewChats {
			t.Errorf("%s: %v, want code %d", locale, err, wabridge.CodeNoNewChats)
		}
		r.ledger(bob)
	}
}
