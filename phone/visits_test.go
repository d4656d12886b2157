package phone

import (
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// TestVisitsEnd: a row that shows nothing new is not opened without end, and one
// that does is.
func TestVisitsEnd(t *testing.T) {
	s := New(Config{Phone: wabridge.Phone{ID: "1"}})
	row, now := whatsapp.Row{Name: "Ann", Preview: "ok", Time: "12:00"}, time.Now()
	n := 0
	for range 100 {
		if s.mayOpen(row, now) {
			s.noteVisit(row, now)
			n++
		}
		now = now.Add(time.Second)
	}
	if n != visitsOfRow {
		t.Errorf("opened %d times, want %d", n, visitsOfRow)
	}
	for name, other := range map[string]whatsapp.Row{
		"another text":   {Name: "Ann", Preview: "so", Time: "12:00"},
		"another minute": {Name: "Ann", Preview: "ok", Time: "12:01"},
		"a badge":        {Name: "Ann", Preview: "ok", Time: "12:00", Unread: 1},
		"another chat":   {Name: "Ben", Preview: "ok", Time: "12:00"},
	} {
		if !s.mayOpen(other, now) {
			t.Errorf("%s: not opened", name)
		}
	}
	if !s.mayOpen(row, now.Add(visitsWithin)) {
		t.Error("not opened an hour later")
	}
}
