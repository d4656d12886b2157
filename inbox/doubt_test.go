package inbox

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// A busyChat is a chat in which we send files and texts that look alike while its
// person writes.
type busyChat struct {
	rng    *rand.Rand
	now    time.Time
	known  []wabridge.Message
	ours   []wabridge.Message
	rows   []whatsapp.Bubble // what the chat holds
	before Window
	trace  []string
}

var lookAlikes = []struct{ kind, mime, text string }{
	{"image", "image/jpeg", ""}, {"image", "image/jpeg", "ok"}, {"sticker", "image/webp", ""}, {"document", "application/pdf", "ok"},
	{"document", "application/pdf", ""}, {"text", "", "ok"}, {"text", "", "Photo"}, {"video", "video/mp4", ""},
}

func (c *busyChat) writes() {
	id := fmt.Sprint("in", len(c.known))
	text := []string{"ok", "Photo", "a.pdf", id}[c.rng.IntN(4)]
	m := knownExact(id, 0, text)
	m.Created, m.StoodBy, m.Seq = c.now.Truncate(time.Second), c.now, c.seq()
	c.known = append(c.known, m)
	c.rows = append(c.rows, whatsapp.Bubble{Text: text, Time: c.now.Format("15:04")})
	c.trace = append(c.trace, "in "+text)
}

func (c *busyChat) seq() int64 { return int64(len(c.known) + len(c.ours) + 1) }

// sends carries one message as the phone does: a look for the note, the intent,
// the tap, a look, and the outcome, which may stay open for a while.
func (c *busyChat) sends(t *testing.T) {
	k := lookAlikes[c.rng.IntN(len(lookAlikes))]
	m := wabridge.Message{ID: fmt.Sprint("out", len(c.ours)), Seq: c.seq(), Direction: wabridge.Out, Type: k.kind, Text: wabridge.Text(k.text), State: wabridge.Sending, Tries: 1, Created: c.now}
	b := whatsapp.Bubble{Out: true, Media: k.kind, Text: k.text, Time: c.now.Format("15:04")}
	switch k.kind {
	case "text":
		b.Media = ""
	case "document":
		m.Media, b.File = &wabridge.Media{MIME: k.mime, Name: "a.pdf"}, "a.pdf"
		if b.Text == "" {
			b.Text = b.File
		}
	default:
		m.Media = &wabridge.Media{MIME: k.mime}
	}
	if k.kind == "sticker" && c.rng.IntN(2) == 0 {
		b.Media = "image" // the app may show it so
	}
	c.ours = append(c.ours, m)
	last := &c.ours[len(c.ours)-1]
	c.look(t)
	last.Intent, last.Tapped, last.Taps = &wabridge.Intent{At: c.now}, c.now, 1
	leaves := c.rng.IntN(8) > 0
	c.trace = append(c.trace, fmt.Sprint("out ", k.kind, " ", k.text, " leaves ", leaves))
	if leaves {
		c.rows = append(c.rows, b)
	}
	for range c.rng.IntN(3) {
		c.now = c.now.Add(time.Second)
		c.look(t)
		last.State = wabridge.Unconfirmed
		c.writes()
	}
	if leaves {
		c.look(t)
		last.State, last.HandedAt, last.SentAt = wabridge.Sent, c.now, c.now
	} else {
		c.ours = c.ours[:len(c.ours)-1] // proven absent
	}
}

// look shows the chat's end, the upper bubble perhaps cut off.
func (c *busyChat) look(t *testing.T) {
	t.Helper()
	c.now = c.now.Add(10 * time.Millisecond)
	end := c.rows[max(0, len(c.rows)-2-c.rng.IntN(5)):]
	s := whatsapp.Screen{Bubbles: append([]whatsapp.Bubble{}, end...)}
	if len(end) < len(c.rows) && s.Bubbles[0].Media != "" && c.rng.IntN(2) == 0 {
		b := &s.Bubbles[0]
		if b.Clipped, b.CutTop = true, true; c.rng.IntN(3) == 0 {
			if b.Text == b.File {
				b.Text = "" // no caption
			}
			b.Media, b.File = "media", ""
		}
	}
	v := View{Seen: shownSightings(s, c.now), At: c.now, Before: c.before}
	ch, ids, _ := Shown(anna, c.known, c.ours, v)
	for _, m := range ch.New {
		if m.Direction == wabridge.Echo {
			t.Fatalf("%s %q is recorded as an echo:\n%s\n%+v", m.Type, m.Text, strings.Join(c.trace, "\n"), s.Bubbles)
		}
	}
	w := Window{IDs: ids, Seq: newestSeq(c.known, c.ours), At: c.now, doubt: mixedUp(c.ours, v), whole: reaches(ids, c.known, c.ours)}
	if w.whole {
		c.before = w
	}
}

// What we send, whatever looks like it and whatever comes in meanwhile, is never
// recorded as something that a person typed.
func TestWhatWeSendIsNeverAnEcho(t *testing.T) {
	for seed := range uint64(500) {
		c := &busyChat{rng: rand.New(rand.NewPCG(seed, 5)), now: at(5)}
		c.trace = append(c.trace, fmt.Sprint("seed ", seed))
		c.writes()
		for range 8 {
			for range c.rng.IntN(3) {
				c.now = c.now.Add(time.Duration(c.rng.IntN(1500)) * time.Millisecond)
				c.writes()
			}
			c.sends(t)
		}
	}
}
