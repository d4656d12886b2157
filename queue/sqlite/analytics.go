package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/queue"
)

// Tallies implements queue.Analytics. Rows are read in the order of their key,
// so that sums by start alone need no sorting.
func (db *DB) Tallies(ctx context.Context, q queue.TallyQuery) ([]queue.Tally, error) {
	var all []queue.Tally
	for _, p := range parts(q) {
		text, args := summed(q, p)
		some, err := db.sums(ctx, q, text, args)
		if err != nil {
			return nil, readError("sum up counts", err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// A part of a query is answered from one level.
type part struct {
	level    int
	from, to time.Time
}

// parts cuts a query so that whole days are answered from sums of days. It is
// a pure function.
func parts(q queue.TallyQuery) []part {
	if q.ByTemplate || len(q.Templates) > 0 {
		return []part{{templatesByHalfHour, q.From, q.To}}
	}
	first, last := analytics.Slot(q.From, analytics.Day), analytics.Slot(q.To, analytics.Day)
	if first.Before(q.From) {
		first = first.Add(analytics.Day)
	}
	if !q.Days || !first.Before(last) {
		return []part{{byHalfHour, q.From, q.To}}
	}
	all := []part{{byHalfHour, q.From, first}, {byDay, first, last}, {byHalfHour, last, q.To}}
	return slices.DeleteFunc(all, func(p part) bool { return !p.from.Before(p.to) })
}

const tallyCounts = `sum(t.sent), sum(t.delivered), sum(t.read), sum(t.failed), sum(t.received), sum(t.free), sum(t.by_user), sum(t.by_business)`

// summed writes the query of a part: only the conditions that are asked for.
// CROSS JOIN keeps the planner from turning the two tables round.
func summed(q queue.TallyQuery, p part) (text string, args []any) {
	columns := "t.start"
	for _, d := range dimensionsOf(q) {
		if d.wanted {
			columns += ", " + d.column
		}
	}
	var b strings.Builder
	b.WriteString("SELECT " + columns + ", " + tallyCounts + "\nFROM tally t CROSS JOIN series s ON s.id = t.series\nWHERE t.level = ?1 AND t.start >= ?2 AND t.start < ?3\n")
	args = []any{p.level, p.from.UnixMilli(), p.to.UnixMilli()}
	in := func(column, values string) {
		if values != noValues {
			args = append(args, values)
			b.WriteString("  AND " + column + " IN (SELECT value FROM json_each(?" + strconv.Itoa(len(args)) + "))\n")
		}
	}
	in("s.phone", jsonValues(q.Phones))
	in("s.country", jsonValues(q.Countries))
	in("s.product", jsonValues(q.Products))
	in("s.category", jsonValues(q.Categories))
	in("s.template", jsonValues(q.Templates))
	b.WriteString("GROUP BY " + columns + "\nORDER BY t.start")
	return b.String(), args
}

// noValues is the list of no values.
const noValues = "[]"

// jsonValues is a list for json_each.
func jsonValues[T string | int](list []T) string {
	if len(list) == 0 {
		return noValues
	}
	b, _ := json.Marshal(list) // strings and numbers always can be
	return string(b)
}

// A dimension is a column that sums may be told apart by.
type dimension struct {
	wanted bool
	column string
	into   func(*queue.Tally) any
}

func dimensionsOf(q queue.TallyQuery) []dimension {
	return []dimension{
		{q.ByPhone, "s.phone", func(t *queue.Tally) any { return &t.Phone }},
		{q.ByCountry, "s.country", func(t *queue.Tally) any { return &t.Country }},
		{q.ByProduct, "s.product", func(t *queue.Tally) any { return &t.Product }},
		{q.ByCategory, "s.category", func(t *queue.Tally) any { return &t.Category }},
		{q.ByTemplate, "s.template", func(t *queue.Tally) any { return &t.Template }},
	}
}

func (db *DB) sums(ctx context.Context, q queue.TallyQuery, text string, args []any) (all []queue.Tally, err error) {
	return scanned(ctx, db, text, args, func(rows *sql.Rows) (t queue.Tally, err error) {
		var start int64
		into := []any{&start}
		for _, d := range dimensionsOf(q) {
			if d.wanted {
				into = append(into, d.into(&t))
			}
		}
		into = append(into, &t.Sent, &t.Delivered, &t.Read, &t.Failed, &t.Received, &t.Free, &t.ByUser, &t.ByBusiness)
		err = rows.Scan(into...)
		t.Start = time.UnixMilli(start).UTC()
		return t, err
	})
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
	args := []any{jsonValues(q.Templates), q.From.UnixMilli(), q.To.UnixMilli(), jsonValues(q.Phones)}
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
