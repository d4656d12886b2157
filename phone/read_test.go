package phone

import (
	"context"
	"fmt"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// TestFirstOpeningReadsBack: an earlier process ended before it read the last
// moments of a chat, and much came in since. Whatever opens the chat first reads
// it back to a message that left before, once.
func TestFirstOpeningReadsBack(t *testing.T) {
	send := func(n int, text string) func(r *rig) error {
		return func(r *rig) error {
			_, err := r.send(message(n, bob, text))
			return err
		}
	}
	ways := map[string]func(r *rig) error{
		"a message is sent": send(1, "one"),
		"two messages are sent, and the first is not seen": func(r *rig) error {
			r.s.tapped["+1 555-000-2222"]++ // its attempt broke off after the tap
			if err := r.sim.Human(bob, "zero"); err != nil {
				return err
			}
			return send(2, "two")(r)
		},
		"it is marked as read": func(r *rig) error {
			_, err := r.s.readChat(t.Context(), &wabridge.Message{Phone: "1", Chat: wabridge.UserJID(bob), Number: bob})
			r.s.park(t.Context())
			return err
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, phonesim.Config{})
			for _, text := range []string{"ours, long ago", "ours, of the process before"} {
				if err := r.sim.Human(bob, text); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 30 {
				if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: bob, Text: fmt.Sprint("in ", i)}); err != nil {
					t.Fatal(err)
				}
			}
			if err := way(r); err != nil {
				t.Fatal(err)
			}
			if !r.saw("in 0") || !r.saw("ours, of the process before") {
				t.Error("what came in first after the earlier process was not read")
			}
			r.looked = nil
			if err := send(9, "again")(r); err != nil {
				t.Fatal(err)
			}
			if r.saw("in 0") {
				t.Error("the chat was read back twice")
			}
		})
	}
}

func (r *rig) saw(text string) bool {
	for _, s := range r.looked {
		for _, b := range s.Bubbles {
			if whatsapp.BubbleShows(text, b) {
				return true
			}
		}
	}
	return false
}

// TestReadBackGoesOnWhereItEnded: the reader asks for more than the badge said,
// because a notification told of messages that it no longer held.
func TestReadBackGoesOnWhereItEnded(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	for i := range 60 {
		if i == 20 {
			if err := r.sim.Human(bob, "by hand"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: bob, Text: fmt.Sprint("in ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	looks := 0
	r.s.cfg.Looked = func(_ context.Context, _ wabridge.ChatRef, s whatsapp.Screen, o LookAt) (Seen, error) {
		r.looked = append(r.looked, s)
		if looks++; looks == 1 {
			return Seen{Unread: 55}, nil
		}
		if o.Unread != 55 {
			t.Errorf("read back for %d, want 55", o.Unread)
		}
		return Seen{Anchored: true, Unread: o.Unread}, nil
	}
	if _, err := r.s.readChat(t.Context(), &wabridge.Message{Phone: "1", Chat: wabridge.UserJID(bob), Number: bob}); err != nil {
		t.Fatal(err)
	}
	if last := r.looked[len(r.looked)-1]; looks != 2 || incoming(last) < 55 || !r.saw("in 5") {
		t.Errorf("%d looks, the last at %d messages; want 2, of 55 at least", looks, incoming(last))
	}
}
