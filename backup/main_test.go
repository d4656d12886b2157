package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// childEnv makes the test binary a process that does what it names until it is
// killed.
const childEnv = "WABRIDGE_TEST_BACKUP_CHILD"

func TestMain(m *testing.M) {
	if job := os.Getenv(childEnv); job != "" {
		child(job)
		return
	}
	goleak.VerifyTestMain(m)
}

var ctx = context.Background()

const phone = "100000000000001"

// gateway opens the database of a data directory as a daemon does.
func gateway(t testing.TB, data string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(ctx, filepath.Join(data, DatabaseName), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func draft(n int) queue.Draft {
	number := fmt.Sprintf("1555%07d", n)
	return queue.Draft{Message: wabridge.Message{Phone: phone, Chat: wabridge.UserJID(number), Number: number, Type: "text", Text: "private words"}}
}

func accept(t testing.TB, db *sqlite.DB, n int) string {
	t.Helper()
	a, err := db.Enqueue(ctx, draft(n))
	if err != nil {
		t.Fatal(err)
	}
	return a[0].Message.ID
}

// put stores a file as package media does, and returns its hash.
func put(t testing.TB, data, content string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(content))
	hash := hex.EncodeToString(sum[:])
	path := mediaPath(data, hash)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return hash
}

func state(t testing.TB, db *sqlite.DB, id string) wabridge.State {
	t.Helper()
	m, err := db.Message(ctx, id)
	if err != nil {
		t.Fatalf("message %s: %v", id, err)
	}
	return m.State
}

func sound(t testing.TB, db *sqlite.DB) {
	t.Helper()
	r, err := db.Check(ctx)
	if err != nil || !r.OK() {
		t.Errorf("check: %+v, %v", r, err)
	}
}

func mustMake(t testing.TB, data, to string, o Options) Made {
	t.Helper()
	made, err := Make(ctx, data, to, o)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
