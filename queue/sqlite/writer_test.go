package sqlite

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// TestProgressPassesAFlood floods the writer with slow jobs, and looks how many
// of them pass a save of a destination's progress. Without a lane of its own it
// waits for all that stood before it.
func TestProgressPassesAFlood(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "wabridge.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d := queue.Destination{ID: "a", Kind: "webhook", Created: time.Now()}
	if err := db.AddDestination(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	const flood, each = 200, 5 * time.Millisecond // 1 s of work, in maxGroup
	var mu sync.Mutex
	var done int
	var wg sync.WaitGroup
	for range flood {
		wg.Go(func() {
			err := db.update(t.Context(), "flood", func(*tx) error {
				time.Sleep(each)
				mu.Lock()
				defer mu.Unlock()
				done++
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for began := false; !began; time.Sleep(time.Millisecond) {
		mu.Lock()
		began = done > 0
		mu.Unlock()
	}
	time.Sleep(each) // the flood stands in the mailbox by now
	d.Cursor = 7
	if err := db.SaveDeliveries(t.Context(), queue.DeliveryProgress{Destination: d}); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	passed := done
	mu.Unlock()
	if most := flood / 2; passed > most {
		t.Errorf("%d of %d jobs passed the save, want at most %d", passed, flood, most)
	}
	wg.Wait()
	if done != flood {
		t.Errorf("%d of %d jobs done", done, flood)
	}
	all, err := db.Destinations(t.Context(), "")
	if err != nil || len(all) != 1 || all[0].Cursor != 7 {
		t.Errorf("stored %+v, %v", all, err)
	}
}
