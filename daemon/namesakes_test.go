package daemon

import (
	"fmt"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// Several people are saved under one name: their rows in the chat list look
// alike. Nothing is recorded twice for that, and the list is not read over and
// over to find out.
func TestNamesakes(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	const people = 5
	for i := range people {
		if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: fmt.Sprintf("1555000700%d", i), Name: "Anna", Text: fmt.Sprint("hello ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	r.checkIncoming()
	before := r.log.count("screen=chat_list")
	// The chat list is read every 3 seconds (phone.Instant): let that happen
	// once or twice, which no event tells of.
	time.Sleep(4 * time.Second)
	r.checkIncoming()
	if n := r.log.count("screen=chat_list") - before; n > 15 {
		t.Errorf("the chat list was read %d times in 4 seconds", n)
	}
	if err := r.sim.Human("15550007003", "typed by hand"); err != nil {
		t.Fatal(err)
	}
	r.until("the echo", func() bool { return total(r.recorded(wabridge.EventEcho)) == 1 })
	r.checkIncoming()
}
