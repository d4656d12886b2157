package sqlite

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// TestKeepBesideAccepts measures how long the dropping of half of many messages
// takes, and what it costs those who hand in messages meanwhile. Set
// WABRIDGE_KEEP_MESSAGES to how many; it takes minutes with 1000000.
func TestKeepBesideAccepts(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("WABRIDGE_KEEP_MESSAGES"))
	if n == 0 {
		t.Skip("WABRIDGE_KEEP_MESSAGES is not set")
	}
	db := openAt(t, tempPath(t), Options{})
	now := time.Now()
	fillOld(t, db, n, n/50, now)
	alone := acceptFor(t, db, 10*time.Second, nil)
	ended := make(chan struct{})
	var got Cleaned
	var took time.Duration
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(ended)
		begin := time.Now()
		var err error
		if got, err = db.Clean(ctx, now, Retention{Keep: 90 * day}); err != nil {
			t.Error(err)
		}
		took = time.Since(begin)
	})
	beside := acceptFor(t, db, time.Hour, ended)
	wg.Wait()
	t.Logf("%d messages: %+v in %v", n, got, took)
	t.Logf("accepts alone: %d, p50 %v, p99 %v; beside: %d, p50 %v, p99 %v; ratio of p99 %.2f", len(alone), quantile(alone, 50), quantile(alone, 99),
		len(beside), quantile(beside, 50), quantile(beside, 99), float64(quantile(beside, 99))/float64(quantile(alone, 99)))
}

func quantile(times []time.Duration, percent int) time.Duration {
	return times[min(len(times)*percent/100, len(times)-1)]
}

// acceptFor hands in a message every 20 ms and tells how long each took.
func acceptFor(t *testing.T, db *DB, most time.Duration, end <-chan struct{}) (all []time.Duration) {
	t.Helper()
	bounded, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-bounded.Done():
			slices.Sort(all)
			return all
		case <-end:
			slices.Sort(all)
			return all
		case <-tick.C:
		}
		begin := time.Now()
		if _, err := db.Enqueue(ctx, textTo(i%1000, fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		all = append(all, time.Since(begin))
	}
}

// fillOld stores n messages to so many people, half of them old, that were read.
func fillOld(t *testing.T, db *DB, n, people int, now time.Time) {
	t.Helper()
	for i := 0; i < people; {
		var drafts []queue.Draft
		for ; len(drafts) < 500 && i < people; i++ {
			drafts = append(drafts, textTo(i, "first"))
		}
		if _, err := db.Enqueue(ctx, drafts...); err != nil {
			t.Fatal(err)
		}
	}
	write(t, db, "UPDATE message SET created = ?1", now.Add(-181*day).UnixMilli())
	const copied = `
WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
INSERT INTO message (id, phone, direction, chat, number, type, text, body, due, state, open, fence, typed, created, handed, sent, delivered, read)
SELECT 'wamid.old' || i, m.phone, 'out', m.chat, m.number, 'text', 'message number ' || i || ' of the year, with some words', '{"body":"message number"}',
  at, 'read', 0, 0, at, at, at, at, at, at
FROM (SELECT i, ?4 + i * ?5 AS at FROM n) JOIN message m ON m.seq = 1 + i % ?3`
	const step = 10_000
	for i := 0; i < n; i += step {
		from := now.Add(-180 * day).UnixMilli()
		perMessage := (180 * day).Milliseconds() / int64(n)
		write(t, db, copied, i, min(i+step, n), people, from, perMessage)
	}
}
