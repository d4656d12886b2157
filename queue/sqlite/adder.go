package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/queue"
)

// Tallies implements queue.Analytics.
func (db *DB) Tallies(ctx context.Context, q queue.TallyQuery) ([]queue.Tally, error) {
	if len(q.Bounds) < 2 {
		return nil, nil
	}
	if len(q.Want) == 0 {
		q.Want = everyCounter
	}
	a, err := db.newAdder(ctx, q)
	if err == nil && len(a.series) > 0 {
		for _, p := range parts(q) {
			if err = a.part(ctx, p); err != nil {
				break
			}
		}
	}
	if err != nil {
		return nil, readError("sum up counts", err)
	}
	return a.result(), nil
}

var everyCounter = []queue.Counter{queue.Sent, queue.Delivered, queue.Read, queue.Failed, queue.Received, queue.Free, queue.ByUser, queue.ByBusiness}

// levels are what a query is answered from; days is -1 where there are none.
func levels(q queue.TallyQuery) (halfHours, days int) {
	switch {
	case q.ByTemplate || len(q.Templates) > 0:
		return templatesByHalfHour, -1
	case q.ByCountry || q.ByCategory || len(q.Countries) > 0 || len(q.Categories) > 0:
		return byHalfHour, byDay
	}
	return totalsByHalfHour, totalsByDay
}

// A part of a query is answered from one level.
type part struct {
	level    int
	from, to time.Time
}

// parts cuts a query so that whole days are answered from sums of days. It is
// a pure function.
func parts(q queue.TallyQuery) []part {
	halfHours, days := levels(q)
	begin, end := q.Bounds[0], q.Bounds[len(q.Bounds)-1]
	first, last := analytics.Slot(begin, analytics.Day), analytics.Slot(end, analytics.Day)
	if first.Before(begin) {
		first = first.Add(analytics.Day)
	}
	inner := q.Bounds[1 : len(q.Bounds)-1]
	within := slices.ContainsFunc(inner, func(t time.Time) bool { return !analytics.Slot(t, analytics.Day).Equal(t) })
	if days < 0 || within || !first.Before(last) {
		return []part{{halfHours, begin, end}}
	}
	all := []part{{halfHours, begin, first}, {days, first, last}, {halfHours, last, end}}
	return slices.DeleteFunc(all, func(p part) bool { return !p.from.Before(p.to) })
}

// An adder sums up what a query asks for, by stretch and dimensions.
type adder struct {
	db     *DB
	q      queue.TallyQuery
	series map[int64]int    // of those that pass: the group that they are summed up in
	groups []queue.Series   // without what is not told apart
	all    int              // series there are at the query's level
	plain  bool             // all series pass, and none is told from the others
	bucket int              // the stretch of the newest row: rows come in order
	sums   [][]queue.Counts // by stretch and group; nil where nothing was counted
}

const allSeries = `
SELECT id, phone, country, product, category, template
FROM series
WHERE (template <> '') = ?1 AND (category = '') = ?2`

// newAdder finds the series. There are few: it is cheaper to tell them apart
// here than row by row in the database.
func (db *DB) newAdder(ctx context.Context, q queue.TallyQuery) (*adder, error) {
	a := &adder{db: db, q: q, series: map[int64]int{}, sums: make([][]queue.Counts, len(q.Bounds)-1)}
	level, _ := levels(q)
	type row struct {
		id int64
		queue.Series
	}
	all, err := scanned(ctx, db, allSeries, []any{level == templatesByHalfHour, level == totalsByHalfHour}, func(rows *sql.Rows) (r row, err error) {
		return r, rows.Scan(&r.id, &r.Phone, &r.Country, &r.Product, &r.Category, &r.Template)
	})
	for _, r := range all {
		if !passes(q, r.Series) {
			continue
		}
		group := reduced(q, r.Series)
		i := slices.Index(a.groups, group)
		if i < 0 {
			i, a.groups = len(a.groups), append(a.groups, group)
		}
		a.series[r.id] = i
	}
	told := q.ByPhone || q.ByCountry || q.ByProduct || q.ByCategory || q.ByTemplate
	a.all, a.plain = len(all), !told && len(a.series) == len(all)
	return a, err
}

func passes(q queue.TallyQuery, s queue.Series) bool {
	return analytics.Passes(q.Phones, s.Phone) && analytics.Passes(q.Countries, s.Country) && analytics.Passes(q.Categories, s.Category) &&
		analytics.Passes(q.Templates, s.Template) && (len(q.Products) == 0 || slices.Contains(q.Products, s.Product))
}

// reduced keeps of a series what is to be told apart.
func reduced(q queue.TallyQuery, s queue.Series) queue.Series {
	var r queue.Series
	if q.ByPhone {
		r.Phone = s.Phone
	}
	if q.ByCountry {
		r.Country = s.Country
	}
	if q.ByProduct {
		r.Product = s.Product
	}
	if q.ByCategory {
		r.Category = s.Category
	}
	if q.ByTemplate {
		r.Template = s.Template
	}
	return r
}

var counterColumns = []string{"t.sent", "t.delivered", "t.read", "t.failed", "t.received", "t.free", "t.by_user", "t.by_business"}

const (
	tallyRange = `
FROM tally t
WHERE t.level = ?1 AND t.start >= ?2 AND t.start < ?3`

	// For a few series; each one's slots are together in the index.
	fewRange = `
FROM tally t INDEXED BY tally_series
WHERE t.level = ?1 AND t.start >= ?2 AND t.start < ?3 AND t.series IN (SELECT value FROM json_each(?4))`

	// In the order of the table's key: nothing is sorted. (For a few series it
	// is, but they are few.)
	bySlot = `
GROUP BY t.start`
)

// part adds up one level. Where series must be told apart, those of one slot
// come as one text, for fetching a row costs more than writing down dozens.
func (a *adder) part(ctx context.Context, p part) error {
	if a.plain {
		return a.plainPart(ctx, p)
	}
	columns := []string{"t.series"}
	for _, c := range a.q.Want {
		columns = append(columns, counterColumns[c])
	}
	from, args := tallyRange, []any{p.level, p.from.UnixMilli(), p.to.UnixMilli()}
	if len(a.series)*fewOf <= a.all {
		from, args = fewRange, append(args, a.ids())
	}
	text := "SELECT t.start, group_concat(" + strings.Join(columns, " || ',' || ") + ")" + from + bySlot
	rows, err := a.db.read.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var start int64
		var packed sql.RawBytes
		if err := rows.Scan(&start, &packed); err != nil {
			return err
		}
		if err := a.unpack(a.bucketOf(time.UnixMilli(start)), packed); err != nil {
			return err
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// fewOf: it pays to look up each row of the series that pass if they are at
// most one in so many.
const fewOf = 6

// ids lists the series that pass, for json_each.
func (a *adder) ids() string {
	list := slices.Sorted(maps.Keys(a.series))
	b, _ := json.Marshal(list) // numbers always can be
	return string(b)
}

// unpack adds the numbers of one slot: series, counts, series, counts …
func (a *adder) unpack(bucket int, packed []byte) error {
	for len(packed) > 0 {
		var id int64
		var c queue.Counts
		id, packed = cutNumber(packed)
		for _, counter := range a.q.Want {
			if len(packed) == 0 {
				return wabridge.Fail(wabridge.CodeStorage, nil, "the counts of a half hour end early")
			}
			*c.At(counter), packed = cutNumber(packed)
		}
		if group, ok := a.series[id]; ok {
			a.add(bucket, group, c)
		}
	}
	return nil
}

// cutNumber takes a whole number and the comma after it.
func cutNumber(b []byte) (n int64, rest []byte) {
	i, sign := 0, int64(1)
	for ; i < len(b) && b[i] != ','; i++ {
		if b[i] == '-' {
			sign = -1
			continue
		}
		n = n*10 + int64(b[i]-'0')
	}
	return sign * n, b[min(i+1, len(b)):]
}

// plainPart lets the database sum all series up: by slot, or by stretch where
// those are much fewer.
func (a *adder) plainPart(ctx context.Context, p part) error {
	width := analytics.HalfHour
	if p.level == totalsByDay {
		width = analytics.Day
	}
	sums := make([]string, len(a.q.Want))
	for i, c := range a.q.Want {
		sums[i] = "coalesce(sum(" + counterColumns[c] + "), 0)"
	}
	columns := strings.Join(sums, ", ")
	if slots := int(p.to.Sub(p.from) / width); slots < 8*len(a.q.Bounds) {
		return a.addPlain(ctx, "SELECT t.start, "+columns+tallyRange+bySlot, p)
	}
	for i := range len(a.q.Bounds) - 1 {
		one := part{p.level, later(a.q.Bounds[i], p.from), earlier(a.q.Bounds[i+1], p.to)}
		if !one.from.Before(one.to) {
			continue
		}
		if err := a.addPlain(ctx, "SELECT ?2, "+columns+tallyRange, one); err != nil {
			return err
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (a *adder) addPlain(ctx context.Context, text string, p part) error {
	rows, err := a.db.read.QueryContext(ctx, text, p.level, p.from.UnixMilli(), p.to.UnixMilli())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var start int64
		var c queue.Counts
		into := []any{&start}
		for _, counter := range a.q.Want {
			into = append(into, c.At(counter))
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		a.add(a.bucketOf(time.UnixMilli(start)), 0, c)
	}
	return errors.Join(rows.Err(), rows.Close())
}

// bucketOf finds the stretch of a slot.
func (a *adder) bucketOf(t time.Time) int {
	for a.bucket+2 < len(a.q.Bounds) && !t.Before(a.q.Bounds[a.bucket+1]) {
		a.bucket++
	}
	return a.bucket
}

func (a *adder) add(bucket, group int, c queue.Counts) {
	if a.sums[bucket] == nil {
		a.sums[bucket] = make([]queue.Counts, len(a.groups))
	}
	a.sums[bucket][group].Add(c)
}

// result lists the sums in order.
func (a *adder) result() []queue.Tally {
	order := make([]int, len(a.groups))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return compareSeries(a.groups[i], a.groups[j]) })
	var all []queue.Tally
	for bucket, sums := range a.sums {
		for _, group := range order {
			if sums != nil && sums[group] != (queue.Counts{}) {
				all = append(all, queue.Tally{Start: a.q.Bounds[bucket], Series: a.groups[group], Counts: sums[group]})
			}
		}
	}
	return all
}

func compareSeries(a, b queue.Series) int {
	return cmp.Or(strings.Compare(a.Phone, b.Phone), strings.Compare(a.Country, b.Country), cmp.Compare(a.Product, b.Product),
		strings.Compare(a.Category, b.Category), strings.Compare(a.Template, b.Template))
}
