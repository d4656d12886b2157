package whatsapp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
)

// window draws bubbles: "a" is outgoing, "A" incoming, "^" before one says that
// nothing stands above it, "?" is one cut off at the edge, "a@2" has another
// time; "a:" is one whose time is cut off.
func window(s string) (bs []Bubble) {
	for f := range strings.FieldsSeq(s) {
		b := Bubble{Time: "1:00"}
		f, b.First = strings.CutPrefix(f, "^")
		f, at, ok := strings.Cut(f, "@")
		if ok {
			b.Time = at
		}
		if g, ok := strings.CutSuffix(f, ":"); ok {
			f, b.Time = g, ""
		}
		b.Out = f == strings.ToLower(f)
		b.Text = f
		if f == "?" {
			b.Text, b.Time, b.Clipped = "", "", true
		}
		bs = append(bs, b)
	}
	return bs
}

func names(bs []Bubble) string {
	var l []string
	for _, b := range bs {
		l = append(l, b.Text)
	}
	return strings.Join(l, " ")
}

// newer lists the bubbles of one direction that are newer than the note; false
// if the two windows can be laid over each other in no way, or in several.
func newer(before []wabridge.BubblePrint, now []Bubble, out bool) (fresh []Bubble, overlap bool) {
	ends := overlaps(before, now)
	if len(ends) != 1 {
		return nil, false
	}
	for _, b := range now[ends[0].end:] {
		if b.Out == out {
			fresh = append(fresh, b)
		}
	}
	return fresh, true
}

func TestNewerBubbles(t *testing.T) {
	cases := []struct {
		name, before, now string
		out, in           string
		overlap           bool
	}{
		{"nothing new", "a B c", "a B c", "", "", true},
		{"one of ours", "a B c", "a B c d", "d", "", true},
		{"one of ours and an answer", "a B c", "a B c d E", "d", "E", true},
		{"the window has moved on", "a B c", "c d E f", "d f", "E", true},
		{"older ones came into view", "B c", "x Y a B c d", "d", "", true},
		{"everything is new: it cannot be told", "a B c", "d E f", "", "", false},
		{"an empty chat", "", "a B", "a", "B", true},
		{"an empty chat stays empty", "", "", "", "", true},
		{"the bubbles are gone", "a B", "", "", "", false},
		{"the same text again, in another minute", "a@1", "a@1 a@2", "a", "", true},
		{"the same text again, in a chat that is seen from its beginning", "^a", "^a a", "a", "", true},
		{"twice again", "^a a", "^a a a a", "a a", "", true},
		{"the same text again, and nothing tells", "a", "a a", "", "", false},
		{"a window full of the same", "a a a", "a a a", "", "", false},
		{"a window full of the same behind another one", "B a a", "B a a a", "a", "", true},
		{"the same, and the other one is out of sight", "B a a", "a a a", "", "", false},
		{"an alternation: it cannot be told", "a B a B", "B a B a", "", "", false},
		{"the chat's beginning in view keeps older ones away", "^a B", "x a B", "", "", false},
		{"the beginning came into view", "a B", "^x a B c", "c", "", true},
		{"the beginning cannot stand in the middle", "x a", "^a b", "", "", false},
		{"the top one is cut off now", "B a c", "? c d", "d", "", true},
		{"the top one was cut off then", "? B c", "a B c d", "d", "", true},
		{"the top one shows no time", "a B", "a: B c", "c", "", true},
		{"only something cut off is common", "?", "? a", "", "", false},
		{"a day's change: the same words, other times", "a@9:00 B@9:01", "a@9:00 B@9:01 a@0:01 B@0:02", "a", "B", true},
		{"an edited bubble breaks the run", "a B c", "a B x d", "", "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before, now := Prints(window(c.before)), window(c.now)
			out, ok := newer(before, now, true)
			if ok != c.overlap || names(out) != c.out {
				t.Errorf("outgoing: got %q, %v, want %q, %v", names(out), ok, c.out, c.overlap)
			}
			in, ok := newer(before, now, false)
			if ok != c.overlap || names(in) != c.in {
				t.Errorf("incoming: got %q, %v, want %q, %v", names(in), ok, c.in, c.overlap)
			}
		})
	}
}

func TestFind(t *testing.T) {
	cases := []struct {
		name, before, now, text string
		want                    Verdict
	}{
		{"it is there", "a B", "a B c", "c", Appeared},
		{"it is not", "a B", "a B", "c", Absent},
		{"an older one with the same text is not it", "c B", "c B", "c", Absent},
		{"someone else's with the same text is not it", "a B", "a B C", "c", Absent},
		{"it is there and more came", "a B", "B c D", "c", Appeared},
		{"a repeated text in a minute", "a", "a a", "a", Unclear},
		{"the run cannot be placed, but ours is in none of it", "a a a", "a a a", "c", Absent},
		{"the run cannot be placed, but ours is behind all of it", "a a a", "a a a c", "c", Appeared},
		{"no overlap", "a B", "c D", "c", Unclear},
		{"an empty chat", "", "c", "c", Appeared},
		{"an empty chat stays empty", "", "", "c", Absent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b, got := Find(Want{Text: c.text}, Prints(window(c.before)), window(c.now))
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if (got == Appeared) != (b.Text == c.text) {
				t.Errorf("got the bubble %q", b.Text)
			}
		})
	}
}

func TestNothingIsAbsentWhileNewerOnesAreOutOfSight(t *testing.T) {
	now := window("a B")
	now[1].Below = true
	if _, v := Find(Want{Text: "c"}, Prints(window("a B")), now); v != Unclear {
		t.Errorf("got %s", v)
	}
	if _, v := Find(Want{Text: "a"}, Prints(window("X")), append(window("X"), now...)); v != Appeared {
		t.Errorf("what is in sight counts: got %s", v)
	}
}

func TestJoin(t *testing.T) {
	cases := []struct {
		name, older, newer, want string
		overlap                  bool
	}{
		{"one in common", "a B c", "c D e", "a B c D e", true},
		{"the newer one lies in the older", "a B c", "B c", "a B c", true},
		{"the same window", "a B", "a B", "a B", true},
		{"nothing in common", "a B", "c D", "a B c D", false},
		{"cut off at the lower edge", "a B: ", "B c", "a B c", true},
		{"nothing but a corner at the upper edge", "a b c", "? c D", "a b c D", true},
		{"corners alone are no overlap", "a ?", "? b", "a   b", false},
		{"no older one", "", "a", "a", false},
		{"repeated texts: the longest run", "a a a", "a a B", "a a a B", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, ok := Join(window(c.older), window(c.newer), 0)
			if names(got) != c.want || ok != c.overlap {
				t.Errorf("got %q, %v, want %q, %v", names(got), ok, c.want, c.overlap)
			}
			for _, b := range got {
				if ok && b.Time == "" {
					t.Errorf("%q is the cut one", b.Text)
				}
			}
		})
	}
}

func TestPrints(t *testing.T) {
	var bs []Bubble
	for i := range 20 {
		bs = append(bs, Bubble{Text: fmt.Sprint(i), First: i == 0})
	}
	ps := Prints(bs)
	if len(ps) != MaxPrints || ps[0].First || ps[15] != Print(bs[19]) {
		t.Errorf("got %+v", ps)
	}
	want := wabridge.BubblePrint{Out: true, Hash: "ba7816bf8f01cfea", Time: "1:00", Tick: "read"} // SHA-256 of "abc"
	if got := Print(Bubble{Out: true, Text: "abc", Time: "1:00", Status: TickRead}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if Print(Bubble{Media: "image"}) == Print(Bubble{Media: "media"}) {
		t.Error("kinds of media are not told apart")
	}
}

// Whatever stood in the chat, and wherever the windows are cut: what is told
// is true.
func FuzzOverlap(f *testing.F) {
	f.Add("aBaBcc", uint8(1), uint8(4), uint8(2), uint8(2))
	f.Add("aaaa", uint8(0), uint8(2), uint8(0), uint8(2))
	f.Fuzz(func(t *testing.T, chat string, from, length, from2, added uint8) {
		// The chat held len-added bubbles at the first look, all at the second.
		if len(chat) > 40 {
			chat = chat[:40]
		}
		old := len(chat) - int(added)%(len(chat)+1)
		a, b := int(from)%(old+1), int(from2)%(len(chat)+1)
		var all []Bubble
		for i, c := range []byte(chat) {
			all = append(all, Bubble{Out: c%2 == 0, Text: string('a' + rune(c%3)), Time: "1", First: i == 0})
		}
		before, now := Prints(all[max(a, 0):old]), all[b:]
		if len(before) == 0 && old > 0 {
			return // the note of a chat that is not empty holds its newest bubble
		}
		out, ok := newer(before, now, true)
		if !ok {
			return
		}
		n := 0
		for _, x := range all[max(old, b):] {
			if x.Out {
				n++
			}
		}
		// Windows without anything in common may look as if they had: see overlaps.
		if b < old && len(out) != n {
			t.Errorf("chat %q, note %d to %d, now from %d: got %d new ones, want %d", chat, a, old, b, len(out), n)
		}
	})
}
