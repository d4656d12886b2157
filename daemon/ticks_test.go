package daemon

import (
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// TestTicksOfSomebodySilent sends to people who never answer: nothing but the
// look for ticks opens their chats again.
func TestTicksOfSomebodySilent(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	to := []string{"15550100001", "15550100002", "15550100003"}
	r.send("hello", to...)
	r.send("and again", to...)
	for _, n := range to {
		for _, id := range r.accepted[n] {
			r.until("the blue ticks of "+id, func() bool { return r.message(id).State == wabridge.Read })
		}
	}
	r.checkLedger()
}
