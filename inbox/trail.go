package inbox

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
)

// A trail remembers for a while when chats and messages were seen, by the
// phone's clock. What it has forgotten, or an earlier process knew, decides
// nothing.
type trail struct {
	mu     sync.Mutex
	looked map[string]time.Time // by chat id: when it was last on the screen
	last   map[string]time.Time // by message id: see Reading.Last
	window map[string]Window    // by chat id: the newest look
	looks  int
}

// The trail is cut when it is long.
const (
	trailLength = 2000
	trailTime   = time.Hour
)

// look notes that a chat was on the screen, and what it showed.
func (t *trail) look(chat string, w Window, v View) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looks++
	t.looked = noted(t.looked, v.At, chat)
	if t.window == nil {
		t.window = map[string]Window{}
	}
	if len(t.window) > trailLength {
		maps.DeleteFunc(t.window, func(_ string, was Window) bool { return v.At.Sub(was.At) > trailTime })
	}
	if w.whole && !v.Scrolled {
		t.window[chat] = w
	} // else what is known stands below it, and an earlier look tells more
}

// newest is the newest look into a chat.
func (t *trail) newest(chat string) Window {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.window[chat]
}

// with fills in what was stored as new.
func (w Window) with(stored []wabridge.Message) Window {
	next := 0
	for i, id := range w.IDs {
		if id == "" && next < len(stored) {
			w.IDs[i] = stored[next].ID
			w.Seq = max(w.Seq, stored[next].Seq)
			next++
		}
	}
	return w
}

// reaches reports whether a look that shows ids goes down to the newest messages
// that are known: a chat may be scrolled up without a sign of it. The newest to
// be recorded need not stand lowest, for what stood further up may be found
// last; times of notifications are whole seconds, of which all must be shown.
func reaches(ids []string, known, ours []wabridge.Message) bool {
	var newest time.Time
	for i, m := range known {
		if m.Created.After(newest) {
			newest = m.Created
		}
		if i == len(known)-1 && !slices.Contains(ids, m.ID) {
			return false
		}
	}
	for _, m := range known {
		if m.Created.After(newest.Add(-newestSecond)) && !slices.Contains(ids, m.ID) {
			return false
		}
	}
	for _, m := range slices.Backward(ours) {
		switch m.State {
		case wabridge.Handed, wabridge.Sent, wabridge.Delivered, wabridge.Read:
			return slices.Contains(ids, m.ID)
		}
	}
	return true
}

// newestSecond is how much older than the newest message one may seem that
// stands below it.
const newestSecond = time.Second

func newestSeq(lists ...[]wabridge.Message) (seq int64) {
	for _, list := range lists {
		for _, m := range list {
			seq = max(seq, m.Seq)
		}
	}
	return seq
}

// saw notes that messages were seen, or read in a notification.
func (t *trail) saw(ids []string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = noted(t.last, at, ids...)
}

func noted(m map[string]time.Time, at time.Time, keys ...string) map[string]time.Time {
	if m == nil {
		m = map[string]time.Time{}
	}
	if len(m) > trailLength {
		maps.DeleteFunc(m, func(_ string, was time.Time) bool { return at.Sub(was) > trailTime })
	}
	for _, k := range keys {
		m[k] = at
	}
	return m
}

// of gives what is known of a chat, and of all messages.
func (t *trail) of(chat string) (looked time.Time, last map[string]time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.looked[chat], maps.Clone(t.last)
}

// count is how many looks there were.
func (t *trail) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.looks
}
