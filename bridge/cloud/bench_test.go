package cloud

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// BenchmarkAccept measures what the project promises: 64 clients at once over
// loopback HTTP with keep-alive, on a real database with fsync. It reports
// accepted messages per second and the 50th and 99th percentile of the time
// until the 200. The clients run in this process and use the same cores.
// WABRIDGE_BENCH_DIR puts the database on another disk than the temporary one.
func BenchmarkAccept(b *testing.B) {
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) { benchmarkAccept(b, clients) })
	}
}

func benchmarkAccept(b *testing.B, clients int) {
	if dir := os.Getenv("WABRIDGE_BENCH_DIR"); dir != "" {
		b.Setenv("TMPDIR", dir)
	}
	store := openStore(b)
	must(b, store.PutPhone(b.Context(), wabridge.Phone{ID: phoneID, WABA: wabaID, Serial: "emu1", Package: "com.whatsapp", Number: ownNumber}))
	_, err := store.CreateToken(b.Context(), "bench", sender, []string{queue.ScopeSend}, time.Now())
	must(b, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	server := &http.Server{Handler: Handler(Config{Store: store, Auth: bridge.NewAuth(store), Log: slog.New(slog.DiscardHandler)}), ReadHeaderTimeout: time.Second}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(listener) })
	b.Cleanup(func() { must(b, server.Close()); wg.Wait() })
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	b.Cleanup(client.CloseIdleConnections)

	var next atomic.Int64
	took := make([][]time.Duration, clients)
	b.ResetTimer()
	var load sync.WaitGroup
	for c := range clients {
		load.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				start := time.Now()
				if err := post(b, client, "http://"+listener.Addr().String()+sendPath, n); err != nil {
					b.Error(err)
					return
				}
				took[c] = append(took[c], time.Since(start))
			}
		})
	}
	load.Wait()
	b.StopTimer()
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "msg/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
}

func post(b *testing.B, client *http.Client, url string, n int64) error {
	body := `{"messaging_product":"whatsapp","recipient_type":"individual","to":"+1650555` + strconv.FormatInt(1000+n%9000, 10) +
		`","type":"text","text":{"body":"Your appointment is tomorrow at ten, number ` + strconv.FormatInt(n, 10) + `"}}`
	r, err := http.NewRequestWithContext(b.Context(), "POST", url, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+sender)
	r.Header.Set("Content-Type", "application/json")
	got, err := client.Do(r)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	if _, err := io.Copy(io.Discard, got.Body); err != nil {
		return err
	}
	if got.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", got.StatusCode)
	}
	return nil
}
