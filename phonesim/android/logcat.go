package android

import (
	"strings"
	"sync"
	"time"
)

// An Entry is one log message; its text may hold line feeds.
type Entry struct {
	At       time.Time
	Buffer   string // main, system, crash or events
	PID, TID int
	Priority byte // V D I W E F
	Tag      string
	Text     string
	seq      int
}

// logSize is how many entries are kept.
const logSize = 4096

// A Logcat is the phone's log buffers. It is safe for concurrent use.
type Logcat struct {
	mu      sync.Mutex
	entries []Entry
	next    int           // seq of the next entry
	more    chan struct{} // closed and replaced with each entry
}

// NewLogcat makes empty buffers.
func NewLogcat() *Logcat { return &Logcat{more: make(chan struct{})} }

// Append adds an entry; without a time it is now.
func (l *Logcat) Append(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.At.IsZero() {
		e.At = time.Now()
	}
	e.seq = l.next
	l.next++
	if len(l.entries) >= logSize {
		l.entries = append(l.entries[:0], l.entries[logSize/4:]...)
	}
	l.entries = append(l.entries, e)
	close(l.more)
	l.more = make(chan struct{})
}

// Since returns the entries from a position on, the position after them, and a
// channel that is closed when there are more.
func (l *Logcat) Since(pos int) (entries []Entry, next int, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.entries) - 1; i >= 0 && l.entries[i].seq >= pos; i-- {
		entries = append(entries, l.entries[i])
	}
	for i, j := 0, len(entries)-1; i < j; i, j = i+1, j-1 {
		entries[i], entries[j] = entries[j], entries[i]
	}
	return entries, l.next, l.more
}

// Drop empties the given buffers.
func (l *Logcat) Drop(buffers func(name string) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.entries[:0]
	for _, e := range l.entries {
		if !buffers(e.Buffer) {
			kept = append(kept, e)
		}
	}
	l.entries = kept
}

// Lines is the text by lines: every format but "long" repeats the prefix for
// each of them (AOSP logprint.cpp android_log_formatLogLine).
func (e Entry) Lines() []string { return strings.Split(strings.TrimSuffix(e.Text, "\n"), "\n") }
