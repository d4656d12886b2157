package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

var _ queue.Store = (*DB)(nil)

// Options of Open. The zero value is a daemon's.
type Options struct {
	// ReadOnly opens beside a running daemon to look (db check, db export).
	// Methods that write fail with CodeStorage.
	ReadOnly bool
	// Shared opens beside a running daemon to change tokens, endpoints or
	// phones; the daemon sees a token's change within a second. It migrates
	// only when no daemon runs. It is not for lanes: those belong to one
	// process.
	Shared bool
	// Observer hears of what is committed; nil: nobody.
	Observer Observer
}

// driverName is the registered name of the SQLite driver. A test puts one in
// its place that records the text of every statement.
var driverName = "sqlite3"

// DB is an open database. It is safe for concurrent use.
type DB struct {
	path  string
	lock  *sql.DB // holds the lock file; nil for ReadOnly, or Shared beside a daemon
	write *sql.DB // one connection, the writer's
	read  *sql.DB
	w     *writer       // nil for ReadOnly
	ckpt  *checkpointer // nil unless this is the daemon's

	tokens   tokenCache
	observer Observer
	wishes   atomic.Pointer[queue.Wishes]
	ready    ready

	mu      sync.Mutex
	changed chan struct{}

	closing sync.Once
	closed  error
}

// Open opens the database file at path, makes or migrates it as needed, and
// allows its owner alone to read it (mode 0600). Without options it insists on
// being the only process that has the database open for writing; a second one
// gets CodeStorage. A database of a newer program gives CodeNewerSchema.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	db := &DB{path: path, observer: o.Observer, changed: make(chan struct{})}
	if err := db.open(ctx, o); err != nil {
		return nil, errors.Join(storageError(fmt.Errorf("open %s: %w", path, err)), db.Close())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, o Options) error {
	if o.ReadOnly {
		return db.openReadOnly(ctx)
	}
	if err := makeFile(db.path); err != nil {
		return err
	}
	if err := db.own(ctx, o.Shared); err != nil {
		return err
	}
	conn, err := db.openWriter(ctx)
	if err != nil {
		return err
	}
	if err := migrate(ctx, conn, db.path, db.lock != nil); err != nil {
		return errors.Join(err, conn.Close())
	}
	if err := db.startCheckpoints(ctx, conn); err != nil {
		return errors.Join(err, conn.Close())
	}
	db.w = newWriter(conn, db.wake, db.observer)
	db.w.wishes = &db.wishes
	db.w.failed = func() { db.ready.failed.Store(time.Now().UnixMilli()) }
	if db.ckpt != nil {
		db.w.committed = db.ckpt.committed
	}
	db.read, err = sql.Open(driverName, dsn(db.path, "ro"))
	if err != nil {
		return err
	}
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	return db.loadTokens(ctx)
}

// startCheckpoints takes the copying of the log away from the commits, for the
// one process that owns the database.
func (db *DB) startCheckpoints(ctx context.Context, conn *sql.Conn) (err error) {
	if db.lock == nil {
		return nil
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA wal_autocheckpoint = 0"); err != nil {
		return err
	}
	db.ckpt, err = newCheckpointer(db.path)
	return err
}

// readers is how many reading connections are kept.
const readers = 4

func (db *DB) openReadOnly(ctx context.Context) (err error) {
	if _, err := os.Stat(db.path); err != nil {
		return err
	}
	if db.read, err = sql.Open(driverName, dsn(db.path, "ro")); err != nil {
		return err
	}
	version, err := schemaVersion(ctx, db.read)
	if err != nil {
		return err
	}
	if err := checkVersion(version); err != nil {
		return err
	}
	if version < newest() {
		return wabridge.Fail(wabridge.CodeStorage, nil, "the database has schema %d, this program reads %d: start the daemon once, it migrates", version, newest())
	}
	return db.loadTokens(ctx)
}

// openWriter opens the one connection that writes and checks that the DSN's
// pragmas hold on it.
func (db *DB) openWriter(ctx context.Context) (conn *sql.Conn, err error) {
	if db.write, err = sql.Open(driverName, dsn(db.path, "rw")); err != nil {
		return nil, err
	}
	db.write.SetMaxOpenConns(1)
	if conn, err = db.write.Conn(ctx); err != nil {
		return nil, err
	}
	// Savepoints copy pages aside; not to a file. There is no DSN parameter for
	// it, and this is the only connection that needs it.
	if _, err := conn.ExecContext(ctx, "PRAGMA temp_store = MEMORY"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	var mode string
	var sync, keys int
	err = errors.Join(
		conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode),
		conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&sync),
		conn.QueryRowContext(ctx, "PRAGMA foreign_keys").Scan(&keys),
	)
	if err == nil && (mode != "wal" || sync != 2 || keys != 1) {
		err = fmt.Errorf("pragmas do not hold: journal_mode=%s synchronous=%d foreign_keys=%d", mode, sync, keys)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// dsn carries every pragma, so that each connection of a pool has them.
func dsn(path, mode string) string {
	q := url.Values{
		"mode":          {mode},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"},
		"_txlock":       {"immediate"},
		"_foreign_keys": {"on"},
		"_busy_timeout": {"5000"},
		"_cache_size":   {"-8000"}, // KiB
	}
	if mode == "ro" {
		q.Set("_query_only", "on")
		q.Del("_journal_mode") // it is the file's already; setting it writes
		q.Del("_txlock")
	}
	return fileURI(path, q.Encode())
}

// fileURI names a file to SQLite.
func fileURI(path, query string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query}).String()
}

// makeFile sees to it that the file exists with mode 0600; SQLite gives its
// -wal and -shm files the same mode.
func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// own makes this the only process that writes; Shared does without where a
// daemon runs.
func (db *DB) own(ctx context.Context, shared bool) (err error) {
	if db.lock, err = takeLock(ctx, db.path); err == nil && db.lock == nil && !shared {
		err = inUse()
	}
	return err
}

// takeLock takes the lock of the one process that writes; nil if another has
// it. It is an exclusive transaction on an empty database beside ours: SQLite
// locks files in a way that works on every system and ends with the process,
// however it ends.
func takeLock(ctx context.Context, path string) (*sql.DB, error) {
	path += ".lock"
	if err := makeFile(path); err != nil {
		return nil, err
	}
	lock, err := sql.Open(driverName, fileURI(path, "_busy_timeout=0&_txlock=exclusive"))
	if err != nil {
		return nil, err
	}
	lock.SetMaxOpenConns(1)
	// The transaction is left open on its connection until Close.
	_, err = lock.ExecContext(ctx, "BEGIN EXCLUSIVE")
	if err == nil {
		return lock, nil
	}
	err = errors.Join(err, lock.Close())
	if e, ok := errors.AsType[sqlite3.Error](err); ok && e.Code == sqlite3.ErrBusy {
		return nil, nil //nolint:nilnil // the lock is another's
	}
	return nil, err
}

// Close lets the running commit end, answers waiting calls with CodeStopping
// and closes the files. It may be called more than once.
func (db *DB) Close() error {
	db.closing.Do(func() { db.closed = db.close() })
	return db.closed
}

func (db *DB) close() error {
	var errs []error
	if db.w != nil {
		db.flushTokens()
		db.w.stop()
		for _, s := range db.w.stmts {
			errs = append(errs, s.Close())
		}
		errs = append(errs, db.w.conn.Close())
	}
	if db.ckpt != nil {
		errs = append(errs, db.ckpt.stop())
	}
	for _, pool := range []*sql.DB{db.read, db.write, db.lock} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// Changed returns a channel that is closed after the next commit that may
// concern a lane or a reader of the log.
func (db *DB) Changed() <-chan struct{} {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.changed
}

func (db *DB) wake() {
	db.mu.Lock()
	defer db.mu.Unlock()
	close(db.changed)
	db.changed = make(chan struct{})
}

// update runs do in a (shared) transaction, synced before it returns.
func (db *DB) update(ctx context.Context, what string, do func(*tx) error) error {
	return db.updateBy((*writer).write, ctx, what, do)
}

func (db *DB) updateBy(write func(*writer, context.Context, func(*tx) error) error, ctx context.Context, what string, do func(*tx) error) error {
	if db.w == nil {
		return wabridge.Fail(wabridge.CodeStorage, nil, "%s: the database is open for reading only", what)
	}
	job, tell := db.observed(do)
	if err := write(db.w, ctx, job); err != nil {
		return fmt.Errorf("%s: %w", what, storageError(err))
	}
	tell(ctx)
	return nil
}

// millis is a time as stored; nil for the zero time.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// instant is the reverse of millis.
func instant(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

// stored is a time as it will be read again.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}
