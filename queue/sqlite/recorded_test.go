package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"testing"

	"github.com/mattn/go-sqlite3"
)

// A recorder is the SQLite driver, with a list of the texts that it was asked
// to prepare or run.
type recorder struct {
	sqlite3.SQLiteDriver
	mu    sync.Mutex
	texts map[string]bool
}

var registered = sync.OnceValue(func() *recorder {
	r := &recorder{texts: map[string]bool{}}
	sql.Register("sqlite3-recorded", r)
	return r
})

// recordStatements has every database that is opened from now until the end
// of the test note the statements it runs.
func recordStatements(t *testing.T) *recorder {
	t.Helper()
	r := registered()
	driverName = "sqlite3-recorded"
	t.Cleanup(func() { driverName = "sqlite3" })
	return r
}

func (r *recorder) note(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts[text] = true
}

func (r *recorder) Open(name string) (driver.Conn, error) {
	c, err := r.SQLiteDriver.Open(name)
	if err != nil {
		return nil, err
	}
	return &recordedConn{c.(*sqlite3.SQLiteConn), r}, nil
}

type recordedConn struct {
	*sqlite3.SQLiteConn
	r *recorder
}

func (c *recordedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	c.r.note(text)
	return c.SQLiteConn.PrepareContext(ctx, text)
}

func (c *recordedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.r.note(text)
	return c.SQLiteConn.ExecContext(ctx, text, args)
}

func (c *recordedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.r.note(text)
	return c.SQLiteConn.QueryContext(ctx, text, args)
}
