package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"

	"github.com/wabridge/wabridge"
)

// backupStep is how many pages are copied before the next look at the context:
// 1 MiB.
const backupStep = 256

// Backup copies the database at from, as it is at one moment, into a new file
// at to (mode 0600, synced) while a daemon goes on writing to it, and returns
// the copy's schema. The copy has no -wal file beside it. progress, if not nil,
// is told of bytes. A database of an older schema is copied as it is; one of a
// newer program gives CodeNewerSchema. What was written is removed on an error.
func Backup(ctx context.Context, from, to string, progress func(done, total int64)) (schema int, err error) {
	if _, err := os.Stat(from); err != nil {
		return 0, fmt.Errorf("back up the database: %w", err)
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("back up the database: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(to)
		}
	}()
	if err := f.Close(); err != nil {
		return 0, fmt.Errorf("back up the database: %w", err)
	}
	if schema, err = copyPages(ctx, from, to, progress); err != nil {
		return 0, fmt.Errorf("back up the database: %w", storageError(err))
	}
	if err := errors.Join(leaveWAL(ctx, to), syncFile(to), syncFile(filepath.Dir(to))); err != nil {
		return 0, fmt.Errorf("back up the database: %w", storageError(err))
	}
	return schema, nil
}

// copyPages copies in one reading transaction: a backup whose source is
// written to between two steps would begin again, for ever.
func copyPages(ctx context.Context, from, to string, progress func(done, total int64)) (schema int, err error) {
	source, closeSource, err := openOne(ctx, dsn(from, "ro"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, closeSource()) }()
	if _, err := source.ExecContext(ctx, "BEGIN"); err != nil {
		return 0, err
	}
	// The reading that fixes the moment.
	if schema, err = schemaVersion(ctx, source); err == nil {
		err = checkVersion(schema)
	}
	if err != nil {
		return 0, err
	}
	target, closeTarget, err := openOne(ctx, fileURI(to, "mode=rw&_journal_mode=OFF&_synchronous=OFF"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, closeTarget()) }()
	err = target.Raw(func(t any) error {
		return source.Raw(func(s any) error {
			b, err := t.(*sqlite3.SQLiteConn).Backup("main", s.(*sqlite3.SQLiteConn), "main")
			if err != nil {
				return err
			}
			return errors.Join(copySteps(ctx, b, progress), b.Finish())
		})
	})
	return schema, err
}

func copySteps(ctx context.Context, b *sqlite3.SQLiteBackup, progress func(done, total int64)) error {
	const page = 4096
	for {
		if err := ctx.Err(); err != nil {
			return stopped(ctx)
		}
		done, err := b.Step(backupStep)
		if err != nil {
			return err
		}
		if progress != nil {
			progress(int64(b.PageCount()-b.Remaining())*page, int64(b.PageCount())*page)
		}
		if done {
			return nil
		}
	}
}

// openOne opens a pool of one connection and takes it.
func openOne(ctx context.Context, uri string) (*sql.Conn, func() error, error) {
	pool, err := sql.Open(driverName, uri)
	if err != nil {
		return nil, nil, err
	}
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, pool.Close())
	}
	return conn, func() error { return errors.Join(conn.Close(), pool.Close()) }, nil
}

// leaveWAL makes a copied database a single file, which can be read where
// nothing can be written.
func leaveWAL(ctx context.Context, path string) error {
	conn, done, err := openOne(ctx, fileURI(path, "mode=rw&_synchronous=FULL"))
	if err != nil {
		return err
	}
	var mode string
	err = conn.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode)
	if err == nil && mode != "delete" {
		err = fmt.Errorf("the journal mode stays %s", mode)
	}
	return errors.Join(err, done())
}

// syncFile syncs a file or, where the system can, a directory.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

// Lock keeps every daemon away from the database at path, which need not
// exist, until it is closed. CodeStorage if one runs.
func Lock(ctx context.Context, path string) (io.Closer, error) {
	lock, err := takeLock(ctx, path)
	if err != nil {
		return nil, storageError(fmt.Errorf("lock %s: %w", path, err))
	}
	if lock == nil {
		return nil, inUse()
	}
	return lock, nil
}

func inUse() error {
	return wabridge.Fail(wabridge.CodeStorage, nil, "another wabridge process is using this database; stop it first, or use another data directory")
}

// Examine reads the database at path, which no daemon need have migrated, and
// tells what does not hold in it: of an older schema only what SQLite itself
// checks. It changes nothing, and leaves nothing beside a file that Backup made.
func Examine(ctx context.Context, path string) (Report, error) {
	if _, err := os.Stat(path); err != nil {
		return Report{}, fmt.Errorf("examine the database: %w", err)
	}
	pool, err := sql.Open(driverName, dsn(path, "ro"))
	if err != nil {
		return Report{}, storageError(err)
	}
	version, err := schemaVersion(ctx, pool)
	if err == nil {
		err = checkVersion(version)
	}
	if err == nil && version == 0 {
		err = wabridge.Fail(wabridge.CodeStorage, nil, "the file holds no database of wabridge")
	}
	if err != nil {
		return Report{}, errors.Join(storageError(fmt.Errorf("examine %s: %w", path, err)), pool.Close())
	}
	held := rules
	if version < newest() {
		held = rules[:ofSQLite]
	}
	r, err := check(ctx, pool, held)
	return r, errors.Join(err, pool.Close())
}
