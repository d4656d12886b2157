package inbox

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// TestShownByAFreshProcess has a process that knows nothing of earlier looks lay
// what is recorded over a screen whose texts are equal and of one minute. What was
// recorded before ours was tapped stands above it.
func TestShownByAFreshProcess(t *testing.T) {
	heard := func(id string, sec, stood int, text string) wabridge.Message {
		m := knownExact(id, sec, text)
		m.StoodBy = at(stood)
		return m
	}
	out := func(id string, tapped int, text string) wabridge.Message {
		return wabridge.Message{ID: id, Direction: wabridge.Out, State: wabridge.Sent, Text: wabridge.Text(text), Tapped: at(tapped), HandedAt: at(tapped + 1)}
	}
	picture := out("p", 10, "")
	picture.Type, picture.Media = "image", &wabridge.Media{}
	for _, tt := range []struct {
		name        string
		known, ours []wabridge.Message
		lines       []string
		want        []string // ids from the first known bubble on; "" is new
	}{
		{"the first has scrolled away", []wabridge.Message{heard("a", 5, 6, "ok")}, []wabridge.Message{out("o", 10, "mine")},
			[]string{">12:00 mine", "<12:00 ok"}, []string{"o", ""}},
		{"the first is still there", []wabridge.Message{heard("a", 5, 6, "ok")}, []wabridge.Message{out("o", 10, "mine")},
			[]string{"<12:00 ok", ">12:00 mine", "<12:00 ok"}, []string{"a", "o", ""}},
		{"two have scrolled away, two came", []wabridge.Message{heard("a", 5, 6, "ok"), heard("b", 6, 6, "ok")}, []wabridge.Message{out("o", 10, "mine")},
			[]string{">12:00 mine", "<12:00 ok", "<12:00 ok"}, []string{"o", "", ""}},
		{"the picture that lies between must be there", []wabridge.Message{heard("a", 5, 6, "ok"), heard("b", 6, 6, "no")}, []wabridge.Message{picture},
			[]string{"> 12:00 ", "<12:00 ok", "<12:00 no"}, []string{"p", "", ""}},
		{"it was told of after ours was tapped, and stands below", []wabridge.Message{heard("a", 9, 12, "ok")}, []wabridge.Message{out("o", 10, "mine")},
			[]string{">12:00 mine", "<12:00 ok"}, []string{"o", "a"}},
		{"it was told of after ours was tapped, and stands above", []wabridge.Message{heard("a", 9, 12, "ok")}, []wabridge.Message{out("o", 10, "mine")},
			[]string{"<12:00 ok", ">12:00 mine"}, []string{"a", "o"}},
		{"of the second in which ours was handed over, above", []wabridge.Message{heard("a", 11, 12, "ok"), heard("b", 12, 13, "so")}, []wabridge.Message{out("o", 10, "mine")},
			[]string{"<12:00 ok", ">12:00 mine", "<12:00 so"}, []string{"a", "o", "b"}},
		{"a reaction of ours has no bubble", []wabridge.Message{heard("a", 5, 6, "ok"), heard("b", 20, 21, "so")},
			[]wabridge.Message{{ID: "r", Direction: wabridge.Out, Type: "reaction", State: wabridge.Sent, Text: "👍", Tapped: at(10), HandedAt: at(11)}},
			[]string{"<12:00 ok", "<12:00 so"}, []string{"a", "b"}},
		{"ours that a person deleted", []wabridge.Message{heard("a", 5, 6, "ok"), heard("b", 20, 21, "so")}, []wabridge.Message{out("o", 10, "mine")},
			[]string{"<12:00 ok", "<12:00 so", "<12:00 new"}, []string{"b", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := viewOf(at(50), tt.lines...)
			_, ids, _ := Shown(anna, tt.known, tt.ours, v)
			if diff := cmp.Diff(tt.want, ids[max(0, len(ids)-len(tt.want)):]); diff != "" {
				t.Error("ids (-want +got):\n", diff)
			}
		})
	}
}

// viewOf is bubbles with pictures: "> 12:00 " is one of ours.
func viewOf(now time.Time, lines ...string) View {
	v := View{At: now}
	for _, l := range lines {
		if l[1] != ' ' {
			v.Seen = append(v.Seen, bubbles(now, l).Seen...)
			continue
		}
		v.Seen = append(v.Seen, pictured(l[2:7], l[0] == '>', now)...)
	}
	return v
}

// TestStoodBy: what was found above one of ours stood there before that was
// tapped, whenever it was found.
func TestStoodBy(t *testing.T) {
	out := wabridge.Message{ID: "o", Direction: wabridge.Out, State: wabridge.Sent, Text: "mine", Tapped: at(20), HandedAt: at(22)}
	ch, _, _ := Shown(anna, []wabridge.Message{knownExact("a", 5, "first")}, []wabridge.Message{out},
		bubbles(at(40), "<12:00 first", "<12:00 above", ">12:00 mine", "<12:00 below"))
	if len(ch.New) != 2 || !ch.New[0].StoodBy.Before(at(20)) || !ch.New[1].StoodBy.Equal(at(40)) {
		t.Errorf("stored %+v", ch.New)
	}
	ch, _ = Posted(anna, nil, nil, Reading{Seen: []Sighting{posting(5, "hi")}, Zone: time.UTC, Ended: at(7)})
	if len(ch.New) != 1 || !ch.New[0].StoodBy.Equal(at(7)) {
		t.Errorf("stored %+v", ch.New)
	}
}

// TestCertainOrder is about what may be concluded from times.
func TestCertainOrder(t *testing.T) {
	in := func(created, stood int) entry {
		m := knownExact("a", created, "ok")
		m.StoodBy = at(stood)
		return heard(&m)
	}
	o := sent(&wabridge.Message{ID: "o", Direction: wabridge.Out, State: wabridge.Sent, Tapped: at(10), HandedAt: at(12)})
	open := sent(&wabridge.Message{ID: "o", Direction: wabridge.Out, State: wabridge.Unconfirmed, Tapped: at(10), Intent: &wabridge.Intent{At: at(10)}})
	for _, tt := range []struct {
		name         string
		e, o         entry
		above, below bool
	}{
		{"read before ours was tapped", in(5, 9), o, true, false},
		{"read after ours was tapped", in(5, 11), o, false, false},
		{"written long after ours was seen", in(20, 21), o, false, true},
		{"written in the second after ours was seen", in(13, 14), o, false, false},
		{"the clocks disagree: only when it was read counts", in(500, 9), o, true, false},
		{"ours is in doubt", in(5, 9), open, false, false},
	} {
		if got := tt.e.above(tt.o); got != tt.above {
			t.Errorf("%s: above = %v", tt.name, got)
		}
		if got := tt.o.above(tt.e); got != tt.below {
			t.Errorf("%s: below = %v", tt.name, got)
		}
	}
}

// pictured is the sighting of a picture without a caption.
func pictured(clock string, out bool, now time.Time) []Sighting {
	s := whatsapp.Screen{Bubbles: []whatsapp.Bubble{{Out: out, Time: clock, Media: "image"}}}
	return shownSightings(s, now)
}

// TestPicturesOfOneMinute: captions tell pictures apart, where a notification told
// of some and the screen shows them all.
func TestPicturesOfOneMinute(t *testing.T) {
	picture := func(caption string) []Sighting {
		s := whatsapp.Screen{Bubbles: []whatsapp.Bubble{{Time: "12:00", Media: "image", Text: caption}}}
		return shownSightings(s, at(50))
	}
	v := View{At: at(50), Seen: append(picture("one"), picture("two")...)}
	_, ids, _ := Shown(anna, []wabridge.Message{knownExact("b", 20, "📷 two")}, nil, v)
	if diff := cmp.Diff([]string{"", "b"}, ids); diff != "" {
		t.Error("ids (-want +got):\n", diff)
	}
	_, ids, _ = Shown(anna, []wabridge.Message{knownExact("a", 20, "📷 Foto")}, nil, View{At: at(50), Seen: picture("")})
	if diff := cmp.Diff([]string{"a"}, ids); diff != "" {
		t.Error("a picture without a caption (-want +got):\n", diff)
	}
}
