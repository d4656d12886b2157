package inbox

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// evidence is the last line of defence against what would never end: a chat whose
// screen shows nothing that it did not show before has nothing new in it, however
// its bubbles compare with what is recorded.
type evidence struct {
	mu      sync.Mutex
	seen    map[string][]string    // by chat id: what the newest look showed
	changed map[string][]time.Time // by chat id: when a bubble that showed another text before was stored
}

// A chat's bubbles may change where they stand: a person edits a message, a place
// that is shared moves. So many of them in so long are stored as new messages.
const (
	changesStored = 3
	changesTime   = time.Hour
)

// A judged look: whether what it found new may be stored, and why.
type judged struct {
	seen   []string
	edited bool // all that is new is a bubble that showed something else before
	stored bool
}

// judge decides whether what a look found new in a chat may be stored. More unread
// messages than were known are evidence of their own.
func (e *evidence) judge(chat string, v View, fresh int) (j judged) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range v.Seen {
		j.seen = append(j.seen, fmt.Sprintf("%t %s %s %s %q", s.Own, s.Clock, s.Sender, s.Media, s.Text))
	}
	was := e.seen[chat]
	switch {
	case fresh == 0 || v.Unread > 0:
		j.stored = true
	case slices.Equal(was, j.seen):
	case inPlace(was, j.seen):
		j.edited = true
		recent := slices.DeleteFunc(slices.Clone(e.changed[chat]), func(t time.Time) bool { return v.At.Sub(t) > changesTime })
		j.stored = len(recent) < changesStored
	default:
		j.stored = true
	}
	return j
}

// note remembers a look once all that it showed is stored.
func (e *evidence) note(chat string, j judged, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil || len(e.seen) > trailLength {
		e.seen, e.changed = map[string][]string{}, map[string][]time.Time{}
	}
	e.seen[chat] = j.seen
	if j.edited && j.stored {
		list := append(e.changed[chat], at)
		e.changed[chat] = list[max(0, len(list)-changesStored):]
	}
}

// inPlace reports whether two looks show the same but for one bubble.
func inPlace(was, now []string) bool {
	differ := 0
	for i := range now {
		if i < len(was) && was[i] != now[i] {
			differ++
		}
	}
	return len(was) == len(now) && len(now) > 1 && differ == 1
}
