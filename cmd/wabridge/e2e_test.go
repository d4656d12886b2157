package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// TestDemo runs the demo as a new user would: start it, paste the curl line it
// prints, read what happened.
func TestDemo(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed; scripts/setup installs it")
	}
	dir := t.TempDir()
	g := startGateway(t, dir, "demo", "--listen", "127.0.0.1:0", "--data", dir, "--token", testToken, "--latency", "instant", "--control", "127.0.0.1:0")
	g.ready(t)
	until(t, "the greeting", g.log.String, func() bool { return strings.Contains(g.log.String(), "Ctrl-C") })
	for _, want := range []string{g.url, testToken, "100000000000001", "200000000000001"} {
		if !strings.Contains(g.log.String(), want) {
			t.Errorf("the greeting does not hold %q", want)
		}
	}
	var line string
	for l := range strings.Lines(g.log.String()) {
		if strings.HasPrefix(l, "curl -s http") && strings.Contains(l, "/messages") {
			line = strings.TrimSpace(l)
		}
	}
	out, err := exec.Command("sh", "-c", strings.Replace(line, "curl", curl, 1)).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	var answer struct {
		Messages []struct {
			ID string `json:"id"`
		} `json:"messages"`
	}
	if err := json.Unmarshal(out, &answer); err != nil || len(answer.Messages) != 1 {
		t.Fatalf("answer %s: %v", out, err)
	}
	var m wabridge.Message
	until(t, "the message to be read", func() string { return fmt.Sprintf("%+v\n%s", m.State, g.log) }, func() bool {
		_, err := g.api("GET", "/bridge/v1/messages/"+answer.Messages[0].ID, nil, &m)
		return err == nil && m.State == wabridge.Read
	})
	until(t, "the answer", g.log.String, func() bool {
		var page struct{ Messages []wabridge.Message }
		_, err := g.api("GET", "/bridge/v1/messages?direction=in", nil, &page)
		return err == nil && len(page.Messages) == 1 && page.Messages[0].Text == "echo: Hello from wabridge"
	})
	g.stop(t)
}

// A receiver collects webhooks and checks their signatures.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	bad    int
}

const hookSecret = "an app secret"

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		b, _ := io.ReadAll(q.Body)
		mac := hmac.New(sha256.New, []byte(hookSecret))
		mac.Write(b)
		r.mu.Lock()
		defer r.mu.Unlock()
		if q.Header.Get("X-Hub-Signature-256") != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
			r.bad++
		}
		r.bodies = append(r.bodies, string(b))
	}))
	t.Cleanup(r.Close)
	return r
}

// seen lists "status <id> <state>" and "text <body>" of what came, in order,
// each once: webhooks may repeat, a receiver tells by the id.
func (r *receiver) seen() (list []string, bad int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.bodies {
		var p struct {
			Entry []struct {
				Changes []struct {
					Value struct {
						Statuses []struct{ ID, Status string }
						Messages []struct {
							ID   string
							Text struct{ Body string }
						}
					}
				}
			}
		}
		if json.Unmarshal([]byte(b), &p) != nil || len(p.Entry) != 1 || len(p.Entry[0].Changes) != 1 {
			r.bad++
			continue
		}
		v := p.Entry[0].Changes[0].Value
		for _, s := range v.Statuses {
			list = append(list, "status "+s.ID+" "+s.Status)
		}
		for _, m := range v.Messages {
			list = append(list, "text "+m.ID+" "+m.Text.Body)
		}
	}
	var once []string
	for _, l := range list {
		if !slices.Contains(once, l) {
			once = append(once, l)
		}
	}
	return once, r.bad
}

// TestRestartInBetween sends before and after a restart of the gateway, with a
// webhook receiver and a WebSocket client that resumes: nothing is missing and
// nothing comes twice.
func TestRestartInBetween(t *testing.T) {
	sim, serial := newSim(t, phonesim.Config{Latency: phonesim.Instant})
	hook := newReceiver(t)
	dir := t.TempDir()
	seedToken(t, dir)
	args := serveArgs(dir, serial, "--webhook-url", hook.URL)
	t.Setenv("WABRIDGE_WEBHOOK_APP_SECRET", hookSecret)

	var events []wabridge.Event
	var ids []string
	cursor := int64(0)
	for round := range 2 {
		g := startGateway(t, dir, args...)
		g.ready(t)
		phone := onlyPhoneID(t, g)
		for i := range 3 {
			ids = append(ids, sendTo(t, g, phone, "15550002111", fmt.Sprintf("round %d, message %d", round, i)))
		}
		if _, err := sim.Incoming(phonesim.IncomingMessage{From: "15559990002", Name: "Bea", Text: fmt.Sprintf("hello %d", round)}); err != nil {
			t.Fatal(err)
		}
		events = append(events, listen(t, g, cursor, func(all []wabridge.Event) bool {
			return countStates(all, wabridge.Read) == 3 && countKind(all, wabridge.EventMessage) == 4+round
		})...)
		cursor = events[len(events)-1].Number
		if round == 0 {
			g.kill() // as hard as it gets
			if _, err := sim.Incoming(phonesim.IncomingMessage{From: "15559990002", Name: "Bea", Text: "while you were away"}); err != nil {
				t.Fatal(err)
			}
			continue
		}
		until(t, "the webhooks", func() string { l, _ := hook.seen(); return strings.Join(l, "\n") }, func() bool {
			l, _ := hook.seen()
			return countPrefix(l, "text ") >= 9 && countSuffix(l, " read") >= 6
		})
		g.stop(t)
	}
	checkEvents(t, events)
	checkStatuses(t, hook, ids)
	var texts []string
	for _, m := range sim.Sent() {
		texts = append(texts, m.Text)
	}
	want := []string{"round 0, message 0", "round 0, message 1", "round 0, message 2", "round 1, message 0", "round 1, message 1", "round 1, message 2"}
	if !slices.Equal(texts, want) {
		t.Errorf("ledger %q, want %q", texts, want)
	}
	out, err := exec.Command(build(t), "db", "check", "--data", dir).CombinedOutput()
	if err != nil {
		t.Errorf("db check: %v\n%s", err, out)
	}
}

func checkEvents(t *testing.T, events []wabridge.Event) {
	t.Helper()
	last := int64(0)
	var in []string
	for _, e := range events {
		if e.Number <= last {
			t.Errorf("event %d comes after %d", e.Number, last)
		}
		last = e.Number
		if e.Kind == wabridge.EventMessage {
			var m wabridge.Message
			if err := json.Unmarshal(e.Data, &m); err != nil {
				t.Fatal(err)
			}
			in = append(in, string(m.Text))
		}
	}
	slices.Sort(in)
	want := []string{
		"echo: round 0, message 0", "echo: round 0, message 1", "echo: round 0, message 2",
		"echo: round 1, message 0", "echo: round 1, message 1", "echo: round 1, message 2",
		"hello 0", "hello 1", "while you were away",
	}
	if !slices.Equal(in, want) {
		t.Errorf("incoming on the WebSocket %q, want %q", in, want)
	}
}

func checkStatuses(t *testing.T, hook *receiver, ids []string) {
	t.Helper()
	seen, bad := hook.seen()
	if bad > 0 {
		t.Errorf("%d webhooks with a wrong signature or form", bad)
	}
	if n := countPrefix(seen, "text "); n != 9 {
		t.Errorf("%d incoming messages by webhook, want 9", n)
	}
	for _, id := range ids {
		for _, status := range []string{"sent", "delivered", "read"} {
			if !slices.Contains(seen, "status "+id+" "+status) {
				t.Errorf("message %s was never reported %s", id, status)
			}
		}
	}
}

func countPrefix(list []string, prefix string) (n int) {
	for _, l := range list {
		if strings.HasPrefix(l, prefix) {
			n++
		}
	}
	return n
}

func countSuffix(list []string, suffix string) (n int) {
	for _, l := range list {
		if strings.HasSuffix(l, suffix) {
			n++
		}
	}
	return n
}

func onlyPhoneID(t *testing.T, g *gateway) string {
	t.Helper()
	var page struct{ Phones []wabridge.Phone }
	until(t, "the phone", g.log.String, func() bool {
		_, err := g.api("GET", "/bridge/v1/phones", nil, &page)
		return err == nil && len(page.Phones) == 1
	})
	return page.Phones[0].ID
}

func sendTo(t *testing.T, g *gateway, phone, to, text string) string {
	t.Helper()
	var answer struct {
		Messages []struct {
			ID string `json:"id"`
		} `json:"messages"`
	}
	_, err := g.api("POST", "/v23.0/"+phone+"/messages", map[string]any{
		"messaging_product": "whatsapp", "to": to, "type": "text", "text": map[string]string{"body": text},
	}, &answer)
	if err != nil || len(answer.Messages) != 1 {
		t.Fatalf("send: %v %+v", err, answer)
	}
	return answer.Messages[0].ID
}

// listen reads the WebSocket from behind a cursor until enough has come.
func listen(t *testing.T, g *gateway, after int64, enough func([]wabridge.Event) bool) []wabridge.Event {
	t.Helper()
	url := strings.Replace(g.url, "http", "ws", 1) + fmt.Sprintf("/bridge/v1/events?after=%d", after)
	conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), url, http.Header{"Authorization": {"Bearer " + testToken}})
	if err != nil {
		t.Fatalf("dial: %v (%v)", err, resp)
	}
	defer conn.Close()
	var all []wabridge.Event
	for !enough(all) {
		if err := conn.SetReadDeadline(time.Now().Add(patience())); err != nil {
			t.Fatal(err)
		}
		var e wabridge.Event
		if err := conn.ReadJSON(&e); err != nil {
			t.Fatalf("after %d events: %v\n%s\n%s", len(all), err, brief(all), tail(g.log.String(), 40))
		}
		if e.Number > 0 {
			all = append(all, e)
		}
	}
	return all
}

func brief(all []wabridge.Event) string {
	var b strings.Builder
	for _, e := range all {
		fmt.Fprintf(&b, "%d %s %s\n", e.Number, e.Kind, e.Data)
	}
	return b.String()
}

func countStates(all []wabridge.Event, s wabridge.State) int {
	n := 0
	for _, e := range all {
		var d wabridge.StatusData
		if e.Kind == wabridge.EventStatus && json.Unmarshal(e.Data, &d) == nil && d.State == s {
			n++
		}
	}
	return n
}

func countKind(all []wabridge.Event, k wabridge.EventKind) int {
	n := 0
	for _, e := range all {
		if e.Kind == k {
			n++
		}
	}
	return n
}

func TestTokenFileIsPrivate(t *testing.T) {
	_, serial := newSim(t, phonesim.Config{Latency: phonesim.Instant})
	dir := filepath.Join(t.TempDir(), "data")
	g := startGateway(t, dir, serveArgs(dir, serial)...)
	g.ready(t)
	defer g.stop(t)
	for _, f := range []string{"token", "address", "wabridge.db"} {
		out, err := exec.Command("stat", "-c", "%a", filepath.Join(dir, f)).Output()
		if err != nil || strings.TrimSpace(string(out)) != "600" {
			t.Errorf("%s has mode %s (%v), want 600", f, out, err)
		}
	}
	if code, err := request(g.url, "wrong", "GET", "/bridge/v1/phones", nil, nil, nil); code != 401 {
		t.Errorf("a wrong token got HTTP %d (%v), want 401", code, err)
	}
}
