package whatsapp

import (
	"io"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto"
)

// Recognise tells which screen a dump shows. It is pure.
func Recognise(d *uiauto.Dump, p *uiauto.Profiles) Screen { return Screen{Kind: Unknown} }

// Next decides what to do about one look. It is pure.
func Next(s Screen, g Goal) Action { return Action{Do: DoGiveUp, Code: wabridge.CodeScreen} }

// SameText reports whether the composer shows exactly what was to be sent.
func SameText(sent, shown string) bool { return sent == shown }

// BubbleShows reports whether the bubble shows the text that was sent.
func BubbleShows(sent string, b Bubble) bool { return sent == b.Text }

// Print is a bubble without its text.
func Print(b Bubble) wabridge.BubblePrint { return wabridge.BubblePrint{Out: b.Out, Time: b.Time} }

// Prints is the note of a look: its newest bubbles, at most 16, newest last.
func Prints(bubbles []Bubble) []wabridge.BubblePrint { return nil }

// NewOutgoing lists the outgoing bubbles that are newer than the note;
// overlap is false when that cannot be told.
func NewOutgoing(before []wabridge.BubblePrint, now []Bubble) (fresh []Bubble, overlap bool) {
	return nil, false
}

// Fresh lists the incoming bubbles that are newer than the note; overlap is
// false when that cannot be told.
func Fresh(before []wabridge.BubblePrint, now []Bubble) (fresh []Bubble, overlap bool) {
	return nil, false
}

// A Verdict is the answer to "is our bubble there?".
type Verdict string

// The verdicts.
const (
	Appeared Verdict = "appeared" // a bubble newer than the note shows the text
	Absent   Verdict = "absent"   // the newer bubbles are all seen and none shows it
	Unclear  Verdict = "unclear"  // it cannot be told
)

// Look for the sent text among the bubbles that are newer than the note. With
// repeated equal texts it can answer where NewOutgoing cannot.
func Find(sent string, before []wabridge.BubblePrint, now []Bubble) (Bubble, Verdict) {
	return Bubble{}, Unclear
}

// Describe writes for a person which screen it is, why, and what would be done.
func Describe(w io.Writer, s Screen, a Action) error { return nil }
