package phone

import (
	"context"
	"slices"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// askPage opens the page about the open chat, by a tap on its title, reads the
// number there, and comes back. "" is a page that tells no number, or several;
// a group's lists its members. A draft in the composer stays. That the page
// shows the number as a text of its own is not verified on a phone.
func (s *Session) askPage(ctx context.Context, screen whatsapp.Screen) (string, error) {
	if screen.Chat.Name.Empty() || screen.Chat.Group {
		return "", nil
	}
	s.log.Info("several chats have this title: looking at the page about it")
	if err := s.tap(ctx, screen.Chat.Name); err != nil {
		return "", err
	}
	s.onPage = true
	defer func() { s.onPage = false }()
	number, left := "", false
	for range s.cfg.Timing.Looks {
		page, err := s.look(ctx)
		if err != nil {
			return "", err
		}
		if page.Kind != whatsapp.Chat {
			left = true
			if numbers := whatsapp.PageNumbers(page, s.dump, screen.Chat.Title); len(numbers) == 1 {
				number = numbers[0]
				break
			} else if len(numbers) > 1 {
				break
			}
		}
		if err := pause(ctx, s.cfg.Timing.Again); err != nil {
			return "", err
		}
	}
	if !left {
		return "", nil
	}
	return number, s.key(ctx, keyBack)
}

// knownOf lists the newest known messages of an owner's chat.
func (s *Session) knownOf(ctx context.Context, o owner) ([]wabridge.Message, error) {
	id := o.chat.ID
	if id == "" && o.number != "" {
		id = wabridge.UserJID(o.number)
	}
	if id == "" || s.cfg.Store == nil {
		return nil, nil
	}
	known, err := s.cfg.Store.Messages(ctx, queue.MessageFilter{Phone: s.cfg.Phone.ID, Chat: id, Limit: 30})
	return slices.DeleteFunc(known, func(m wabridge.Message) bool { return m.State == wabridge.Queued }), err
}

// enoughBubbles is how many bubbles must be known ones of a chat to prove it.
const enoughBubbles = 3

// tellsApart reports whether bubbles are those of one chat and of none of some
// others: the newest is known of it, so are three (or all there are), and more
// than of any other. An empty chat is that of the only one with whom nothing
// was written.
func tellsApart(mine []wabridge.Message, others [][]wabridge.Message, bubbles []whatsapp.Bubble) bool {
	if len(bubbles) == 0 {
		return len(mine) == 0 && !slices.ContainsFunc(others, func(known []wabridge.Message) bool { return len(known) == 0 })
	}
	n := countShown(mine, bubbles)
	if n < min(enoughBubbles, len(bubbles)) || countShown(mine, bubbles[len(bubbles)-1:]) == 0 {
		return false
	}
	return !slices.ContainsFunc(others, func(known []wabridge.Message) bool { return countShown(known, bubbles) >= n })
}

// countShown counts the bubbles that are known messages.
func countShown(known []wabridge.Message, bubbles []whatsapp.Bubble) (n int) {
	for _, b := range bubbles {
		if slices.ContainsFunc(known, func(m wabridge.Message) bool {
			return (m.Direction != wabridge.In) == b.Out && (whatsapp.WantOf(&m).Shows(b) || whatsapp.BubbleShows(string(m.Text), b))
		}) {
			n++
		}
	}
	return n
}
