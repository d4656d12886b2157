package adb

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Defaults of LinkOptions.
const (
	DefaultLinkInterval = 10 * time.Second
	DefaultLinkMinWait  = 250 * time.Millisecond
	DefaultLinkMaxWait  = 5 * time.Second
)

// stuckAfter is how long a device may stay offline or mute before its
// connection is made anew. Servers try by themselves every 3 seconds.
const stuckAfter = 30 * time.Second

// attemptTimeout bounds one attempt to open; approval on the phone included.
const attemptTimeout = 90 * time.Second

// LinkOptions say how a Link keeps its device. The zero value is usable.
type LinkOptions struct {
	Options
	Interval time.Duration // between health checks, default 10 s
	MinWait  time.Duration // before the second attempt, default 250 ms; doubles
	MaxWait  time.Duration // between attempts at most, default 5 s
	OnChange func(Status)  // called by Run at each change; must not block
	Logger   *slog.Logger  // default: none
}

// A Status says whether a Link's device is reachable.
type Status struct {
	Up        bool
	Since     time.Time
	RoundTrip time.Duration // of the last health check that went well
	Err       error         // why it is not up; nil before the first attempt
}

// A Link keeps one device reachable: it opens the target, checks its health by
// a command's round trip, and opens it anew with growing pauses when it does
// not answer, left the server's list, or the server went away.
type Link struct {
	name   string
	target target
	o      LinkOptions
	log    *slog.Logger
	check  chan struct{} // cap 1

	mu      sync.Mutex
	device  *Device
	status  Status
	changed chan struct{} // closed and replaced at each change
}

// NewLink makes a Link to a target, as Open names it. Nothing is done before Run.
func NewLink(name string, o LinkOptions) (*Link, error) {
	t, err := parseTarget(name)
	if err != nil {
		return nil, err
	}
	o.Interval = cmp.Or(o.Interval, DefaultLinkInterval)
	o.MinWait = cmp.Or(o.MinWait, DefaultLinkMinWait)
	o.MaxWait = cmp.Or(o.MaxWait, DefaultLinkMaxWait)
	log := cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	return &Link{
		name: name, target: t, o: o, log: log.With("phone", name),
		check: make(chan struct{}, 1), changed: make(chan struct{}),
		status: Status{Since: time.Now()},
	}, nil
}

// Device is the device while it is reachable; otherwise it waits until it is,
// and when ctx ends first, says why it was not. A Device from here is closed,
// and all its streams end, when the Link finds it unreachable: ask again then.
func (l *Link) Device(ctx context.Context) (*Device, error) {
	for {
		l.mu.Lock()
		d, why, changed := l.device, l.status.Err, l.changed
		l.mu.Unlock()
		if d != nil {
			return d, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if why == nil {
				return nil, ended("open", l.name, context.Cause(ctx))
			}
			return nil, why
		}
	}
}

// Status is the state of the moment.
func (l *Link) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

// Check asks for a health check, or the next attempt, at once: call it when an
// operation failed. It does not wait.
func (l *Link) Check() {
	select {
	case l.check <- struct{}{}:
	default:
	}
}

// Run keeps the device until ctx ends, and closes it then.
func (l *Link) Run(ctx context.Context) error {
	var wait time.Duration
	var stuck time.Time
	for ctx.Err() == nil {
		d, err := l.attempt(ctx)
		if err != nil {
			stuck = l.unstick(ctx, stuck, err)
			wait = min(max(2*wait, l.o.MinWait), l.o.MaxWait)
			l.set(nil, Status{Err: err})
			l.pause(ctx, wait)
			continue
		}
		wait, stuck = 0, time.Time{}
		l.set(d, Status{Up: true})
		err = l.watch(ctx, d)
		l.set(nil, Status{Err: err})
		_ = d.Close()
	}
	return context.Cause(ctx)
}

// attempt opens the target once.
func (l *Link) attempt(ctx context.Context) (*Device, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	return l.target.open(ctx, l.o.Options)
}

// unstick makes the connection anew when the device is listed but has not
// answered for too long, and returns since when that is so.
func (l *Link) unstick(ctx context.Context, since time.Time, err error) time.Time {
	since, tooLong := stuckSince(since, time.Now(), err)
	if tooLong {
		l.log.Info("connection made anew", "err", err)
		l.target.reset(ctx, l.o.Options)
	}
	return since
}

// stuckSince says since when a device is listed but does not answer (zero: it is
// not so), and whether that is too long; then the count begins anew.
func stuckSince(since, now time.Time, err error) (time.Time, bool) {
	switch {
	case !errors.Is(err, ErrOffline) && !errors.Is(err, ErrTimeout):
		return time.Time{}, false
	case since.IsZero():
		return now, false
	case now.Sub(since) < stuckAfter:
		return since, false
	}
	return now, true
}

// watch checks the device's health until it fails, and returns why.
func (l *Link) watch(ctx context.Context, d *Device) error {
	var ended <-chan struct{}
	if conn, ok := d.transport.(*Conn); ok {
		ended = conn.Done()
	}
	tick := time.NewTicker(l.o.Interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ended:
		case <-tick.C:
		case <-l.check:
		}
		trip, err := d.Ping(ctx)
		if errors.Is(err, ErrTimeout) && ctx.Err() == nil {
			trip, err = d.Ping(ctx) // a busy phone may be slow once
		}
		if err != nil {
			return err
		}
		l.mu.Lock()
		l.status.RoundTrip = trip
		l.mu.Unlock()
	}
}

// pause waits between attempts; Check cuts it short.
func (l *Link) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-l.check:
	}
}

// set publishes a state. An error that repeats itself is no change.
func (l *Link) set(d *Device, s Status) {
	l.mu.Lock()
	same := l.status.Up == s.Up && l.status.Err != nil && s.Err != nil && l.status.Err.Error() == s.Err.Error()
	s.Since = time.Now()
	if l.status.Up == s.Up {
		s.Since = l.status.Since
	}
	l.device, l.status = d, s
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
	if same {
		return
	}
	l.log.Info("link changed", "up", s.Up, "err", s.Err)
	if l.o.OnChange != nil {
		l.o.OnChange(s)
	}
}
