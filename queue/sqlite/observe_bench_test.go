package sqlite

import (
	"context"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// silent hears and does nothing.
type silent struct{}

func (silent) Accepted(context.Context, *wabridge.Message)              {}
func (silent) Moved(context.Context, *wabridge.Message, wabridge.State) {}
func (silent) Received(context.Context, *wabridge.Message)              {}
func (silent) Committed(int, time.Duration)                             {}

// BenchmarkObserved compares accepting with and without an observer.
func BenchmarkObserved(b *testing.B) {
	for name, o := range map[string]Observer{"nobody": nil, "somebody": silent{}} {
		b.Run(name, func(b *testing.B) {
			db := openAt(b, tempPath(b), Options{Observer: o})
			n := 0
			b.ResetTimer()
			for b.Loop() {
				n++
				if _, err := db.Enqueue(ctx, textTo(n%1000, "x")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkScrape reads what a scrape reads of the queue, with 100,000 messages
// in it: 17 ms on two busy cores. (Filling it takes a minute.)
func BenchmarkScrape(b *testing.B) {
	db := openAt(b, tempPath(b), Options{})
	for i := 0; i < 100_000; i += 1000 {
		drafts := make([]queue.Draft, 1000)
		for j := range drafts {
			drafts[j] = textTo((i+j)%20_000, "x")
		}
		if _, err := db.Enqueue(ctx, drafts...); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := db.Depths(ctx); err != nil {
			b.Fatal(err)
		}
		if _, err := db.Waiting(ctx, time.Now().Add(time.Hour)); err != nil {
			b.Fatal(err)
		}
	}
}
