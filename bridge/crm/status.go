package crm

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// How long things are kept that only serve to tell a CRM of them. Whether an
// item was sent before is known as long as its message is there.
const (
	itemKept         = 60 * 24 * time.Hour
	notificationKept = 30 * 24 * time.Hour // as long as the event log
	cleanEvery       = 24 * time.Hour
)

// seen is what the fetch loop has seen, for Status. p.mu guards it.
type seen struct {
	poll, ok, next               time.Time
	failures                     int
	err                          string
	accepted, rejected, repeated int64
	nameless                     int64
}

// record notes the end of a poll. The same failure is logged once.
func (p *Poller) record(began time.Time, out outcome, err error, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.seen
	s.poll, s.next = began, time.Now().Add(wait)
	s.accepted += int64(out.accepted)
	s.rejected += int64(out.rejected)
	s.repeated += int64(out.repeated)
	if out.accepted+out.rejected > 0 {
		p.log.Info("messages of the CRM taken", "accepted", out.accepted, "rejected", out.rejected)
	}
	if err != nil {
		s.failures++
		if words := err.Error(); words != s.err {
			p.log.Warn("CRM's queue cannot be read", "err", words, "again_in", wait.Round(time.Millisecond))
			s.err = words
		}
		return
	}
	if s.failures > 0 {
		p.log.Info("CRM's queue can be read again", "failures", s.failures)
	}
	s.failures, s.err, s.ok = 0, "", time.Now()
}

// nameless counts an item that has no id to be told of by.
func (p *Poller) nameless() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen.nameless == 0 {
		p.log.Warn("the CRM hands out an item without a usable id; such items are left out", "field", p.wire.field("id"))
	}
	p.seen.nameless++
}

// Status is how the poller is.
func (p *Poller) Status(ctx context.Context) (bridge.Poller, error) {
	last, err := p.store.LastEvent(ctx)
	if err != nil {
		return bridge.Poller{}, err
	}
	p.mu.Lock()
	s := p.seen
	p.mu.Unlock()
	v := bridge.Poller{
		Name: p.cfg.Name, Preset: p.cfg.Preset, Health: "ok", LastPoll: s.poll.UTC(), LastOK: s.ok.UTC(), NextPoll: s.next.UTC(),
		Failures: s.failures, LastError: s.err, Accepted: s.accepted, Rejected: s.rejected, Repeated: s.repeated, Nameless: s.nameless,
	}
	for _, l := range p.active() {
		way := l.status(last)
		if l.id == laneResults {
			v.Results = way
		} else {
			v.Incoming = way
		}
	}
	switch {
	case s.failures > 0:
		v.Health = "failing"
	case v.Results != nil && v.Results.Failures > 0:
		v.Health = "waiting"
	case v.Incoming != nil && v.Incoming.Failures > 0:
		v.Health = "failing"
	case s.poll.IsZero():
		v.Health = "starting"
	}
	return v, nil
}

func (l *lane) status(last int64) *bridge.PollerWay {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.state
	return &bridge.PollerWay{
		Cursor: s.Cursor, Backlog: max(last-s.Cursor, 0), Failures: s.Failures, Failing: s.Failing.UTC(), Next: s.Next.UTC(),
		LastError: l.lastErr, Aside: l.aside, Dropped: s.Dropped,
	}
}

// clean forgets what nobody can be told of any more, once a day.
func (p *Poller) clean(ctx context.Context) {
	now := time.Now()
	if now.Sub(p.cleaned) < cleanEvery {
		return
	}
	p.cleaned = now
	err := p.forget(ctx, objectItem, p.cfg.Name, now.Add(-itemKept))
	if err == nil {
		err = p.forget(ctx, queue.ObjectNotification, "", now.Add(-notificationKept))
	}
	if err != nil && ctx.Err() == nil {
		p.log.Warn("old notes are not cleaned up; it is tried again tomorrow", "err", err)
	}
}

// forget deletes the objects of a kind that were made before a time.
func (p *Poller) forget(ctx context.Context, kind, owner string, before time.Time) error {
	for after := ""; ; {
		list, err := p.store.Objects(ctx, kind, owner, after, page)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, o := range list {
			after = o.ID
			if !o.Created.Before(before) {
				continue
			}
			if err := p.store.DeleteObject(ctx, kind, o.Owner, o.ID); err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
				return err
			}
		}
	}
}
