// Package sqlite keeps the queue, the log of events and what else the program
// remembers in one SQLite database: queue.Store on mattn/go-sqlite3.
//
// One goroutine writes (writer.go): what many callers hand it while the disk
// syncs shares the next transaction, each caller in a savepoint of its own, so
// that one sync serves all and one bad request spoils none. Readers use a pool
// of their own and, in WAL mode, never wait for the writer.
//
//	caller ─ job ─┐
//	caller ─ job ─┼─> writer: BEGIN IMMEDIATE, (SAVEPOINT job RELEASE)*, COMMIT ─> answers
//	caller ─ job ─┘
//
// A call returns nil only after its commit was synced (synchronous=FULL).
// It knows nothing of pacing, retries, screens or HTTP.
package sqlite
