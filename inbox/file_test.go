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
