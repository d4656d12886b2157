package phone

import (
	"context"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// scrolls bounds how far back an unread chat is read.
const scrolls = 10

// readBack tells of an open chat; if it holds more unread messages than fit on
// the screen it scrolls up and tells of them all together. It returns how many
// were not known.
func (s *Session) readBack(ctx context.Context, ref wabridge.ChatRef, screen whatsapp.Screen, unread int) (int, error) {
	windows := []whatsapp.Screen{screen}
	for range scrolls {
		if incoming(windows) >= unread {
			break
		}
		up, err := s.scrollUp(ctx, windows[len(windows)-1])
		if err != nil {
			return 0, err
		}
		if up.Kind != whatsapp.Chat || len(up.Bubbles) == 0 || sameTop(up, windows[len(windows)-1]) {
			break
		}
		windows = append(windows, up)
	}
	merged := screen
	merged.Bubbles = join(windows)
	seen, err := s.sawUnread(ctx, ref, merged, unread)
	return seen.New, err
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

// join puts windows, newest first, into one run of bubbles, oldest first.
func join(windows []whatsapp.Screen) []whatsapp.Bubble {
	out := windows[0].Bubbles
	for _, w := range windows[1:] {
		out, _ = whatsapp.Join(w.Bubbles, out)
	}
	return out
}
