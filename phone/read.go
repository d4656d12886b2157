package phone

import (
	"context"
	"slices"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// scrolls bounds how far back an unread chat is read.
const scrolls = 10

// readBack tells of an open chat; if it holds more unread messages than fit on
// the screen it scrolls up and tells of them all together. It returns what came
// of the last look, New being what was not known before the first.
func (s *Session) readBack(ctx context.Context, ref wabridge.ChatRef, screen whatsapp.Screen, unread int, own bool) (Seen, error) {
	seen, n := Seen{Unread: unread}, 0
	for range 2 { // the second time if more is missing than the badge said
		merged, err := s.windows(ctx, screen, seen.Unread, own)
		if err != nil {
			return Seen{}, err
		}
		want := seen.Unread
		if seen, err = s.sawUnread(ctx, ref, merged, want); err != nil {
			return Seen{}, err
		}
		if n += seen.New; seen.Unread <= want {
			break
		}
	}
	seen.New = n
	return seen, nil
}

// badgeSlack is how many messages may have come since the badge was read.
const badgeSlack = 4

// windows scrolls up until as many incoming messages were seen and, if own is
// set, one of ours above them: all below it may be unrecorded. It joins all
// that it saw; what has no part in common with the rest is left out, because a
// message that comes in takes the chat back to its end.
func (s *Session) windows(ctx context.Context, screen whatsapp.Screen, unread int, own bool) (whatsapp.Screen, error) {
	if unread > 0 {
		unread += badgeSlack
	}
	merged, vain := screen, 0
	for range scrolls {
		if incoming(merged) >= unread && (!own || outgoing(merged)) || vain > 1 || first(merged) {
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

func outgoing(s whatsapp.Screen) bool {
	return slices.ContainsFunc(s.Bubbles, func(b whatsapp.Bubble) bool { return b.Out })
}

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
