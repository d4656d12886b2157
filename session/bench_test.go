package session

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// A timed store tells when a move was stored.
type timed struct {
	Store
	moved chan time.Time // capacity 1
}

func (s *timed) MoveSession(ctx context.Context, id string, change func(wabridge.Session) (wabridge.Session, []queue.Draft, error), step queue.SessionStep) (wabridge.Session, error) {
	out, err := s.Store.MoveSession(ctx, id, change, step)
	s.moved <- time.Now()
	return out, err
}

const openTalks = 10_000

// BenchmarkAnswer is an answer in one of 10,000 open sessions: from the commit
// that recorded it to the commit of the bot's words. It reports median and
// 95th percentile beside the disk's own sync of 4 KiB, and what 10,000
// messages that start a session take to be accepted beside 10,000 that do not.
// Run it on a disk: go test -run - -bench Answer -benchtime 1000x ./session
func BenchmarkAnswer(b *testing.B) {
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "w.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	w := &world{TB: b, ctx: context.Background(), db: db, lib: scenarios(b)}
	openAll(w)
	plain := fill(w, openTalks, false)
	with := fill(w, 2*openTalks, true)
	store := &timed{Store: db, moved: make(chan time.Time, 1)}
	w.config = Config{Store: store, Scenarios: w.lib, Log: slog.New(slog.DiscardHandler)}
	w.start()
	defer w.stop()
	var took []time.Duration
	b.ResetTimer()
	for i := range min(b.N, openTalks) {
		w.hear(i, wabridge.Message{Text: "yes"})
		recorded := time.Now()
		took = append(took, (<-store.moved).Sub(recorded))
	}
	b.StopTimer()
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*95/100]), "p95-ms")
	b.ReportMetric(ms(fsync(b)), "fsync-ms")
	b.ReportMetric(ms(with)/1000, "accept-with-s")
	b.ReportMetric(ms(plain)/1000, "accept-plain-s")
}

// fill enqueues 10,000 messages to people from the n-th on, in chunks as a
// campaign does, and returns how long that took.
func fill(w *world, n int, talks bool) time.Duration {
	w.Helper()
	began := time.Now()
	for i := 0; i < openTalks; i += 500 {
		var drafts []queue.Draft
		for k := i; k < i+500; k++ {
			d := draftOf(to(n + k))
			if talks {
				d = w.draft(n+k, "visit", "Will you come?", nil)
			} else {
				d.Message.Type, d.Message.Text = "text", "Will you come?"
			}
			drafts = append(drafts, d)
		}
		if _, err := w.db.Enqueue(w.ctx, drafts...); err != nil {
			w.Fatal(err)
		}
	}
	return time.Since(began)
}

// openAll opens a session with each of 10,000 people, many at once so that
// they share commits.
func openAll(w *world) {
	w.Helper()
	var wg sync.WaitGroup
	for k := range 64 {
		wg.Go(func() {
			for n := k; n < openTalks; n += 64 {
				m := w.hear(n, wabridge.Message{Text: "hi"})
				s := *w.draft(n, "visit", "Will you come?", nil).Session
				s.Phone, s.Chat = phone, m.Chat
				if _, err := w.db.StartSession(w.ctx, s, nil, queue.SessionStep{}); err != nil {
					w.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	open, err := w.db.CountSessions(w.ctx, queue.SessionFilter{States: []wabridge.SessionState{wabridge.SessionOpen}})
	if err != nil || open != openTalks {
		w.Fatal(fmt.Errorf("%d sessions are open, %w", open, err))
	}
}

// fsync is the median time of the disk's own sync.
func fsync(b *testing.B) time.Duration {
	f, err := os.Create(filepath.Join(b.TempDir(), "fsync"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var took []time.Duration
	for range 200 {
		began := time.Now()
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2]
}
