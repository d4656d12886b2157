package whatsapp

import (
	"math/rand/v2"
	"testing"

	"github.com/wabridge/wabridge/uiauto"
)

// TestJoinPartByPart: each part of a bubble comes from the look that shows it.
func TestJoinPartByPart(t *testing.T) {
	place := func(top, bottom int) uiauto.Rect { return uiauto.Rect{Left: 1, Top: top, Right: 9, Bottom: bottom} }
	text := func(s, sender string, top int) Bubble {
		return Bubble{Text: s, Time: "1:00", Sender: sender, Bounds: place(top, top+10)}
	}
	for _, tt := range []struct {
		name         string
		older, newer []Bubble
		want         []Bubble // the parts of interest
	}{
		{"the name above is out of sight in the newer look",
			[]Bubble{text("a", "Ann", 0), text("b", "Ben", 20), text("c", "Ann", 40)},
			[]Bubble{{Text: "b", Time: "1:00", Clipped: true, CutTop: true, Bounds: place(0, 5)}, text("c", "Ann", 15)},
			[]Bubble{text("a", "Ann", 0), text("b", "Ben", 20), text("c", "Ann", 40)}},
		{"the time below is out of sight in the older look",
			[]Bubble{text("a", "Ann", 0), {Text: "b", Sender: "Ben", Clipped: true, CutBottom: true, Bounds: place(20, 25)}},
			[]Bubble{{Text: "b", Time: "1:00", Clipped: true, CutTop: true, Bounds: place(0, 5)}, text("c", "Ann", 15)},
			[]Bubble{text("a", "Ann", 0), text("b", "Ben", 20), text("c", "Ann", 40)}},
		{"a whole picture stays whole",
			[]Bubble{text("a", "Ann", 0), {Media: "image", Time: "1:00", Sender: "Ben", Bounds: place(20, 80)}, text("c", "", 90)},
			[]Bubble{{Media: "media", Time: "1:00", Clipped: true, CutTop: true, Bounds: place(0, 5)}, text("c", "", 15)},
			[]Bubble{text("a", "Ann", 0), {Media: "image", Time: "1:00", Sender: "Ben", Bounds: place(20, 80)}, text("c", "", 90)}},
		{"a video of which the button is out of sight",
			[]Bubble{text("a", "", 0), {Media: "image", Clipped: true, CutBottom: true, Bounds: place(20, 40)}},
			[]Bubble{text("a", "", 0), {Media: "video", Text: "look", Time: "1:00", Bounds: place(20, 80)}},
			[]Bubble{text("a", "", 0), {Media: "video", Text: "look", Time: "1:00", Bounds: place(20, 80)}}},
		{"a tick that went on",
			[]Bubble{{Out: true, Text: "a", Time: "1:00", Status: TickRead, Bounds: place(0, 10)}},
			[]Bubble{{Out: true, Text: "a", Time: "1:00", Status: TickSent, Bounds: place(0, 10)}},
			[]Bubble{{Out: true, Text: "a", Time: "1:00", Status: TickRead, Bounds: place(0, 10)}}},
		{"one look lies within the other",
			[]Bubble{text("b", "", 0)}, []Bubble{text("a", "", 0), text("b", "", 20), text("c", "", 40)},
			[]Bubble{text("a", "", -20), text("b", "", 0), text("c", "", 20)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, overlap := Join(tt.older, tt.newer, 0)
			if !overlap {
				t.Fatal("no overlap")
			}
			for i := range got {
				got[i].Bounds = uiauto.Rect{}
			}
			for i := range tt.want {
				tt.want[i].Bounds = uiauto.Rect{}
			}
			if d := diff(got, tt.want); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// TestJoinEqualTexts: where all texts are equal the way that the list was moved
// tells how many there are.
func TestJoinEqualTexts(t *testing.T) {
	chat := make([]Bubble, 30)
	for i := range chat {
		chat[i] = Bubble{Text: "ok", Time: "1:00", Bounds: uiauto.Rect{Left: 1, Right: 9, Top: 10 * i, Bottom: 10*i + 8}}
	}
	look := func(from, to int) []Bubble { return lookAt(chat, from, to) }
	for _, tt := range []struct{ from, moved int }{{125, 75}, {185, 15}, {200, 0}} {
		got, overlap := Join(look(tt.from, tt.from+100), look(200, 300), tt.moved)
		if want := len(look(tt.from, 300)); !overlap || len(got) != want {
			t.Errorf("moved by %d: %d bubbles, %v; want %d", tt.moved, len(got), overlap, want)
		}
	}
}

// A text that stands at the end of the chat and at its beginning does not put the
// end above the beginning: the list was moved the other way.
func TestJoinKeepsTheDirection(t *testing.T) {
	row := func(b Bubble, top, bottom int) Bubble {
		b.Time, b.Bounds = "1:00", uiauto.Rect{Left: 1, Right: 9, Top: top, Bottom: bottom}
		return b
	}
	older := []Bubble{row(Bubble{Text: "ok"}, 0, 8), row(Bubble{Text: "hello", Out: true}, 10, 18), row(Bubble{Text: "ok"}, 20, 28),
		row(Bubble{Media: "image", Out: true, Clipped: true, CutBottom: true}, 30, 100)}
	newer := []Bubble{row(Bubble{Media: "image", Out: true, Clipped: true, CutTop: true}, 0, 40), row(Bubble{Media: "image", Out: true}, 42, 88), row(Bubble{Text: "ok"}, 90, 98)}
	if got, overlap := Join(older, newer, 40); overlap {
		t.Errorf("joined to %d bubbles by one equal text", len(got))
	}
	newer = append([]Bubble{row(Bubble{Text: "ok"}, -20, -12)}, newer...)
	got, overlap := Join(older, newer, 40)
	if !overlap || len(got) != 6 || got[0].Text != "ok" || got[5].Text != "ok" {
		t.Errorf("%d bubbles, overlap %v; want 6", len(got), overlap)
	}
}

// FuzzJoin cuts two looks out of a chat, at any pixel. Whatever the chat holds, the
// union is no more than both looks and shows nothing that is not there; where all
// texts differ it is exactly what both saw.
func FuzzJoin(f *testing.F) {
	f.Add(uint64(1), uint16(0), uint16(300), uint16(200), false)
	f.Add(uint64(2), uint16(50), uint16(100), uint16(120), true)
	f.Fuzz(func(t *testing.T, seed uint64, from, size, up uint16, alike bool) {
		rng := rand.New(rand.NewPCG(seed, 1))
		chat, height := drawnChat(rng, alike)
		size = 60 + size%500
		low := int(from) % height
		high := max(0, low-int(up)%int(size))
		newer, older := lookAt(chat, low, low+int(size)), lookAt(chat, high, high+int(size))
		got, overlap := Join(older, newer, low-high)
		if len(got) > len(older)+len(newer) {
			t.Fatalf("%d bubbles of %d and %d", len(got), len(older), len(newer))
		}
		if !overlap || alike {
			return
		}
		want := lookAt(chat, high, low+int(size))
		if len(got) != len(want) {
			t.Fatalf("%d bubbles, want %d", len(got), len(want))
		}
		for i, b := range got {
			w := want[i]
			if b.Out != w.Out || b.Text != w.Text && b.Text != "" || differ(b.Sender, w.Sender) || differ(b.Time, w.Time) {
				t.Errorf("bubble %d: got %+v, want %+v", i, b, w)
			}
		}
	})
}

// drawnChat is a chat of 12 bubbles with its height.
func drawnChat(rng *rand.Rand, alike bool) (chat []Bubble, height int) {
	for i := range 12 {
		b := Bubble{Out: rng.IntN(3) == 0, Text: string(rune('a' + i)), Time: "1:00"}
		if alike {
			b.Text = string(rune('a' + rng.IntN(2)))
		}
		tall := 20 + rng.IntN(60)
		if rng.IntN(4) == 0 {
			b.Media, tall = "image", 100+rng.IntN(300)
		}
		if !b.Out {
			b.Sender = []string{"Ann", "Ben"}[rng.IntN(2)]
		}
		b.Bounds = uiauto.Rect{Left: 1, Right: 9, Top: height, Bottom: height + tall}
		chat, height = append(chat, b), height+tall+5
	}
	return chat, height
}

// lookAt is a look at the chat from one pixel to another. The name stands at the top
// of a bubble, the time at its foot, and so does the caption of a picture.
func lookAt(chat []Bubble, from, to int) (out []Bubble) {
	for _, b := range chat {
		top, bottom := b.Bounds.Top, b.Bounds.Bottom
		if bottom <= from || top >= to {
			continue
		}
		if b.CutTop = top <= from; top < from {
			b.Sender = ""
			if b.Media != "" && bottom-from < 30 {
				b.Media = "media"
			}
		}
		if b.CutBottom = bottom >= to; bottom > to {
			b.Time = ""
			if b.Media != "" {
				b.Text = ""
			}
		}
		b.Clipped = b.CutTop || b.CutBottom
		b.Bounds.Top, b.Bounds.Bottom = max(top, from)-from, min(bottom, to)-from
		out = append(out, b)
	}
	return out
}
