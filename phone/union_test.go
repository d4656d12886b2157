package phone

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// TestUnionOfWindows looks at random chats from random places, as the simulated
// phone draws them, and joins what it saw: the union is what stands in the chat,
// each bubble once and whole, each sender its own or not known.
// WABRIDGE_TEST_UNION is how many seeds are run.
func TestUnionOfWindows(t *testing.T) {
	for seed := range unionSeeds() {
		t.Run(fmt.Sprint("seed ", seed+1), func(t *testing.T) { unionOfWindows(t, seed+1) })
	}
}

func unionSeeds() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("WABRIDGE_TEST_UNION"), 10, 32); err == nil {
		return n
	}
	return 8
}

// A written is one message of the truth.
type written struct {
	out          bool
	sender, text string
	kind         string
}

func unionOfWindows(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 3))
	r := newRig(t, phonesim.Config{Contacts: []phonesim.Contact{{Name: "Ann", Number: "15550001002"}, {Name: "Ben", Number: "15550001003"}}})
	group := rng.IntN(2) == 0
	var truth []written
	for i := range 20 + rng.IntN(20) {
		truth = append(truth, r.write(rng, group, i))
	}
	screen := r.openChat(group)
	merged, hint := screen.Bubbles, seed%2 == 0
	for range 40 {
		by, moved := 10+rng.IntN(45), 0
		if rng.IntN(4) == 0 {
			by = -by
		}
		for _, part := range []int{by, -by / 2, -by / 2} { // where nothing is in common, back
			up, err := r.s.scroll(t.Context(), screen, part)
			if err != nil {
				t.Fatal(err)
			}
			if moved += part; !hint {
				moved = 0
			}
			joined, overlap := whatsapp.Join(up.Bubbles, merged, r.s.pixels(screen, moved))
			if overlap {
				merged = joined
				break
			}
		}
	}
	checkUnion(t, truth, merged, group)
}

// write has somebody write something: of two people in a group, or one and us.
func (r *rig) write(rng *rand.Rand, group bool, i int) written {
	w := written{text: fmt.Sprint("text ", i)}
	switch rng.IntN(6) {
	case 0:
		w.text = "ok"
	case 1, 2:
		w.text += "\nline two\nline three"
	case 3:
		if w.kind = []string{"image", "document", "voice", "sticker", "location"}[rng.IntN(5)]; rng.IntN(2) == 0 {
			w.text = ""
		}
	}
	from := []string{"15550001002", "15550001003"}[i%2]
	if !group {
		from = "15550001002"
		if w.kind == "" && rng.IntN(3) == 0 {
			w.out = true
			if err := r.sim.Human(from, w.text); err != nil {
				r.t.Fatal(err)
			}
			return w
		}
	}
	in := phonesim.IncomingMessage{From: from, Text: w.text, Kind: w.kind}
	if group {
		in.Group, w.sender = "Team", []string{"Ann", "Ben"}[i%2]
	}
	if w.kind == "document" {
		in.Filename = fmt.Sprintf("file %d.pdf", i)
	}
	if _, err := r.sim.Incoming(in); err != nil {
		r.t.Fatal(err)
	}
	return w
}

// openChat opens the chat from the list.
func (r *rig) openChat(group bool) whatsapp.Screen {
	r.t.Helper()
	if err := r.s.open(r.t.Context(), homeStart(r.s.cfg.Phone)); err != nil {
		r.t.Fatal(err)
	}
	list, err := r.s.look(r.t.Context())
	if err != nil || len(list.Chats) == 0 {
		r.t.Fatalf("the list: %+v, %v", list, err)
	}
	if err := r.s.tap(r.t.Context(), list.Chats[0].Bounds); err != nil {
		r.t.Fatal(err)
	}
	screen, err := r.s.look(r.t.Context())
	if err != nil || screen.Kind != whatsapp.Chat {
		r.t.Fatalf("the chat: %+v, %v", screen, err)
	}
	return screen
}

// checkUnion holds the union to be an end of the truth, in its order.
func checkUnion(t *testing.T, truth []written, got []whatsapp.Bubble, group bool) {
	t.Helper()
	line := func(i int, b whatsapp.Bubble) string {
		return fmt.Sprintf("%d %s %s %s %q %s", i, b.Dir, b.Sender, b.Media, b.Text, b.Time)
	}
	if len(got) > len(truth) || len(got) < len(truth)/2 {
		t.Errorf("%d bubbles, want %d", len(got), len(truth))
	}
	for i := range min(len(got), len(truth)) {
		b, w := got[len(got)-1-i], truth[len(truth)-1-i]
		text := b.Text
		if b.Media == "document" && text == b.File {
			text = ""
		}
		top := i == len(got)-1 // the highest may be cut off
		switch {
		case b.Out != w.out, !top && text != w.text, b.Time == "", b.Sender != w.sender && (b.Sender != "" || group && !top), !top && (b.Media == "") != (w.kind == ""):
			t.Errorf("%s\nwant %+v", line(i, b), w)
			for j := range min(len(got), len(truth)) {
				t.Log(line(j, got[len(got)-1-j]), "  |  ", fmt.Sprintf("%+v", truth[len(truth)-1-j]))
			}
			return
		}
	}
}

// TestReadBackOfAGroup: people alternate, in texts of several lines and pictures;
// what is read back is what they wrote, and nobody's is another's.
func TestReadBackOfAGroup(t *testing.T) {
	for seed := range unionSeeds() {
		rng := rand.New(rand.NewPCG(seed, 5))
		r := newRig(t, phonesim.Config{Contacts: []phonesim.Contact{{Name: "Ann", Number: "15550001002"}, {Name: "Ben", Number: "15550001003"}}})
		var truth []written
		for i := range 36 {
			truth = append(truth, r.write(rng, true, i))
		}
		screen := r.openChat(true)
		if _, err := r.s.readBack(t.Context(), wabridge.ChatRef{Name: "Team", Group: true}, screen, 36, 0); err != nil {
			t.Fatal(err)
		}
		last := r.looked[len(r.looked)-1]
		if n := len(last.Bubbles); n > 36 || n < 30 { // ten screens hold fewer where most are locations
			t.Errorf("seed %d: %d bubbles, want 36", seed, n)
		}
		checkUnion(t, truth, last.Bubbles, true)
		if t.Failed() {
			t.Fatal("seed ", seed)
		}
	}
}
