package daemon

import (
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// TestArchivedChatsAreRead: messages of archived chats make no notification and
// stand in no row of the chat list; they are found all the same, each once.
func TestArchivedChatsAreRead(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	r.incoming("before", ann, eve)
	r.until("the first messages", func() bool { return len(r.inKinds()) == 2 })
	if err := r.sim.Archive(ann, true); err != nil {
		t.Fatal(err)
	}
	r.incoming("while archived", ann)
	r.until("the message of the archived chat", func() bool { return len(r.inKinds()) == 3 })
	r.send("an answer", ann, eve)
	r.drain()
	r.incoming("one more", ann, eve)
	r.until("those after the answers", func() bool { return len(r.inKinds()) == 5 })
	r.settle()
	if got := r.inKinds(); len(got) != 5 {
		t.Errorf("recorded %q", got)
	}
	r.checkLedger()
}

// TestAnotherTabOfTheHomeIsLeft: where a person left the app on the tab of the
// calls, the chats are gone to and read.
func TestAnotherTabOfTheHomeIsLeft(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	r.incoming("before", ann)
	r.until("the first message", func() bool { return len(r.inKinds()) == 1 })
	r.fault(standing("notifications_off")) // only the list tells
	var out strings.Builder
	r.sim.Exec(t.Context(), "am start -n com.whatsapp/.Main; input tap 630 1464", strings.NewReader(""), &out, &out)
	if xml := string(r.sim.ScreenXML()); !strings.Contains(xml, "calls_recyclerView") {
		t.Logf("the tab of the calls is not open (the program may have left it already): %s", out.String())
	}
	r.incoming("from the list", ann)
	r.until("the message that only the list shows", func() bool { return len(r.inKinds()) == 2 })
}
