package sqlite

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// timesOf reads the index message_times alone. The numbers come as two texts:
// reading a hundred thousand rows one by one takes ten times as long.
const timesOf = `
SELECT group_concat(coalesce(sent, delivered, read) - created), group_concat(coalesce(delivered, read) - created)
FROM message INDEXED BY message_times
WHERE phone IN (SELECT value FROM json_each(?1)) AND handed >= ?2 AND handed < ?3
  AND (?4 = '[]' OR template IN (SELECT value FROM json_each(?4)))`

// Times implements queue.Times.
func (db *DB) Times(ctx context.Context, q queue.TimesQuery) ([]queue.TimesTally, error) {
	phones := q.Phones
	if len(phones) == 0 {
		all, err := db.Phones(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range all {
			phones = append(phones, p.ID)
		}
	}
	var out []queue.TimesTally
	var sent, delivered []time.Duration // of all stretches
	for i := range max(0, len(q.Bounds)-1) {
		var texts [2]sql.NullString
		row := db.read.QueryRowContext(ctx, timesOf, jsonValues(phones), q.Bounds[i].UnixMilli(), q.Bounds[i+1].UnixMilli(), jsonValues(q.Templates))
		if err := row.Scan(&texts[0], &texts[1]); err != nil {
			return nil, readError("read how long messages took", err)
		}
		s, d := spans(texts[0].String), spans(texts[1].String)
		sent, delivered = append(sent, s...), append(delivered, d...)
		if len(s) > 0 {
			out = append(out, queue.TimesTally{Start: q.Bounds[i], Sent: queue.SpreadOf(s), Delivered: queue.SpreadOf(d)})
		}
	}
	if len(out) > 0 {
		out = append(out, queue.TimesTally{Sent: queue.SpreadOf(sent), Delivered: queue.SpreadOf(delivered)})
	}
	return out, nil
}

// spans reads milliseconds with commas between them. A clock that was set back
// makes some negative; they count as nothing.
func spans(text string) (all []time.Duration) {
	for number := range strings.SplitSeq(text, ",") {
		if ms, err := strconv.ParseInt(number, 10, 64); err == nil { // "" where there are none
			all = append(all, time.Duration(max(0, ms))*time.Millisecond)
		}
	}
	return all
}

const lastIncoming = `
SELECT max(created)
FROM message INDEXED BY message_came
WHERE phone = ?1 AND direction = 'in'`

// LastIncoming implements queue.Times.
func (db *DB) LastIncoming(ctx context.Context, phone string) (time.Time, error) {
	var ms sql.NullInt64
	if err := db.read.QueryRowContext(ctx, lastIncoming, phone).Scan(&ms); err != nil {
		return time.Time{}, readError("find the newest incoming message", err)
	}
	return instant(ms), nil
}

// countAwaiting has the condition of awaitingOf; it reads the index alone.
const countAwaiting = `
SELECT count(*)
FROM (
  SELECT 1
  FROM message INDEXED BY message_awaiting
  WHERE phone = ?1 AND handed IS NOT NULL AND read IS NULL AND ended IS NULL AND handed > ?2
  LIMIT ?3
)`

// CountAwaiting implements queue.Times.
func (db *DB) CountAwaiting(ctx context.Context, phone string, since time.Time, limit int) (n int, err error) {
	if err := db.read.QueryRowContext(ctx, countAwaiting, phone, since.UnixMilli(), limit).Scan(&n); err != nil {
		return 0, readError("count messages whose ticks may move", err)
	}
	return n, nil
}
