package phone

import (
	"context"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// openTries is how often the way to a chat may be cleared (wake, unlock, leave
// another chat) before the link is given up.
const openTries = 4

// open starts an activity of the app from a screen that is not the app's, so
// that what the next look shows was led to by this very start.
func (s *Session) open(ctx context.Context, start string) error {
	for range openTries {
		if _, err := s.device(ctx); err != nil {
			return err
		}
		if s.dirty {
			if err := s.leave(ctx); err != nil {
				return err
			}
		}
		out, err := s.run(ctx, s.cfg.Timing.Command, openScript(s.fence, s.cfg.Phone.Package, start))
		if err != nil {
			return err
		}
		text := string(out.Stdout)
		switch {
		case strings.Contains(text, openWord):
			s.dirty = true
			return startError(text, s.cfg.Phone)
		case strings.Contains(text, frontWord):
			s.log.Debug("something is in front", "lines", strings.Count(text, "\n"))
			if err := s.clearWay(ctx, text); err != nil {
				return err
			}
		default:
			return s.lost(text)
		}
	}
	return wabridge.Fail(wabridge.CodeScreen, nil, "phone %s: the way to the chat could not be cleared in %d tries", s.cfg.Phone.ID, openTries)
}

// lost answers output that has none of our words: another session has put its
// mark on the phone, or the shell did not do what it should.
func (s *Session) lost(text string) error {
	if err := s.drop(); err != nil {
		s.log.Debug("close", "err", err)
	}
	if strings.Contains(text, staleWord) {
		return wabridge.Fail(wabridge.CodeOffline, nil, "phone %s: another connection has taken over", s.cfg.Phone.ID)
	}
	return wabridge.Fail(wabridge.CodeOffline, nil, "phone %s: the shell answered %d bytes without a result", s.cfg.Phone.ID, len(text))
}

// clearWay wakes a sleeping phone; anything else in front is looked at.
func (s *Session) clearWay(ctx context.Context, front string) error {
	if strings.Contains(front, "=Asleep") || strings.Contains(front, "=Dozing") || strings.Contains(front, "=Dreaming") {
		if err := s.key(ctx, keyWake); err != nil {
			return err
		}
	}
	s.dirty = true
	return nil
}

// startError reads what `am start` said. Warnings are fine: the next look
// decides. Its exit code says nothing (facts on Android, section 5).
func startError(text string, p wabridge.Phone) error {
	switch {
	case strings.Contains(text, "unable to resolve Intent"), strings.Contains(text, "Error type 3"), strings.Contains(text, "does not exist"):
		return wabridge.Fail(wabridge.CodeAttention, nil, "phone %s: %s is not installed or cannot open links; install it and log in", p.ID, p.Package)
	case strings.Contains(text, "SecurityException"), strings.Contains(text, "Permission Denial"):
		return wabridge.Fail(wabridge.CodeAttention, nil, "phone %s: Android refused to open %s for the shell user", p.ID, p.Package)
	}
	return nil
}

// leaveSteps bounds the way out of whatever is on the screen.
const leaveSteps = 8

// leave backs out of the app until no chat is in front, reading what it shows
// on the way, and ends at the launcher.
func (s *Session) leave(ctx context.Context) error {
	for range leaveSteps {
		screen, err := s.look(ctx)
		if err != nil {
			return err
		}
		done, err := s.stepOut(ctx, screen)
		if err != nil || done {
			return err
		}
	}
	return wabridge.Fail(wabridge.CodeScreen, nil, "phone %s: could not get out of the screen in %d steps", s.cfg.Phone.ID, leaveSteps)
}

// stepOut makes one step towards the launcher; done once nothing of the app is
// in front.
func (s *Session) stepOut(ctx context.Context, screen whatsapp.Screen) (done bool, err error) {
	switch screen.Kind {
	case whatsapp.Launcher:
		s.dirty = false
		return true, nil
	case whatsapp.OtherApp, whatsapp.ChatList, whatsapp.HomeTab, whatsapp.Shade:
		return false, s.key(ctx, keyHome)
	case whatsapp.Chat:
		if err := s.sawStranger(ctx, screen); err != nil {
			return false, err
		}
		s.leaves(screen)
		return false, s.key(ctx, keyBack)
	}
	return false, s.follow(ctx, screen, whatsapp.Next(screen, whatsapp.Goal{}))
}

// park leaves the chat whose composer was seen empty: BACK out of it, HOME so
// that nothing of the app is in front and its notifications flow.
func (s *Session) park(ctx context.Context) {
	if s.dev == nil {
		return
	}
	if err := s.key(ctx, keyBack, keyHome); err != nil {
		s.log.Debug("park", "err", err)
		return
	}
	s.dirty = false
}
