package webhook

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
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

// BenchmarkDelivery measures the time from an event's commit to its arrival at
// the receiver, over HTTP on loopback and with the real database, at 300 and
// at 3,300 webhooks a second: of one endpoint, and of three that get a third
// each. The Cloud API's standard is a median of at most 250 ms and less than 1%
// over one second (contract, section 8.1).
func BenchmarkDelivery(b *testing.B) {
	seconds, rates := 10, []int{300, 3300}
	if os.Getenv("WABRIDGE_BENCH_SHORT") != "" {
		seconds, rates = 1, rates[:1]
	}
	for _, rate := range rates {
		for _, endpoints := range []int{1, 3} {
			b.Run(fmt.Sprintf("rate=%d/endpoints=%d", rate, endpoints), func(b *testing.B) {
				for range b.N {
					began := time.Now()
					took := measure(b, endpoints, rate/endpoints, seconds)
					b.ReportMetric(float64(len(took))/time.Since(began).Seconds(), "webhooks/s")
					report(b, took)
				}
			})
		}
	}
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	slow, _ := slices.BinarySearch(took, time.Second+1)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(100*float64(len(took)-slow)/float64(len(took)), "%over1s")
}

// A stopwatch is a receiver that notes how old each message is.
type stopwatch struct {
	mu   sync.Mutex
	took []time.Duration
	want int
	done chan struct{}
}

func (s *stopwatch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var e struct {
		Entry []struct{ Changes []struct{ Value value } }
	}
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	heard, err := time.Parse(time.RFC3339Nano, e.Entry[0].Changes[0].Value.Messages[0].Text.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.took = append(s.took, time.Since(heard)); len(s.took) == s.want {
		close(s.done)
	}
}

// measure sends perSecond messages for some seconds to some endpoints.
func measure(b *testing.B, endpoints, perSecond, seconds int) []time.Duration {
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "wabridge.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.PutPhone(b.Context(), testPhone); err != nil {
		b.Fatal(err)
	}
	watch := &stopwatch{want: endpoints * perSecond * seconds, done: make(chan struct{})}
	receiver := httptest.NewServer(watch)
	defer receiver.Close()
	for range endpoints {
		if _, err := db.PutEndpoint(b.Context(), queue.Endpoint{URL: receiver.URL, Secret: "s", Scope: ScopeApp}); err != nil {
			b.Fatal(err)
		}
	}
	d := New(db, NewClient(), slog.New(slog.DiscardHandler))
	if err := d.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	hear(b, db, perSecond*seconds, perSecond)
	select {
	case <-watch.done:
	case <-time.After(2 * time.Minute):
		b.Fatal("not all webhooks arrived")
	}
	if err := d.Stop(b.Context()); err != nil {
		b.Error(err)
	}
	watch.mu.Lock()
	defer watch.mu.Unlock()
	return watch.took
}

// hear records n messages at a rate a second, in batches of up to burst
// messages of one chat, as several phones with busy chats do. The text of each
// is the time before its commit. A single goroutine for each batch keeps the
// database's writer busy, so that the rate is what was asked for.
func hear(b *testing.B, db *sqlite.DB, n, rate int) {
	const burst = 5
	began := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	for sent, chat := 0, 0; sent < n; {
		<-tick.C
		for due := min(n, int(time.Since(began).Seconds()*float64(rate))); sent < due; chat++ {
			count, ref := min(burst, due-sent), wabridge.ChatRef{JID: wabridge.UserJID(number(chat))}
			sent += count
			wg.Go(func() {
				_, err := db.Reconcile(b.Context(), testPhone.ID, ref, 1, func(wabridge.Chat, []wabridge.Message) (c queue.Changes) {
					for range count {
						c.New = append(c.New, wabridge.Message{Type: "text", Text: wabridge.Text(time.Now().Format(time.RFC3339Nano))})
					}
					return c
				})
				if err != nil {
					b.Error(err)
				}
			})
		}
	}
}

// chats is how many people write.
const chats = 50

func number(i int) string {
	return "1555" + time.Unix(int64(1000000+i%chats), 0).Format("0405") + "000"
}

// BenchmarkBacklog measures how fast one endpoint, and three, get what is
// stored already: the most that deliveries can do without the writing of events
// beside them.
func BenchmarkBacklog(b *testing.B) {
	for _, endpoints := range []int{1, 3} {
		b.Run(fmt.Sprintf("endpoints=%d", endpoints), func(b *testing.B) {
			n := 6000
			if os.Getenv("WABRIDGE_BENCH_SHORT") != "" {
				n = 300
			}
			for range b.N {
				took := drain(b, endpoints, n)
				b.ReportMetric(float64(endpoints*n)/took.Seconds(), "webhooks/s")
			}
		})
	}
}

// drain stores n messages, and returns how long it takes until all endpoints
// have them.
func drain(b *testing.B, endpoints, n int) time.Duration {
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "wabridge.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.PutPhone(b.Context(), testPhone); err != nil {
		b.Fatal(err)
	}
	watch := &stopwatch{want: endpoints * n, done: make(chan struct{})}
	receiver := httptest.NewServer(watch)
	defer receiver.Close()
	for range endpoints {
		if _, err := db.PutEndpoint(b.Context(), queue.Endpoint{URL: receiver.URL, Secret: "s", Scope: ScopeApp}); err != nil {
			b.Fatal(err)
		}
	}
	for i := range chats {
		_, err := db.Reconcile(b.Context(), testPhone.ID, wabridge.ChatRef{JID: wabridge.UserJID(number(i))}, 1, func(wabridge.Chat, []wabridge.Message) (c queue.Changes) {
			for range n / chats {
				c.New = append(c.New, wabridge.Message{Type: "text", Text: wabridge.Text(time.Now().Format(time.RFC3339Nano))})
			}
			return c
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	began := time.Now()
	d := New(db, NewClient(), slog.New(slog.DiscardHandler))
	if err := d.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	<-watch.done
	took := time.Since(began)
	if err := d.Stop(b.Context()); err != nil {
		b.Error(err)
	}
	return took
}
