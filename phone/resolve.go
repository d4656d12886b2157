package phone

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// Resolve looks into the chat of a message that may have left. It returns the
// state its bubble shows; Queued if the chat proves that it is not there; an
// error if it cannot tell now.
func (s *Session) Resolve(ctx context.Context, m *wabridge.Message) (wabridge.State, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timing.Send)
	defer cancel()
	screen, err := s.openToRead(ctx, m)
	if err != nil {
		return "", err
	}
	state, err := s.decide(ctx, m, screen)
	if err != nil {
		s.dirty = true
		return "", err
	}
	s.left[m.Chat] = true
	if screen.Composer != nil && !screen.Composer.Empty {
		s.dirty = true // a draft was taken out: see it gone on the way out
		return state, s.leave(ctx)
	}
	s.park(ctx)
	return state, nil
}

// decide reads the open, proven chat of an unconfirmed message.
func (s *Session) decide(ctx context.Context, m *wabridge.Message, screen whatsapp.Screen) (wabridge.State, error) {
	var note []wabridge.BubblePrint
	if m.Intent != nil {
		note = m.Intent.Bubbles
	}
	o, state := weigh(note, screen, string(m.Text))
	if err := s.saw(ctx, refOf(m, screen), screen); err != nil {
		return "", err
	}
	switch o {
	case seen:
		return state, nil
	case still, absent:
		return wabridge.Queued, s.empty(ctx, screen)
	}
	return "", wabridge.Fail(wabridge.CodeAmbiguous, nil, "phone %s: the chat does not tell whether the message is there", s.cfg.Phone.ID)
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
	if err := s.open(ctx, start); err != nil {
		return whatsapp.Screen{}, err
	}
	goal := s.goal(m, false)
	goal.Direct = true
	return s.readUntil(ctx, goal)
}

// readUntil looks until the goal's chat is open and proven.
func (s *Session) readUntil(ctx context.Context, goal whatsapp.Goal) (whatsapp.Screen, error) {
	for range sendSteps {
		screen, err := s.look(ctx)
		if err != nil {
			return screen, err
		}
		act := whatsapp.Next(screen, goal)
		switch act.Do {
		case whatsapp.DoRead:
			return screen, nil
		case whatsapp.DoBack, whatsapp.DoHome:
			s.dirty = true
			return screen, wabridge.Fail(wabridge.CodeWrongChat, nil, "phone %s: %s", s.cfg.Phone.ID, act.Why)
		}
		if err := s.follow(ctx, screen, act); err != nil {
			return screen, err
		}
	}
	return whatsapp.Screen{}, wabridge.Fail(wabridge.CodeSlow, nil, "phone %s: the chat was not ready after %d looks", s.cfg.Phone.ID, sendSteps)
}

// tickClock says when to look for ticks: ever more rarely after the newest
// send.
type tickClock struct {
	since time.Time
	done  int
}

func (c *tickClock) reset(now time.Time) { c.since, c.done = now, 0 }

// due reports whether a look is due and how long until the next one.
func (c *tickClock) due(now time.Time, plan []time.Duration) (bool, time.Duration) {
	if c.since.IsZero() {
		c.since = now
	}
	i := min(c.done, len(plan)-1)
	at := c.since.Add(plan[i])
	if c.done >= len(plan) { // past the plan: again and again at its last pace
		at = at.Add(time.Duration(c.done-len(plan)+1) * plan[len(plan)-1])
	}
	return !now.Before(at), at.Sub(now)
}
