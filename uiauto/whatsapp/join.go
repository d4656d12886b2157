package whatsapp

import (
	"cmp"
	"slices"

	"github.com/wabridge/wabridge/uiauto"
)

// Join lays two looks into one chat over each other and gives their union: all
// bubbles that either of them shows, each part of a bubble (text, time, sender,
// status, file) from the look that shows it. Either look may be the upper one, and
// one may lie within the other.
//
// The older look shows older messages and is the later one: the list was moved
// down in between, by so many pixels; 0 if that is not known. Of several ways to
// lay them over each other the one that has more different bubbles in common is
// taken, of equal texts the one that fits the move best, else the
// one with the most in common.
//
// Where nothing is proven to stand in both, overlap is false and the two are put
// one behind the other. Bounds of the union are those of the older look,
// continued beyond the screen.
func Join(older, newer []Bubble, moved int) (joined []Bubble, overlap bool) {
	var best overlay
	if len(older) == 0 || len(newer) == 0 {
		return append(append(joined, older...), newer...), false
	}
	for at := 1 - len(newer); at < len(older); at++ {
		o, ok := lay(older, newer, at)
		if ok && !o.backwards(moved) && (!overlap || o.better(best, moved)) {
			best, overlap = o, true
		}
	}
	if !overlap {
		return append(append(joined, older...), newer...), false
	}
	return best.union(older, newer), true
}

// An overlay is a way to lay one look over another: the first bubble of the newer
// is the one of the older with the index at.
type overlay struct {
	at     int
	common int  // how many bubbles stand in both
	kinds  int  // how many different ones are among them
	equal  bool // the looks are the same, and stand in the same place
	known  bool // whether places tell by how much the list was moved
	steady bool // they all tell the same
	moved  int
}

// backwards reports whether the places tell that the list was moved the other way
// than it was, and no more than one text says so: that is another message with the
// same text. A message that comes in takes the chat back to its end, but then
// several bubbles stand in both looks.
func (o overlay) backwards(moved int) bool {
	return o.known && !o.equal && o.kinds < 2 && (moved > 0 && o.moved < -steadySlack || moved < 0 && o.moved > steadySlack)
}

// lay compares what both looks show; false if something contradicts, or nothing
// is proven.
func lay(older, newer []Bubble, at int) (o overlay, ok bool) {
	o = overlay{at: at, equal: at == 0 && len(older) == len(newer), steady: true}
	if at > 0 && newer[0].First || at < 0 && older[0].First {
		return o, false // something would stand above the beginning of the chat
	}
	proven, kinds := false, map[[4]string]bool{}
	for i := max(0, at); i < min(len(older), at+len(newer)); i++ {
		a, b := older[i], newer[i-at]
		switch compareBubbles(a, b) {
		case differentBubble:
			return o, false
		case provenSame:
			proven = true
		}
		o.common++
		kinds[[4]string{cmp.Or(a.Text, b.Text), cmp.Or(a.Time, b.Time), cmp.Or(a.Sender, b.Sender), cmp.Or(a.Media, b.Media)}] = true
		o.equal = o.equal && a.Bounds == b.Bounds && a.Text == b.Text
		by, ok := shift(a, b)
		switch {
		case !ok:
		case !o.known:
			o.known, o.moved = true, by
		case by < o.moved-steadySlack || by > o.moved+steadySlack:
			o.steady = false
		}
	}
	o.kinds = len(kinds)
	return o, proven
}

// steadySlack is how exact places are, in pixels.
const steadySlack = 3

// better reports whether o is more likely than another way.
func (o overlay) better(than overlay, moved int) bool {
	switch {
	case o.equal != than.equal:
		return o.equal // the swipe was lost, or there is nothing above
	case o.steady != than.steady:
		return o.steady
	case o.kinds != than.kinds:
		return o.kinds > than.kinds
	case o.known && than.known && moved != 0:
		if a, b := abs(o.moved-moved), abs(than.moved-moved); a != b {
			return a < b
		}
	}
	return o.common > than.common
}

func abs(n int) int { return max(n, -n) }

// shift tells by how much a bubble stands lower in one look than in another: by
// its upper edge, or its lower one, where neither look cuts that off.
func shift(older, newer Bubble) (by int, ok bool) {
	switch {
	case older.Bounds.Empty() || newer.Bounds.Empty():
		return 0, false
	case !older.cutAbove() && !newer.cutAbove():
		return older.Bounds.Top - newer.Bounds.Top, true
	case !older.cutBelow() && !newer.cutBelow():
		return older.Bounds.Bottom - newer.Bounds.Bottom, true
	}
	return 0, false
}

// cutAbove reports whether the upper part of the bubble may be out of sight.
func (b Bubble) cutAbove() bool { return b.CutTop || b.Clipped && !b.CutBottom }

// cutBelow reports whether the lower part of the bubble may be out of sight.
func (b Bubble) cutBelow() bool { return b.CutBottom || b.Clipped && !b.CutTop }

// A likeness is what two bubbles tell of being the same message.
type likeness int

const (
	differentBubble likeness = iota
	maybeSame                // what both show is equal, but it could be another's too
	provenSame               // something that was written, or a whole file, is equal
)

// compareBubbles says whether two bubbles of two looks can be one message. A part that
// one of them does not show, because it is cut off, is not compared.
func compareBubbles(a, b Bubble) likeness {
	a, b = unnamed(a), unnamed(b)
	if a.Out != b.Out || differ(a.Time, b.Time) || differ(a.Sender, b.Sender) || !sameKind(a, b) ||
		!sameText(a, b) || differ(a.File, b.File) {
		return differentBubble
	}
	written := a.Text != "" && a.Text == b.Text || a.File != "" && a.File == b.File
	if written || a.Media != "" && a.Media == b.Media && a.Media != "media" && !a.Clipped && !b.Clipped {
		return provenSame
	}
	return maybeSame
}

// unnamed is a bubble without the text that is only its file's name.
func unnamed(b Bubble) Bubble {
	if b.Media != "" && b.Text == b.File {
		b.Text = ""
	}
	return b
}

// differ reports whether two looks show different things; what one of them does
// not show says nothing.
func differ(a, b string) bool { return a != b && a != "" && b != "" }

// sameText compares texts. One without a text is one that is cut off, or a file
// without a caption.
func sameText(a, b Bubble) bool {
	switch {
	case a.Text == b.Text:
		return true
	case a.Text != "" && b.Text != "":
		return false
	case a.Text == "":
		return a.Clipped || a.Time == ""
	}
	return b.Clipped || b.Time == ""
}

// kindRank orders the kinds of which a part looks like another: a video without
// its button is a picture, and any file whose caption alone is in sight is media.
func kindRank(kind string) int {
	switch kind {
	case "":
		return 0
	case "media":
		return 1
	case "video", "sticker", "voice":
		return 3
	}
	return 2
}

// sameKind compares the kinds of two bubbles, as far as what is cut off allows.
func sameKind(a, b Bubble) bool {
	switch {
	case a.Media == b.Media:
		return true
	case !a.Clipped && !b.Clipped:
		return a.Media != "" && b.Media != "" && (a.Media == "media" || b.Media == "media")
	case a.Media == "media" && a.Text == "" || b.Media == "media" && b.Text == "":
		return true // a corner
	case a.Media == "media" || b.Media == "media":
		return a.Media != "" && b.Media != ""
	}
	return pairKind(a.Media) != "" && pairKind(a.Media) == pairKind(b.Media)
}

// pairKind names what kinds have in common that a part does not tell apart.
func pairKind(kind string) string {
	switch kind {
	case "image", "video", "sticker":
		return "picture"
	case "audio", "voice":
		return "sound"
	}
	return ""
}

// union puts the two looks together.
func (o overlay) union(older, newer []Bubble) (all []Bubble) {
	for i := min(0, o.at); i < max(len(older), o.at+len(newer)); i++ {
		inOlder, inNewer := i >= 0 && i < len(older), i >= o.at && i < o.at+len(newer)
		switch {
		case inOlder && inNewer:
			all = append(all, merge(older[i], o.placed(newer[i-o.at])))
		case inOlder:
			all = append(all, older[i])
		case inNewer:
			all = append(all, o.placed(newer[i-o.at]))
		}
	}
	for i := range all {
		all[i].Below = all[i].Below && i == len(all)-1
	}
	return all
}

// placed gives a bubble of the newer look its place beside those of the older.
func (o overlay) placed(b Bubble) Bubble {
	switch {
	case !o.known || !o.steady:
		b.Bounds = uiauto.Rect{}
	case !b.Bounds.Empty():
		b.Bounds.Top += o.moved
		b.Bounds.Bottom += o.moved
	}
	return b
}

// merge takes each part of a bubble from the look that shows it.
func merge(a, b Bubble) Bubble {
	if b.Clipped && !a.Clipped || b.Clipped == a.Clipped && parts(a) > parts(b) {
		a, b = b, a
	}
	// b is the more complete one; a fills in what it lacks.
	m := b
	if unnamed(m).Text == "" && unnamed(a).Text != "" {
		m.Text, m.More = a.Text, a.More
	}
	m.Time, m.Sender, m.File = cmp.Or(b.Time, a.Time), cmp.Or(b.Sender, a.Sender), cmp.Or(b.File, a.File)
	m.Reaction = cmp.Or(b.Reaction, a.Reaction)
	if m.Media != "" && kindRank(a.Media) > kindRank(m.Media) || m.Media == "media" && a.Text != "" && a.Media == "" {
		m.Media = a.Media
	}
	if tickRank[string(a.Status)] > tickRank[string(m.Status)] || m.Status == TickNone {
		m.Status = a.Status
	}
	if m.Quote == nil {
		m.Quote = a.Quote
	}
	m.Bounds = wider(a, b)
	m.CutTop, m.CutBottom = a.cutAbove() && b.cutAbove(), a.cutBelow() && b.cutBelow()
	m.Clipped = m.CutTop || m.CutBottom
	m.First, m.Below = a.First || b.First, a.Below && b.Below
	return m
}

// wider are the bounds of what either look shows of a bubble.
func wider(a, b Bubble) uiauto.Rect {
	switch {
	case a.Bounds.Empty():
		return b.Bounds
	case b.Bounds.Empty():
		return a.Bounds
	}
	r := b.Bounds
	r.Top, r.Bottom = min(a.Bounds.Top, r.Top), max(a.Bounds.Bottom, r.Bottom)
	return r
}

// parts counts the parts of a bubble that can be read.
func parts(b Bubble) int {
	n := 0
	for _, s := range []string{b.Text, b.Time, b.Sender, string(b.Status)} {
		if s != "" {
			n++
		}
	}
	return n
}

// SameBubbles reports whether two looks show the same, each part of it but the ticks.
func SameBubbles(a, b []Bubble) bool {
	return slices.EqualFunc(a, b, func(x, y Bubble) bool {
		return x.Out == y.Out && x.Text == y.Text && x.Time == y.Time && x.Sender == y.Sender &&
			x.Media == y.Media && x.File == y.File && x.CutTop == y.CutTop && x.CutBottom == y.CutBottom
	})
}
