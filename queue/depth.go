package queue

import (
	"time"

	"github.com/wabridge/wabridge"
)

// A Depth is how many open messages of a phone are in a state, and when the
// oldest of them was accepted.
type Depth struct {
	Phone  string
	State  wabridge.State
	Count  int
	Oldest time.Time
}
