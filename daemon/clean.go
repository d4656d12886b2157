package daemon

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/wabridge/wabridge/queue/sqlite"
)

// cleanEvery is how often old events, idempotency keys and files are dropped.
const cleanEvery = time.Hour

// cleanUp drops what is older than the store's retention, and files whose time
// is over, now and every hour, until the daemon stops.
func (d *Daemon) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			d.cleanOnce(ctx)
			select {
			case <-ctx.Done():
				return
			case <-time.After(cleanEvery):
			}
		}
	})
	d.parts.started("cleaning", func(context.Context) error {
		cancel()
		wg.Wait()
		return nil
	})
}

func (d *Daemon) cleanOnce(ctx context.Context) {
	begin := time.Now()
	gone, err := d.db.Clean(ctx, begin, sqlite.Retention{Audit: d.cfg.Audit.Keep, Keep: d.cfg.Keep})
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		d.log.Warn("what is old was not dropped", "err", err)
	}
	if gone != (sqlite.Cleaned{}) {
		d.log.Info("what is old was dropped", "events", gone.Events, "keys", gone.Keys, "audit", gone.Audit, "messages", gone.Messages,
			"campaigns", gone.Campaigns, "sessions", gone.Sessions, "calls", gone.Calls, "took", time.Since(begin).Round(time.Millisecond))
	}
	d.cleanMedia(ctx, begin)
	if d.cfg.Keep == 0 {
		return
	}
	switch n, err := (evidence{filepath.Join(d.cfg.Data, evidenceDir)}).Drop(begin.Add(-d.cfg.Keep)); {
	case err != nil:
		d.log.Warn("old evidence was not dropped", "err", err)
	case n > 0:
		d.log.Info("old evidence was dropped", "files", n)
	}
}
