package daemon

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// benchCount is how many messages a benchmark takes; few in the short form of
// scripts/bench.
func benchCount(n int) int {
	if os.Getenv("WABRIDGE_BENCH_SHORT") != "" {
		return 2
	}
	return n
}

// unavoidable is what a text to a new chat costs on the realistic profile,
// whatever the driver does: open and settle, one dump before, tap, the bubble
// settling, one dump after, home.
const unavoidable = (100 + 2000 + 1500 + 80 + 300 + 1500 + 140) * time.Millisecond

// BenchmarkRealisticSend sends texts to new chats on the realistic profile.
// Run it with -benchtime 1x: one run is a batch.
func BenchmarkRealisticSend(b *testing.B) {
	batch := benchCount(6)
	for range b.N {
		d, sim := startBench(b, phonesim.Realistic, TimingPhone)
		waitState(b, d, wabridge.PhoneReady)
		before := len(sim.Commands())
		var drafts []queue.Draft
		for i := range batch {
			n := fmt.Sprintf("1555777%04d", i+1)
			drafts = append(drafts, queue.Draft{Message: wabridge.Message{
				Phone: benchPhone, Direction: wabridge.Out, Chat: wabridge.UserJID(n), Number: n, Input: n, Type: "text",
				Text: wabridge.Text(fmt.Sprintf("benchmark message %d", i)),
			}})
		}
		if _, err := d.db.Enqueue(b.Context(), drafts...); err != nil {
			b.Fatal(err)
		}
		claimed, handed := watchSends(b, d, batch)
		var each []time.Duration
		for i := 1; i < batch; i++ { // claim to claim: parking is part of a message
			each = append(each, claimed[i].Sub(claimed[i-1]))
		}
		slices.Sort(each)
		median := each[len(each)/2]
		dumps, services := countCommands(sim.Commands()[before:], handed[batch-1])
		b.ReportMetric(median.Seconds(), "s/msg")
		b.ReportMetric(float64(median)/float64(unavoidable), "x-unavoidable")
		b.ReportMetric(60/median.Seconds(), "msg/min")
		b.ReportMetric(float64(dumps)/float64(batch), "dumps/msg")
		b.ReportMetric(float64(services)/float64(batch), "services/msg")
	}
}

// phoneTakes is what reading the notifications costs on the realistic profile,
// whatever the reader does.
const phoneTakes = 200 * time.Millisecond

// BenchmarkIncoming measures from a notification's posting to the frame on a
// WebSocket, on the realistic profile. Beside it stands what the machine alone
// adds at the same time: to a wait as long as the phone's, and one fsync.
func BenchmarkIncoming(b *testing.B) {
	count := benchCount(40)
	for range b.N {
		d, sim := startBench(b, phonesim.Realistic, TimingPhone)
		waitState(b, d, wabridge.PhoneReady)
		conn, _, err := websocket.DefaultDialer.DialContext(b.Context(), "ws://"+d.Addr()+"/bridge/v1/events?type=message",
			http.Header{"Authorization": {"Bearer " + d.Token()}})
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		var all, machine []time.Duration
		for i := range count {
			machine = append(machine, idleTime(b))
			<-time.After(time.Duration(i%8) * 50 * time.Millisecond) // not in step with the reader
			if _, err := sim.Incoming(phonesim.IncomingMessage{From: fmt.Sprintf("1666000%04d", i+1), Text: "hello"}); err != nil {
				b.Fatal(err)
			}
			if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
				b.Fatal(err)
			}
			if _, _, err := conn.ReadMessage(); err != nil {
				b.Fatal(err)
			}
			all = append(all, time.Since(sim.Received()[i].Delivered)-phoneTakes) // posted as soon as it is delivered
		}
		slices.Sort(all)
		slices.Sort(machine)
		b.ReportMetric(float64((all[count/2] + phoneTakes).Milliseconds()), "ms-p50")
		b.ReportMetric(float64(all[count/2].Milliseconds()), "ms-p50-beyond-the-phone")
		b.ReportMetric(float64(all[count*95/100].Milliseconds()), "ms-p95-beyond-the-phone")
		b.ReportMetric(float64(machine[count/2].Milliseconds()), "ms-p50-machine")
		b.ReportMetric(float64(machine[count*95/100].Milliseconds()), "ms-p95-machine")
	}
}

// idleTime is by how much a wait of phoneTakes and a write with fsync are longer
// than that wait.
func idleTime(b *testing.B) time.Duration {
	f, err := os.CreateTemp(b.TempDir(), "fsync")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	begin := time.Now()
	<-time.After(phoneTakes)
	if _, err := f.Write(make([]byte, 4096)); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	return time.Since(begin) - phoneTakes
}

const benchPhone = "100000000000001"

func startBench(b *testing.B, latency phonesim.Latency, timing string) (*Daemon, *phonesim.Phone) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	sim := phonesim.New(phonesim.Config{Latency: latency})
	if err := sim.Start(context.Background(), l, nil); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { sim.Close() })
	cfg := Default()
	cfg.Listen, cfg.Data, cfg.Discover, cfg.Timing = "127.0.0.1:0", b.TempDir(), false, timing
	cfg.Pacing = PacingConfig{}
	cfg.Phones = []PhoneConfig{{Serial: "direct:" + l.Addr().String(), ID: benchPhone, Number: "15550001001"}}
	d, err := New(cfg, Build{}, quiet())
	if err != nil {
		b.Fatal(err)
	}
	if err := d.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := d.Stop(ctx); err != nil {
			b.Errorf("stop: %v", err)
		}
	})
	return d, sim
}

// watchSends reads the log until n messages were handed over, and tells when
// each was claimed and handed over.
func watchSends(b *testing.B, d *Daemon, n int) (claimed, handed []time.Time) {
	b.Helper()
	seen := map[string]bool{}
	for after := int64(0); len(handed) < n; {
		changed := d.db.Changed()
		events, last, err := d.db.Events(b.Context(), after, 1000, queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventStatus}})
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range events {
			s := statusOf(b, e)
			switch {
			case s.State == wabridge.Sending:
				claimed = append(claimed, s.At)
			case s.State == wabridge.Failed:
				b.Fatalf("failed: %s", s.Reason)
			case s.State != wabridge.Queued && !seen[s.ID]:
				seen[s.ID] = true
				handed = append(handed, s.At)
			}
		}
		after = max(after, last)
		if len(events) == 0 {
			waitChange(b, changed)
		}
	}
	return claimed, handed
}

func waitChange(b *testing.B, changed <-chan struct{}) {
	b.Helper()
	select {
	case <-changed:
	case <-time.After(time.Minute):
		b.Fatal("nothing changed for a minute")
	}
}

// countCommands counts the driver's commands until a time: all of them, and
// those that dump the screen. The reader's own (logcat, dumpsys notification)
// and the link's health checks are not part of a message.
func countCommands(list []phonesim.Command, until time.Time) (dumps, services int) {
	for _, c := range list {
		if c.At.After(until.Add(300 * time.Millisecond)) {
			continue
		}
		switch {
		case strings.Contains(c.Text, "uiautomator dump"):
			dumps++
			services++
		case strings.Contains(c.Text, "am start"), strings.HasPrefix(c.Text, "input "), strings.Contains(c.Text, "input tap"):
			services++
		}
	}
	return dumps, services
}
