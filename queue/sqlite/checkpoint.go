package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"
)

const (
	// checkpointPause is the time between two checkpoints under load.
	checkpointPause = time.Second
	// maxWAL is how many pages (4 KiB) the log may grow to before the writer is
	// held up until all of it is in the database: 128 MiB.
	maxWAL = 32 << 10
)

// A checkpointer copies the write-ahead log into the database, on a connection
// of its own: by default the commit that fills the log does it, and everybody
// whose message is in that commit waits for the sync of the whole database
// file (measured: 0.3 to 1.2 s on a busy disk).
type checkpointer struct {
	pool *sql.DB
	due  chan struct{} // capacity 1: something was committed
	quit chan struct{}
	wg   sync.WaitGroup
}

// newCheckpointer starts the goroutine, which stop ends.
func newCheckpointer(path string) (*checkpointer, error) {
	pool, err := sql.Open(driverName, dsn(path, "rw"))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	c := &checkpointer{pool: pool, due: make(chan struct{}, 1), quit: make(chan struct{})}
	c.wg.Go(c.run)
	return c, nil
}

// committed notes that the log has grown.
func (c *checkpointer) committed() {
	select {
	case c.due <- struct{}{}:
	default:
	}
}

func (c *checkpointer) run() {
	for {
		select {
		case <-c.quit:
			return
		case <-c.due:
		}
		select {
		case <-c.quit:
			return
		case <-time.After(checkpointPause):
		}
		// An error (disk full, I/O) leaves the log as it is; what is committed
		// stays committed, the writer meets the same trouble and tells of it,
		// and the next commit brings the next try.
		pages, err := c.copy("PASSIVE")
		if err == nil && pages > maxWAL {
			_, _ = c.copy("RESTART")
		}
	}
}

// copy runs one checkpoint and returns how many pages the log holds.
func (c *checkpointer) copy(mode string) (pages int, err error) {
	var busy, done int
	err = c.pool.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &done)
	if err != nil {
		return 0, fmt.Errorf("checkpoint: %w", err)
	}
	return pages, nil
}

// stop ends the goroutine. Whoever closes the last connection copies the rest.
func (c *checkpointer) stop() error {
	close(c.quit)
	c.wg.Wait()
	return c.pool.Close()
}
