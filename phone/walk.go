package phone

import (
	"context"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// tickHorizon is how long ticks of a message are looked for.
const tickHorizon = 3 * 24 * time.Hour

// visitsPerWalk bounds how many chats one walk opens, so that a message to
// send waits for seconds at most.
const visitsPerWalk = 4

// pagesPerWalk bounds how far down the chat list one walk reads.
const pagesPerWalk = 12

// Idle does low-priority work: ticks, and what came in unseen while a chat was
// open or the daemon was away. It returns when to call again. Where nothing is
// due it touches neither phone nor database.
func (s *Session) Idle(ctx context.Context) (time.Duration, error) {
	now := time.Now()
	if s.dev != nil && len(s.litter) > 0 {
		s.tidy(ctx, now, "")
	}
	if m, ok := s.nextToRead(now); ok {
		_, err := s.readChat(ctx, &m)
		if err == nil {
			s.park(ctx)
		}
		return s.cfg.Timing.Poll, err
	}
	ticks, next := s.ticks.due(now, s.cfg.Timing.Ticks)
	if s.cfg.Store == nil || !ticks && !s.walkDue(now) {
		return min(max(next, time.Millisecond), s.cfg.Timing.Poll), s.picture(ctx, now)
	}
	waiting, err := s.awaiting(ctx, now)
	if err != nil {
		return 0, err
	}
	if ticks {
		s.ticks.done++
	}
	if len(waiting) == 0 && !s.walkDue(now) {
		return s.cfg.Timing.Poll, s.picture(ctx, now)
	}
	return s.cfg.Timing.Poll, s.walk(ctx, s.takeGaps(), waiting)
}

// awaiting lists the messages whose ticks may have moved. A reaction has none.
func (s *Session) awaiting(ctx context.Context, now time.Time) ([]wabridge.Message, error) {
	waiting, err := s.cfg.Store.Awaiting(ctx, s.cfg.Phone.ID, now.Add(-tickHorizon), 200)
	return slices.DeleteFunc(waiting, func(m wabridge.Message) bool { return m.Type == "reaction" }), err
}

// walkDue reports whether the chat list is to be read for what came in: after a
// gap, soon after a chat was left, and every so often because notifications
// alone are not to be trusted (they can be switched off or swiped away).
func (s *Session) walkDue(now time.Time) bool {
	switch {
	case s.gap(), s.walked.IsZero(), now.Sub(s.walked) >= s.cfg.Timing.Round:
		return true
	case s.anyLeft() || s.soon:
		return now.Sub(s.leftAt) >= s.cfg.Timing.Ticks[0]
	}
	return false
}

// walk reads the chat list once, and what it points to.
func (s *Session) walk(ctx context.Context, gaps []wabridge.ChatRef, waiting []wabridge.Message) error {
	w := &walk{s: s, gaps: gaps, waiting: waiting, first: s.walked.IsZero()}
	err := w.run(ctx)
	if err != nil || w.more {
		for _, g := range w.gaps {
			s.Gap(g)
		}
	}
	if w.more {
		s.Gap(wabridge.ChatRef{})
	}
	return err
}

// catchUp walks the chat list before a send if incoming messages may have been
// missed, because opening a chat takes its badge away; and between two sends if
// that has not been done for long: with a queue that is never empty nothing
// would be idle.
func (s *Session) catchUp(ctx context.Context) {
	if s.cfg.Store == nil || !s.gap() && (!s.anyLeft() || time.Since(s.walked) < s.cfg.Timing.CatchUp) {
		return
	}
	waiting, err := s.awaiting(ctx, time.Now())
	if err == nil {
		err = s.walk(ctx, s.takeGaps(), waiting)
	}
	if err != nil {
		s.log.Warn("chat list not read before a send", "err", err)
	}
}

// A walk is one reading of the chat list.
type walk struct {
	s       *Session
	first   bool               // of this process
	gaps    []wabridge.ChatRef // where incoming messages may have been missed
	waiting []wabridge.Message // newest first: ticks to look for
	visits  int
	limit   int  // of visits, so far
	archive bool // the list of archived chats is being read
	unread  bool // a row of this page had something to see
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
	w.s.soon = false
	if list, err = w.readArchive(ctx, list); err != nil {
		return err
	}
	w.limit = visitsPerWalk
	if err := w.pages(ctx, list); err != nil {
		return err
	}
	if !w.more {
		w.s.forgetLeft() // not in the list: it holds nothing
	}
	if err := w.home(ctx); err != nil {
		return err
	}
	if !w.more {
		w.s.walked = time.Now()
	}
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
			w.s.leaves(screen)
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

// pages reads the list from the top: ticks are taken from it, and chats that
// hold something unseen are opened, one after the other. It goes on downwards
// while there is something to find.
func (w *walk) pages(ctx context.Context, list whatsapp.Screen) error {
	found := map[string]bool{}
	for page := 1; ; {
		w.unread = false
		row, err := w.next(ctx, list, found)
		if err != nil {
			return err
		}
		if row != nil {
			if w.visits >= w.limit {
				w.more = true
				return nil
			}
			if list, err = w.visit(ctx, *row); err != nil {
				return err
			}
			page = 1 // the app may have gone back to the top
			continue
		}
		if !w.unread && (w.archive || w.allFound(found)) || page >= pagesPerWalk {
			break
		}
		below, err := w.down(ctx, list)
		if err != nil {
			return err
		}
		if below.Kind != whatsapp.ChatList || sameRows(below, list) {
			break
		}
		list, page = below, page+1
	}
	return nil
}

// next goes through a page and gives the first row whose chat must be opened.
func (w *walk) next(ctx context.Context, list whatsapp.Screen, found map[string]bool) (*whatsapp.Row, error) {
	for i, row := range list.Chats {
		found[row.Name] = true
		if w.archive {
			w.s.archived.names[row.Name] = true
		}
		if row.Out {
			if err := w.ticked(ctx, row); err != nil {
				return nil, err
			}
		}
		missing, err := w.missing(ctx, row)
		if err != nil {
			return nil, err
		}
		if missing && (w.told(ctx, row.Name) || w.s.mayOpen(row, time.Now())) {
			return &list.Chats[i], nil
		}
		w.unread = w.unread || row.Unread > 0
		if row.Out {
			delete(w.s.left, row.Name)
		}
	}
	return nil, nil
}

// allFound reports whether all chats that were left have been seen.
func (w *walk) allFound(found map[string]bool) bool {
	for name := range w.s.left {
		if w.s.leftOpen(name) && !found[name] {
			return false
		}
	}
	return true
}

// down scrolls the list.
func (w *walk) down(ctx context.Context, list whatsapp.Screen) (whatsapp.Screen, error) {
	x, top, bottom := (list.Size.Left+list.Size.Right)/2, list.Size.Bottom*3/10, list.Size.Bottom*7/10
	if _, err := w.s.runHere(ctx, swipeScript(x, bottom, x, top)); err != nil {
		return whatsapp.Screen{}, err
	}
	return w.s.look(ctx)
}

func sameRows(a, b whatsapp.Screen) bool {
	return slices.EqualFunc(a.Chats, b.Chats, func(x, y whatsapp.Row) bool { return x.Name == y.Name })
}

// visit opens a chat from the list, reads it and comes back. A chat in which
// something was new is left like any other: more may have come on the way out.
func (w *walk) visit(ctx context.Context, row whatsapp.Row) (whatsapp.Screen, error) {
	w.visits++
	w.s.noteVisit(row, time.Now())
	w.s.dirty = true
	if err := w.s.tap(ctx, row.Bounds); err != nil {
		return whatsapp.Screen{}, err
	}
	screen, err := w.s.readUntil(ctx, whatsapp.Goal{Names: []string{row.Name}})
	if err != nil {
		return whatsapp.Screen{}, err
	}
	ref, screen, known, err := w.identify(ctx, row, screen)
	if err != nil {
		return whatsapp.Screen{}, err
	}
	if !known {
		delete(w.s.left, row.Name)
		return w.backToList(ctx)
	}
	own := 0
	if w.first || w.s.leftOpen(row.Name) {
		own = 1
	}
	if row.Out { // typed by a person: no process read what stands above it
		own++
	}
	seen, err := w.s.readBack(ctx, ref, screen, row.Unread, own)
	if err != nil {
		return whatsapp.Screen{}, err
	}
	delete(w.s.left, row.Name)
	switch {
	case seen.New > 0, row.Unread > 0: // the latter takes time to read back
		w.s.leaves(screen)
	case !seen.Again.IsZero():
		w.s.left[row.Name] = seen.Again
	}
	w.s.read[row.Name] = row
	owners, err := w.s.titleOwners(ctx, row.Name)
	if err != nil {
		return whatsapp.Screen{}, err
	}
	w.gaps = slices.DeleteFunc(w.gaps, func(g wabridge.ChatRef) bool { return isOf(g, row.Name, owners) })
	return w.backToList(ctx)
}

// backToList leaves a chat that was opened from the list.
func (w *walk) backToList(ctx context.Context) (whatsapp.Screen, error) {
	if err := w.s.key(ctx, keyBack); err != nil {
		return whatsapp.Screen{}, err
	}
	return w.list(ctx)
}
