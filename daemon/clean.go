package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/wabridge/wabridge/queue/sqlite"
)

// cleanEvery is how often old events, idempotency keys and files are dropped.
const cleanEvery = time.Hour

// cleanUp drops what is older than the store's retention, and files whose time
// is over, now and every hour, until the daemon stops. Messages stay.
func (d *Daemon) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			gone, err := d.db.Clean(ctx, time.Now(), sqlite.Retention{Audit: d.cfg.Audit.Keep})
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				d.log.Warn("old events not dropped", "err", err)
			case gone.Events+gone.Keys > 0:
				d.log.Info("old events dropped", "events", gone.Events, "keys", gone.Keys)
			}
			d.cleanMedia(ctx, time.Now())
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
