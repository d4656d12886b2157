// Package android is the system of the simulated phone: display, windows,
// keyguard, input, notifications, logs, files, contacts, and the faults that can
// be armed. Apps plug into it; it does not know what WhatsApp is.
package android

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabridge/wabridge/phonesim/notice"
	"github.com/wabridge/wabridge/phonesim/vfs"
	"github.com/wabridge/wabridge/phonesim/view"
)

// Config describes the device.
type Config struct {
	Latency Latency
	Locale  string // en, pt, es, de, ru
	Android int    // 10, 13, 15
	Seed    uint64
	Logger  *slog.Logger
}

// A System is the phone without its apps. All its methods and fields are used
// with the phone's lock held, which Do takes; the exceptions say so.
type System struct {
	mu      sync.Mutex
	closed  bool
	timers  map[*timer]struct{}
	running sync.WaitGroup // fired timers
	quiet   chan struct{}  // closed and replaced whenever no timer is left

	Latency  Latency
	Locale   string
	Android  int
	Display  view.Rect
	Log      *slog.Logger
	Rand     *rand.Rand
	Notices  *notice.Manager
	Logcat   *Logcat // has its own lock
	Files    *vfs.FS // has its own lock
	Media    *MediaStore
	Settings map[string]string
	Contacts []Contact
	Boot     time.Time
	// KillLink carries out freeze and offline; the kind "" ends both.
	KillLink func(kind string, d time.Duration)

	apps       []App
	front      App // nil: the launcher
	awake      bool
	lock       lock
	shade      bool
	dialogs    []*dialog // ANR and permission dialogs, the last on top
	lastChange time.Time
	selected   bool // all of the focused field is selected
	finger     *finger
	call       Window // an incoming call, over everything
	faults     map[string]*armed

	storageIsFull atomic.Bool
}

// New makes a switched-on, unlocked device with the launcher on screen.
func New(cfg Config) *System {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	now := time.Now()
	s := &System{
		timers:  map[*timer]struct{}{},
		quiet:   make(chan struct{}),
		Latency: cfg.Latency, Locale: cfg.Locale, Android: cfg.Android, Log: cfg.Logger,
		Display:    view.R(0, 0, 720, 1640),
		Rand:       rand.New(rand.NewPCG(cfg.Seed, 0x77616272)),
		Logcat:     NewLogcat(),
		Settings:   defaultSettings(cfg.Locale),
		Boot:       now.Add(-26 * time.Hour),
		awake:      true,
		lastChange: now.Add(-time.Hour),
		faults:     map[string]*armed{},
	}
	s.Files = vfs.New(s.storageFull, time.Now)
	s.Media = &MediaStore{sys: s}
	s.Notices = notice.NewManager(notice.Config{Android: cfg.Android, Log: s.event, Boot: s.Boot})
	s.Files.Generate("/proc/uptime", func() []byte {
		up := time.Since(s.Boot).Seconds()
		return fmt.Appendf(nil, "%.2f %.2f\n", up, up*3)
	})
	return s
}

// Do runs f with the phone's lock held.
func (s *System) Do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// A timer is one thing that is to happen.
type timer struct {
	t    *time.Timer
	side bool // Settle does not wait for it
}

// After has f run with the lock held once d has passed; at once, before After
// returns, where d is zero. The result takes it back. After Close nothing runs.
func (s *System) After(d time.Duration, f func()) (cancel func()) { return s.after(d, false, f) }

// Later is After for what Settle need not wait for, as the end of a fault.
func (s *System) Later(d time.Duration, f func()) (cancel func()) { return s.after(d, true, f) }

func (s *System) after(d time.Duration, side bool, f func()) (cancel func()) {
	if s.closed {
		return func() {}
	}
	if d <= 0 {
		f()
		return func() {}
	}
	t := &timer{side: side}
	s.timers[t] = struct{}{}
	s.running.Add(1)
	t.t = time.AfterFunc(d, func() {
		defer s.running.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, ok := s.timers[t]; !ok {
			return
		}
		f()
		s.forget(t)
	})
	return func() { s.cancel(t) }
}

func (s *System) cancel(t *timer) {
	if _, ok := s.timers[t]; !ok {
		return
	}
	if t.t.Stop() {
		s.running.Done()
	}
	s.forget(t)
}

// busy reports whether something is to happen that Settle waits for.
func (s *System) busy() bool {
	for t := range s.timers {
		if !t.side {
			return true
		}
	}
	return false
}

func (s *System) forget(t *timer) {
	delete(s.timers, t)
	if !s.busy() {
		close(s.quiet)
		s.quiet = make(chan struct{})
	}
}

// Close takes back all that was to happen and waits for what is happening. It
// is called without the lock.
func (s *System) Close() {
	s.Do(func() {
		s.closed = true
		for t := range s.timers {
			s.cancel(t)
		}
	})
	s.running.Wait()
}

// Settle waits, without the lock, until nothing is to happen any more.
func (s *System) Settle(ctx context.Context) error {
	for {
		var quiet chan struct{}
		busy := false
		s.Do(func() { quiet, busy = s.quiet, s.busy() })
		if !busy {
			return nil
		}
		select {
		case <-quiet:
		case <-ctx.Done():
			return fmt.Errorf("settle the phone: %w", ctx.Err())
		}
	}
}

// Changed notes that the screen is not what it was: an accessibility event.
func (s *System) Changed() { s.lastChange = time.Now() }

// ChangesFor has the screen change again and again for a while, as it does while
// an activity opens.
func (s *System) ChangesFor(d time.Duration) {
	s.Changed()
	for step := d / 4; d > 0 && step > 0; d -= step {
		s.After(d, s.Changed)
	}
}

// WaitIdle waits, without the lock, until the screen has not changed for the
// latency profile's idle window, at most its limit; false: it never was idle.
// The window begins with the call at the earliest, for each dump connects anew
// and knows of no event before (AOSP UiAutomation.waitForIdle).
func (s *System) WaitIdle(ctx context.Context) (idle bool, err error) {
	start := time.Now()
	end := start.Add(s.Latency.IdleLimit)
	for {
		var last time.Time
		s.Do(func() { last = s.lastChange })
		if last.Before(start) {
			last = start
		}
		now := time.Now()
		wait := last.Add(s.Latency.IdleWindow).Sub(now)
		if wait <= 0 {
			return true, nil
		}
		if left := end.Sub(now); left <= 0 {
			return false, nil
		} else if left < wait {
			wait = left
		}
		if err := Sleep(ctx, wait); err != nil {
			return false, err
		}
	}
}

// Sleep waits, without the lock; it ends early with the context's error.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// event writes a line to the events log.
func (s *System) event(tag, text string) {
	s.Logcat.Append(Entry{Buffer: "events", PID: systemServer, TID: systemServer, Priority: 'I', Tag: tag, Text: text})
}

// Main writes a line to the main log.
func (s *System) Main(pid int, priority byte, tag, text string) {
	s.Logcat.Append(Entry{Buffer: "main", PID: pid, TID: pid, Priority: priority, Tag: tag, Text: text})
}

// systemServer is the process number of system_server.
const systemServer = 1508
