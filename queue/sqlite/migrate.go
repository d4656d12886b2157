package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
)

// migrationFiles are numbered from 001 without gaps and never edited after a
// release. The head of each says which programs can read the result.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// applicationID marks our databases ("wabr" in ASCII), so that another
// program's file is not taken for ours.
const applicationID = 0x77616272

// migrations lists the files in order; the n-th leads to schema n.
func migrations() []string {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	return names
}

// newest is the schema that this program writes.
func newest() int { return len(migrations()) }

// querier is what sql.DB and sql.Conn share.
type querier interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// schemaVersion reads the schema's number; 0 for an empty file.
func schemaVersion(ctx context.Context, q querier) (int, error) {
	var version, app, tables int
	err := errors.Join(
		q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version),
		q.QueryRowContext(ctx, "PRAGMA application_id").Scan(&app),
		q.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables),
	)
	if err != nil {
		return 0, err
	}
	if tables > 0 && app != applicationID {
		return 0, wabridge.Fail(wabridge.CodeStorage, nil, "the file is a database of another program")
	}
	return version, nil
}

// checkVersion refuses what a newer program wrote.
func checkVersion(version int) error {
	if version <= newest() {
		return nil
	}
	return wabridge.Fail(wabridge.CodeNewerSchema, nil,
		"the database has schema %d, this program knows up to %d: it was written by a newer wabridge; update this program, or use another data directory",
		version, newest())
}

// migrate brings the schema up to date, all steps in one transaction, so that
// whoever is killed meanwhile leaves what was there; before it, a copy of an
// older database is made. Without the lock it only checks.
func migrate(ctx context.Context, conn *sql.Conn, path string, locked bool) error {
	version, err := schemaVersion(ctx, conn)
	if err != nil {
		return err
	}
	if err := checkVersion(version); err != nil {
		return err
	}
	if version == newest() {
		return nil
	}
	if !locked {
		return wabridge.Fail(wabridge.CodeStorage, nil, "the database has schema %d of another version's daemon that is running", version)
	}
	if version > 0 {
		if err := keepBefore(ctx, path, newest()); err != nil {
			return fmt.Errorf("copy the database of schema %d before it is migrated: %w", version, err)
		}
	}
	return migrateFrom(ctx, conn, version)
}

// BeforeSchema is the name of the copy that was made of a database before it
// was migrated to a schema.
func BeforeSchema(path string, schema int) string {
	return path + ".before-schema-" + strconv.Itoa(schema)
}

// keepBefore copies the database and forgets the copies of earlier migrations.
func keepBefore(ctx context.Context, path string, schema int) error {
	kept := BeforeSchema(path, schema)
	unfinished := kept + ".tmp"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := Backup(ctx, path, unfinished, nil); err != nil {
		return err
	}
	if err := errors.Join(os.Rename(unfinished, kept), syncFile(filepath.Dir(kept))); err != nil {
		return err
	}
	older, err := filepath.Glob(globQuote(path) + ".before-schema-*")
	for _, name := range older {
		if name != kept {
			err = errors.Join(err, os.Remove(name))
		}
	}
	return err
}

// globQuote takes the meaning from a pattern's signs.
func globQuote(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

func migrateFrom(ctx context.Context, conn *sql.Conn, version int) (err error) {
	t, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = t.Rollback()
		}
	}()
	for n := version + 1; n <= newest(); n++ {
		if err := migrateTo(ctx, conn, t, n); err != nil {
			return fmt.Errorf("migrate to schema %d: %w", n, err)
		}
	}
	return t.Commit()
}

func migrateTo(ctx context.Context, conn *sql.Conn, t *sql.Tx, n int) error {
	text, err := migrationFiles.ReadFile(migrations()[n-1])
	if err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, string(text)); err != nil {
		return err
	}
	if step := steps[n]; step != nil {
		if err := stepIn(conn, step); err != nil {
			return err
		}
	}
	for _, s := range []string{
		"PRAGMA user_version = " + strconv.Itoa(n),
		"PRAGMA application_id = " + strconv.Itoa(applicationID),
	} {
		if _, err := t.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// steps are the parts of migrations that SQL cannot do; they run in the
// migration's transaction, after its statements.
var steps = map[int]func(*tx) error{
	schemaAnalytics: recount,
}

// stepIn runs a step on a connection that has a transaction.
func stepIn(conn *sql.Conn, step func(*tx) error) error {
	w := &writer{conn: conn, stmts: map[string]*sql.Stmt{}}
	err := step(&tx{w: w})
	for _, s := range w.stmts {
		err = errors.Join(err, s.Close())
	}
	return err
}
