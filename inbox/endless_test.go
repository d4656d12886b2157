package inbox

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// fuzzTexts are texts that are alike, blank, or the app's own words.
var fuzzTexts = []string{"ok", "ok ", "\n", "***", "_", "\u200b", "hi", "*hi*", "Photo", "📷 Photo", "This message was deleted", "a\x1bb", "…", ""}

// anyChat makes up what is known of a chat and what its screen shows.
func anyChat(rng *rand.Rand, extra string) (known, ours []wabridge.Message, v View) {
	texts := append([]string{extra}, fuzzTexts...)
	text := func() string { return texts[rng.IntN(len(texts))] }
	for i := range rng.IntN(8) {
		m := knownExact(fmt.Sprint("k", i), rng.IntN(150), text())
		m.Seq, m.StoodBy = int64(i+1), m.Created.Add(time.Duration(rng.IntN(9000))*time.Millisecond)
		if rng.IntN(3) == 0 {
			m.Source, m.Clock = fromScreen, m.Created.Format("15:04")
		}
		if rng.IntN(6) == 0 {
			m.Direction = wabridge.Echo
		}
		known = append(known, m)
	}
	for i := range rng.IntN(5) {
		tapped := rng.IntN(150)
		ours = append(ours, wabridge.Message{ID: fmt.Sprint("o", i), Seq: int64(20 + i), Direction: wabridge.Out, Text: wabridge.Text(text()),
			State: []wabridge.State{wabridge.Sent, wabridge.Read, wabridge.Unconfirmed, wabridge.Failed}[rng.IntN(4)], Tapped: at(tapped), HandedAt: at(tapped + 1)})
	}
	s := whatsapp.Screen{}
	minute := 0
	for range rng.IntN(10) {
		minute = min(minute+rng.IntN(2), 2)
		b := whatsapp.Bubble{Out: rng.IntN(3) == 0, Time: fmt.Sprintf("12:0%d", minute), Text: text()}
		if rng.IntN(5) == 0 {
			b.Media = []string{"image", "video", "document", "media"}[rng.IntN(4)]
		}
		s.Bubbles = append(s.Bubbles, b)
	}
	v = View{Seen: shownSightings(s, at(170)), At: at(170), Scrolled: rng.IntN(8) == 0, Unread: rng.IntN(3)}
	return known, ours, v
}

// FuzzShown: whatever is known and whatever the screen shows, looks at the same
// screen come to an end.
func FuzzShown(f *testing.F) {
	f.Add(uint64(1), "ok")
	f.Add(uint64(2), "\u2060")
	f.Fuzz(func(t *testing.T, seed uint64, extra string) {
		rng := rand.New(rand.NewPCG(seed, 9))
		known, ours, v := anyChat(rng, extra)
		ch, ids, _ := Shown(anna, known, ours, v)
		fresh := 0
		for _, id := range ids {
			if id == "" {
				fresh++
			}
		}
		if fresh != len(ch.New) {
			t.Fatalf("%d ids are empty, %d messages new", fresh, len(ch.New))
		}
		for round := range rounds {
			known = withNew(known, ch, round)
			if ch, _, _ = Shown(anna, known, ours, v); len(ch.New) == 0 {
				return
			}
		}
		t.Errorf("seed %d: still new at look %d: %v", seed, rounds+1, changes(ch))
	})
}

// FuzzPosted: so do readings of the same notification.
func FuzzPosted(f *testing.F) {
	f.Add(uint64(1), "ok")
	f.Add(uint64(2), "\u2060")
	f.Fuzz(func(t *testing.T, seed uint64, extra string) {
		rng := rand.New(rand.NewPCG(seed, 9))
		known, ours, _ := anyChat(rng, extra)
		r := Reading{Zone: time.UTC, Began: at(170), Ended: at(171), Last: map[string]time.Time{}}
		for range rng.IntN(8) {
			s := posting(rng.IntN(170), append(fuzzTexts, extra)[rng.IntN(len(fuzzTexts)+1)])
			s.Own = rng.IntN(5) == 0
			r.Seen = append(r.Seen, s)
		}
		ch := queue.Changes{}
		for round := range rounds {
			if ch, _ = Posted(anna, known, ours, r); len(ch.New) == 0 {
				return
			}
			known = withNew(known, ch, round)
		}
		t.Errorf("seed %d: still new at reading %d: %v", seed, rounds, changes(ch))
	})
}

// rounds is how often one and the same thing may be looked at until nothing of it
// is new. What is made up here contradicts itself; a real chat takes one.
const rounds = 4

// withNew stores changes.
func withNew(known []wabridge.Message, ch queue.Changes, round int) []wabridge.Message {
	for i, m := range ch.New {
		m.ID, m.Seq = fmt.Sprint("n", round, " ", i), int64(100*(round+1)+i)
		known = append(known, m)
	}
	for _, u := range ch.Update {
		for i := range known {
			if known[i].ID == u.ID {
				known[i].Created, known[i].Source = u.Created, u.Source
			}
		}
	}
	return known
}
