package daemon

import (
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// TestRestrictedAccount: first contacts wait and say why, chats that exist go
// on, and so do messages to the account.
func TestRestrictedAccount(t *testing.T) {
	r := newRig(t, phonesim.Config{Seed: 5})
	r.waitState(wabridge.PhoneReady)
	r.send("before", ann)
	r.incoming("before", eve)
	r.drain()
	r.checkIncoming()

	r.fault(standing("restricted"))
	r.send("first", ben, ann, eve, "15552220005")
	r.send("second", ann, ben)
	r.incoming("during", ann, "15552220006")
	r.until("what goes to chats that exist", func() bool {
		return len(r.sim.Sent()) == 4 && !r.message(r.accepted[ann][2]).State.Open()
	})
	r.until("the phone to say why others wait", func() bool { return r.phone().Code == wabridge.CodeNoNewChats })
	if p := r.phone(); p.State != wabridge.PhoneReady || p.Reason == "" {
		t.Errorf("the phone is %s, %q; want ready, and a reason", p.State, p.Reason)
	}
	t.Logf("the phone says: %s", r.phone().Reason)
	said := 0
	for _, to := range []string{ben, "15552220005"} {
		m := r.message(r.accepted[to][0])
		if m.State != wabridge.Queued {
			t.Errorf("a first contact is %s", m.State)
		}
		if m.Code == wabridge.CodeNoNewChats && m.Reason != "" {
			said++
		}
	}
	if said == 0 {
		t.Error("no first contact says why it waits")
	}
	r.checkIncoming()

	r.sim.ClearFaults()
	r.resume()
	r.until("the first contact that was not tried", func() bool { return len(r.sim.Sent()) > 4 })
}
