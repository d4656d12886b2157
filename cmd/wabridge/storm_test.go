package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// storm is a gateway that is killed again and again while messages flow both
// ways. The simulated phone and the writers live in the test's process.
type storm struct {
	t       *testing.T
	sim     *phonesim.Phone
	traffic *traffic
	dir     string
	phone   string

	mu       sync.Mutex
	url      string
	accepted map[string][]string // texts by recipient, in order of acceptance
	total    int
}

// traffic counts what the phone reads from its hosts: the storm's clock, which
// goes as fast as the machine does.
type traffic struct {
	net.Listener
	reads atomic.Int64
}

func (l *traffic) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &counted{c, &l.reads}, nil
}

type counted struct {
	net.Conn
	reads *atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	c.reads.Add(1)
	return c.Conn.Read(b)
}

const stormWriters = 6

// stormLife is how many reads of the phone a gateway lives at most: it takes
// about 100 until the first message is typed, and a message takes about 23.
const stormLife = 240

// stormAhead bounds what is accepted and not sent yet, so that a slow machine
// makes the storm smaller, not longer.
const stormAhead = 60

// TestKillStorm kills the gateway with SIGKILL at random moments while
// messages flow, at least 200 times (20 with -short), and then compares the
// ledger of the simulated phone with what was accepted, and the event log with
// what the simulated WhatsApp received.
//
// The moments are drawn from the talk with the phone and not from the clock, so
// that every step of a message meets kills on a slow machine as on a quick one.
// The binary is built without the race detector: what runs in it runs with it
// in the storms of package daemon, and 200 starts are then a matter of seconds.
func TestKillStorm(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 20
	}
	if v, err := strconv.Atoi(os.Getenv("WABRIDGE_TEST_KILLS")); err == nil {
		kills = v
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	link := &traffic{Listener: l}
	sim, serial := newSimOn(t, link, phonesim.Config{Latency: phonesim.Instant, Seed: 7})
	s := &storm{t: t, sim: sim, traffic: link, dir: t.TempDir(), accepted: map[string][]string{}}
	seedToken(t, s.dir)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range stormWriters {
		wg.Go(func() { s.write(ctx, w) })
	}
	wg.Go(func() { s.people(ctx) })

	rng := rand.New(rand.NewPCG(1, 2))
	began := time.Now()
	for range kills {
		death := link.reads.Load() + int64(rng.IntN(stormLife))
		g := startGateway(t, s.dir, serveArgs(s.dir, serial)...)
		if rng.IntN(8) > 0 {
			g.ready(t)
			s.found(g)
			s.await(death)
		}
		<-time.After(time.Duration(rng.IntN(40)) * time.Millisecond) // one in eight dies so soon
		s.found(nil)
		g.kill()
		s.phoneLives()
	}
	took := time.Since(began)
	g := startGateway(t, s.dir, serveArgs(s.dir, serial, "--log-level", "debug")...)
	g.ready(t)
	s.found(g)
	<-time.After(500 * time.Millisecond)
	cancel()
	wg.Wait()
	during := len(sim.Sent())
	s.drain(g)
	s.checkLedger()
	s.checkIncoming(g)
	g.stop(t)
	if during < kills/8 {
		t.Errorf("only %d messages were sent between the kills: the storm proves nothing", during)
	}
	t.Logf("%d kills in %v, %d messages sent between them, %d accepted, %d sent, %d received", kills, took.Round(time.Second), during, s.total, len(sim.Sent()), len(sim.Received()))
}

// await waits until the phone has read so much, or has nothing to read.
func (s *storm) await(reads int64) {
	last, since := int64(0), time.Now()
	for s.traffic.reads.Load() < reads && time.Since(since) < time.Second {
		<-time.After(2 * time.Millisecond)
		if n := s.traffic.reads.Load(); n != last {
			last, since = n, time.Now()
		}
	}
}

// phoneLives stops the test when it is the simulated phone that died.
func (s *storm) phoneLives() {
	var out, errOut strings.Builder
	if code := s.sim.Exec(s.t.Context(), "echo pong", strings.NewReader(""), &out, &errOut); code != 0 || out.String() != "pong\n" {
		s.t.Fatalf("the simulated phone answers a command with %d, %q, %q", code, out.String(), errOut.String())
	}
}

// found tells the writers where the gateway is; nil: nowhere.
func (s *storm) found(g *gateway) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.url = ""
	if g == nil {
		return
	}
	s.url = g.url
	if s.phone == "" {
		var page struct{ Phones []wabridge.Phone }
		if _, err := g.api("GET", "/bridge/v1/phones", nil, &page); err == nil && len(page.Phones) == 1 {
			s.phone = page.Phones[0].ID
		}
	}
}

func (s *storm) where() (url, phone string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url, s.phone
}

// write hands messages to two recipients of its own, each one until it is
// accepted; the idempotency key makes repeating safe.
func (s *storm) write(ctx context.Context, w int) {
	for n := 0; ctx.Err() == nil; n++ {
		to := fmt.Sprintf("1555%03d%04d", w, 1+n%2) // does not end in 000 or 111
		text := fmt.Sprintf("message %d of writer %d 'q' $HOME \"é\" 👍", n, w)
		for ctx.Err() == nil && s.ahead() >= stormAhead {
			<-time.After(200 * time.Millisecond)
		}
		for ctx.Err() == nil && !s.post(to, text) {
			<-time.After(30 * time.Millisecond)
		}
		select {
		case <-ctx.Done():
		case <-time.After(250 * time.Millisecond):
		}
	}
}

func (s *storm) ahead() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total - len(s.sim.Sent())
}

func (s *storm) post(to, text string) bool {
	url, phone := s.where()
	if url == "" || phone == "" {
		return false
	}
	_, err := request(url, testToken, "POST", "/v23.0/"+phone+"/messages", map[string]any{
		"messaging_product": "whatsapp", "to": to, "type": "text", "text": map[string]string{"body": text},
	}, nil, http.Header{"Idempotency-Key": {to + text}})
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted[to] = append(s.accepted[to], text)
	s.total++
	return true
}

// people write to the phone: strangers, and those we write to ourselves, whose
// chats may be open at that moment. Some texts repeat within a minute.
func (s *storm) people(ctx context.Context) {
	for n, last := 0, int64(0); ctx.Err() == nil; n++ {
		from := fmt.Sprintf("1666000%04d", 1+n%3)
		if n%2 == 0 {
			from = fmt.Sprintf("1555%03d%04d", n/2%stormWriters, 1+n/2%2)
		}
		text := fmt.Sprintf("incoming %d", n)
		if n%5 == 0 {
			text = "ok"
		}
		if _, err := s.sim.Incoming(phonesim.IncomingMessage{From: from, Text: text}); err != nil {
			s.t.Errorf("incoming: %v", err)
		}
		for ctx.Err() == nil && s.traffic.reads.Load() < last+stormLife/2 {
			<-time.After(20 * time.Millisecond)
		}
		last = s.traffic.reads.Load()
	}
}

// drain waits until nothing is open any more. How long that takes is the
// machine's affair; the next message sent is waited for with patience.
func (s *storm) drain(g *gateway) {
	idle := func() bool {
		var page struct {
			Phones []phoneRow `json:"phones"`
		}
		if _, err := g.api("GET", "/bridge/v1/phones", nil, &page); err != nil || len(page.Phones) != 1 {
			return false
		}
		d := page.Phones[0].Depth
		return d[wabridge.Queued]+d[wabridge.Sending]+d[wabridge.Unconfirmed] == 0
	}
	for done := false; !done; {
		sent := len(s.sim.Sent())
		until(s.t, fmt.Sprintf("the queue to drain, %d of %d sent", sent, s.total), func() string { return tail(g.log.String(), 60) }, func() bool {
			done = idle()
			return done || len(s.sim.Sent()) > sent
		})
	}
}

func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// checkLedger: every accepted message exactly once, in order per recipient,
// none in another's chat.
func (s *storm) checkLedger() {
	got := map[string][]string{}
	for _, m := range s.sim.Sent() {
		got[m.To] = append(got[m.To], m.Text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for to, want := range s.accepted {
		// A message whose answer was lost with the gateway was accepted too; the
		// writer repeats it with the same key, so it appears here all the same.
		compareRun(s.t, "messages to "+to, got[to], want)
		delete(got, to)
	}
	for to, texts := range got {
		s.t.Errorf("%d messages went to %s, to whom nothing was accepted", len(texts), to)
	}
}

func compareRun(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("%s: %d are missing, the first is %q", what, len(want)-i, want[i])
			return
		case i >= len(want):
			t.Errorf("%s: %d too many, the first is %q", what, len(got)-i, got[i])
			return
		case got[i] != want[i]:
			t.Errorf("%s: number %d is %q, want %q", what, i, got[i], want[i])
			return
		}
	}
}

// checkIncoming: everything the simulated WhatsApp received is in the event log
// exactly once. Its order there is that of finding: what came in while its own
// chat was open, after the last look, is found later and keeps its own time.
func (s *storm) checkIncoming(g *gateway) {
	want := map[string][]string{}
	n := 0
	for _, m := range s.sim.Received() {
		want[m.From] = append(want[m.From], m.Text)
		n++
	}
	got := map[string][]string{}
	until(s.t, "all incoming messages", func() string {
		for from := range want {
			compareRun(s.t, "messages from "+from, sorted(got[from]), sorted(want[from]))
		}
		return tail(g.log.String(), 40)
	}, func() bool {
		got = map[string][]string{}
		seen := 0
		for _, m := range s.log(g) {
			got[m.Number] = append(got[m.Number], string(m.Text))
			seen++
		}
		return seen >= n
	})
	for from := range want {
		compareRun(s.t, "messages from "+from, sorted(got[from]), sorted(want[from]))
		delete(got, from)
	}
	for from, texts := range got {
		s.t.Errorf("%d messages recorded of %q, who wrote nothing", len(texts), from)
	}
}

func sorted(texts []string) []string { return slices.Sorted(slices.Values(texts)) }

// log reads the message events from the beginning.
func (s *storm) log(g *gateway) []wabridge.Message {
	var all []wabridge.Message
	for after := int64(0); ; {
		var page struct {
			Events []struct {
				Number int64            `json:"number"`
				Data   wabridge.Message `json:"data"`
			} `json:"events"`
			Last int64 `json:"last"`
		}
		if _, err := g.api("GET", fmt.Sprintf("/bridge/v1/events?type=message&limit=1000&after=%d", after), nil, &page); err != nil {
			return nil
		}
		for _, e := range page.Events {
			all = append(all, e.Data)
		}
		if page.Last <= after {
			return all
		}
		after = page.Last
	}
}
