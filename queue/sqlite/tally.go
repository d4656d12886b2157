package sqlite

import (
	"database/sql"
	"errors"
	"time"

	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/queue"
)

// Levels of tally.
const (
	byHalfHour          = 0
	byDay               = 1
	templatesByHalfHour = 2
	// Of a phone and a product type only, of which there are few.
	totalsByHalfHour = 3
	totalsByDay      = 4
)

type tallyKey struct {
	level  int
	start  int64
	series queue.Series
}

// A ledger sums deltas up before they are written.
type ledger map[tallyKey]queue.Counts

func (l ledger) add(d delta) {
	put := func(level int, width time.Duration, s queue.Series) {
		k := tallyKey{level, analytics.Slot(d.start, width).UnixMilli(), s}
		c := l[k]
		c.Add(d.counts)
		l[k] = c
	}
	all := d.series
	all.Template = ""
	put(byHalfHour, analytics.HalfHour, all)
	put(byDay, analytics.Day, all)
	total := queue.Series{Phone: d.series.Phone, Product: d.series.Product}
	put(totalsByHalfHour, analytics.HalfHour, total)
	put(totalsByDay, analytics.Day, total)
	if d.series.Template != "" {
		put(templatesByHalfHour, analytics.HalfHour, d.series)
	}
}

// flush writes what the transaction counted. It runs once per commit, so that
// moves that share a commit share the writes.
func (t *tx) flush() error {
	if len(t.deltas) == 0 {
		return nil
	}
	l := ledger{}
	for _, d := range t.deltas {
		l.add(d)
	}
	t.deltas = t.deltas[:0]
	ids := map[queue.Series]int64{}
	for k, c := range l {
		id, ok := ids[k.series]
		if !ok {
			var err error
			if id, err = t.seriesID(k.series); err != nil {
				return err
			}
			ids[k.series] = id
		}
		if err := t.exec(addTally, k.level, k.start, id, c.Sent, c.Delivered, c.Read, c.Failed, c.Received, c.Free, c.ByUser, c.ByBusiness); err != nil {
			return err
		}
	}
	return nil
}

// seriesID finds or makes a series.
func (t *tx) seriesID(s queue.Series) (id int64, err error) {
	args := []any{s.Phone, s.Country, s.Product, s.Category, s.Template}
	err = t.row(findSeries, args, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return t.insert(insertSeries, args...)
	}
	return id, err
}

const (
	findSeries = `
SELECT id
FROM series
WHERE phone = ?1 AND country = ?2 AND product = ?3 AND category = ?4 AND template = ?5`

	insertSeries = `
INSERT INTO series (phone, country, product, category, template)
VALUES (?1, ?2, ?3, ?4, ?5)`

	addTally = `
INSERT INTO tally (level, start, series, sent, delivered, read, failed, received, free, by_user, by_business)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (level, start, series) DO UPDATE SET
  sent = sent + excluded.sent, delivered = delivered + excluded.delivered, read = read + excluded.read,
  failed = failed + excluded.failed, received = received + excluded.received, free = free + excluded.free,
  by_user = by_user + excluded.by_user, by_business = by_business + excluded.by_business`
)
