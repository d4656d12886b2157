package queue

import (
	"time"

	"github.com/wabridge/wabridge"
)

// Undecided is the state of a Depth that counts messages whose doubt came to no
// answer (wabridge.Message.Undecided): a person should look at them.
const Undecided wabridge.State = "undecided"

// A Depth is how many open messages of a phone are in a state, and when the
// oldest of them was accepted. Undecided ones are counted apart.
type Depth struct {
	Phone  string
	State  wabridge.State
	Count  int
	Oldest time.Time
}
