package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

var ctx = context.Background()

const phone = "100000000000001"

func openAt(t testing.TB, path string, o Options) *DB {
	t.Helper()
	db, err := Open(ctx, path, o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func tempPath(t testing.TB) string { return filepath.Join(t.TempDir(), "data", "wabridge.db") }

func textTo(n int, body string) queue.Draft {
	number := fmt.Sprintf("1555%07d", n)
	return queue.Draft{Message: wabridge.Message{Phone: phone, Chat: wabridge.UserJID(number), Number: number, Type: "text", Text: wabridge.Text(body)}}
}

func wantCode(t *testing.T, err error, want wabridge.Code) {
	t.Helper()
	if got := wabridge.CodeOf(err); got != want {
		t.Fatalf("code: got %d (%v), want %d", got, err, want)
	}
}

func TestFullDisk(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	limit := func(pages int) {
		err := db.update(ctx, "limit", func(x *tx) error { return x.row(fmt.Sprintf("PRAGMA max_page_count = %d", pages), nil, &pages) })
		if err != nil {
			t.Fatal(err)
		}
	}
	first, err := db.Enqueue(ctx, textTo(1, "before"))
	if err != nil {
		t.Fatal(err)
	}
	claimed, _, err := db.Claim(ctx, phone, time.Now(), time.Minute, queue.Pacing{}.Gate)
	if err != nil || claimed == nil {
		t.Fatal(err)
	}
	limit(1) // SQLite takes it as "no more than there are now"
	big := strings.Repeat("x", 40_000)
	type answer struct {
		size int
		err  error
	}
	answers := make(chan answer)
	for i := range 20 {
		d := textTo(2+i, big)
		go func() {
			_, err := db.Enqueue(ctx, d)
			answers <- answer{i, err}
		}()
	}
	for range 20 {
		a := <-answers
		wantCode(t, a.err, wabridge.CodeStorage)
	}
	list, err := db.Messages(ctx, queue.MessageFilter{Limit: 100})
	if err != nil || len(list) != 1 {
		t.Fatalf("messages on the full disk: got %d (%v), want the first alone", len(list), err)
	}
	if r, err := db.Check(ctx); err != nil || !r.OK() {
		t.Errorf("check on the full disk: %+v, %v", r, err)
	}
	limit(1 << 30)
	if _, err := db.Enqueue(ctx, textTo(50, big)); err != nil {
		t.Fatalf("after space came back: %v", err)
	}
	if _, err := db.Apply(ctx, first[0].Message.ID, claimed.Fence, wabridge.WasSent(time.Now())); err != nil {
		t.Errorf("the message in work: %v", err)
	}
	if r, err := db.Check(ctx); err != nil || !r.OK() {
		t.Errorf("check afterwards: %+v, %v", r, err)
	}
}

// TestFullDiskTakesWhatFits: in a group of which one part does not fit, the
// others are accepted.
func TestFullDiskTakesWhatFits(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	jobs := make([]job, 5)
	for i := range jobs {
		jobs[i] = job{ctx: ctx, done: make(chan error, 1), do: func(x *tx) error {
			if i == 2 {
				return wabridge.Fail(wabridge.CodeStorage, nil, "full")
			}
			return x.exec("INSERT INTO counter (name, value) VALUES (?1, 1)", fmt.Sprint(i))
		}}
	}
	db.w.stop() // its goroutine; the test does its work
	db.w.group(jobs)
	for i := range jobs {
		if err := <-jobs[i].done; (err != nil) != (i == 2) {
			t.Errorf("job %d: %v", i, err)
		}
	}
	var n int
	if err := db.read.QueryRow("SELECT count(*) FROM counter WHERE name <> 'fence'").Scan(&n); err != nil || n != 4 {
		t.Errorf("stored: got %d (%v), want 4", n, err)
	}
}

func TestBrokenFile(t *testing.T) {
	path := tempPath(t)
	db := openAt(t, path, Options{})
	for i := range 200 {
		if _, err := db.Enqueue(ctx, textTo(i, strings.Repeat("y", 500))); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 8192; i < len(raw); i++ {
		raw[i] ^= 0xa5
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err = Open(ctx, path, Options{})
	if err == nil {
		defer db.Close()
		_, err = db.Enqueue(ctx, textTo(1, "x"))
	}
	wantCode(t, err, wabridge.CodeStorage)
	if strings.Contains(err.Error(), "yyyy") {
		t.Errorf("the error holds what people wrote: %v", err)
	}
}

func TestNotADatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("not a database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(ctx, path, Options{})
	wantCode(t, err, wabridge.CodeStorage)
	other := filepath.Join(t.TempDir(), "other.db")
	raw, err := sql.Open("sqlite3", other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec("CREATE TABLE bookmarks (url TEXT)"); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(ctx, other, Options{})
	wantCode(t, err, wabridge.CodeStorage)
}

func TestNewerSchema(t *testing.T) {
	path := tempPath(t)
	db := openAt(t, path, Options{})
	if err := db.update(ctx, "x", func(x *tx) error { return x.exec("PRAGMA user_version = 99") }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {ReadOnly: true}, {Shared: true}} {
		_, err := Open(ctx, path, o)
		wantCode(t, err, wabridge.CodeNewerSchema)
		if !strings.Contains(err.Error(), "schema 99") || !strings.Contains(err.Error(), "newer wabridge") {
			t.Errorf("words: %v", err)
		}
	}
}

func TestMigrationsAreNumbered(t *testing.T) {
	for i, name := range migrations() {
		if want := fmt.Sprintf("migrations/%03d_", i+1); !strings.HasPrefix(name, want) {
			t.Errorf("%s: want %s…", name, want)
		}
		text, err := migrationFiles.ReadFile(name)
		if err != nil || !strings.Contains(string(text), "Programs that can read it: wabridge ") {
			t.Errorf("%s does not say who can read the result (%v)", name, err)
		}
	}
}

func TestOneProcess(t *testing.T) {
	path := tempPath(t)
	db := openAt(t, path, Options{})
	_, err := Open(ctx, path, Options{})
	wantCode(t, err, wabridge.CodeStorage)
	if !strings.Contains(err.Error(), "another wabridge process") {
		t.Errorf("words: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	openAt(t, path, Options{})
}

func TestReadOnlyBesideTheDaemon(t *testing.T) {
	path := tempPath(t)
	_, err := Open(ctx, path, Options{ReadOnly: true})
	wantCode(t, err, wabridge.CodeStorage)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("looking made a file: %v", err)
	}
	db := openAt(t, path, Options{})
	look := openAt(t, path, Options{ReadOnly: true})
	if _, err := db.Enqueue(ctx, textTo(1, "x")); err != nil {
		t.Fatal(err)
	}
	if list, err := look.Messages(ctx, queue.MessageFilter{Limit: 9}); err != nil || len(list) != 1 {
		t.Errorf("messages: got %d, %v", len(list), err)
	}
	_, err = look.Enqueue(ctx, textTo(1, "x"))
	wantCode(t, err, wabridge.CodeStorage)
}

func TestSharedBesideTheDaemon(t *testing.T) {
	path := tempPath(t)
	alone := openAt(t, path, Options{Shared: true}) // no daemon: it makes the database
	secret := queue.NewSecret()
	tok, err := alone.CreateToken(ctx, "cli", secret, []string{queue.ScopeSend}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := alone.Close(); err != nil {
		t.Fatal(err)
	}
	db := openAt(t, path, Options{})
	if _, err := db.Authenticate(ctx, secret); err != nil {
		t.Fatalf("the token is not known to the daemon: %v", err)
	}
	beside := openAt(t, path, Options{Shared: true})
	if err := beside.RevokeToken(ctx, tok.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	db.tokens.mu.Lock()
	db.tokens.loaded = db.tokens.loaded.Add(-tokensFresh) // a second later
	db.tokens.mu.Unlock()
	_, err = db.Authenticate(ctx, secret)
	wantCode(t, err, wabridge.CodeToken)
}

func TestFilesAreTheOwners(t *testing.T) {
	path := tempPath(t)
	db := openAt(t, path, Options{})
	if _, err := db.Enqueue(ctx, textTo(1, "x")); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 3 {
		t.Fatalf("files: %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", f, info.Mode().Perm(), err)
		}
	}
}

func TestSecretsAreNotStored(t *testing.T) {
	path := tempPath(t)
	db := openAt(t, path, Options{})
	secret := queue.NewSecret()
	if _, err := db.CreateToken(ctx, "x", secret, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{path, path + "-wal"} {
		if raw, err := os.ReadFile(f); err == nil && bytes.Contains(raw, []byte(secret)) {
			t.Errorf("%s holds a token's secret", f)
		}
	}
}

func TestUseOfTokensIsStored(t *testing.T) {
	path := tempPath(t)
	db := openAt(t, path, Options{})
	secret := queue.NewSecret()
	if _, err := db.CreateToken(ctx, "x", secret, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Authenticate(ctx, secret); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := openAt(t, path, Options{}).Tokens(ctx)
	if err != nil || len(list) != 1 || time.Since(list[0].Used) > time.Minute {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestClosed(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	_, err := db.Enqueue(ctx, textTo(1, "x"))
	wantCode(t, err, wabridge.CodeStopping)
}

func TestCanceledCallersWriteNothing(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, err := db.Enqueue(gone, textTo(1, "x"))
	wantCode(t, err, wabridge.CodeStopping)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error in it", err)
	}
	if n, _ := db.LastEvent(ctx); n != 0 {
		t.Errorf("a canceled call was stored")
	}
}
