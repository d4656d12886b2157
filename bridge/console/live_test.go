package console

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
)

// A listener is a browser's stream of changes.
type listener struct {
	t     *testing.T
	lines *bufio.Scanner
	end   context.CancelFunc
}

// listen opens a stream on a server that is as impatient with requests as the
// daemon's, only more so.
func (d *desk) listen(t *testing.T, secret, query string, header ...string) (*listener, int) {
	t.Helper()
	server := httptest.NewUnstartedServer(d.Handler())
	server.Config.ReadTimeout, server.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	server.Start()
	ctx, end := context.WithTimeout(context.Background(), patience)
	t.Cleanup(func() { end(); server.Close() })
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/console/live"+query, nil)
	must(t, err)
	id, _ := d.signIn(secret)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: id})
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := server.Client().Do(r)
	must(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	return &listener{t, bufio.NewScanner(resp.Body), end}, resp.StatusCode
}

// next is the next event: its id and data.
func (l *listener) next() (id, data string) {
	l.t.Helper()
	for l.lines.Scan() {
		line := l.lines.Text()
		if rest, ok := strings.CutPrefix(line, "id: "); ok {
			id = rest
		}
		if rest, ok := strings.CutPrefix(line, "data: "); ok {
			return id, rest
		}
	}
	l.t.Fatalf("the stream ended: %v", l.lines.Err())
	return "", ""
}

// TestLive: a stream tells of what changes, outlives the server's deadlines,
// and goes on after a break where it was.
func TestLive(t *testing.T) {
	d := newDesk(t)
	l, status := d.listen(t, reader, "")
	if status != http.StatusOK {
		t.Fatalf("stream: %d", status)
	}
	select { // beyond the server's deadlines
	case <-time.After(300 * time.Millisecond):
	case <-t.Context().Done():
	}
	d.says(ana, "one")
	id, data := l.next()
	if want := fmt.Sprintf(`{"message":[%q]}`, anaID); data != want {
		t.Errorf("got %s, want %s", data, want)
	}
	l.end()
	d.writes(bob, "two")
	again, _ := d.listen(t, reader, "?after=0", "Last-Event-ID", id)
	if _, data := again.next(); data != fmt.Sprintf(`{"status":[%q]}`, wabridge.UserJID(bob.Number)) {
		t.Errorf("after the break: %s", data)
	}
}

// TestLiveIsBounded: so many streams and no more, and none without a session.
func TestLiveIsBounded(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.MaxStreams = 1 })
	if _, status := d.listen(t, reader, ""); status != http.StatusOK {
		t.Fatalf("the first stream: %d", status)
	}
	if _, status := d.listen(t, reader, ""); status != http.StatusServiceUnavailable {
		t.Errorf("the second of one stream: %d", status)
	}
	if got := d.ask("", "/console/live", nil); got.status != http.StatusSeeOther {
		t.Errorf("without a session: %d", got.status)
	}
}

func TestGather(t *testing.T) {
	event := func(kind wabridge.EventKind, phone, data string) wabridge.Event {
		return wabridge.Event{Kind: kind, Phone: phone, Data: []byte(data)}
	}
	got := gather([]wabridge.Event{
		event("message", "1", `{"chat_id":"a"}`), event("message", "1", `{"chat_id":"a"}`), event("message", "1", `{"chat_id":"b"}`),
		event("phone", "1", `{}`), event("status", "1", `broken`),
	})
	if diff := cmp.Diff(changes{"message": {"a", "b"}, "phone": {"1"}, "status": {"1"}}, got); diff != "" {
		t.Error(diff)
	}
	var many []wabridge.Event
	for i := range 3 * liveKeys {
		many = append(many, event("status", "1", fmt.Sprintf(`{"chat_id":"%d"}`, i)))
	}
	if got := gather(many)["status"]; len(got) != 1 || got[0] != "*" {
		t.Errorf("many keys: %v", got)
	}
}

func TestPlace(t *testing.T) {
	for cursor, want := range map[string]int64{"": 9, "3": 3, "0": 0, "10": 9, "-1": 9, "x": 9} {
		if got := place(cursor, 9); got != want {
			t.Errorf("place(%q) = %d, want %d", cursor, got, want)
		}
	}
}

// TestHeaders: each answer tells the browser to load nothing from elsewhere.
func TestHeaders(t *testing.T) {
	d := newDesk(t)
	for _, target := range []string{"/console/login", "/console/inbox", "/console/nowhere", "/console/static/x/console.js", "/console/inbox/9/9"} {
		got := d.ask(reader, target, nil)
		if p := got.header.Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'self'") || strings.Contains(p, "unsafe") {
			t.Errorf("%s: policy %q", target, p)
		}
		if got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Referrer-Policy") == "" {
			t.Errorf("%s: %v", target, got.header)
		}
	}
	if got := d.ask("", staticPath("console.js"), nil); got.status != http.StatusOK || !strings.Contains(got.header.Get("Cache-Control"), "immutable") {
		t.Errorf("a file by its hash: %d %s", got.status, got.header.Get("Cache-Control"))
	}
	if got := d.ask("", "/console/static/x/../../console.go", nil); got.status == http.StatusOK {
		t.Error("a file beyond the folder is served")
	}
}

// TestNothingPrivateIsLogged sends what must stay private through the pages.
func TestNothingPrivateIsLogged(t *testing.T) {
	d := newDesk(t)
	d.says(ana, "a private word of hers")
	d.ask(sender, talkPath(phoneID, anaID), nil)
	d.ask(sender, "/console/inbox?q=private+search", nil)
	d.ask(sender, talkPath(phoneID, anaID)+"/send", map[string][]string{"text": {"a private word of ours"}})
	d.ask("", "/console/login", map[string][]string{"token": {"wrong-secret"}})
	for _, word := range []string{"private", ana.Number, "wrong-secret", sender} {
		if strings.Contains(d.logs.String(), word) {
			t.Errorf("the log holds %q", word)
		}
	}
}
