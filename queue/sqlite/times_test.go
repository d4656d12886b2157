package sqlite

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// fillTimes stores n messages that went out in the days after begin, one of
// four phones each: the i-th took i%100+1 seconds to be sent and twice that to
// be delivered; every tenth is only sent.
func fillTimes(tb testing.TB, db *DB, n int, begin time.Time, days int) {
	tb.Helper()
	for i := range 4 {
		if err := db.PutPhone(ctx, wabridge.Phone{ID: "10000000000000" + string(rune('1'+i)), Serial: string(rune('a' + i)), Package: "com.whatsapp"}); err != nil {
			tb.Fatal(err)
		}
	}
	if _, err := db.Enqueue(ctx, queue.Draft{Message: wabridge.Message{Phone: "100000000000001", Chat: "15550000001@s.whatsapp.net", Number: "15550000001", Type: "text", Text: "x"}}); err != nil {
		tb.Fatal(err)
	}
	err := db.update(ctx, "fill", func(t *tx) error {
		return t.exec(`
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1),
  m AS (SELECT i, ?2 + i * ?3 / ?1 AS at, (i % 100 + 1) * 1000 AS took FROM n)
INSERT INTO message (id, phone, direction, chat, type, text, body, due, state, open, created, handed, sent, delivered, read, template)
SELECT 'wamid.' || i, '10000000000000' || (1 + i % 4), 'out', (SELECT min(key) FROM chat), 'text', 'Your order has left the warehouse and arrives tomorrow.',
  '{"body":"Your order has left the warehouse and arrives tomorrow."}', at,
  iif(i % 10 = 9, 'sent', iif(i % 10 = 8, 'read', 'delivered')), 0, at, at + took - 500, iif(i % 10 = 8, NULL, at + took), iif(i % 10 = 9 OR i % 10 = 8, NULL, at + 2 * took),
  iif(i % 10 = 8, at + took, NULL), iif(i % 3 = 0, '71', '')
FROM m`, n, begin.UnixMilli(), int64(days)*24*3600_000)
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func daysFrom(begin time.Time, n int) (bounds []time.Time) {
	for i := range n + 1 {
		bounds = append(bounds, begin.AddDate(0, 0, i))
	}
	return bounds
}

func TestTimes(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	begin := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	fillTimes(t, db, 4000, begin, 2)
	spread := func(n int) queue.Spread { return queue.Spread{Count: n, P50: 50 * time.Second, P95: 95 * time.Second} }
	got, err := db.Times(ctx, queue.TimesQuery{Bounds: daysFrom(begin, 3)})
	if err != nil || len(got) != 4 {
		t.Fatalf("got %+v, %v; want three days and all together", got, err)
	}
	for i, want := range []queue.TimesTally{{Start: begin, Sent: spread(1998)}, {Start: begin.AddDate(0, 0, 1), Sent: spread(2000)}} {
		if !got[i].Start.Equal(want.Start) || got[i].Sent != want.Sent {
			t.Errorf("stretch %d: got %+v, want %+v", i, got[i], want)
		}
	}
	all := queue.TimesTally{Sent: spread(4000), Delivered: queue.Spread{Count: 3600, P50: 89 * time.Second, P95: 188 * time.Second}}
	if got[3] != all {
		t.Errorf("all together: got %+v, want %+v", got[3], all)
	}
	for name, c := range map[string]struct {
		q    queue.TimesQuery
		want int // messages in all
	}{
		"a template of a phone": {queue.TimesQuery{Bounds: daysFrom(begin, 3), Phones: []string{"100000000000002"}, Templates: []string{"71"}}, 333},
		"two phones":            {queue.TimesQuery{Bounds: daysFrom(begin, 3), Phones: []string{"100000000000002", "100000000000003"}}, 2000},
		"nothing":               {queue.TimesQuery{Bounds: daysFrom(begin.AddDate(0, 1, 0), 3)}, 0},
		"no bounds":             {queue.TimesQuery{}, 0},
	} {
		got, err := db.Times(ctx, c.q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n := 0
		if len(got) > 0 {
			n = got[len(got)-1].Sent.Count
		}
		if n != c.want {
			t.Errorf("%s: got %d messages, want %d", name, n, c.want)
		}
	}
	if n, err := db.CountAwaiting(ctx, "100000000000001", begin, 700); err != nil || n != 700 {
		t.Errorf("awaiting: %d, %v; want as many as the limit", n, err)
	}
	if n, err := db.CountAwaiting(ctx, "100000000000002", begin, 10_000); err != nil || n != 1000 {
		t.Errorf("awaiting: %d, %v; want all that are sent or delivered", n, err)
	}
	if at, err := db.LastIncoming(ctx, "100000000000001"); err != nil || !at.IsZero() {
		t.Errorf("nothing came in: %v, %v", at, err)
	}
}

func TestSpread(t *testing.T) {
	for name, c := range map[string]struct {
		all  []time.Duration
		want queue.Spread
	}{
		"none":  {nil, queue.Spread{}},
		"one":   {[]time.Duration{7}, queue.Spread{Count: 1, P50: 7, P95: 7}},
		"two":   {[]time.Duration{9, 7}, queue.Spread{Count: 2, P50: 7, P95: 9}},
		"three": {[]time.Duration{9, 7, 8}, queue.Spread{Count: 3, P50: 8, P95: 9}},
	} {
		if got := queue.SpreadOf(c.all); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// TestTimesPlan: the times come from the index alone, so that wide rows cost
// nothing.
func TestTimesPlan(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	for _, c := range []struct {
		text string
		args []any
		want string
	}{
		{timesOf, []any{"1", 2, 3, "[]"}, "USING COVERING INDEX message_times (phone=? AND handed>? AND handed<?)"},
		{countAwaiting, []any{"1", 2, 3}, "USING INDEX message_awaiting (phone=? AND handed>?)"},
		{lastIncoming, []any{"1"}, "USING COVERING INDEX message_came (phone=?)"},
	} {
		lines, err := scanned(ctx, db, "EXPLAIN QUERY PLAN "+c.text, c.args, func(rows *sql.Rows) (line string, err error) {
			var id, parent, unused int
			return line, rows.Scan(&id, &parent, &unused, &line)
		})
		if err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(lines, "\n"); !strings.Contains(all, c.want) {
			t.Errorf("want %q, got %q", c.want, all)
		}
	}
}

func BenchmarkTimes(b *testing.B) {
	db := openAt(b, tempPath(b), Options{})
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	fillTimes(b, db, 120_000, begin, 90)
	for name, q := range map[string]queue.TimesQuery{
		"90 days":                {Bounds: daysFrom(begin, 91)},
		"90 days, a phone":       {Bounds: daysFrom(begin, 91), Phones: []string{"100000000000002"}},
		"7 days":                 {Bounds: daysFrom(begin.AddDate(0, 0, 80), 7)},
		"90 days, by a template": {Bounds: daysFrom(begin, 91), Templates: []string{"71"}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := db.Times(ctx, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
