package phone

import (
	"context"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// ticked applies the tick of a row whose preview is an outgoing message to the
// newest message of that chat, if the preview is that message. Captured phones
// give that tick no description: the message then waits for a visit (older).
func (w *walk) ticked(ctx context.Context, row whatsapp.Row) error {
	if row.Status == whatsapp.TickNone || row.Status == whatsapp.TickUnknown {
		return nil
	}
	owners, err := w.s.knownOwners(ctx, row.Name, false)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(w.waiting, func(m wabridge.Message) bool { return w.s.isChatOf(m, row.Name, owners) })
	if i < 0 || !w.s.previews(w.waiting[i], row) {
		return nil
	}
	m := w.waiting[i]
	w.waiting = slices.Delete(w.waiting, i, i+1)
	return w.s.applyTick(ctx, m, stateOf(row.Status))
}

// older opens the chats whose messages the list did not answer for, oldest
// look first, and reads the ticks beside their bubbles.
func (w *walk) older(ctx context.Context) error {
	done := map[string]bool{}
	for _, m := range w.waiting {
		if done[m.Chat] || w.visits >= visitsPerWalk || !w.s.worthVisit(m, time.Now()) {
			continue
		}
		done[m.Chat] = true
		w.visits++
		screen, err := w.s.openToRead(ctx, &m)
		if err != nil {
			return err
		}
		if _, err := w.s.readBack(ctx, refOf(&m, screen), screen, 0, 0); err != nil {
			return err
		}
		if err := w.chatTicks(ctx, m.Chat, screen.Bubbles); err != nil {
			return err
		}
		w.s.leaves(screen)
		w.s.park(ctx)
	}
	return w.visitUndecided(ctx, done)
}

// worthVisit limits visits for ticks: a chat is opened at most every so often,
// the rarer the older its message is.
func (s *Session) worthVisit(m wabridge.Message, now time.Time) bool {
	age := now.Sub(m.HandedAt)
	last, ok := s.visited[m.Chat]
	if ok && now.Sub(last) < max(age/2, 10*s.cfg.Timing.Again) {
		return false
	}
	s.visited[m.Chat] = now
	return true
}

// chatTicks pairs the outgoing bubbles of a chat with its waiting messages,
// both from the newest on, by their texts.
func (w *walk) chatTicks(ctx context.Context, chat string, bubbles []whatsapp.Bubble) error {
	i := len(bubbles) - 1
	for _, m := range w.waiting {
		if m.Chat != chat {
			continue
		}
		for ; i >= 0; i-- {
			if bubbles[i].Out && whatsapp.WantOf(&m).Shows(bubbles[i]) {
				break
			}
		}
		if i < 0 {
			return nil
		}
		if err := w.s.applyBubble(ctx, m, bubbles[i]); err != nil {
			return err
		}
		i--
	}
	return nil
}

// applyBubble moves a message to what its bubble says: a tick, or an upload that
// failed too often.
func (s *Session) applyBubble(ctx context.Context, m wabridge.Message, b whatsapp.Bubble) error {
	if m.Media == nil || b.Transfer != whatsapp.TransferStopped {
		return s.applyTick(ctx, m, stateOf(b.Status))
	}
	err := s.uploadAgain(ctx, m.ID, b)
	if wabridge.CodeOf(err) != wabridge.CodeMediaUpload {
		return err
	}
	_, err = s.cfg.Store.Apply(ctx, m.ID, 0, wabridge.HasFailed(time.Now(), wabridge.CodeMediaUpload, err.Error()))
	if code := wabridge.CodeOf(err); code == wabridge.CodeStale || code == wabridge.CodeNotFound {
		return nil
	}
	return err
}

// applyTick moves a message to what its tick says. A tick never goes back.
func (s *Session) applyTick(ctx context.Context, m wabridge.Message, to wabridge.State) error {
	now := time.Now()
	moves := queue.Seen(m.State, to, now)
	if to == wabridge.Handed || moves == nil {
		return nil
	}
	for _, move := range moves {
		_, err := s.cfg.Store.Apply(ctx, m.ID, 0, move)
		if wabridge.CodeOf(err) == wabridge.CodeStale {
			return nil // moved meanwhile
		}
		if err != nil {
			return err
		}
	}
	s.ticks.since, s.ticks.done = now, min(s.ticks.done, 1) // something moves: look again sooner
	return nil
}

// isChatOf reports whether a row of the chat list is the chat of m: its title
// must be nobody else's.
func (s *Session) isChatOf(m wabridge.Message, title string, owners []owner) bool {
	goal := whatsapp.Goal{Number: m.Number}
	if wabridge.IsGroup(m.Chat) || m.Number == "" {
		goal.Number, goal.JID = "", m.Chat
	}
	shared := s.cfg.Names != nil && s.cfg.Names.Shared(title)
	switch judgeTitle(title, shared, owners, goal) {
	case whatsapp.TitleWanted:
		return true
	case whatsapp.TitleUnknown: // shown when the chat was proven
		return s.titles[m.Chat] == title && title != "" && !s.isTitleOfTwo(title)
	}
	return false
}

// isTitleOfTwo reports whether two proven chats showed one title.
func (s *Session) isTitleOfTwo(title string) bool {
	n := 0
	for _, t := range s.titles {
		if t == title {
			n++
		}
	}
	return n > 1
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
