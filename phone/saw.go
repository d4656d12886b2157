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
// earlier process, opened it. It counts only if one alone is known by its title;
// any other is found in the chat list.
func (s *Session) sawStranger(ctx context.Context, screen whatsapp.Screen) error {
	if screen.Chat == nil || screen.Chat.Title == "" || s.isSelf(screen) {
		return nil
	}
	row := whatsapp.Row{Name: screen.Chat.Title}
	owners, err := s.ownersOfRow(ctx, row, screen.Chat.Group, true)
	if err != nil || len(owners) != 1 || s.isShared(row.Name) {
		return err
	}
	return s.saw(ctx, owners[0].ref(row.Name), screen)
}

// isSelf reports whether a chat is the one with oneself: its title says so, and
// nobody is saved under that title.
func (s *Session) isSelf(screen whatsapp.Screen) bool {
	return screen.Chat.Self && (s.cfg.Names == nil || len(s.cfg.Names.Numbers(screen.Chat.Title)) == 0)
}

// leaves notes that a chat is, or was, on the screen and will be left: opening it
// took its notification away, and what arrives between the last look and the way
// out has none. Both are found from the chat list.
func (s *Session) leaves(screen whatsapp.Screen) {
	if screen.Chat == nil || screen.Chat.Title == "" || s.isSelf(screen) {
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
