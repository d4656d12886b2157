package sqlite

import (
	"fmt"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// The log is copied into the database beside the commits, wholly, and a reader
// sees the same before and after.
func TestCheckpointsRunBesideTheCommits(t *testing.T) {
	path := tempPath(t)
	db := openAt(t, path, Options{})
	for i := range 50 {
		n := fmt.Sprintf("1555000%04d", i)
		_, err := db.Enqueue(t.Context(), queue.Draft{Message: wabridge.Message{
			Phone: "1", Direction: wabridge.Out, Chat: wabridge.UserJID(n), Number: n, Input: n, Type: "text", Text: "hello",
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	pages, err := db.ckpt.copy("PASSIVE")
	if err != nil || pages == 0 {
		t.Fatalf("the log holds %d pages (%v); commits must not copy it themselves", pages, err)
	}
	if pages, err = db.ckpt.copy("RESTART"); err != nil {
		t.Fatal(err)
	}
	// After a whole copy the next commit begins the log anew.
	if _, err := db.Cancel(t.Context(), mustList(t, db)[0].ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	left, err := db.ckpt.copy("PASSIVE")
	if err != nil || left >= pages {
		t.Errorf("the log holds %d pages after a restart, %d before (%v)", left, pages, err)
	}
	if got := len(mustList(t, db)); got != 50 {
		t.Errorf("%d messages, want 50", got)
	}
}

func mustList(t *testing.T, db *DB) []wabridge.Message {
	t.Helper()
	list, err := db.Messages(t.Context(), queue.MessageFilter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
