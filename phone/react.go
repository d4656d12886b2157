package phone

import (
	"context"
	"fmt"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// react gives, or takes away, a reaction: the bubble is held down, its emoji
// tapped in the tray, and the bubble looked at. What the tray shows as ours
// already is not tapped: that would take it away.
func (s *Session) react(ctx context.Context, m *wabridge.Message, intend func(context.Context, wabridge.Intent) error) (state wabridge.State, err error) {
	defer func() {
		if err != nil && s.dev != nil {
			s.dirty = true
		}
	}()
	target, screen, err := s.openTarget(ctx, m)
	if err != nil {
		return "", err
	}
	before, tray, at, err := s.hold(ctx, screen, target)
	if err != nil {
		return "", err
	}
	emoji, done, err := choose(tray, string(m.Text), before)
	switch {
	case err != nil:
		return "", s.unhold(ctx, m, at, err)
	case done:
		return wabridge.Sent, s.unhold(ctx, m, at, nil)
	}
	note := wabridge.Intent{At: time.Now(), Bubbles: whatsapp.Prints(screen.Bubbles)}
	if err := intend(ctx, note); err != nil {
		return "", err
	}
	err = s.tap(ctx, emoji.Bounds)
	if err == nil {
		err = s.reacted(ctx, m, target, at, before)
	}
	if err != nil {
		return "", wabridge.Fail(wabridge.CodeAmbiguous, err, "after the tap")
	}
	return wabridge.Sent, s.unhold(ctx, m, at, nil)
}

// resolveReaction tells by the tray whether a reaction that may have been given
// is there.
func (s *Session) resolveReaction(ctx context.Context, m *wabridge.Message) (wabridge.State, error) {
	target, screen, err := s.openTarget(ctx, m)
	if err != nil {
		return "", err
	}
	b, tray, at, err := s.hold(ctx, screen, target)
	if err != nil {
		s.dirty = true
		return "", err
	}
	state := wabridge.Queued
	if _, done, err := choose(tray, string(m.Text), b); err == nil && done {
		state = wabridge.Sent
	}
	return state, s.unhold(ctx, m, at, nil)
}

// openTarget opens the chat and finds what is to be reacted to.
func (s *Session) openTarget(ctx context.Context, m *wabridge.Message) (*wabridge.Message, whatsapp.Screen, error) {
	target, err := s.target(ctx, m)
	if err != nil {
		return nil, whatsapp.Screen{}, err
	}
	if target == nil {
		return nil, whatsapp.Screen{}, wabridge.Fail(wabridge.CodeValue, nil, "the message to react to is not known in this chat")
	}
	screen, err := s.openToRead(ctx, m)
	if err != nil {
		return nil, screen, err
	}
	return target, screen, s.saw(ctx, refOf(m, screen), screen)
}

// choose finds the emoji to tap in the tray of a bubble; done: it is as it
// should be.
func choose(tray []whatsapp.Emoji, want string, b whatsapp.Bubble) (e whatsapp.Emoji, done bool, err error) {
	if want == "" {
		for _, e := range tray {
			if e.Mine {
				return e, false, nil
			}
		}
		if b.Reaction != "" {
			return e, false, wabridge.Fail(wabridge.CodeUnsupported, nil, "the phone does not tell which reaction is ours")
		}
		return e, true, nil
	}
	e, ok := whatsapp.InTray(tray, want)
	if !ok {
		return e, false, wabridge.Fail(wabridge.CodeUnsupported, nil, "the phone does not offer this emoji as a reaction")
	}
	return e, e.Mine, nil
}

// holds are the ways to hold a bubble down. A long swipe on one point is a tap on
// some phones; motion events came with Android 10 (facts on Android, section 2).
var holds = []func(x, y int) string{
	func(x, y int) string {
		return fmt.Sprintf("input motionevent DOWN %d %d && sleep 0.7 && input motionevent UP %d %d", x, y, x, y)
	},
	func(x, y int) string { return fmt.Sprintf("input swipe %d %d %d %d 1200", x, y, x, y) },
}

// hold finds the target's bubble and holds it down until the tray is there. It
// returns the bubble and the chat as they were before.
func (s *Session) hold(ctx context.Context, screen whatsapp.Screen, target *wabridge.Message) (b whatsapp.Bubble, tray []whatsapp.Emoji, chat whatsapp.Screen, err error) {
	for _, way := range holds {
		found, at, ok, err := s.find(ctx, screen, target)
		if err != nil {
			return b, nil, at, err
		}
		if !ok {
			return b, nil, at, wabridge.Fail(wabridge.CodeValue, nil, "phone %s: the message to react to is not within one screen of the chat's end", s.cfg.Phone.ID)
		}
		b, chat = found, at
		if _, err := s.runHere(ctx, guarded(s.fence, way(grip(b.Bounds, at.Size)))); err != nil {
			return b, nil, chat, err
		}
		for range trayLooks {
			now, err := s.look(ctx)
			switch {
			case err != nil:
				return b, nil, chat, err
			case now.Kind == whatsapp.ReactionTray && len(now.Tray) > 0:
				return b, now.Tray, chat, nil
			case now.Kind != whatsapp.Chat && now.Kind != whatsapp.ReactionTray:
				return b, nil, chat, wabridge.Fail(wabridge.CodeUnsupported, nil, "phone %s: holding the message led to %s", s.cfg.Phone.ID, now.Kind)
			}
			screen = now
			if err := pause(ctx, s.cfg.Timing.Again); err != nil {
				return b, nil, chat, err
			}
		}
	}
	return b, nil, chat, wabridge.Fail(wabridge.CodeUnsupported, nil, "phone %s: it offers no reactions for this message", s.cfg.Phone.ID)
}

// trayLooks is how often a look may not show the tray yet.
const trayLooks = 3

// grip is where a bubble is held: away from its middle, where a picture or a
// link may be, and on the screen.
func grip(b, screen uiauto.Rect) (x, y int) {
	x, y = b.Left+(b.Right-b.Left)/6, b.Top+(b.Bottom-b.Top)/2
	return x, min(max(y, screen.Top+8), screen.Bottom-8)
}

// reacted looks whether the bubble shows the reaction, or its absence. Where
// somebody else gave the same one the bubble may not tell; the tray does.
func (s *Session) reacted(ctx context.Context, m, target *wabridge.Message, chat whatsapp.Screen, before whatsapp.Bubble) error {
	last := chat
	for range s.cfg.Timing.Looks {
		screen, err := s.look(ctx)
		if err != nil {
			return err
		}
		if screen.Kind == whatsapp.Chat && sameHeader(chat, screen) {
			last = screen
			if b, ok := locate(target, screen.Bubbles); ok && changed(string(m.Text), before, b) {
				return nil
			}
		}
		if err := pause(ctx, s.cfg.Timing.Again); err != nil {
			return err
		}
	}
	b, tray, _, err := s.hold(ctx, last, target)
	if err != nil {
		return err
	}
	if _, done, err := choose(tray, string(m.Text), b); err != nil || !done {
		return wabridge.Fail(wabridge.CodeAmbiguous, err, "phone %s: the reaction was not seen", s.cfg.Phone.ID)
	}
	return nil
}

// changed reports whether a bubble shows a reaction that it did not show before,
// or, for "", one less.
func changed(emoji string, before, now whatsapp.Bubble) bool {
	if emoji == "" {
		return now.Reaction != before.Reaction
	}
	return whatsapp.HasEmoji(now.Reaction, emoji) && (!whatsapp.HasEmoji(before.Reaction, emoji) || before.Reacted > 0 && now.Reacted > before.Reacted)
}

// unhold leaves the chat; err is passed on.
func (s *Session) unhold(ctx context.Context, m *wabridge.Message, chat whatsapp.Screen, err error) error {
	s.leaves(chat)
	s.dirty = true // the tray or the bar of a held message may be up
	if lerr := s.leave(ctx); lerr != nil {
		s.log.Debug("leave", "err", lerr)
	}
	return err
}
