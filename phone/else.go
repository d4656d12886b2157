package phone

import (
	"context"
	"slices"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// somebodyElse reports whether the name in the header is known to be another
// person's: then the way that led here proves nothing. It asks the phone's
// contacts and, where they do not know the name, the chats that we have had.
// A person with the same name as another is told apart by the contacts only;
// where they are not readable a message fails rather than go to the other one.
func (s *Session) somebodyElse(ctx context.Context, screen whatsapp.Screen, number string) bool {
	if screen.Kind != whatsapp.Chat || screen.Chat == nil || screen.Chat.Number != "" || number == "" {
		return false
	}
	title := screen.Chat.Title
	if s.cfg.Names != nil {
		if saved := s.cfg.Names.Numbers(title); len(saved) > 0 {
			return !slices.ContainsFunc(saved, func(n string) bool { return wabridge.SameNumber(n, number) })
		}
	}
	if s.cfg.Store == nil {
		return false
	}
	if _, err := s.cfg.Store.Chat(ctx, s.cfg.Phone.ID, wabridge.ChatRef{Name: title, Group: true}); err == nil {
		return true
	}
	chat, err := s.cfg.Store.Chat(ctx, s.cfg.Phone.ID, wabridge.ChatRef{Name: title})
	if err != nil || chat.Number == "" {
		return false
	}
	return !wabridge.SameNumber(chat.Number, number)
}
