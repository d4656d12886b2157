package phone

import (
	"context"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// Resolve looks into the chat of a message that may have left. It returns the
// state its bubble shows; Queued if the chat proves that it is not there; an
// error if it cannot tell now.
func (s *Session) Resolve(ctx context.Context, m *wabridge.Message) (wabridge.State, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timing.Send)
	defer cancel()
	defer s.about(m)()
	if m.Type == "reaction" {
		return s.resolveReaction(ctx, m)
	}
	screen, err := s.openToRead(ctx, m)
	if err != nil {
		return "", err
	}
	state, screen, err := s.judgeChat(ctx, m, screen)
	if err != nil {
		s.dirty = true
		return "", err
	}
	s.leaves(screen)
	if screen.Composer != nil && !screen.Composer.Empty {
		s.dirty = true // a draft was taken out: see it gone on the way out
		return state, s.leave(ctx)
	}
	s.park(ctx)
	return state, nil
}

// judgeChat reads the open, proven chat of an unconfirmed message. A bubble that
// is there is there; that it is not, two looks in a row must say: the first one
// may have come before the chat was drawn. Where the screen cannot tell, what
// stands above it is read too. It returns the last look at the chat's end.
func (s *Session) judgeChat(ctx context.Context, m *wabridge.Message, screen whatsapp.Screen) (wabridge.State, whatsapp.Screen, error) {
	o, state, screen, err := s.judgeEnd(ctx, m, screen)
	if err != nil {
		return "", screen, err
	}
	scrolled := m.Intent != nil && (o == unclear || o != seen && !first(screen))
	if scrolled {
		if o, state, err = s.judgeAbove(ctx, m, screen); err != nil {
			return "", screen, err
		}
	}
	if _, err := s.readBack(ctx, refOf(m, screen), screen, 0, 0); err != nil {
		return "", screen, err
	}
	switch {
	case o == seen && scrolled: // an upload that failed is seen to with the ticks
		return state, screen, nil
	case o == seen:
		return state, screen, s.retryUpload(ctx, m, screen)
	case o == still, o == absent:
		return wabridge.Queued, screen, s.empty(ctx, screen)
	}
	return "", screen, wabridge.Fail(wabridge.CodeAmbiguous, nil, "phone %s: the chat does not tell whether the message is there", s.cfg.Phone.ID)
}

// judgeEnd judges by the chat's end alone.
func (s *Session) judgeEnd(ctx context.Context, m *wabridge.Message, screen whatsapp.Screen) (o outcome, state wabridge.State, last whatsapp.Screen, err error) {
	for range s.cfg.Timing.Looks {
		was := o
		if o = unclear; m.Intent != nil { // without a note an old equal text would look like ours
			o, state = weigh(m.Intent.Bubbles, screen, whatsapp.WantOf(m))
			s.log.Debug("weigh the end of the chat", "outcome", o, "bubbles", whatsapp.Outline(m.Intent.Bubbles, screen.Bubbles))
		}
		if o == seen || o != unclear && o == was {
			break
		}
		if screen, err = s.lookAgain(ctx, screen); err != nil {
			return unclear, "", screen, err
		}
	}
	return o, state, screen, nil
}

// judgeAbove scrolls up until all that was seen together tells whether the
// message is there: others may have written more than a screen since the note.
// That it is absent needs at least one screen more than the chat's end, unless
// nothing stands above that: equal texts could pretend to be the noted ones.
func (s *Session) judgeAbove(ctx context.Context, m *wabridge.Message, screen whatsapp.Screen) (outcome, wabridge.State, error) {
	want, merged, vain := whatsapp.WantOf(m), screen, 0
	for range scrolls {
		joined, up, err := s.further(ctx, screen, merged.Bubbles, swipeLength-swipeOther*vain)
		if err != nil {
			return unclear, "", err
		}
		if joined == nil {
			break
		}
		up.Composer, up.Send = screen.Composer, screen.Send
		if o, state := weigh(m.Intent.Bubbles, up, want); o == seen {
			return o, state, nil // there it is, whatever stands below
		}
		if vain++; !whatsapp.SameBubbles(joined, merged.Bubbles) {
			vain = 0 // once, a swipe may have been lost
		}
		merged.Bubbles = joined
		o, state := weigh(m.Intent.Bubbles, merged, want)
		s.log.Debug("weigh what stands above", "outcome", o, "vain", vain, "bubbles", whatsapp.Outline(m.Intent.Bubbles, merged.Bubbles))
		if o == seen || o != unclear && (vain != 1 || first(merged)) {
			return o, state, nil
		}
		if vain > 1 || first(merged) {
			break
		}
	}
	return unclear, "", nil
}

// retryUpload taps the button of an upload that failed, if the file's bubble has
// one.
func (s *Session) retryUpload(ctx context.Context, m *wabridge.Message, screen whatsapp.Screen) error {
	if m.Media == nil {
		return nil
	}
	b, v := whatsapp.Find(whatsapp.WantOf(m), m.Intent.Bubbles, screen.Bubbles)
	if v != whatsapp.Appeared || b.Transfer != whatsapp.TransferStopped {
		return nil
	}
	return s.uploadAgain(ctx, m.ID, b)
}

// lookAgain looks at the open chat once more, at its newest messages.
func (s *Session) lookAgain(ctx context.Context, before whatsapp.Screen) (whatsapp.Screen, error) {
	if before.Down != nil {
		if err := s.tap(ctx, before.Down.Bounds); err != nil {
			return before, err
		}
	} else if err := pause(ctx, s.cfg.Timing.Again); err != nil {
		return before, err
	}
	screen, err := s.look(ctx)
	if err != nil {
		return before, err
	}
	if screen.Kind != whatsapp.Chat || !sameHeader(before, screen) {
		return before, wabridge.Fail(wabridge.CodeAmbiguous, nil, "phone %s: %s came over the chat", s.cfg.Phone.ID, screen.Kind)
	}
	return screen, nil
}

// empty takes a draft out, so that it cannot be sent by mistake later.
func (s *Session) empty(ctx context.Context, screen whatsapp.Screen) error {
	if screen.Composer == nil || screen.Composer.Empty {
		return nil
	}
	return s.clear(ctx, screen)
}

func refOf(m *wabridge.Message, screen whatsapp.Screen) wabridge.ChatRef {
	ref := wabridge.ChatRef{JID: m.Chat, Number: m.Number, Group: wabridge.IsGroup(m.Chat)}
	if screen.Chat != nil {
		ref.Name = screen.Chat.Title
	}
	return ref
}

// openToRead opens the message's chat without a text and goes on until it is
// proven to be the right one.
func (s *Session) openToRead(ctx context.Context, m *wabridge.Message) (whatsapp.Screen, error) {
	start := linkStart(s.cfg.Phone, m.Number, "")
	if m.Number == "" || wabridge.IsGroup(m.Chat) {
		start = chatStart(s.cfg.Phone, m.Chat)
	}
	if err := s.openConfirmed(ctx, m, start); err != nil {
		return whatsapp.Screen{}, err
	}
	goal := s.goal(m, false)
	goal.Direct = true
	return s.readUntil(ctx, goal)
}

// readUntil looks until the goal's chat is open and proven.
func (s *Session) readUntil(ctx context.Context, goal whatsapp.Goal) (whatsapp.Screen, error) {
	var proof chatProof
	for range sendSteps {
		screen, err := s.look(ctx)
		if err != nil {
			return screen, err
		}
		sure, moved := goal, false
		if goal.Direct {
			if sure, moved, err = s.prove(ctx, screen, goal, &proof); err != nil {
				return screen, err
			}
		}
		if moved {
			continue
		}
		act := whatsapp.Next(screen, sure)
		switch act.Do {
		case whatsapp.DoRead:
			return screen, nil
		case whatsapp.DoBack, whatsapp.DoHome:
			s.dirty = true // leave reads it on the way out
			return screen, wabridge.Fail(wabridge.CodeWrongChat, nil, "phone %s: %s", s.cfg.Phone.ID, act.Why)
		}
		if err := s.follow(ctx, screen, act); err != nil {
			return screen, err
		}
	}
	return whatsapp.Screen{}, wabridge.Fail(wabridge.CodeSlow, nil, "phone %s: the chat was not ready after %d looks", s.cfg.Phone.ID, sendSteps)
}
