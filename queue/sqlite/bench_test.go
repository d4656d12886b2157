package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// message is a text to one of many numbers.
func message(to int) wabridge.Message {
	number := fmt.Sprintf("1555%07d", to)
	return wabridge.Message{
		Phone: "100000000000001", Chat: wabridge.UserJID(number), Number: number, Input: "+" + number, Type: "text",
		Text: "Your order has left the warehouse and arrives tomorrow.", Body: []byte(`{"body":"Your order has left the warehouse and arrives tomorrow."}`),
	}
}

// BenchmarkEnqueue64 is accepting with 64 clients at once, each waiting for
// its answer, every answer synced. It reports accepted messages a second and
// the 99th percentile of a call. Run it on a disk, not on tmpfs.
func BenchmarkEnqueue64(b *testing.B) {
	db := open(b)
	const clients = 64
	took := make([][]time.Duration, clients)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for c := range clients {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				start := time.Now()
				d := queue.Draft{Message: message(int(n)), Key: fmt.Sprint(n), Owner: "bench", Print: "p"}
				if _, err := db.Enqueue(context.Background(), d); err != nil {
					b.Error(err)
					return
				}
				took[c] = append(took[c], time.Since(start))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	if len(all) > 0 {
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
	}
}

// BenchmarkEnqueue1 is one client alone: the disk's sync and little more.
func BenchmarkEnqueue1(b *testing.B) {
	db := open(b)
	for i := 0; b.Loop(); i++ {
		if _, err := db.Enqueue(context.Background(), queue.Draft{Message: message(i)}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFsync is the disk's own rate: 4 KiB appended and synced.
func BenchmarkFsync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "fsync"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	for b.Loop() {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "fsync/s")
}

// BenchmarkClaim claims and gives back, with an empty queue behind the
// message, with 100,000 to as many people, and with 10,000 to one.
func BenchmarkClaim(b *testing.B) {
	for _, c := range []struct {
		name   string
		waits  int
		people int
	}{{"1 queued", 1, 1}, {"100k queued to 100k people", 100_000, 100_000}, {"10k queued to one", 10_000, 1}} {
		b.Run(c.name, func(b *testing.B) {
			db := open(b)
			fill(b, db, c.waits, c.people)
			for b.Loop() {
				claimAndRelease(b, db)
			}
		})
	}
}

// fill queues messages in large transactions.
func fill(b testing.TB, db queue.Store, n, people int) {
	b.Helper()
	for i := 0; i < n; {
		var drafts []queue.Draft
		for range min(1000, n-i) {
			drafts = append(drafts, queue.Draft{Message: message(i % people)})
			i++
		}
		if _, err := db.Enqueue(context.Background(), drafts...); err != nil {
			b.Fatal(err)
		}
	}
}

func claimAndRelease(b testing.TB, db queue.Store) {
	b.Helper()
	now := time.Now()
	m, _, err := db.Claim(context.Background(), "100000000000001", now, time.Minute, queue.Pacing{}.Gate)
	if err != nil || m == nil {
		b.Fatalf("claim: %v, %v", m, err)
	}
	if _, err := db.Apply(context.Background(), m.ID, m.Fence, wabridge.Released(now, now.Add(-time.Hour), wabridge.CodeSlow, "")); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkMoves64 is 64 callers at once that each move a message that was
// claimed to sent and delivered: what lanes do, and what is counted.
func BenchmarkMoves64(b *testing.B) {
	db := open(b)
	fill(b, db, b.N, 1<<30)
	ids := make([]string, 0, b.N)
	for len(ids) < b.N {
		m, _, err := db.Claim(context.Background(), "100000000000001", time.Now(), time.Hour, queue.Pacing{}.Gate)
		if err != nil || m == nil {
			b.Fatalf("claim: %v, %v", m, err)
		}
		ids = append(ids, m.ID)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 64 {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				for _, move := range []wabridge.Move{wabridge.WasSent(time.Now()), wabridge.WasDelivered(time.Now())} {
					if _, err := db.Apply(context.Background(), ids[n-1], 0, move); err != nil {
						b.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(2*b.N)/b.Elapsed().Seconds(), "moves/s")
}
