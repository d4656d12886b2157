package phone

import (
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// TestAnotherTabIsLeftForTheChats: the home keeps the tab that a person left it on;
// the chat list is gone to from each of them, in every language.
func TestAnotherTabIsLeftForTheChats(t *testing.T) {
	for _, locale := range []string{"en", "pt", "ru"} {
		for _, tap := range []string{"270 1464", "450 1464", "630 1464"} {
			r := newRig(t, phonesim.Config{Locale: locale})
			if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: bob, Text: "hello"}); err != nil {
				t.Fatal(err)
			}
			if _, err := r.dev.Run(t.Context(), "am start -n com.whatsapp/.Main; input tap "+tap+"; input keyevent HOME; am start -n com.whatsapp/.Main"); err != nil {
				t.Fatal(err)
			}
			if xml := string(r.sim.ScreenXML()); !strings.Contains(xml, "calls_recyclerView") {
				t.Fatalf("the tab at %s is not open", tap)
			}
			if err := r.s.Probe(t.Context()); err != nil {
				t.Errorf("%s, tab at %s: %v", locale, tap, err)
			}
		}
	}
}

func TestArchiveDue(t *testing.T) {
	entry := &whatsapp.Archive{Count: "2", Bounds: uiauto.Rect{Right: 9, Bottom: 9}}
	read := archived{read: time.Now(), count: "2", names: map[string]bool{"Ann": true}}
	for _, tt := range []struct {
		name  string
		entry *whatsapp.Archive
		was   archived
		left  string
		gap   bool
		want  bool
	}{
		{"no entry", nil, archived{}, "", true, false},
		{"not read by this process", entry, archived{}, "", false, true},
		{"read, and nothing has changed", entry, read, "", false, false},
		{"another number", entry, archived{read: time.Now(), count: "1"}, "", false, true},
		{"a gap", entry, read, "", true, true},
		{"one of them was left", entry, read, "Ann", false, true},
		{"another chat was left", entry, read, "Bob", false, false},
		{"read long ago", entry, archived{read: time.Now().Add(-time.Hour), count: "2"}, "", false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &walk{s: New(Config{})}
			w.s.archived = tt.was
			if tt.left != "" {
				w.s.left[tt.left] = time.Now().Add(-time.Second)
			}
			if tt.gap {
				w.gaps = []wabridge.ChatRef{{}}
			}
			if got := w.archiveDue(tt.entry); got != tt.want {
				t.Errorf("due %t, want %t", got, tt.want)
			}
		})
	}
}
