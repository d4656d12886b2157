package phone

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// saw tells of a look into a chat that was proven to be ref's.
func (s *Session) saw(ctx context.Context, ref wabridge.ChatRef, screen whatsapp.Screen) error {
	_, err := s.sawUnread(ctx, ref, screen, 0)
	return err
}

func (s *Session) sawUnread(ctx context.Context, ref wabridge.ChatRef, screen whatsapp.Screen, unread int) (Seen, error) {
	if screen.Kind != whatsapp.Chat || screen.Chat == nil {
		return Seen{Anchored: true}, nil
	}
	if ref.JID != "" {
		s.titles[ref.JID] = screen.Chat.Title
	}
	if err := s.settleUndecided(ctx, ref, screen); err != nil {
		return Seen{}, err
	}
	if s.cfg.Looked == nil {
		return Seen{Anchored: true}, nil
	}
	return s.cfg.Looked(ctx, ref, screen, LookAt{At: s.at, Unread: unread})
}

// sawStranger tells of a chat that was on the screen when nobody of ours, or an
// earlier process, opened it. It counts only if it is known whose it is: by the
// number in its header, by a name that one number has, or by one that one known
// chat has.
func (s *Session) sawStranger(ctx context.Context, screen whatsapp.Screen) error {
	if screen.Chat == nil || screen.Chat.Title == "" || screen.Chat.Self {
		return nil
	}
	ref, err := s.refOfRow(ctx, whatsapp.Row{Name: screen.Chat.Title})
	switch {
	case err != nil:
		return err
	case ref.Number != "":
		ref.JID = wabridge.UserJID(ref.Number)
		return s.saw(ctx, ref, screen)
	case s.cfg.Store == nil:
		return nil
	}
	if _, err := s.cfg.Store.Chat(ctx, s.cfg.Phone.ID, ref); err != nil {
		if wabridge.CodeOf(err) == wabridge.CodeNotFound {
			return nil
		}
		return err
	}
	return s.saw(ctx, ref, screen)
}

// leaves notes that a chat is, or was, on the screen and will be left: opening it
// took its notification away, and what arrives between the last look and the way
// out has none. Both are found from the chat list.
func (s *Session) leaves(screen whatsapp.Screen) {
	if screen.Chat == nil || screen.Chat.Title == "" || screen.Chat.Self {
		return
	}
	s.leftAt = time.Now()
	s.left[screen.Chat.Title] = s.leftAt
}

// leftOpen reports whether the last moments of a chat are to be read now.
func (s *Session) leftOpen(title string) bool {
	from, left := s.left[title]
	return left && !time.Now().Before(from)
}

// anyLeft reports whether there is such a chat.
func (s *Session) anyLeft() bool {
	for title := range s.left {
		if s.leftOpen(title) {
			return true
		}
	}
	return false
}
