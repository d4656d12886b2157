package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wabridge/wabridge"
)

// serve puts the Server on loopback.
func (h *harness) serve(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h.Handler())
	t.Cleanup(server.Close)
	return server
}

// dial opens a WebSocket, closed at the end of the test.
func (h *harness) dial(t *testing.T, query string, header http.Header) *websocket.Conn {
	t.Helper()
	return dialAt(t, h.serve(t), query, header)
}

func dialAt(t *testing.T, server *httptest.Server, query string, header http.Header) *websocket.Conn {
	t.Helper()
	return dialBy(t, websocket.DefaultDialer, server, query, header)
}

func dialBy(t *testing.T, dialer *websocket.Dialer, server *httptest.Server, query string, header http.Header) *websocket.Conn {
	t.Helper()
	if header == nil {
		header = http.Header{"Authorization": {"Bearer " + reader}}
	}
	conn, answer, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http")+"/bridge/v1/events"+query, header)
	if err != nil {
		t.Fatalf("dial: %v %v", err, answer)
	}
	must(t, conn.SetReadDeadline(time.Now().Add(3*time.Minute)))
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestStreamGivesEveryEventOnceInOrder(t *testing.T) {
	h := newHarness(t)
	start := h.last()
	h.receive(phoneID, 700) // more than a page of the log
	conn := h.dial(t, fmt.Sprintf("?after=%d", start), nil)
	for i := range 1000 {
		if i == 600 {
			h.receive(phoneID, 300)
		}
		var e wabridge.Event
		must(t, conn.ReadJSON(&e))
		if e.Number != start+int64(i)+1 {
			t.Fatalf("event %d came as number %d of the reading", e.Number, i)
		}
	}
}

func TestStreamResumesWithoutGapOrRepeat(t *testing.T) {
	h := newHarness(t)
	server := h.serve(t)
	start := h.last()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 150 {
			select {
			case <-stop:
				return
			default:
				h.receive(phoneID, 4)
			}
		}
	})
	defer wg.Wait()
	defer close(stop)
	seen := start
	for seen < start+400 {
		conn := dialAt(t, server, fmt.Sprintf("?after=%d", seen), nil)
		for range 37 { // then the connection breaks
			var e wabridge.Event
			must(t, conn.ReadJSON(&e))
			if e.Number != seen+1 {
				t.Fatalf("after %d came %d", seen, e.Number)
			}
			if seen = e.Number; seen == start+400 {
				break
			}
		}
		_ = conn.NetConn().Close()
	}
}

func TestStreamStartsNowWithoutCursor(t *testing.T) {
	h := newHarness(t)
	h.receive(phoneID, 5)
	before := h.last()
	conn := h.dial(t, "?type=message", nil)
	waitFor(t, "the stream", func() bool { return h.streams.busy(h.MaxStreams) == 1 })
	h.receive(phoneID, 1)
	var e wabridge.Event
	if must(t, conn.ReadJSON(&e)); e.Number != before+1 {
		t.Errorf("first event %d, want %d", e.Number, before+1)
	}
}

func TestSlowClientIsDroppedAndHarmsNobody(t *testing.T) {
	const events, size = 300, 4000 // more than the kernel's buffers take, made small
	h := newHarness(t)
	h.limits.write = 3 * time.Second // in which a quick client of a slow machine gets to read
	server := httptest.NewUnstartedServer(h.Handler())
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		must(t, c.(*net.TCPConn).SetWriteBuffer(4096))
		return ctx
	}
	server.Start()
	t.Cleanup(server.Close)
	start := h.last()
	h.receiveText(phoneID, events, strings.Repeat("x", size))
	narrow := *websocket.DefaultDialer
	narrow.NetDial = func(network, addr string) (net.Conn, error) {
		conn, err := net.Dial(network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(4096)
		}
		return conn, err
	}
	query := fmt.Sprintf("?limit=10&after=%d", start)
	slow := dialBy(t, &narrow, server, query, nil) // does not read
	var wg sync.WaitGroup
	for range 2 {
		quick := dialAt(t, server, query, nil)
		wg.Go(func() {
			for i := range int64(events) {
				var e wabridge.Event
				if err := quick.ReadJSON(&e); err != nil || e.Number != start+i+1 {
					t.Errorf("a quick client got event %d and %v in place %d", e.Number, err, i)
					return
				}
			}
		})
	}
	wg.Wait()
	waitFor(t, "the slow client to be dropped", func() bool { return h.streams.busy(h.MaxStreams) == 2 })
	var got int64 // whole events that it finds in its buffers when it wakes up
	for {
		var e wabridge.Event
		if err := slow.ReadJSON(&e); err != nil {
			break
		}
		if got++; e.Number != start+got {
			t.Fatalf("event %d in place %d", e.Number, got)
		}
	}
	if got == events {
		t.Error("the slow client got everything: it was not slow enough")
	}
	again := dialAt(t, server, fmt.Sprintf("?after=%d", start+got), nil)
	var e wabridge.Event
	if must(t, again.ReadJSON(&e)); e.Number != start+got+1 {
		t.Errorf("resumed with %d, want %d", e.Number, start+got+1)
	}
}

func TestStreamPings(t *testing.T) {
	h := newHarness(t)
	h.limits.ping, h.limits.pong = 20*time.Millisecond, 2*time.Second
	conn := h.dial(t, "", nil)
	pinged := make(chan struct{}, 100)
	conn.SetPingHandler(func(string) error { pinged <- struct{}{}; return nil }) // answers none
	_, _, err := conn.ReadMessage()
	if err == nil || len(pinged) == 0 {
		t.Errorf("a client without a sign of life: %v after %d pings", err, len(pinged))
	}
	waitFor(t, "its end", func() bool { return h.streams.busy(h.MaxStreams) == 0 })
}

func TestStreamRefusesLargeFrames(t *testing.T) {
	h := newHarness(t)
	h.limits.read = 4000 // the dialer writes frames of up to 4096 bytes
	conn := h.dial(t, "", nil)
	err := conn.WriteMessage(websocket.TextMessage, make([]byte, 5000))
	if err == nil {
		_, _, err = conn.ReadMessage()
	}
	// The server closes with the rest of the frame unread, so that the close
	// code may be overtaken by a reset.
	if !websocket.IsCloseError(err, websocket.CloseMessageTooBig) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got %v", err)
	}
	waitFor(t, "its end", func() bool { return h.streams.busy(h.MaxStreams) == 0 })
}

func TestOrigins(t *testing.T) {
	h := newHarness(t, func(c *Config) {
		c.PublicURL = "https://wa.example.org/"
		c.Origins = []string{"https://crm.example.org"}
	})
	server := h.serve(t)
	for _, tt := range []struct {
		origin string
		want   int
	}{
		{"", 101}, {server.URL, 101}, {"https://wa.example.org", 101}, {"https://crm.example.org", 101},
		{"http://crm.example.org", 403}, {"https://evil.example.org", 403}, {"null", 403},
	} {
		header := http.Header{}
		if tt.origin != "" {
			header.Set("Origin", tt.origin)
		}
		// browsers cannot set Authorization: the token is in the query
		conn, answer, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http")+"/bridge/v1/events?access_token="+reader, header)
		if err == nil {
			_ = conn.Close()
		}
		if answer == nil || answer.StatusCode != tt.want {
			t.Errorf("origin %q: %v, want %d", tt.origin, answer, tt.want)
		}
	}
}

func TestHandshakeThatIsNone(t *testing.T) {
	h := newHarness(t)
	r := httptest.NewRequest("GET", "/bridge/v1/events", nil)
	r.Header.Set("Authorization", "Bearer "+reader)
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	if w.Code != 400 || !json.Valid(w.Body.Bytes()) || !strings.Contains(w.Body.String(), "bad_handshake") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestHundredReaders holds the fan-out to what it is for: an event reaches 100
// readers, each one exactly once.
func TestHundredReaders(t *testing.T) {
	h := newHarness(t)
	server := h.serve(t)
	start := h.last()
	var wg sync.WaitGroup
	for range 100 {
		conn := dialAt(t, server, fmt.Sprintf("?after=%d", start), nil)
		wg.Go(func() {
			for i := range int64(20) {
				var e wabridge.Event
				if err := conn.ReadJSON(&e); err != nil || e.Number != start+i+1 {
					t.Errorf("event %d, %v in place %d", e.Number, err, i)
					return
				}
			}
		})
	}
	for range 20 {
		h.receive(phoneID, 1)
	}
	wg.Wait()
}
