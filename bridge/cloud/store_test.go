package cloud

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// openStore opens a new database file.
func openStore(t testing.TB) queue.Store {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "wabridge.db"), sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func now() time.Time { return time.Now() }
