package queue

import (
	"context"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
)

// deliver sends one claimed message and stores what became of it. The error
// is the database's.
func (l *Lane) deliver(ctx, work context.Context, m *wabridge.Message) error {
	l.Log.Debug("message claimed", "phone", l.Phone, "message_id", m.ID, "try", m.Tries)
	state, err := l.send(work, m)
	now := time.Now()
	if err == nil {
		if moves := Seen(wabridge.Sending, state, now); moves != nil {
			l.strange = 0
			return l.settleAll(work, m, moves)
		}
		err = wabridge.Fail(wabridge.CodeAmbiguous, nil, "the outcome of the sending is not known")
	}
	l.Log.Warn("message not sent", "phone", l.Phone, "message_id", m.ID, "try", m.Tries, "code", int(codeOf(err)), "err", err)
	if err := l.settle(work, m, Outcome(m, err, now)); err != nil {
		return err
	}
	return l.mind(ctx, err)
}

// send calls the sender and keeps the lease alive beside it.
func (l *Lane) send(work context.Context, m *wabridge.Message) (wabridge.State, error) {
	ctx, cancel := context.WithCancelCause(work)
	var wg sync.WaitGroup
	wg.Go(func() { l.renew(ctx, cancel, m.ID, m.Fence) })
	defer wg.Wait()
	defer cancel(nil)
	return l.Sender.Send(ctx, m, func(ctx context.Context, note wabridge.Intent) error {
		if err := l.Store.Intend(ctx, m.ID, m.Fence, note); err != nil {
			return err
		}
		m.Intent = &note
		m.Taps++
		return nil
	})
}

// renew prolongs the lease until ctx ends; a lost lease cuts the sending
// short. It is started and waited for by send.
func (l *Lane) renew(ctx context.Context, cancel context.CancelCauseFunc, id string, fence int64) {
	tick := time.NewTicker(l.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := l.Store.Renew(ctx, id, fence, time.Now().Add(l.Lease))
		if wabridge.CodeOf(err) == wabridge.CodeStale {
			cancel(err)
			return
		}
	}
}

// settleAll stores one outcome after the other.
func (l *Lane) settleAll(work context.Context, m *wabridge.Message, moves []wabridge.Move) error {
	for _, move := range moves {
		if err := l.settle(work, m, move); err != nil {
			return err
		}
	}
	return nil
}

// settle stores an outcome, even while stopping, and as long as it takes: an
// outcome that is lost would have to be found out again on the screen.
func (l *Lane) settle(work context.Context, m *wabridge.Message, move wabridge.Move) error {
	for n := 1; ; n++ {
		// The write itself is not cut short; between two, work's end is minded.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(work), settleTime)
		_, err := l.Store.Apply(ctx, m.ID, m.Fence, move)
		cancel()
		switch code := wabridge.CodeOf(err); {
		case err == nil:
			return nil
		case code == wabridge.CodeStale && move.To() == wabridge.Queued:
			// The intent was stored although its caller saw an error.
			move = wabridge.Doubted(move.At(), wabridge.CodeAmbiguous, words[wabridge.CodeAmbiguous])
			continue
		case code == wabridge.CodeStale || code == wabridge.CodeNotFound:
			l.Log.Error("message was moved by somebody else", "phone", l.Phone, "message_id", m.ID, "to", string(move.To()), "err", err)
			return nil
		case work.Err() != nil:
			return err // Recover will find it as it is
		case n == 1:
			l.Log.Error("outcome cannot be stored", "phone", l.Phone, "message_id", m.ID, "to", string(move.To()), "err", err)
		}
		if err := rest(work, nil, time.Now().Add(Backoff(n, waitBase, waitCap))); err != nil {
			continue // one last time
		}
	}
}

// resolve looks for the first unconfirmed message whose look is due, and says
// when the next look is. did reports that it looked.
func (l *Lane) resolve(ctx context.Context) (at time.Time, did bool, err error) {
	open, err := l.Store.Unconfirmed(ctx, l.Phone)
	if err != nil {
		return time.Time{}, false, err
	}
	l.forget(open)
	now := time.Now()
	for i := range open {
		k := l.looks[open[i].ID]
		if k == nil {
			k = &looks{}
			l.looks[open[i].ID] = k
		}
		if now.Before(k.next) {
			at = soonest(at, k.next)
			continue
		}
		return now, true, l.look(ctx, &open[i], k)
	}
	return at, false, nil
}

// forget drops the counts of messages that are no longer unconfirmed.
func (l *Lane) forget(open []wabridge.Message) {
	still := make(map[string]*looks, len(open))
	for i := range open {
		if k, ok := l.looks[open[i].ID]; ok {
			still[open[i].ID] = k
		}
	}
	l.looks = still
}

// look asks the sender about one unconfirmed message.
func (l *Lane) look(ctx context.Context, m *wabridge.Message, k *looks) error {
	state, err := l.Sender.Resolve(ctx, m)
	now := time.Now()
	if err == nil {
		l.strange = 0
		if moves := Seen(wabridge.Unconfirmed, state, now); moves != nil {
			return l.settleAll(ctx, m, moves)
		}
		if state == wabridge.Queued {
			return l.settle(ctx, m, Absent(m, now))
		}
		err = wabridge.Fail(wabridge.CodeAmbiguous, nil, "%s", words[wabridge.CodeAmbiguous])
	}
	if ctx.Err() != nil {
		return nil //nolint:nilerr // stopping: what failed says nothing
	}
	if codeOf(err) == wabridge.CodeMediaUpload { // its bubble was seen, with an upload that failed
		return l.settle(ctx, m, Outcome(m, err, now))
	}
	if verdicts[codeOf(err)] != wait {
		k.n++
	}
	k.next = now.Add(Backoff(k.n, retryBase, retryCap))
	if code := codeOf(err); code == wabridge.CodeNoNewChats || code == wabridge.CodeClosedChat {
		k.next = now.Add(restrictedWait)
	}
	l.Log.Warn("unconfirmed message not resolved", "phone", l.Phone, "message_id", m.ID, "look", k.n, "code", int(codeOf(err)), "err", err)
	if undecidable(m, k.n, now) {
		if err := l.settle(ctx, m, wabridge.LeftUndecided(now, undecided)); err != nil {
			return err
		}
	}
	return l.mind(ctx, err)
}
