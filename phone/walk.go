package phone

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// tickHorizon is how long ticks of a message are looked for.
const tickHorizon = 3 * 24 * time.Hour

// visitsPerWalk bounds how many chats one walk opens, so that a message to
// send waits for seconds at most.
const visitsPerWalk = 4

// Idle does low-priority work: ticks, and what came in unseen while a chat was
// open or the daemon was away. It returns when to call again.
func (s *Session) Idle(ctx context.Context) (time.Duration, error) {
	due, next := s.ticks.due(time.Now(), s.cfg.Timing.Ticks)
	gaps := s.takeGaps()
	if s.cfg.Store == nil || (!due && len(gaps) == 0) {
		return min(max(next, time.Millisecond), s.cfg.Timing.Poll), nil
	}
	waiting, err := s.cfg.Store.Awaiting(ctx, s.cfg.Phone.ID, time.Now().Add(-tickHorizon), 200)
	if err != nil {
		return 0, err
	}
	s.ticks.done++
	if len(gaps) == 0 && len(s.left) == 0 && len(waiting) == 0 {
		return s.cfg.Timing.Poll, nil
	}
	return s.cfg.Timing.Poll, s.walk(ctx, gaps, waiting)
}

// walk reads the chat list once, and what it points to.
func (s *Session) walk(ctx context.Context, gaps []wabridge.ChatRef, waiting []wabridge.Message) error {
	w := &walk{s: s, gaps: gaps, waiting: waiting}
	err := w.run(ctx)
	if err != nil {
		for _, g := range gaps {
			s.Gap(g)
		}
	} else if w.more {
		s.Gap(wabridge.ChatRef{})
	}
	return err
}

// catchUp walks the chat list between two sends if that has not been done for
// long: with a queue that is never empty nothing would be idle.
func (s *Session) catchUp(ctx context.Context) {
	if s.cfg.Store == nil || len(s.left) == 0 || time.Since(s.walked) < s.cfg.Timing.CatchUp {
		return
	}
	waiting, err := s.cfg.Store.Awaiting(ctx, s.cfg.Phone.ID, time.Now().Add(-tickHorizon), 200)
	if err == nil {
		err = s.walk(ctx, nil, waiting)
	}
	if err != nil {
		s.log.Warn("chat list not read between two sends", "err", err)
	}
}

// A walk is one reading of the chat list.
type walk struct {
	s       *Session
	gaps    []wabridge.ChatRef // where incoming messages may have been missed
	waiting []wabridge.Message // newest first: ticks to look for
	visits  int
	more    bool // chats were left for the next walk
}

func (w *walk) run(ctx context.Context) error {
	if err := w.s.open(ctx, homeStart(w.s.cfg.Phone)); err != nil {
		return err
	}
	list, err := w.list(ctx)
	if err != nil {
		return err
	}
	if err := w.rows(ctx, list); err != nil {
		return err
	}
	if err := w.home(ctx); err != nil {
		return err
	}
	w.s.walked = time.Now()
	return w.older(ctx)
}

// home leaves the chat list.
func (w *walk) home(ctx context.Context) error {
	if err := w.s.key(ctx, keyHome); err != nil {
		return err
	}
	w.s.dirty = false
	return nil
}

// list looks until the chat list is on the screen.
func (w *walk) list(ctx context.Context) (whatsapp.Screen, error) {
	for range leaveSteps {
		screen, err := w.s.look(ctx)
		if err != nil || screen.Kind == whatsapp.ChatList {
			return screen, err
		}
		if screen.Kind == whatsapp.Chat { // the app came back to where a person left it
			if err := w.s.sawStranger(ctx, screen); err != nil {
				return screen, err
			}
			if err := w.s.key(ctx, keyBack); err != nil {
				return screen, err
			}
			continue
		}
		if err := w.s.follow(ctx, screen, whatsapp.Next(screen, whatsapp.Goal{})); err != nil {
			return screen, err
		}
	}
	return whatsapp.Screen{}, wabridge.Fail(wabridge.CodeScreen, nil, "phone %s: the chat list did not come up", w.s.cfg.Phone.ID)
}

// rows takes the ticks that the list shows and opens the chats that hold
// something nobody has read.
func (w *walk) rows(ctx context.Context, list whatsapp.Screen) error {
	w.s.left = map[string]bool{}
	for _, row := range list.Chats {
		if row.Out {
			if err := w.ticked(ctx, row); err != nil {
				return err
			}
			continue
		}
		missing, err := w.missing(ctx, row)
		if err != nil {
			return err
		}
		if !missing {
			continue
		}
		if w.visits >= visitsPerWalk {
			w.more = true
			continue
		}
		if err := w.visit(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

// visit opens a chat from the list, reads it and comes back.
func (w *walk) visit(ctx context.Context, row whatsapp.Row) error {
	w.visits++
	w.s.read[row.Name] = row.Preview
	w.s.dirty = true
	if err := w.s.tap(ctx, row.Bounds); err != nil {
		return err
	}
	number := whatsapp.ShownNumber(row.Name)
	screen, err := w.s.readUntil(ctx, whatsapp.Goal{Names: []string{row.Name}, Number: number})
	if err != nil {
		return err
	}
	ref := wabridge.ChatRef{Name: row.Name, Number: number}
	if err := w.s.readBack(ctx, ref, screen, row.Unread); err != nil {
		return err
	}
	if err := w.s.key(ctx, keyBack); err != nil {
		return err
	}
	_, err = w.list(ctx)
	return err
}
