package phone

import (
	"context"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// scrolls bounds how far back an unread chat is read.
const scrolls = 10

// readBack tells of an open chat; if it holds more unread messages than fit on
// the screen it scrolls up and tells of them all together, and at least as far
// as the newest own bubbles reach. It returns what came of the last look, New
// being what was not known before the first.
//
// That a chat was left with something unread stands in memory alone, so the
// first time in a process a chat is read back to a message that left before:
// what stood above that one was read when it was sent.
func (s *Session) readBack(ctx context.Context, ref wabridge.ChatRef, screen whatsapp.Screen, unread, own int) (Seen, error) {
	title := titleOf(screen)
	if !s.met[title] {
		own = max(1, own) + s.tapped[title]
	}
	seen, n := Seen{Unread: unread}, 0
	for range 2 { // the second time, from where the first ended, if more is missing than the badge said
		var err error
		if screen, err = s.windows(ctx, screen, seen.Unread, own); err != nil {
			return Seen{}, err
		}
		want := seen.Unread
		if seen, err = s.sawUnread(ctx, ref, screen, want); err != nil {
			return Seen{}, err
		}
		if n += seen.New; seen.Unread <= want {
			break
		}
	}
	seen.New, s.met[title] = n, true
	delete(s.tapped, title)
	return seen, nil
}

func titleOf(screen whatsapp.Screen) string {
	if screen.Chat == nil {
		return ""
	}
	return screen.Chat.Title
}

// badgeSlack is how many messages may have come since the badge was read.
const badgeSlack = 4

// windows scrolls up until as many incoming messages were seen and as many own
// ones: all that stands below these may be unrecorded. It joins all
// that it saw; what has no part in common with the rest is left out, because a
// message that comes in takes the chat back to its end.
func (s *Session) windows(ctx context.Context, screen whatsapp.Screen, unread, own int) (whatsapp.Screen, error) {
	if unread > 0 {
		unread += badgeSlack
	}
	merged, vain := screen, 0
	for range scrolls {
		if incoming(merged) >= unread && outgoing(merged) >= own || vain > 1 || first(merged) {
			break
		}
		up, err := s.scrollUp(ctx, screen)
		if err != nil {
			return merged, err
		}
		if up.Kind != whatsapp.Chat || !sameHeader(screen, up) {
			break
		}
		joined, overlap := whatsapp.Join(up.Bubbles, merged.Bubbles)
		if !overlap || len(joined) == len(merged.Bubbles) {
			vain++ // once, a swipe may have been lost
			continue
		}
		merged.Bubbles = joined
	}
	return merged, nil
}

func outgoing(s whatsapp.Screen) int { return len(s.Bubbles) - incoming(s) }

func incoming(s whatsapp.Screen) (n int) {
	for _, b := range s.Bubbles {
		if !b.Out {
			n++
		}
	}
	return n
}

// first reports whether nothing of the chat stands further up.
func first(s whatsapp.Screen) bool { return len(s.Bubbles) == 0 || s.Bubbles[0].First }

func (s *Session) scrollUp(ctx context.Context, screen whatsapp.Screen) (whatsapp.Screen, error) {
	x, top, bottom := (screen.Size.Left+screen.Size.Right)/2, screen.Size.Bottom*3/10, screen.Size.Bottom*7/10
	if _, err := s.runHere(ctx, swipeScript(x, top, x, bottom)); err != nil {
		return whatsapp.Screen{}, err
	}
	return s.look(ctx)
}
