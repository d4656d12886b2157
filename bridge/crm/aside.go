package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const (
	asideCheck = time.Minute        // between two looks for what is due again
	asideWait  = time.Hour          // between two tries of one
	asideKept  = 7 * 24 * time.Hour // then it is given up
	maxAside   = 1000               // of a lane; with more the lane waits
)

// An outcast is an event that the CRM cannot take while it takes those behind
// it.
type outcast struct {
	Event int64     `json:"event"`
	Since time.Time `json:"since"`
	Next  time.Time `json:"next_try"`
}

func (l *lane) asideID(event int64) string { return fmt.Sprintf("%s/%020d", l.id, event) }

// passBy tries the event behind one that the CRM refuses again and again. If
// it is taken the first is the one that is wrong: it is put aside, and tried
// again every hour for seven days. Otherwise it is the CRM that is wrong, and
// everything waits in order.
func (l *lane) passBy(work context.Context, stuck job) (passed bool, err error) {
	if n, err := l.countAside(work); err != nil || n >= maxAside {
		return false, err
	}
	jobs, _, err := l.next(work, stuck.number, 1)
	if err != nil || len(jobs) == 0 || l.p.post(work, jobs) != nil {
		return false, err
	}
	now := time.Now()
	if err := l.p.put(work, objectAside, l.asideID(stuck.number), outcast{stuck.number, now, now.Add(asideWait)}); err != nil {
		return false, err
	}
	l.p.log.Warn("CRM takes what is behind this event, but not this one; it is tried again every hour", "lane", l.id, "event", stuck.number)
	l.succeeded(jobs[0].number)
	if _, err := l.countAside(work); err != nil {
		return true, err
	}
	return true, l.save(work)
}

// outcasts lists what was put aside, oldest first.
func (l *lane) outcasts(ctx context.Context, limit int) ([]queue.Object, error) {
	list, err := l.p.store.Objects(ctx, objectAside, l.p.cfg.Name, l.id+"/", limit)
	for i, o := range list {
		if !strings.HasPrefix(o.ID, l.id+"/") { // the other lane's
			return list[:i], err
		}
	}
	return list, err
}

func (l *lane) countAside(ctx context.Context) (int, error) {
	list, err := l.outcasts(ctx, maxAside)
	l.mu.Lock()
	l.aside = len(list)
	l.mu.Unlock()
	return len(list), err
}

// retryAside tries what is due of what was put aside.
func (l *lane) retryAside(stop, work context.Context) error {
	if time.Since(l.asideAt) < asideCheck {
		return nil
	}
	l.asideAt = time.Now()
	list, err := l.outcasts(work, maxAside)
	if err != nil {
		return err
	}
	for _, o := range list {
		var c outcast
		if err := json.Unmarshal(o.Data, &c); err != nil {
			return fmt.Errorf("read what was put aside: %w", err)
		}
		if now := time.Now(); stop.Err() != nil || c.Next.After(now) && c.Next.Before(now.Add(2*asideWait)) {
			continue
		}
		if err := l.retryOne(work, o, c); err != nil {
			return err
		}
	}
	_, err = l.countAside(work)
	return err
}

func (l *lane) retryOne(work context.Context, o queue.Object, c outcast) error {
	jobs, _, err := l.next(work, c.Event-1, 1)
	if err != nil {
		return err
	}
	gone := len(jobs) == 0 || jobs[0].number != c.Event // no longer kept
	switch {
	case gone, time.Since(c.Since) >= asideKept:
		l.p.log.Warn("given up what the CRM did not take for 7 days", "lane", l.id, "event", c.Event)
		l.change(func(s *laneState) { s.Dropped++ })
		if err := l.save(work); err != nil {
			return err
		}
	default:
		if err := l.p.post(work, jobs); err != nil {
			if work.Err() != nil {
				return nil
			}
			c.Next = time.Now().Add(asideWait)
			return l.p.put(work, objectAside, o.ID, c)
		}
	}
	err = l.p.store.DeleteObject(work, objectAside, l.p.cfg.Name, o.ID)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		err = nil
	}
	return err
}
