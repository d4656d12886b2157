package phone

import (
	"context"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// scrolls bounds how far back an unread chat is read.
const scrolls = 10

// readBack tells of an open chat; if it holds more unread messages than fit on
// the screen it scrolls up and tells of the older ones first.
func (s *Session) readBack(ctx context.Context, ref wabridge.ChatRef, screen whatsapp.Screen, unread int) error {
	windows := []whatsapp.Screen{screen}
	for range scrolls {
		if incoming(windows) >= unread {
			break
		}
		up, err := s.scrollUp(ctx, windows[len(windows)-1])
		if err != nil {
			return err
		}
		if up.Kind != whatsapp.Chat || len(up.Bubbles) == 0 || sameTop(up, windows[len(windows)-1]) {
			break
		}
		windows = append(windows, up)
	}
	merged := screen
	merged.Bubbles = join(windows)
	_, err := s.sawUnread(ctx, ref, merged, unread)
	return err
}

func (s *Session) scrollUp(ctx context.Context, screen whatsapp.Screen) (whatsapp.Screen, error) {
	x, top, bottom := (screen.Size.Left+screen.Size.Right)/2, screen.Size.Bottom*3/10, screen.Size.Bottom*7/10
	if _, err := s.runHere(ctx, swipeScript(x, top, x, bottom)); err != nil {
		return whatsapp.Screen{}, err
	}
	return s.look(ctx)
}

func incoming(windows []whatsapp.Screen) int {
	n := 0
	for _, b := range join(windows) {
		if !b.Out {
			n++
		}
	}
	return n
}

func sameTop(a, b whatsapp.Screen) bool {
	return len(b.Bubbles) > 0 && whatsapp.Print(a.Bubbles[0]) == whatsapp.Print(b.Bubbles[0]) && len(a.Bubbles) == len(b.Bubbles)
}

// join puts windows, newest first, into one run of bubbles, oldest first. Two
// windows overlap in the longest run that ends the older and begins the newer.
func join(windows []whatsapp.Screen) []whatsapp.Bubble {
	out := append([]whatsapp.Bubble(nil), windows[0].Bubbles...)
	for _, w := range windows[1:] {
		out = append(append([]whatsapp.Bubble(nil), w.Bubbles[:len(w.Bubbles)-overlap(w.Bubbles, out)]...), out...)
	}
	return out
}

// overlap is the length of the longest end of older that is a beginning of
// newer.
func overlap(older, newer []whatsapp.Bubble) int {
	for n := min(len(older), len(newer)); n > 0; n-- {
		same := true
		for i := range n {
			if whatsapp.Print(older[len(older)-n+i]) != whatsapp.Print(newer[i]) {
				same = false
				break
			}
		}
		if same {
			return n
		}
	}
	return 0
}
