package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabridge/wabridge"
)

const (
	failureCounts = 30 * time.Second // how long a write that failed speaks against the disk
	readyFor      = time.Second      // how long an answer of Ready is given again
	readyRoom     = 64 << 10         // bytes that must fit beside the database
)

// ready is what Ready found last.
type ready struct {
	mu     sync.Mutex
	at     time.Time
	err    error
	failed atomic.Int64 // when a write failed last, in Unix milliseconds
}

// Ready tells why the next message would not be stored: a write has failed
// within the last half minute, one that changes nothing fails now, or the disk
// has no room for 64 KiB. The error is CodeStorage. It asks the disk once a
// second at most.
func (db *DB) Ready(ctx context.Context) error {
	db.ready.mu.Lock()
	defer db.ready.mu.Unlock()
	if time.Since(db.ready.at) < readyFor {
		return db.ready.err
	}
	err := db.tryDisk(ctx)
	if ctx.Err() == nil { // else the asker left, and nothing was found out
		db.ready.at, db.ready.err = time.Now(), err
	}
	return err
}

const touch = `
UPDATE counter
SET value = value
WHERE name = 'fence'`

func (db *DB) tryDisk(ctx context.Context) error {
	if ago := time.Since(time.UnixMilli(db.ready.failed.Load())); ago < failureCounts {
		return wabridge.Fail(wabridge.CodeStorage, nil, "a write failed %v ago", ago.Round(time.Second))
	}
	if err := db.update(ctx, "try a write", func(t *tx) error { return t.exec(touch) }); err != nil {
		return err
	}
	if err := room(filepath.Dir(db.path)); err != nil {
		return wabridge.Fail(wabridge.CodeStorage, err, "the disk takes no file")
	}
	return nil
}

// room writes a file and removes it: SQLite may have room of its own left on a
// disk that is full.
func room(dir string) error {
	f, err := os.CreateTemp(dir, "room-*.tmp")
	if err != nil {
		return fmt.Errorf("make a file: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(make([]byte, readyRoom))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
