package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"github.com/wabridge/wabridge/audit"
)

var _ audit.Store = (*DB)(nil)

const insertAudit = `
INSERT INTO audit (at, act, target, detail, outcome, who, name, origin, via, request)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`

// AddAudit implements audit.Store.
func (db *DB) AddAudit(ctx context.Context, e audit.Entry) error {
	return db.update(ctx, "record an act", func(t *tx) error {
		return t.exec(insertAudit, e.At.UnixMilli(), string(e.Act), e.Target, e.Detail, e.Outcome, e.Who, e.Name, e.From, e.Via, e.Request)
	})
}

const selectAudit = `
SELECT number, at, act, target, detail, outcome, who, name, origin, via, request
FROM audit
WHERE number < ?1 AND at >= ?2 AND at < ?3
  AND (?4 = '' OR act = ?4 OR substr(?4, -1) = '.' AND substr(act, 1, length(?4)) = ?4)
  AND (?5 = '' OR who = ?5) AND (?6 = '' OR target = ?6)
ORDER BY number DESC
LIMIT ?7`

// Audit implements audit.Store; at most 1001 entries at once.
func (db *DB) Audit(ctx context.Context, f audit.Filter) ([]audit.Entry, error) {
	before, since, until := int64(math.MaxInt64), int64(math.MinInt64), int64(math.MaxInt64)
	if f.Before > 0 {
		before = f.Before
	}
	if !f.Since.IsZero() {
		since = f.Since.UnixMilli()
	}
	if !f.Until.IsZero() {
		until = f.Until.UnixMilli()
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	rows, err := db.read.QueryContext(ctx, selectAudit, before, since, until, string(f.Act), f.Who, f.Target, min(f.Limit, 1001))
	if err != nil {
		return nil, readError("read the audit log", err)
	}
	list, err := scanAudit(rows)
	if err != nil {
		return nil, readError("read the audit log", err)
	}
	return list, nil
}

func scanAudit(rows *sql.Rows) (list []audit.Entry, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var e audit.Entry
		var at int64
		var act string
		if err := rows.Scan(&e.Number, &at, &act, &e.Target, &e.Detail, &e.Outcome, &e.Who, &e.Name, &e.From, &e.Via, &e.Request); err != nil {
			return nil, err
		}
		e.At, e.Act = time.UnixMilli(at).UTC(), audit.Act(act)
		list = append(list, e)
	}
	return list, rows.Err()
}

const deleteAudit = `
DELETE FROM audit
WHERE number IN (SELECT number FROM audit WHERE at < ?1 ORDER BY at LIMIT ?2)`
