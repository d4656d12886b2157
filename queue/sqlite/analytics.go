package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/queue"
)

// jsonValues is a list for json_each.
func jsonValues(list []string) string {
	b, _ := json.Marshal(append([]string{}, list...)) // strings always can be
	return string(b)
}

// scanned reads all rows of a query.
func scanned[T any](ctx context.Context, db *DB, text string, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
	rows, err := db.read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}

const clicksOf = `
SELECT start, template, title, sum(count)
FROM click
WHERE template IN (SELECT value FROM json_each(?1)) AND start >= ?2 AND start < ?3
  AND (?4 = '[]' OR phone IN (SELECT value FROM json_each(?4)))
GROUP BY start, template, title
ORDER BY start, template, title`

// Clicks implements queue.Analytics.
func (db *DB) Clicks(ctx context.Context, q queue.TallyQuery) ([]queue.Click, error) {
	if len(q.Bounds) < 2 {
		return nil, nil
	}
	from, to := q.Bounds[0], q.Bounds[len(q.Bounds)-1]
	args := []any{jsonValues(q.Templates), from.UnixMilli(), to.UnixMilli(), jsonValues(q.Phones)}
	all, err := scanned(ctx, db, clicksOf, args, func(rows *sql.Rows) (c queue.Click, err error) {
		var start int64
		err = rows.Scan(&start, &c.Template, &c.Title, &c.Count)
		c.Start = time.UnixMilli(start).UTC()
		return c, err
	})
	if err != nil {
		return nil, readError("sum up clicks", err)
	}
	return all, nil
}

const callsOf = `
SELECT at, phone, number
FROM call
WHERE at >= ?1 AND at < ?2 AND (?3 = '[]' OR phone IN (SELECT value FROM json_each(?3)))
ORDER BY at`

// CallTallies implements queue.Analytics. Calls are few: they are counted from
// their own table.
func (db *DB) CallTallies(ctx context.Context, q queue.CallQuery) ([]queue.CallTally, error) {
	args := []any{q.From.UnixMilli(), q.To.UnixMilli(), jsonValues(q.Phones)}
	each, err := scanned(ctx, db, callsOf, args, func(rows *sql.Rows) (c queue.CallTally, err error) {
		var at int64
		var number string
		err = rows.Scan(&at, &c.Phone, &number)
		c.Start, c.Country, c.Count = analytics.Slot(time.UnixMilli(at), analytics.HalfHour), analytics.Country(number), 1
		return c, err
	})
	if err != nil {
		return nil, readError("count calls", err)
	}
	sums, order := map[queue.CallTally]int64{}, []queue.CallTally{}
	for _, c := range each {
		if sums[c] == 0 {
			order = append(order, c)
		}
		sums[c]++
	}
	for i, c := range order {
		order[i].Count = sums[c]
	}
	return order, nil
}

const countriesOf = `
SELECT DISTINCT country
FROM series
WHERE country <> '' AND phone IN (SELECT value FROM json_each(?1))
ORDER BY country`

// Countries implements queue.Analytics.
func (db *DB) Countries(ctx context.Context, phones []string) ([]string, error) {
	all, err := scanned(ctx, db, countriesOf, []any{jsonValues(phones)}, func(rows *sql.Rows) (c string, err error) {
		return c, rows.Scan(&c)
	})
	if err != nil {
		return nil, readError("list countries", err)
	}
	return all, nil
}
