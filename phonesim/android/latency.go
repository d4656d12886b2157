package android

import "time"

// Latency is how long things take. The numbers of Realistic are those that
// design.md section 5 states, from measurements on phones (facts/android.md 6);
// what it does not state is noted where it is set.
type Latency struct {
	AmStart       time.Duration // until am start returns
	Lookup        time.Duration // from the link to the end of the number's look-up
	Settle        time.Duration // from the link until the chat does not change any more
	IdleWindow    time.Duration // without a change before a dump begins
	IdleLimit     time.Duration // after which a dump gives up
	Dump          time.Duration // the dump itself
	Tap, Key      time.Duration
	Text          time.Duration // input text
	Notifications time.Duration // dumpsys notification
	Dumpsys       time.Duration // other dumpsys, content, cmd
	Screencap     time.Duration
	Bubble        time.Duration // until a sent bubble settles: its tick comes
	Delivered     time.Duration // from one tick to two
	Read          time.Duration // from two ticks to blue
	Echo          time.Duration // until a contact that answers answers
	Slow          time.Duration // what slow_screen adds
	Push          time.Duration // from a message's sending to the app having it
	Preview       time.Duration // until the preview of a shared file has settled
	Upload        time.Duration // of a file, before its bubble gets a tick
	Download      time.Duration // of an incoming file
	Scan          time.Duration // of one file by the media provider
}

// Instant is for tests: nothing waits that need not, what comes from other
// people's phones comes a few milliseconds later.
func Instant() Latency {
	return Latency{
		IdleLimit: 10 * time.Second,
		Delivered: 20 * time.Millisecond,
		Read:      20 * time.Millisecond,
		Echo:      10 * time.Millisecond,
		Slow:      300 * time.Millisecond,
		Download:  10 * time.Millisecond,
	}
}

// Realistic is for benchmarks. Delivered is 1.2 s, a little more than the idle
// window, so that the dump after a sent bubble does not sit on the edge of
// being held up by the next tick.
func Realistic() Latency {
	return Latency{
		AmStart:       100 * time.Millisecond,
		Lookup:        time.Second,
		Settle:        2 * time.Second,
		IdleWindow:    time.Second,
		IdleLimit:     10 * time.Second,
		Dump:          500 * time.Millisecond,
		Tap:           80 * time.Millisecond,
		Key:           140 * time.Millisecond,
		Text:          110 * time.Millisecond,
		Notifications: 200 * time.Millisecond,
		Dumpsys:       50 * time.Millisecond,
		Screencap:     2 * time.Second,
		Bubble:        300 * time.Millisecond,
		Delivered:     1200 * time.Millisecond,
		Read:          2 * time.Second,
		Echo:          time.Second,
		Slow:          6 * time.Second,
		Push:          50 * time.Millisecond,
		// Assumptions: nobody measured these four.
		Preview:  1500 * time.Millisecond,
		Upload:   time.Second,
		Download: 800 * time.Millisecond,
		Scan:     100 * time.Millisecond,
	}
}
