package phone

import (
	"context"
	"slices"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// scrolls bounds how far back a chat is read; one with unread messages as far as
// these may reach, each of which fills a screen at most.
const (
	scrolls       = 10
	scrollsUnread = 100
)

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
	for range min(scrolls+unread, scrollsUnread) {
		if incoming(merged) >= unread && outgoing(merged) >= own && !nameless(merged) || vain > 1 || first(merged) {
			break
		}
		more, _, err := s.further(ctx, screen, merged.Bubbles, swipeLength-swipeOther*vain)
		if err != nil {
			return merged, err
		}
		if more == nil {
			break
		}
		if whatsapp.SameBubbles(more, merged.Bubbles) {
			vain++ // once, a swipe may have been lost
			continue
		}
		merged.Bubbles = more
	}
	return merged, nil
}

// further scrolls up and joins what it sees with what was seen; nil if the chat
// is not open any more. A swipe may leave nothing in common that proves itself,
// where a tall picture fills the screen: half of the way back there is more. It
// returns the last look too.
func (s *Session) further(ctx context.Context, screen whatsapp.Screen, seen []whatsapp.Bubble, length int) (joined []whatsapp.Bubble, up whatsapp.Screen, err error) {
	moved := 0
	for _, by := range []int{length, -length / 2} {
		if up, err = s.scroll(ctx, screen, by); err != nil {
			return nil, up, err
		}
		if up.Kind != whatsapp.Chat || !sameHeader(screen, up) {
			return nil, up, nil
		}
		moved += by
		if joined, overlap := whatsapp.Join(up.Bubbles, seen, s.pixels(screen, moved)); overlap {
			return joined, up, nil
		}
	}
	return seen, up, nil
}

// nameless reports whether the highest bubble is one that came in and may have a
// name above it that is out of sight.
func nameless(s whatsapp.Screen) bool {
	return len(s.Bubbles) > 0 && s.Bubbles[0].CutTop && !s.Bubbles[0].Out && slices.ContainsFunc(s.Bubbles, func(b whatsapp.Bubble) bool { return b.Sender != "" })
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
	return s.scroll(ctx, screen, swipeLength)
}

// swipeLength is how far the chat is moved at once, in hundredths of the screen's
// height: a part of what was seen must stay in sight.
const swipeLength = 40

// swipeOther makes a swipe after one in vain shorter: where equal texts fill the
// screen, one that moves them by their own height seems to have been lost.
const swipeOther = 7

func (s *Session) pixels(screen whatsapp.Screen, hundredths int) int {
	return screen.Size.Bottom * hundredths / 100
}

// scroll moves the chat down by hundredths of the screen's height, so that what
// stands further up comes in sight; a negative number moves it up.
func (s *Session) scroll(ctx context.Context, screen whatsapp.Screen, by int) (whatsapp.Screen, error) {
	x, from := (screen.Size.Left+screen.Size.Right)/2, 50-by/2
	if _, err := s.runHere(ctx, swipeScript(x, s.pixels(screen, from), x, s.pixels(screen, from+by))); err != nil {
		return whatsapp.Screen{}, err
	}
	return s.look(ctx)
}
