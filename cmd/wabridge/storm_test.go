package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
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

	disk     *disk // nil: it cannot be filled here
	identity string

	mu       sync.Mutex
	url      string
	media    string                   // the id of an uploaded picture
	accepted map[string][]stormAccept // by recipient, in order of acceptance
	total    int
}

// A stormAccept is a message that the gateway has accepted.
type stormAccept struct{ id, kind, text string }

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

// TestKillStorm kills the gateway with SIGKILL at random moments while texts and
// pictures flow both ways, in groups too, from and to people of one name, and
// while the disk fills up: at least 200 times (20 with -short), by half on a
// phone that names chats by number and on one that names them by @lid. Then it
// compares the ledger of the simulated phone with what was accepted, and the
// event log with what the simulated WhatsApp received.
//
// The long form: WABRIDGE_TEST_KILLS=300. WABRIDGE_TEST_STORM_RUN=n makes
// another storm of the same kind; without it each is the same as far as the
// machine's speed allows.
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
	run, _ := strconv.ParseUint(os.Getenv("WABRIDGE_TEST_STORM_RUN"), 10, 64)
	for _, identity := range []string{"pn", "lid"} {
		t.Run(fmt.Sprintf("%s, run %d", identity, run), func(t *testing.T) { killStorm(t, identity, run, kills/2) })
	}
}

// stormContacts are people of one name, to whom and from whom messages go.
var stormContacts = []phonesim.Contact{
	{Name: "Sam", Number: "15550000001"}, {Name: "Sam", Number: "15550000002"}, {Name: "Sam", Number: "15550010001"}, {Name: "Ann", Number: "15550020001"},
}

func killStorm(t *testing.T, identity string, run uint64, kills int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	link := &traffic{Listener: l}
	sim, serial := newSimOn(t, link, phonesim.Config{Latency: phonesim.Instant, Seed: 7 + run, Identity: identity, Contacts: stormContacts})
	s := &storm{t: t, sim: sim, traffic: link, dir: t.TempDir(), accepted: map[string][]stormAccept{}, identity: identity}
	s.disk = mountDisk(t, s.dir)
	t.Setenv("WABRIDGE_MEDIA_RESERVE", "1MB") // the disk is small
	seedToken(t, s.dir)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range stormWriters {
		wg.Go(func() { s.write(ctx, w) })
	}
	wg.Go(func() { s.people(ctx) })

	rng := rand.New(rand.NewPCG(1, 2+run))
	began, filled := time.Now(), 0
	for range kills {
		death := link.reads.Load() + int64(rng.IntN(stormLife))
		g := startGateway(t, s.dir, serveArgs(s.dir, serial)...)
		if rng.IntN(8) > 0 {
			g.ready(t)
			s.found(g)
			if rng.IntN(6) == 0 && s.disk.fill(t) {
				filled++
				s.await(death)
				s.disk.free(t)
				death += stormLife / 3
			}
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
	s.checkLedger(g)
	s.checkIncoming(g)
	if t.Failed() {
		t.Logf("the end of the log:\n%s", tail(g.log.String(), 200))
	}
	g.stop(t)
	if during < kills/8 {
		t.Errorf("only %d messages were sent between the kills: the storm proves nothing", during)
	}
	t.Logf("%d kills and %d full disks in %v, %d messages sent between them, %d accepted, %d sent, %d received", kills, filled, took.Round(time.Second), during, s.total, len(sim.Sent()), len(sim.Received()))
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
// accepted; the idempotency key makes repeating safe. One in six is a picture. Those
// to people of one name are refused after several tries, since no preview proves
// whose it is: they take minutes, and are left to the long form.
func (s *storm) write(ctx context.Context, w int) {
	for n := 0; ctx.Err() == nil; n++ {
		to := fmt.Sprintf("1555%03d%04d", w, 1+n%2) // does not end in 000 or 111
		m := stormAccept{kind: "text", text: fmt.Sprintf("message %d of writer %d 'q' $HOME \"é\" 👍", n, w)}
		if (n+w)%6 == 0 && (w > 1 || os.Getenv("WABRIDGE_TEST_KILLS") != "") {
			m = stormAccept{kind: "image", text: fmt.Sprintf("picture %d of writer %d", n, w)}
		}
		for ctx.Err() == nil && s.ahead() >= stormAhead {
			<-time.After(200 * time.Millisecond)
		}
		for ctx.Err() == nil && !s.post(to, m) {
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

func (s *storm) post(to string, m stormAccept) bool {
	url, phone := s.where()
	if url == "" || phone == "" {
		return false
	}
	body := map[string]any{"messaging_product": "whatsapp", "to": to, "type": m.kind, "text": map[string]string{"body": m.text}}
	if m.kind == "image" {
		media := s.upload(url, phone)
		if media == "" {
			return false
		}
		delete(body, "text")
		body["image"] = map[string]string{"id": media, "caption": m.text}
	}
	var answer struct{ Messages []struct{ ID string } }
	_, err := request(url, testToken, "POST", "/v23.0/"+phone+"/messages", body, &answer, http.Header{"Idempotency-Key": {to + m.text}})
	if err != nil || len(answer.Messages) != 1 {
		return false
	}
	m.id = answer.Messages[0].ID
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted[to] = append(s.accepted[to], m)
	s.total++
	return true
}

// upload stores the storm's picture once and returns its id; "" if it could
// not.
func (s *storm) upload(url, phone string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.media != "" {
		return s.media
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("messaging_product", "whatsapp")
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="a.png"`}, "Content-Type": {"image/png"}})
	if err != nil || png.Encode(part, image.NewNRGBA(image.Rect(0, 0, 8, 8))) != nil || form.Close() != nil {
		return ""
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, url+"/v23.0/"+phone+"/media", &body)
	if err != nil {
		return ""
	}
	req.Header.Set("Authorization", "Bearer "+testToken)
	req.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	var answer struct{ ID string }
	switch err := json.NewDecoder(resp.Body).Decode(&answer); {
	case resp.StatusCode == http.StatusBadRequest:
		s.t.Error("the picture is refused")
	case err == nil && resp.StatusCode == http.StatusOK:
		s.media = answer.ID
	}
	return s.media
}

// people write to the phone: strangers, and those we write to ourselves, whose
// chats may be open at that moment; some in a group, some with a picture. Some
// texts repeat within a minute.
func (s *storm) people(ctx context.Context) {
	for n, last := 0, int64(0); ctx.Err() == nil; n++ {
		m := phonesim.IncomingMessage{From: fmt.Sprintf("1666000%04d", 1+n%3), Text: fmt.Sprintf("incoming %d", n)}
		if n%2 == 0 {
			m.From = fmt.Sprintf("1555%03d%04d", n/2%stormWriters, 1+n/2%2)
		}
		switch {
		case n%5 == 0:
			m.Text = "ok"
		case n%7 == 0:
			m.Group = "The family"
		case n%6 == 1:
			m.Kind, m.Text = "image", fmt.Sprintf("picture %d", n)
		}
		if _, err := s.sim.Incoming(m); err != nil {
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
