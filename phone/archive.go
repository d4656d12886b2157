package phone

import (
	"context"
	"maps"
	"time"

	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// archived is what is known of the list of archived chats. New messages of
// archived chats make no notification where the app keeps such chats archived (its
// default), so the list is the only place that tells of them.
type archived struct {
	read  time.Time       // when it was last read; zero: not by this process
	count string          // the number beside its entry then
	names map[string]bool // the chats that it showed
}

// archiveDue reports whether the archived chats are to be read: once by each
// process, after a gap, when the number beside their entry has changed, when one
// of them was left, and every Timing.Round.
func (w *walk) archiveDue(entry *whatsapp.Archive) bool {
	if entry == nil || entry.Bounds.Empty() {
		return false
	}
	was := &w.s.archived
	if was.read.IsZero() || len(w.gaps) > 0 || was.count != entry.Count || time.Since(was.read) >= w.s.cfg.Timing.Round {
		return true
	}
	for name := range was.names {
		if w.s.leftOpen(name) {
			return true
		}
	}
	return false
}

// readArchive reads the archived chats from the top of the chat list, with at most
// half of a walk's visits, and comes back to the chat list. An entry that opens
// nothing is not tried again before the next time that it is due.
func (w *walk) readArchive(ctx context.Context, list whatsapp.Screen) (whatsapp.Screen, error) {
	if !w.archiveDue(list.Archive) {
		return list, nil
	}
	w.s.archived = archived{read: time.Now(), count: list.Archive.Count, names: map[string]bool{}}
	if err := w.s.tap(ctx, list.Archive.Bounds); err != nil {
		return list, err
	}
	chats, err := w.list(ctx)
	if err != nil || chats.Archive != nil {
		return chats, err // still the chat list
	}
	w.archive, w.limit = true, visitsPerWalk/2
	err = w.pages(ctx, chats)
	w.archive = false
	if err != nil {
		return list, err
	}
	if chats, err = w.list(ctx); err != nil || chats.Archive != nil {
		return chats, err // the app went back by itself
	}
	if err := w.s.key(ctx, keyBack); err != nil {
		return chats, err
	}
	return w.list(ctx)
}

// forgetLeft forgets the chats whose last moments were to be read now.
func (s *Session) forgetLeft() {
	maps.DeleteFunc(s.left, func(title string, _ time.Time) bool { return s.leftOpen(title) })
}
