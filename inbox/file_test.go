package inbox

import (
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// A file that we sent is no message that somebody typed on the phone.
func TestOwnFilesAreKnown(t *testing.T) {
	at := time.Date(2026, 5, 1, 22, 37, 10, 0, time.UTC)
	picture := wabridge.Message{Direction: wabridge.Out, Type: "image", Text: "look", HandedAt: at, Media: &wabridge.Media{MIME: "image/jpeg"}}
	bare := picture
	bare.Text = ""
	file := wabridge.Message{Direction: wabridge.Out, Type: "document", HandedAt: at, Media: &wabridge.Media{MIME: "application/pdf", Name: "a.pdf"}}
	reaction := wabridge.Message{Direction: wabridge.Out, Type: "reaction", Text: "👍", HandedAt: at}
	for name, c := range map[string]struct {
		m    wabridge.Message
		b    whatsapp.Bubble
		fits bool
	}{
		"with its caption":                {picture, whatsapp.Bubble{Out: true, Media: "image", Text: "look", Time: "22:37"}, true},
		"with another caption":            {picture, whatsapp.Bubble{Out: true, Media: "image", Text: "no", Time: "22:37"}, false},
		"without a caption":               {bare, whatsapp.Bubble{Out: true, Media: "image", Time: "22:37"}, true},
		"another kind":                    {bare, whatsapp.Bubble{Out: true, Media: "voice", Time: "22:37"}, false},
		"its text alone":                  {picture, whatsapp.Bubble{Out: true, Text: "look", Time: "22:37"}, false},
		"a document":                      {file, whatsapp.Bubble{Out: true, Media: "document", Text: "a.pdf", File: "a.pdf", Time: "22:37"}, true},
		"another document":                {file, whatsapp.Bubble{Out: true, Media: "document", Text: "b.pdf", File: "b.pdf", Time: "22:37"}, false},
		"an emoji is not our reaction":    {reaction, whatsapp.Bubble{Out: true, Text: "👍", Time: "22:37"}, false},
		"what came in is not what we had": {bare, whatsapp.Bubble{Media: "image", Time: "22:37"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			seen := shownSightings(whatsapp.Screen{Bubbles: []whatsapp.Bubble{c.b}}, at)
			e := entry{Message: &c.m, own: true, time: at}
			if got := e.fits(seen[0], time.UTC) > 0; got != c.fits {
				t.Errorf("fits %v, want %v", got, c.fits)
			}
		})
	}
}

// A bubble of ours that may be that of a message in doubt is nobody's echo, also
// where an older message accounts for it better.
func TestABubbleInDoubtIsNoEcho(t *testing.T) {
	now := time.Date(2026, 5, 1, 22, 37, 30, 0, time.UTC)
	picture := func(id string, state wabridge.State, at time.Time) wabridge.Message {
		m := wabridge.Message{ID: id, Direction: wabridge.Out, Type: "image", State: state, Intent: &wabridge.Intent{At: at}, Media: &wabridge.Media{MIME: "image/jpeg"}}
		if state != wabridge.Unconfirmed {
			m.HandedAt = at
		}
		return m
	}
	held := picture("p", wabridge.Unconfirmed, now)
	held.Held = true
	text := wabridge.Message{ID: "t", Direction: wabridge.Out, Type: "text", Text: "hello!", State: wabridge.Unconfirmed, Intent: &wabridge.Intent{At: now}}
	bare := whatsapp.Bubble{Out: true, Media: "image", Time: "22:37"}
	cut := whatsapp.Bubble{Out: true, Media: "media", Time: "22:37", Clipped: true, CutTop: true}
	say := func(s string) whatsapp.Bubble { return whatsapp.Bubble{Out: true, Text: s, Time: "22:37"} }
	for name, c := range map[string]struct {
		ours []wabridge.Message
		seen []whatsapp.Bubble
		new  int
	}{
		"in doubt":                             {[]wabridge.Message{picture("a", wabridge.Unconfirmed, now)}, []whatsapp.Bubble{bare}, 0},
		"in doubt, cut off":                    {[]wabridge.Message{picture("a", wabridge.Unconfirmed, now)}, []whatsapp.Bubble{cut}, 0},
		"sent, cut off":                        {[]wabridge.Message{picture("a", wabridge.Sent, now)}, []whatsapp.Bubble{cut}, 0},
		"one sent, one in doubt":               {[]wabridge.Message{picture("a", wabridge.Sent, now), picture("b", wabridge.Unconfirmed, now)}, []whatsapp.Bubble{cut, bare}, 0},
		"one in doubt, two bubbles":            {[]wabridge.Message{picture("a", wabridge.Unconfirmed, now)}, []whatsapp.Bubble{bare, bare}, 0},
		"sent, and another one":                {[]wabridge.Message{picture("a", wabridge.Sent, now)}, []whatsapp.Bubble{bare, bare}, 1},
		"nobody looks any more, two bubbles":   {[]wabridge.Message{held}, []whatsapp.Bubble{bare, bare}, 1},
		"a text that differs in nothing kept":  {[]wabridge.Message{text}, []whatsapp.Bubble{say("hello?")}, 0},
		"another text while one is in doubt":   {[]wabridge.Message{text}, []whatsapp.Bubble{say("bye")}, 1},
		"a text while a picture is in doubt":   {[]wabridge.Message{picture("a", wabridge.Unconfirmed, now)}, []whatsapp.Bubble{say("bye")}, 1},
		"a picture while a text is in doubt":   {[]wabridge.Message{text}, []whatsapp.Bubble{bare}, 1},
		"a voice note while one is in doubt":   {[]wabridge.Message{picture("a", wabridge.Unconfirmed, now)}, []whatsapp.Bubble{{Out: true, Media: "voice", Time: "22:37"}}, 1},
		"what people wrote is recorded anyway": {[]wabridge.Message{picture("a", wabridge.Unconfirmed, now)}, []whatsapp.Bubble{bare, {Text: "hi", Time: "22:37"}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			ch, _, _ := Shown(anna, nil, c.ours, View{Seen: shownSightings(whatsapp.Screen{Bubbles: c.seen}, now), At: now})
			if len(ch.New) != c.new {
				t.Errorf("recorded %q, want %d", changes(ch), c.new)
			}
		})
	}
}
