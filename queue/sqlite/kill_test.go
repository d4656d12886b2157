package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// childEnv makes the test binary a process that accepts messages until it is
// killed.
const childEnv = "WABRIDGE_TEST_ACCEPT_INTO"

// acceptForever accepts with many clients and prints each id once it was
// answered.
func acceptForever(path string) {
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for c := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				a, err := db.Enqueue(context.Background(), queue.Draft{Message: message(c*100 + i%100)})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				mu.Lock()
				fmt.Println(a[0].Message.ID)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// TestKilled kills an accepting process at random moments: what it answered is
// there, and the database is sound. (A killed process shows the order of
// writes, not what a disk does that loses power.)
func TestKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Skipf("the test binary cannot be run again: %v", err)
	}
	path := filepath.Join(t.TempDir(), "wabridge.db")
	answered := map[string]bool{}
	for range 5 {
		for _, id := range acceptAndKill(t, self, path) {
			answered[id] = true
		}
		db := openAt(t, path, sqlite.Options{})
		stored := map[string]bool{}
		for after := int64(0); ; {
			page, err := db.Messages(context.Background(), queue.MessageFilter{After: after, Oldest: true, Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page {
				stored[m.ID], after = true, m.Seq
			}
			if len(page) == 0 {
				break
			}
		}
		for id := range answered {
			if !stored[id] {
				t.Errorf("message %s was accepted and is gone", id)
			}
		}
		if r, err := db.Check(context.Background()); err != nil || !r.OK() {
			t.Errorf("check: %+v, %v", r, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(answered) < 10 {
		t.Errorf("only %d messages were accepted in all", len(answered))
	}
}

// acceptAndKill runs the child for a random time after its first answer and
// returns the ids it answered.
func acceptAndKill(t *testing.T, self, path string) (ids []string) {
	t.Helper()
	child := exec.Command(self)
	child.Env = append(os.Environ(), childEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if ids = append(ids, lines.Text()); len(ids) == 1 {
			kill := time.AfterFunc(time.Duration(rand.IntN(300))*time.Millisecond, func() { _ = child.Process.Kill() })
			defer kill.Stop()
		}
	}
	_ = child.Wait() // it was killed
	const idLength = len("wamid.") + 32
	if n := len(ids); n > 0 && len(ids[n-1]) < idLength {
		ids = ids[:n-1] // cut off in the middle of the line
	}
	return ids
}
