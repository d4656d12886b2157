package phone

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// settleUndecided looks in an open, proven chat for the bubbles of messages whose
// doubt came to no answer: one that is there after all moves its message on. The
// absence of one says nothing any more.
func (s *Session) settleUndecided(ctx context.Context, ref wabridge.ChatRef, screen whatsapp.Screen) error {
	all, err := s.undecided(ctx)
	if err != nil {
		return err
	}
	for i := len(all) - 1; i >= 0; i-- { // the oldest first: each bubble counts once
		if m := all[i]; m.Intent != nil && isInChat(m, ref) {
			if err := s.settleOne(ctx, m, screen); err != nil {
				return err
			}
		}
	}
	return nil
}

// undecided lists the messages that are still worth a look, newest first.
func (s *Session) undecided(ctx context.Context) ([]wabridge.Message, error) {
	if s.cfg.Store == nil || s.cfg.Doubts == nil {
		return nil, nil
	}
	return s.cfg.Doubts.Undecided(ctx, s.cfg.Phone.ID, time.Now().Add(-tickHorizon))
}

func isInChat(m wabridge.Message, ref wabridge.ChatRef) bool {
	return ref.JID != "" && m.Chat == ref.JID || !ref.Group && m.Number != "" && wabridge.SameNumber(m.Number, ref.Number)
}

func (s *Session) settleOne(ctx context.Context, m wabridge.Message, screen whatsapp.Screen) error {
	known, err := s.leftAfter(ctx, m)
	if err != nil {
		return err
	}
	b, v := whatsapp.Find(whatsapp.WantOf(&m), m.Intent.Bubbles, screen.Bubbles, known...)
	if v != whatsapp.Appeared {
		return nil
	}
	for _, move := range queue.Seen(wabridge.Unconfirmed, stateOf(b.Status), time.Now()) {
		_, err := s.cfg.Store.Apply(ctx, m.ID, 0, move)
		if code := wabridge.CodeOf(err); code == wabridge.CodeStale || code == wabridge.CodeNotFound {
			return nil // moved meanwhile
		}
		if err != nil {
			return err
		}
	}
	s.log.Info("undecided message found in its chat", "message_id", m.ID)
	return nil
}

// leftAfter lists what else of ours, or of a person at the phone, left to the
// chat of an undecided message after it: their bubbles are not its own.
func (s *Session) leftAfter(ctx context.Context, m wabridge.Message) (known []whatsapp.Want, err error) {
	list, err := s.cfg.Store.Messages(ctx, queue.MessageFilter{Phone: m.Phone, Chat: m.Chat, Limit: 200})
	if err != nil {
		return nil, err
	}
	for i := range list {
		o := &list[i]
		at := left(*o)
		if o.Direction == wabridge.Echo {
			at = o.Created
		}
		if o.ID != m.ID && o.Direction != wabridge.In && at.After(m.Intent.At) {
			known = append(known, whatsapp.WantOf(o))
		}
	}
	return known, nil
}

// visitUndecided opens the chats of undecided messages, each the more rarely the
// older its message is. A chat that cannot be read is left for another time.
func (w *walk) visitUndecided(ctx context.Context, done map[string]bool) error {
	all, err := w.s.undecided(ctx)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.Intent == nil || done[m.Chat] || w.visits >= visitsPerWalk {
			continue
		}
		m.HandedAt = m.Intent.At
		if !w.s.worthVisit(m, time.Now()) {
			continue
		}
		done[m.Chat] = true
		w.visits++
		if err := w.readUndecided(ctx, &m); err != nil {
			switch wabridge.CodeOf(err) {
			case wabridge.CodeWrongChat, wabridge.CodeSlow, wabridge.CodeScreen, wabridge.CodeUndeliverable, wabridge.CodeAmbiguous:
				w.s.log.Debug("chat of an undecided message not read", "message_id", m.ID, "err", err)
				continue
			}
			return err
		}
	}
	return nil
}

func (w *walk) readUndecided(ctx context.Context, m *wabridge.Message) error {
	screen, err := w.s.openToRead(ctx, m)
	if err != nil {
		return err
	}
	if _, err := w.s.readBack(ctx, refOf(m, screen), screen, 0, 0); err != nil {
		return err
	}
	w.s.leaves(screen)
	w.s.park(ctx)
	return nil
}
