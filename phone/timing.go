package phone

import "time"

// Timing holds how long steps may take and how long to wait between them. Zero
// members get the defaults of withDefaults.
type Timing struct {
	Command    time.Duration   // a shell command other than a dump
	Dump       time.Duration   // uiautomator waits up to 10 s for an idle screen by itself
	Quarantine time.Duration   // after connecting, before the first act
	Again      time.Duration   // between two looks at a screen that has not settled
	Looks      int             // how often to look at one that does not settle
	Send       time.Duration   // the whole of one send
	Ticks      []time.Duration // when to look for ticks after the newest send
	CatchUp    time.Duration   // how long what happened in a chat just left may wait while sends go on
	Poll       time.Duration   // longest pause between two calls of Idle
	Round      time.Duration   // how often the chat list is read although nothing asks for it
	Picture    time.Duration   // shortest time between two contacts' pictures
}

func (t Timing) withDefaults() Timing {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&t.Command, 15*time.Second)
	def(&t.Dump, 30*time.Second)
	def(&t.Quarantine, 2500*time.Millisecond)
	def(&t.Again, 700*time.Millisecond)
	def(&t.Send, 3*time.Minute)
	def(&t.CatchUp, time.Minute)
	def(&t.Poll, time.Second)
	def(&t.Round, 10*time.Minute)
	def(&t.Picture, time.Minute)
	if t.Looks == 0 {
		t.Looks = 8
	}
	if t.Ticks == nil {
		t.Ticks = []time.Duration{time.Second, 3 * time.Second, 10 * time.Second, 30 * time.Second,
			2 * time.Minute, 10 * time.Minute, time.Hour}
	}
	return t
}

// Instant is the timing for a simulated phone without delays. How long a
// command may take is as on a phone: on a machine that is short of CPU a
// simulated one is slow too, and must not be taken for one that has gone.
func Instant() Timing {
	return Timing{
		Quarantine: 150 * time.Millisecond, Again: 20 * time.Millisecond, Poll: 30 * time.Millisecond, Round: 3 * time.Second,
		Ticks: []time.Duration{60 * time.Millisecond, 120 * time.Millisecond, 300 * time.Millisecond, time.Second,
			5 * time.Second, 30 * time.Second},
	}
}
