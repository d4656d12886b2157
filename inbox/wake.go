package inbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/wabridge/wabridge/inbox/notification"
)

// How a burst of events becomes one wake-up: it is over when nothing came for
// joinQuiet, or after joinLimit. A posting is two lines and is followed by the
// group's summary; a phone may post all chats again with every message.
const (
	joinQuiet = 5 * time.Millisecond
	joinLimit = 20 * time.Millisecond
)

// lateLooks are the further checks, counted from the newest event, while an
// event has no answer: it is written when a notification is handed in, and
// Android may hold its posting back for its assistant for about 200 ms (AOSP,
// from memory; not verified on a phone).
var lateLooks = []time.Duration{250 * time.Millisecond, 700 * time.Millisecond}

// A schedule says when to check again after a wake-up.
type schedule struct {
	woken time.Time
	looks int // of lateLooks: those that are over
}

// wake notes a wake-up.
func (l *schedule) wake(now time.Time) { l.woken, l.looks = now, 0 }

// next tells, after a check that began at a time, how long until the next late
// look; ok is false if the last one is over.
func (l *schedule) next(began, now time.Time) (wait time.Duration, ok bool) {
	for ; l.looks < len(lateLooks); l.looks++ {
		if at := l.woken.Add(lateLooks[l.looks]); at.After(began) {
			return max(0, at.Sub(now)), true
		}
	}
	return 0, false
}

// An awaited posting is an event that no check has answered yet.
type awaited struct {
	hash  string // of the record that was posted in its place before
	again bool   // there was a further event since
}

// postings are the events that wait for an answer, by slot: each posting makes
// a new record, with a new hash. It is safe for concurrent use.
type postings struct {
	mu    sync.Mutex
	open  map[string]awaited
	hash  map[string]string // by slot: of the newest reading
	group map[string]bool   // slots of summaries, which only repeat what others say
}

// add notes an event; false if it is a summary's and tells nothing.
func (p *postings) add(slot string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.group[slot] {
		return false
	}
	w, again := p.open[slot]
	if !again {
		w.hash = p.hash[slot]
	}
	w.again = again
	p.open[slot] = w
	return true
}

// answer takes the records of a reading and drops the events that they answer.
// Of two in one slot the second stays: only one of them may have been posted.
func (p *postings) answer(records []notification.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hash, p.group = map[string]string{}, map[string]bool{}
	for _, rec := range records {
		p.hash[slotOf(rec)] = rec.Hash
		if rec.Summary {
			p.group[slotOf(rec)] = true
		}
	}
	for slot, w := range p.open {
		switch hash := p.hash[slot]; {
		case hash == w.hash: // not yet
		case w.again && hash != "":
			p.open[slot] = awaited{hash: hash}
		default:
			delete(p.open, slot)
		}
	}
}

func (p *postings) waiting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open) > 0
}

// forget gives up on what was never posted.
func (p *postings) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.open)
}

// join waits for the end of a burst; false if ctx ended.
func (s *session) join(ctx context.Context) bool {
	limit := time.Now().Add(joinLimit)
	for time.Now().Before(limit) {
		select {
		case <-s.wake:
		case <-time.After(joinQuiet):
			return true
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// listen reads the event log until it ends.
func (s *session) listen(stream io.Reader) error {
	lines := bufio.NewReaderSize(stream, 64<<10)
	whole := true // at the beginning of a line
	for {
		line, err := lines.ReadSlice('\n')
		if whole {
			s.event(string(line))
		}
		whole = !errors.Is(err, bufio.ErrBufferFull)
		if err != nil && whole {
			return fmt.Errorf("read logcat: %w", err)
		}
	}
}

// event wakes the loop if a line tells of a posting of our app, or of one that
// cannot be read.
func (s *session) event(line string) {
	ev, ok := parseEvent(line)
	if !ok || !ev.posted || ev.pkg != "" && ev.pkg != s.r.cfg.Phone.Package {
		return
	}
	if ev.pkg != "" {
		s.mu.Lock()
		s.live[ev.slot] = time.Now()
		s.mu.Unlock()
	}
	if !s.posts.add(ev.slot) {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}
