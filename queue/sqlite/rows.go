package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

const (
	tableNames  = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`
	stateCounts = `SELECT 'message ' || direction || ' ' || state, sum(messages) FROM state_count WHERE messages > 0 GROUP BY direction, state`
	chatNames   = `SELECT DISTINCT name FROM chat WHERE name <> '' LIMIT 100000`
)

// RowCounts counts the rows of each table, and messages by direction and state.
func (db *DB) RowCounts(ctx context.Context) (map[string]int64, error) {
	names, err := column(db.read.QueryContext(ctx, tableNames))
	if err != nil {
		return nil, readError("count rows", err)
	}
	text := stateCounts
	for _, name := range names {
		// Names of our own schema.
		text += fmt.Sprintf("\nUNION ALL SELECT '%s', count(*) FROM %q", strings.ReplaceAll(name, "'", "''"), name)
	}
	rows, err := db.read.QueryContext(ctx, text)
	if err != nil {
		return nil, readError("count rows", err)
	}
	defer rows.Close()
	counts := map[string]int64{}
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return nil, readError("count rows", err)
		}
		counts[name] = n
	}
	if err := rows.Err(); err != nil {
		return nil, readError("count rows", err)
	}
	return counts, nil
}

// Names lists the names of chats, at most 100,000, so that they can be kept out
// of what strangers see.
func (db *DB) Names(ctx context.Context) ([]string, error) {
	names, err := column(db.read.QueryContext(ctx, chatNames))
	if err != nil {
		return nil, readError("list names", err)
	}
	return names, nil
}

// column reads a query's one column.
func column(rows *sql.Rows, err error) (all []string, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}
