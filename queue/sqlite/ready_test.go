package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
)

func TestReadyTellsOfAFullDisk(t *testing.T) {
	path := tempPath(t)
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(ctx, path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		limit := func(pages int) {
			if err := db.update(ctx, "limit", func(x *tx) error { return x.row(fmt.Sprintf("PRAGMA max_page_count = %d", pages), nil, &pages) }); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Ready(ctx); err != nil {
			t.Fatalf("at first: %v", err)
		}
		limit(1) // SQLite takes it as "no more than there are now"
		_, err = db.Enqueue(ctx, textTo(1, strings.Repeat("x", 40_000)))
		wantCode(t, err, wabridge.CodeStorage)
		time.Sleep(readyFor)
		wantCode(t, db.Ready(ctx), wabridge.CodeStorage)
		limit(1 << 30)
		time.Sleep(failureCounts)
		if err := db.Ready(ctx); err != nil {
			t.Errorf("with space again: %v", err)
		}
		left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.tmp"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
}

func TestReadyTellsOfADiskThatTakesNoFile(t *testing.T) {
	path := tempPath(t)
	db := openAt(t, path, Options{})
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	wantCode(t, db.Ready(ctx), wabridge.CodeStorage)
}
