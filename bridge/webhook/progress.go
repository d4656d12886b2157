package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

var (
	// errStore marks a failure of the database, which is no fault of the
	// receiver's.
	errStore = errors.New("database")
	// errUnreadable marks an event that can never be rendered.
	errUnreadable = errors.New("unreadable event")
)

// lookup finds the event's phone. One that was removed since is known by its
// id alone.
func lookup(store Store) Stage {
	return func(ctx context.Context, d *Delivery) error {
		phone, err := store.Phone(ctx, d.Event.Phone)
		if wabridge.CodeOf(err) == wabridge.CodeNotFound {
			phone, err = wabridge.Phone{ID: d.Event.Phone}, nil
		}
		if err == nil && d.Event.Kind == wabridge.EventAccount && phone.WABA == "" { // the whole account's
			a, err := accountData(d.Event)
			if err != nil {
				return fmt.Errorf("%w: %w", errUnreadable, err)
			}
			phone.WABA = a.WABA
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errStore, err)
		}
		d.Phone = phone
		return nil
	}
}

// endpoint is the lane's newest settings and progress.
func (l *lane) endpoint() queue.Endpoint {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.e
}

// configure takes new settings; progress stays the lane's own. A changed
// address or secret is tried at once.
func (l *lane) configure(e queue.Endpoint) {
	l.mu.Lock()
	same := sameSettings(l.e, e)
	if !same {
		if l.e.URL != e.URL || l.e.Secret != e.Secret {
			l.e.Next = time.Time{}
		}
		l.e.URL, l.e.VerifyToken, l.e.Secret = e.URL, e.VerifyToken, e.Secret
		l.e.Phones, l.e.Fields, l.e.Scope, l.e.Disabled = e.Phones, e.Fields, e.Scope, e.Disabled
	}
	l.mu.Unlock()
	if !same {
		l.wake()
	}
}

// moveTo makes the lane go on after the given event.
func (l *lane) moveTo(after int64) {
	l.mu.Lock()
	l.seek = &after
	l.mu.Unlock()
	l.wake()
}

// wake makes the lane look again. It never blocks.
func (l *lane) wake() {
	select {
	case l.poke <- struct{}{}:
	default: // a wake-up is waiting already
	}
}

// settle does what was left to do before anything else may be sent: a move
// that a person asked for, progress that could not be saved.
func (l *lane) settle(work context.Context) bool {
	l.mu.Lock()
	if l.seek != nil {
		l.e.Cursor, l.e.Next, l.seek = *l.seek, time.Time{}, nil
		l.changes++
	}
	must := l.changes-l.stored >= ahead || l.changes > l.stored && !l.beside
	l.mu.Unlock()
	return !must || l.save(work)
}

// saveBeside stores the progress in a goroutine of its own, which goes on as
// long as there is more of it; run waits for it. It is false if the next POST
// must wait until settle has stored the progress.
func (l *lane) saveBeside(work context.Context) bool {
	l.mu.Lock()
	behind := l.changes-l.stored >= ahead
	if !l.beside && !behind {
		l.beside = true
		l.wg.Go(func() { l.saveAll(work) })
	}
	l.mu.Unlock()
	return !behind || l.save(work)
}

// saveAll saves until there is nothing more to be saved, or it fails.
func (l *lane) saveAll(work context.Context) {
	for {
		ok := l.save(work)
		l.mu.Lock()
		if !ok || l.changes == l.stored {
			l.beside = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
	}
}

// pause is how long the endpoint must still be left alone. A time further away
// than the longest pause comes from a clock that was wrong, and does not count.
func pause(e queue.Endpoint, now time.Time) time.Duration {
	wait := e.Next.Sub(now)
	if e.Next.IsZero() || wait > maxWait+maxWait/4 {
		return 0
	}
	return wait
}

// hold puts the next try off without counting a failure.
func (l *lane) hold(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.e.Next = until
}

// save stores the progress, also while the lane is being broken off, and
// reports whether it is on disk.
func (l *lane) save(work context.Context) bool {
	l.saves.Lock() // an older reading must not come after a newer one
	defer l.saves.Unlock()
	l.mu.Lock()
	e, change := l.e, l.changes
	nothing := change == l.stored && e.Cursor == l.saved
	l.mu.Unlock()
	if nothing {
		return true
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(work), saving)
	defer cancel()
	err := l.store.SaveProgress(ctx, e)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		err = nil // the endpoint was deleted: there is no place to keep
	}
	if !l.storeOK(ctx, "save progress", err) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stored, l.saved = change, e.Cursor
	return true
}

// storeOK reports whether a call to the database went well; of several
// failures in a row it logs the first.
func (l *lane) storeOK(ctx context.Context, doing string, err error) bool {
	l.mu.Lock()
	before := l.storeFails
	l.storeFails = err != nil
	l.mu.Unlock()
	if err != nil && !before && ctx.Err() == nil {
		l.log.Error("webhook lane cannot use the database", "doing", doing, "err", err)
	}
	return err == nil
}

// checkGap tells when the log no longer holds what the endpoint should get
// next.
func (l *lane) checkGap(ctx context.Context) {
	first, err := l.store.FirstEvent(ctx)
	if !l.storeOK(ctx, "read the log", err) {
		return
	}
	if at := l.endpoint().Cursor; first > 0 && at < first-1 {
		l.log.Warn("webhook endpoint has missed events that are no longer kept", "cursor", at, "first_event", first)
	}
}
