package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// maxGroup and maxBusy bound how many jobs share one transaction, and for how
// long it takes up more of them, so that the first of them does not wait for
// ever, and the next save of a destination's progress waits little.
const (
	maxGroup = 256
	maxBusy  = 50 * time.Millisecond
)

// A job is one caller's part of a transaction. do may run twice: once in a
// group and, if that transaction broke, once alone.
type job struct {
	ctx  context.Context //nolint:containedctx // a request in a mailbox
	do   func(*tx) error
	done chan error // capacity 1
}

// A writer owns the one writing connection. Its goroutine is started by
// newWriter and ends with stop.
type writer struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt // by text; the texts are constants, so their number is bounded
	jobs  chan job
	first chan job // the progress of deliveries: taken before jobs
	quit  chan struct{}
	wg    sync.WaitGroup
	once  sync.Once
	plain atomic.Int64 // TTL of plain sessions in seconds; 0: none are started

	wishes    *atomic.Pointer[queue.Wishes] // what people may say; nil in a migration
	changed   func()                        // tells the waiting ones, after a commit
	committed func()                        // tells the checkpointer, after each commit
	observed  bool                          // somebody hears of what is committed
	took      func(jobs int, took time.Duration)
	failed    func() // tells of each job that the database could not do
}

// A tx is what a job may do inside the transaction.
type tx struct {
	w         *writer
	changed   bool                // set by a job whose change concerns a lane or a reader of the log
	after     []func()            // run after the commit, in order
	deltas    []delta             // what the jobs counted, written before the commit
	standings map[string]standing // of campaigns, as read in it
	notes     []note              // what an observer is to hear
}

// errBegin marks a transaction that did not even begin: another process holds
// the database (Options.Shared), and each further try would wait as long.
var errBegin = errors.New("begin")

// errClosed answers jobs that come after Close.
var errClosed = wabridge.Fail(wabridge.CodeStopping, nil, "the database is closed")

func newWriter(conn *sql.Conn, changed func(), o Observer) *writer {
	w := &writer{
		took:      func(int, time.Duration) {},
		committed: func() {},
		failed:    func() {},
		conn:      conn,
		stmts:     map[string]*sql.Stmt{},
		jobs:      make(chan job, maxGroup),
		first:     make(chan job, maxGroup),
		quit:      make(chan struct{}),
		changed:   changed,
	}
	if o != nil {
		w.observed, w.took = true, o.Committed
	}
	w.wg.Go(w.run)
	return w
}

// write runs do in a transaction, possibly shared, and returns after the
// commit. A ctx that ends before the job's turn cancels it; from then on the
// true outcome is waited for.
func (w *writer) write(ctx context.Context, do func(*tx) error) error {
	return w.writeTo(w.jobs, ctx, do)
}

// writeFirst is write, before all that waits. It is for jobs that are few
// whatever the load: one of each destination at a time.
func (w *writer) writeFirst(ctx context.Context, do func(*tx) error) error {
	return w.writeTo(w.first, ctx, do)
}

func (w *writer) writeTo(queue chan job, ctx context.Context, do func(*tx) error) error {
	j := job{ctx: ctx, do: do, done: make(chan error, 1)}
	select {
	case queue <- j:
	case <-ctx.Done():
		return stopped(ctx)
	case <-w.quit:
		return errClosed
	}
	select {
	case err := <-j.done:
		return err
	case <-w.quit:
	}
	w.wg.Wait() // whatever was taken is answered by now
	select {
	case err := <-j.done:
		return err
	default:
		return errClosed
	}
}

// try hands in a job that nobody waits for; it may be dropped.
func (w *writer) try(do func(*tx) error) {
	select {
	case w.jobs <- job{ctx: context.Background(), do: do, done: make(chan error, 1)}:
	default:
	}
}

// stop lets the running group end and answers the rest with errClosed.
func (w *writer) stop() {
	w.once.Do(func() { close(w.quit) })
	w.wg.Wait()
}

// run is the writer's goroutine. Should a job end it (runtime.Goexit, as a
// test's Fatal in a callback does), those who wait are told.
func (w *writer) run() {
	defer w.once.Do(func() { close(w.quit) })
	var waiting []job
	for {
		if len(waiting) == 0 {
			select {
			case <-w.quit:
				return
			case j := <-w.first:
				waiting = append(waiting, j)
			case j := <-w.jobs:
				waiting = append(waiting, j)
			}
		}
		waiting = w.group(w.gather(waiting))
		select {
		case <-w.quit:
			return
		default:
		}
	}
}

// gather adds to the jobs at hand what is waiting already, those of first in
// front; it waits for nothing, because the time of the previous commit's sync
// is what fills a group.
func (w *writer) gather(hand []job) []job {
	group := make([]job, 0, 16)
	for more := true; more && len(group) < maxGroup; {
		select {
		case j := <-w.first:
			group = append(group, j)
		default:
			more = false
		}
	}
	group = append(group, hand...)
	for len(group) < maxGroup {
		select {
		case j := <-w.jobs:
			group = append(group, j)
		default:
			return group
		}
	}
	return group
}

// group runs jobs in one transaction, answers them, and returns those that
// there was no time for. If the transaction as a whole breaks, each job gets one
// of its own, so that a full disk refuses only what does not fit.
func (w *writer) group(jobs []job) (rest []job) {
	answers, err := w.commit(jobs)
	switch {
	case err != nil && len(jobs) > 1 && !errors.Is(err, errBegin):
		for _, j := range jobs {
			w.group([]job{j})
		}
		return nil
	case err != nil:
		w.failed()
		for _, j := range jobs {
			j.done <- storageError(err)
		}
		return nil
	}
	for i, own := range answers {
		jobs[i].done <- own
	}
	return jobs[len(answers):]
}

// commit runs jobs in one transaction: the first, and others for as long as
// maxBusy. The error means that nothing of it was kept; a job's own error (in
// answers) means that nothing of that job was. Jobs without an answer were not
// begun.
func (w *writer) commit(jobs []job) (answers []error, err error) {
	t, begin := &tx{w: w}, time.Now()
	if err := t.exec("BEGIN IMMEDIATE"); err != nil {
		return nil, fmt.Errorf("%w: %w", errBegin, err)
	}
	defer func() {
		if err != nil {
			_ = t.exec("ROLLBACK") // SQLite may have done it itself
		}
	}()
	for _, j := range jobs {
		if len(answers) > 0 && time.Since(begin) > maxBusy {
			break
		}
		if j.ctx.Err() != nil {
			answers = append(answers, stopped(j.ctx))
			continue
		}
		own, err := t.part(j.do)
		if err != nil {
			return nil, err
		}
		answers = append(answers, own)
	}
	if err := t.flush(); err != nil {
		return nil, fmt.Errorf("write counts: %w", err)
	}
	if err := t.exec("COMMIT"); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	w.took(len(answers), time.Since(begin))
	w.committed()
	for _, f := range t.after {
		f()
	}
	if t.changed {
		w.changed()
	}
	return answers, nil
}

// part runs one job in a savepoint. The first error is the job's own, the
// second one breaks the transaction.
func (t *tx) part(do func(*tx) error) (own, broken error) {
	if err := t.exec("SAVEPOINT job"); err != nil {
		return nil, fmt.Errorf("savepoint: %w", err)
	}
	changed, after, deltas := t.changed, len(t.after), len(t.deltas)
	if own = do(t); own != nil {
		t.changed, t.after, t.deltas = changed, t.after[:after], t.deltas[:deltas]
		clear(t.standings)
		if isStorage(own) {
			return nil, own
		}
		if err := t.exec("ROLLBACK TO job"); err != nil {
			return nil, fmt.Errorf("roll back: %w", err)
		}
	}
	if err := t.exec("RELEASE job"); err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	return own, nil
}

// stmt prepares each text once.
func (t *tx) stmt(text string) (*sql.Stmt, error) {
	if s, ok := t.w.stmts[text]; ok {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	t.w.stmts[text] = s
	return s, nil
}

// exec runs a statement. No context of a caller's reaches the connection: an
// interrupt would break the transaction of others.
func (t *tx) exec(text string, args ...any) error {
	_, err := t.change(text, args...)
	return err
}

// change runs a statement and counts the rows that it changed.
func (t *tx) change(text string, args ...any) (int64, error) {
	s, err := t.stmt(text)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// insert runs an INSERT and returns the new row's number.
func (t *tx) insert(text string, args ...any) (int64, error) {
	s, err := t.stmt(text)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// row asks for one row; sql.ErrNoRows if there is none.
func (t *tx) row(text string, args []any, into ...any) error {
	s, err := t.stmt(text)
	if err != nil {
		return err
	}
	return s.QueryRowContext(context.Background(), args...).Scan(into...)
}

// rows asks for many.
func (t *tx) rows(text string, args ...any) (*sql.Rows, error) {
	s, err := t.stmt(text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.Background(), args...)
}

// isStorage reports whether the database itself could not do it. Such an
// error may have ended the transaction (full, I/O, corrupt, memory); a broken
// constraint has not.
func isStorage(err error) bool {
	if errors.Is(err, sql.ErrNoRows) {
		return false
	}
	if e, ok := errors.AsType[*wabridge.Error](err); ok {
		return e.Code == wabridge.CodeStorage
	}
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		return e.Code != sqlite3.ErrConstraint
	}
	return true
}

// storageError gives an error of the database the code CodeStorage and leaves
// those that have a code alone.
func storageError(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*wabridge.Error](err); ok {
		return err
	}
	return wabridge.Fail(wabridge.CodeStorage, err, "database")
}

// stopped says that the caller's context ended before the work began.
func stopped(ctx context.Context) error {
	code := wabridge.CodeStopping
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		code = wabridge.CodeSlow
	}
	return wabridge.Fail(code, context.Cause(ctx), "not begun")
}

// readError is the error of a reading: CodeNotFound as it is, the caller's own
// end as such, all else CodeStorage.
func readError(what string, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return wabridge.Fail(wabridge.CodeStopping, err, "%s", what)
	case errors.Is(err, context.DeadlineExceeded):
		return wabridge.Fail(wabridge.CodeSlow, err, "%s", what)
	case errors.Is(err, sql.ErrNoRows):
		return wabridge.Fail(wabridge.CodeNotFound, nil, "%s: there is none", what)
	}
	return wabridge.Fail(wabridge.CodeStorage, err, "%s", what)
}
