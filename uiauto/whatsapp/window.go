package whatsapp

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/wabridge/wabridge"
)

// MaxPrints is how many bubbles a note holds.
const MaxPrints = 16

// Print is a bubble without its text. The hash of one that shows nothing, or not
// enough, to recognise it by (cut off at the edge of the list) is empty.
func Print(b Bubble) wabridge.BubblePrint {
	p := wabridge.BubblePrint{Out: b.Out, Time: b.Time, First: b.First, Tick: string(b.Status)}
	if b.Clipped && (b.Text == "" || b.Media != "") { // of a file, parts are out of sight
		return p
	}
	shown := b.Text
	if b.Media != "" {
		shown = b.Media + "\x00" + b.Text
	}
	if b.File != "" && b.File != b.Text {
		shown += "\x00" + b.File
	}
	sum := sha256.Sum256([]byte(shown))
	p.Hash = hex.EncodeToString(sum[:8])
	return p
}

// Prints is the note of a look: its newest bubbles, at most MaxPrints, newest
// last.
func Prints(bubbles []Bubble) []wabridge.BubblePrint {
	bubbles = bubbles[max(0, len(bubbles)-MaxPrints):]
	ps := make([]wabridge.BubblePrint, len(bubbles))
	for i, b := range bubbles {
		ps[i] = Print(b)
	}
	return ps
}

// A Verdict is the answer to "is our bubble there?".
type Verdict string

// The verdicts.
const (
	Appeared Verdict = "appeared" // a bubble newer than the note shows the text
	Absent   Verdict = "absent"   // the newer bubbles are all seen and none shows it
	Unclear  Verdict = "unclear"  // it cannot be told
)

// Find looks for what was sent among the outgoing bubbles that are newer than
// the note, and gives the newest one that shows it. Where repeated
// equal messages let the two windows be laid over each other in more than one way,
// it answers if every way gives the same. An empty note is that of an empty
// chat: then all bubbles are newer. Nothing is absent while newer messages
// are out of sight.
func Find(sent Want, before []wabridge.BubblePrint, now []Bubble) (Bubble, Verdict) {
	ends := overlaps(before, now)
	if len(ends) == 0 {
		return Bubble{}, Unclear
	}
	last := -1 // newest bubble that shows it
	for i, b := range now {
		if b.Out && sent.Shows(b) {
			last = i
		}
	}
	yes, no := 0, 0
	for _, end := range ends {
		if last >= end {
			yes++
		} else {
			no++
		}
	}
	switch {
	case no == 0:
		return now[last], Appeared
	case yes == 0 && !(len(now) > 0 && now[len(now)-1].Below):
		return Bubble{}, Absent
	}
	return Bubble{}, Unclear
}

// Tells reports whether a bubble like b, once it stands below this window, could
// be told from those of the window, and its absence too, however far the window
// has moved up by then. Pictures without a caption look all alike: only their
// minute, their ticks and the beginning of the chat tell them apart.
func Tells(sent Want, window []Bubble, b Bubble) bool {
	note := Prints(window)
	if _, v := Find(sent, note, window); v != Absent {
		return false
	}
	for gone := range max(1, len(window)) {
		now := append(slices.Clone(window[gone:]), b)
		if gone > 0 && len(now) > 1 {
			now[0].First = false
		}
		if _, v := Find(sent, note, now); v != Appeared {
			return false
		}
	}
	return true
}

// overlaps lists the ways to lay the window of the note over that of now: each
// is the number of bubbles of now that are as old as the note or older, so that
// the rest is newer. Both windows show a chat without gaps, so the common part
// is an end of the note that stands in now either from its beginning, or behind
// the whole of what is older than the note. (If a whole screen of messages has
// come in between, the windows have nothing in common; equal texts of the same
// minute can then pretend that they have.)
func overlaps(before []wabridge.BubblePrint, now []Bubble) []int {
	if len(before) == 0 {
		return []int{0}
	}
	prints := make([]wabridge.BubblePrint, len(now))
	for i, b := range now {
		prints[i] = Print(b)
	}
	var ends []int
	for end := 1; end <= len(prints); end++ {
		n := min(end, len(before))
		if before[0].First && end > n || prints[0].First && len(before) > n {
			continue // one window knows where the chat begins, the other would be above it
		}
		if same(before[len(before)-n:], prints[end-n:end]) {
			ends = append(ends, end)
		}
	}
	return ends
}

// same reports whether two runs of bubbles are the same ones. Only the first of
// them may be cut off at the edge of the list and lack parts.
func same(before, now []wabridge.BubblePrint) bool {
	proven := 0
	for i, b := range before {
		n := now[i]
		if b.Out != n.Out || differ(b.Hash, n.Hash, i == 0) || differ(b.Time, n.Time, i == 0) || backwards(b.Tick, n.Tick) {
			return false
		}
		if b.Hash != "" && b.Hash == n.Hash {
			proven++
		}
	}
	return proven > 0
}

// tickRank is the order in which ticks come; they never go back.
var tickRank = map[string]int{string(TickPending): 1, string(TickSent): 2, string(TickDelivered): 3, string(TickRead): 4}

// backwards reports whether a bubble with the tick now cannot be the one that
// had the tick before.
func backwards(before, now string) bool {
	a, b := tickRank[before], tickRank[now]
	return a > 0 && b > 0 && b < a
}

// Join puts two windows of one chat together, the newer one (further down) last.
// They overlap in the longest run that ends the older and begins the newer;
// where there is none they are put one behind the other, and overlap is false.
// Bubbles that one window cuts off at its edge are taken from the other.
func Join(older, newer []Bubble) (joined []Bubble, overlap bool) {
	for n := min(len(older), len(newer)); n > 0; n-- {
		tail := older[len(older)-n:]
		if !meets(tail, newer[:n]) {
			continue
		}
		joined = append(joined, older[:len(older)-n]...)
		for i := range tail {
			b := newer[i]
			if parts(tail[i]) > parts(b) {
				b = tail[i]
			}
			joined = append(joined, b)
		}
		return append(joined, newer[n:]...), true
	}
	return append(append(joined, older...), newer...), false
}

// parts counts the parts of a bubble that can be read.
func parts(b Bubble) int {
	n := 0
	for _, s := range []string{b.Text, b.Time, string(b.Status)} {
		if s != "" {
			n++
		}
	}
	return n
}

// meets reports whether the end of an older window is the beginning of a newer
// one. The last of the older may lack its lower part (the time), the first of
// the newer its upper part; one bubble must be truly read in both.
func meets(older, newer []Bubble) bool {
	read := 0
	for i := range older {
		a, b := older[i], newer[i]
		edge := i == 0 || i == len(older)-1
		if a.Out != b.Out || differ(a.Time, b.Time, edge) {
			return false
		}
		switch {
		case a.Text == b.Text && a.Media == b.Media && a.File == b.File:
			if Print(a).Hash != "" && Print(b).Hash != "" {
				read++
			}
		case !edge || !piece(a, b):
			return false
		}
	}
	return read > 0
}

// piece reports whether two bubbles, one of them cut off at the edge of a list,
// can be the same one: what both show is equal.
func piece(a, b Bubble) bool {
	return (a.Clipped || b.Clipped) &&
		(a.Media == b.Media || a.Media == "media" || b.Media == "media") &&
		!differ(a.Text, b.Text, true) && !differ(a.File, b.File, true)
}

// differ compares parts of bubbles; at an edge one of them may be missing.
func differ(a, b string, edge bool) bool {
	return a != b && !(edge && (a == "" || b == ""))
}
