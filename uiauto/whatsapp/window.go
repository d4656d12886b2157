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
	if b.Media != "" && b.Text != "" {
		p.Text = hash(b.Text)
	}
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
	p.Hash = hash(shown)
	return p
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
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
	Absent   Verdict = "absent"   // every newer bubble of ours is seen, and certainly something else
	Unclear  Verdict = "unclear"  // it cannot be told
)

// Find looks for what was sent among the outgoing bubbles that are newer than
// the note, and gives the newest one that shows it. Absent needs proof: the noted
// bubbles are there again, nothing newer is out of sight, and each newer outgoing
// bubble is certainly something else (Want.Compare). Where repeated equal
// messages let the two windows be laid over each other in more than one way, it
// answers if every way gives the same. An empty note is that of an empty chat:
// then all bubbles are newer, once the window shows where the chat begins. If no
// overlap is sure, there may be none: then nothing is absent.
//
// known are other messages of ours that left after the note: each accounts for
// the newest bubble that shows it.
func Find(sent Want, before []wabridge.BubblePrint, now []Bubble, known ...Want) (Bubble, Verdict) {
	b, v, sure := find(sent, before, now, known)
	if v == Absent && !sure {
		return Bubble{}, Unclear
	}
	return b, v
}

// find is Find, and says whether one of the overlaps is no coincidence.
func find(sent Want, before []wabridge.BubblePrint, now []Bubble, known []Want) (b Bubble, v Verdict, ok bool) {
	found, all, sure := -1, Verdict(""), false
	for _, l := range overlaps(before, now) {
		sure = sure || l.sure || l.whole && ownRun(sent, now[l.begin:l.end])
		at, v := newest(sent, now, l, known)
		if all != "" && v != all {
			return Bubble{}, Unclear, sure
		}
		found, all = max(found, at), v
	}
	switch all {
	case Appeared:
		return now[found], Appeared, sure
	case Absent:
		return Bubble{}, Absent, sure
	}
	return Bubble{}, Unclear, sure
}

// newest judges the bubbles below one overlap.
func newest(sent Want, now []Bubble, l overlap, known []Want) (at int, v Verdict) {
	var mine []int // those that are not certainly something else
	for i := l.end; i < len(now); i++ {
		if now[i].Out && sent.Compare(now[i]) != Different {
			mine = append(mine, i)
		}
	}
	for _, k := range known {
		for i, n := range slices.Backward(mine) {
			if k.Compare(now[n]) == Same {
				mine = slices.Delete(mine, i, i+1)
				break
			}
		}
	}
	for _, n := range slices.Backward(mine) {
		if sent.Compare(now[n]) == Same {
			return n, Appeared
		}
	}
	if len(mine) > 0 || len(now) > 0 && now[len(now)-1].Below {
		return -1, Unclear
	}
	return -1, Absent
}

// Tells reports whether a bubble like b, once it stands below this window, could
// be told from those of the window, and its absence too, however far the window
// has moved up by then. Pictures without a caption look all alike: only their
// minute, their ticks and the beginning of the chat tell them apart.
func Tells(sent Want, window []Bubble, b Bubble) bool {
	note := Prints(window)
	if _, v, _ := find(sent, note, window, nil); v != Absent {
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

// An overlap is one way to lay the window of a note over that of now.
type overlap struct {
	begin, end int  // the common bubbles of now; what is behind them is newer than the note
	whole      bool // the whole note is there
	sure       bool // several different bubbles agree, or both begin where the chat begins
}

// ownRun reports whether a run of bubbles is of several of ours, and certainly
// not of what was sent: nobody else could have made others like them since.
func ownRun(sent Want, run []Bubble) bool {
	return len(run) > 1 && !slices.ContainsFunc(run, func(b Bubble) bool { return !b.Out || sent.Compare(b) != Different })
}

// overlaps lists the ways to lay the window of the note over that of now. Both
// windows show a chat without gaps, so the common part is an end of the note that
// stands in now either from its beginning, or behind the whole of what is older
// than the note. (If a whole screen of messages has come in between, the windows
// have nothing in common; equal texts of the same minute can then pretend that
// they have: such an overlap is not sure.)
//
// Where nothing is recognised, because a picture that both windows show is cut off
// in one of them, the ways that nothing contradicts are left. Something newer that
// all of them agree on is newer.
func overlaps(before []wabridge.BubblePrint, now []Bubble) []overlap {
	if len(before) == 0 {
		return []overlap{{sure: len(now) == 0 || now[0].First}}
	}
	prints := make([]wabridge.BubblePrint, len(now))
	for i, b := range now {
		prints[i] = Print(b)
	}
	var proven, possible []overlap
	for end := 1; end <= len(prints); end++ {
		n := min(end, len(before))
		if before[0].First && end > n || prints[0].First && len(before) > n {
			continue // one window knows where the chat begins, the other would be above it
		}
		note := before[len(before)-n:]
		kinds, ok := same(note, prints[end-n:end])
		l := overlap{begin: end - n, end: end, whole: n == len(before)}
		switch l.sure = kinds > 1 || l.whole && before[0].First && prints[end-n].First; {
		case kinds > 0:
			proven = append(proven, l)
		case ok && onlyOurs(note) && !now[len(now)-1].Below:
			possible = append(possible, l)
		}
	}
	if len(proven) == 0 {
		return possible
	}
	return proven
}

// onlyOurs reports whether all noted bubbles are ours: nobody else can have
// changed them since.
func onlyOurs(note []wabridge.BubblePrint) bool {
	return !slices.ContainsFunc(note, func(p wabridge.BubblePrint) bool { return !p.Out })
}

// same reports whether two runs of bubbles can be the same ones, and how many
// different ones of them are recognised. A part that is cut off says nothing.
func same(before, now []wabridge.BubblePrint) (kinds int, ok bool) {
	proven := map[string]bool{}
	for i, b := range before {
		n := now[i]
		if b.Out != n.Out || differ(b.Hash, n.Hash) || differ(b.Text, n.Text) || differ(b.Time, n.Time) || backwards(b.Tick, n.Tick) {
			return 0, false
		}
		switch {
		case b.Hash != "" && b.Hash == n.Hash:
			proven[b.Hash] = true
		case b.Text != "" && b.Text == n.Text: // the file is out of sight, its caption is not
			proven[b.Text] = true
		}
	}
	return len(proven), true
}

// tickRank is the order in which ticks come; they never go back.
var tickRank = map[string]int{string(TickPending): 1, string(TickSent): 2, string(TickDelivered): 3, string(TickRead): 4}

// backwards reports whether a bubble with the tick now cannot be the one that
// had the tick before.
func backwards(before, now string) bool {
	a, b := tickRank[before], tickRank[now]
	return a > 0 && b > 0 && b < a
}
