package inbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// TestRecordingEnds has a chat of which the last bubble shows another text at each
// look, where it stands: a place that is shared, say. What it shows is recorded a
// few times, and no more; a message below it is.
func TestRecordingEnds(t *testing.T) {
	m, held := &memory{}, 0
	r := New(Config{Phone: wabridge.Phone{ID: "1"}, Store: m, OnHeld: func(n int) { held += n }})
	r.zone = time.UTC
	ref := wabridge.ChatRef{JID: anaID, Number: "491700000001", Name: "Ana"}
	look := func(sec int, texts ...string) int {
		t.Helper()
		s := whatsapp.Screen{Kind: whatsapp.Chat, Chat: &whatsapp.Header{Title: "Ana"}}
		for _, text := range texts {
			s.Bubbles = append(s.Bubbles, whatsapp.Bubble{Text: text, Time: "12:00"})
		}
		got, err := r.Look(t.Context(), ref, s, LookAt{At: at(sec)})
		if err != nil {
			t.Fatal(err)
		}
		return len(got.New)
	}
	total := look(1, "hi", "live since 0 s")
	for i := range 50 {
		total += look(2+i, "hi", fmt.Sprintf("live since %d s", i+1))
	}
	if total != 2+changesStored || held != 50-changesStored {
		t.Errorf("%d recorded, %d held; want %d and %d", total, held, 2+changesStored, 50-changesStored)
	}
	if n := look(60, "hi", "live since 50 s", "and this"); n == 0 {
		t.Error("a message below it was not recorded")
	}
}

// TestTheSameScreenTellsNothingNew: whatever stands on a screen, and however it
// compares with what is recorded, a second look at the same screen records nothing.
func TestTheSameScreenTellsNothingNew(t *testing.T) {
	e := evidence{}
	v := View{At: at(1), Seen: []Sighting{{Text: "a", Clock: "12:00"}, {Text: "b", Clock: "12:00"}}}
	first := e.judge("c", v, 1)
	if !first.stored {
		t.Error("the first look is refused")
	}
	if e.judge("c", v, 1).stored != true {
		t.Error("a look whose messages could not be stored is refused")
	}
	e.note("c", first, v.At)
	if e.judge("c", v, 1).stored {
		t.Error("the same screen is recorded again")
	}
	v.Unread = 1
	if !e.judge("c", v, 1).stored {
		t.Error("a badge is evidence")
	}
}
