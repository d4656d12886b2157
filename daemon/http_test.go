package daemon

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// pipes is a listener whose connections are in memory, so that their deadlines
// pass in fake time.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// A client that is slow in one way or another is rid of in bounded time.
func TestSlowClientsAreCutOff(t *testing.T) {
	tests := []struct {
		name, request string
		read          bool // the answer
		atMost        time.Duration
	}{
		{"sends nothing", "", true, 11 * time.Second},
		{"sends half a header", "GET /big HTTP/1.1\r\nHost", true, 11 * time.Second},
		{"sends half a body that nobody reads", "POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", true, 31 * time.Second},
		{"sends half a body", "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", true, 31 * time.Second},
		{"does not take the answer", "GET /big HTTP/1.1\r\nHost: x\r\n\r\n", false, 61 * time.Second},
		{"asks nothing more", "GET /refused HTTP/1.1\r\nHost: x\r\n\r\n", true, 121 * time.Second},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/refused", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) })
	mux.HandleFunc("/read", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) })
	mux.HandleFunc("/big", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) })
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
				server := newServer(mux, slog.New(slog.DiscardHandler))
				gone := make(chan struct{})
				server.ConnState = func(_ net.Conn, s http.ConnState) {
					if s == http.StateClosed {
						close(gone)
					}
				}
				var wg sync.WaitGroup
				wg.Go(func() { _ = server.Serve(l) })
				ours, theirs := net.Pipe()
				l.conns <- theirs
				began := time.Now()
				wg.Go(func() { _, _ = io.WriteString(ours, tt.request) })
				if tt.read {
					wg.Go(func() { _, _ = io.Copy(io.Discard, ours) })
				}
				<-gone // synctest ends the test if it never comes
				if took := time.Since(began); took > tt.atMost {
					t.Errorf("cut off after %v, want %v at most", took, tt.atMost)
				}
				_ = ours.Close()
				_ = server.Close()
				wg.Wait()
			})
		})
	}
}

// The handshake with the configured receiver is not waited for, neither at the
// start nor at the stop.
func TestAReceiverThatHangsDoesNotDelayTheStart(t *testing.T) {
	asked := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // until then the server does not notice that the client has left
		asked <- r.Method
		<-r.Context().Done()
	}))
	defer receiver.Close()
	cfg := Default()
	cfg.Listen, cfg.Data, cfg.Discover = "127.0.0.1:0", t.TempDir(), false
	cfg.Webhook = WebhookConfig{URL: receiver.URL, VerifyToken: "v", Secret: "s"}
	d, err := New(cfg, Build{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 15*time.Second { // a POST is given 20
		t.Errorf("started after %v", took)
	}
	if got := <-asked; got != http.MethodGet {
		t.Errorf("asked with %s first", got)
	}
	ref := wabridge.ChatRef{Number: "15550002222"}
	if _, err := d.db.Reconcile(t.Context(), "100000000000001", ref, 1, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: []wabridge.Message{{Text: "hello"}}}
	}); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got != http.MethodPost {
		t.Errorf("asked with %s then", got)
	}
	began = time.Now()
	if err := d.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > hooksGrace+10*time.Second {
		t.Errorf("stopped after %v", took)
	}
}
