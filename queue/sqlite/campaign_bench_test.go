package sqlite

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// BenchmarkCampaign is a campaign of 10,000: accepted 500 at a time with keys,
// paused, resumed and canceled. It reports the milliseconds of each.
func BenchmarkCampaign(b *testing.B) {
	const people = 10_000
	for b.Loop() {
		db := openAt(b, tempPath(b), Options{})
		c, err := db.PutCampaign(ctx, queue.NewCampaign{Phone: phone})
		if err != nil {
			b.Fatal(err)
		}
		timed := func(what string, do func() error) {
			start, cpu := time.Now(), cpuTime(b)
			if err := do(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64((cpuTime(b) - cpu).Milliseconds()), what+"-cpu-ms")
			b.ReportMetric(float64(time.Since(start).Milliseconds()), what+"-ms")
		}
		timed("accept", func() error {
			for i := 0; i < people; {
				var drafts []queue.Draft
				for range 500 {
					d := textTo(i, "Your order has left the warehouse.")
					d.Message.Campaign, d.Owner, d.Key, d.Print = c.ID, "bench", fmt.Sprint(i), "p"
					drafts = append(drafts, d)
					i++
				}
				if _, err := db.Enqueue(ctx, drafts...); err != nil {
					return err
				}
			}
			return nil
		})
		timed("pause", func() error { _, err := db.HoldCampaign(ctx, c.ID, true, time.Now()); return err })
		timed("resume", func() error { _, err := db.HoldCampaign(ctx, c.ID, false, time.Now()); return err })
		timed("cancel", func() error { _, err := db.CancelCampaign(ctx, c.ID, time.Now()); return err })
		got, err := db.Campaign(ctx, c.ID)
		if err != nil || got.Counts[wabridge.Canceled] != people {
			b.Fatalf("%+v, %v", got, err)
		}
	}
}

// BenchmarkClaimHeld is a claim behind 100,000 held messages; ns/op is of one.
func BenchmarkClaimHeld(b *testing.B) {
	const people = 100_000
	db := openAt(b, tempPath(b), Options{})
	c, err := db.PutCampaign(ctx, queue.NewCampaign{Phone: phone})
	if err != nil {
		b.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	for i := 0; i < people; {
		var drafts []queue.Draft
		for range 1000 {
			d := textTo(i, "Your order has left the warehouse.")
			d.Message.Campaign, d.Message.Due = c.ID, later
			drafts = append(drafts, d)
			i++
		}
		if _, err := db.Enqueue(ctx, drafts...); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := db.Enqueue(ctx, textTo(7, "a reply passes")); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		now := time.Now()
		m, _, err := db.Claim(ctx, phone, now, time.Minute, queue.Pacing{}.Gate)
		if err != nil || m == nil {
			b.Fatalf("claim: %v, %v", m, err)
		}
		if _, err := db.Apply(ctx, m.ID, m.Fence, wabridge.Interrupted(now)); err != nil {
			b.Fatal(err)
		}
	}
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
