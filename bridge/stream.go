package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wabridge/wabridge"
)

// limits bound one WebSocket.
type limits struct {
	write time.Duration // to hand one frame to the connection
	ping  time.Duration // between two pings
	pong  time.Duration // without any sign of life
	read  int64         // bytes of a frame from the client
}

var defaultLimits = limits{write: 10 * time.Second, ping: 25 * time.Second, pong: 60 * time.Second, read: 4096}

// streams counts the readers of events and ends them at shutdown.
type streams struct {
	mu     sync.Mutex
	free   int
	wg     sync.WaitGroup
	ctx    context.Context // ended by close; a stored one, for it is the stop signal of all readers
	cancel context.CancelFunc
}

var errStopping = wabridge.Fail(wabridge.CodeStopping, nil, "event readers")

func (s *streams) init(n int) {
	s.free = n
	s.ctx, s.cancel = context.WithCancel(context.Background())
}

func (s *streams) close() { s.mu.Lock(); s.cancel(); s.mu.Unlock() }

func (s *streams) wait() { s.wg.Wait() }

// busy is how many of n places are taken.
func (s *streams) busy(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return n - s.free
}

// enter takes a place; the returned context ends with the request or with
// close, whichever is first. done gives the place back.
func (s *streams) enter(parent context.Context) (ctx context.Context, done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, nil, errStopping
	}
	if s.free == 0 {
		return nil, nil, &failure{Status: http.StatusServiceUnavailable, Code: "too_many_readers",
			Message: "too many event readers are connected", Remedy: "close unused ones, or use one reader for several phones"}
	}
	s.free--
	s.wg.Add(1)
	ctx, cancel := context.WithCancelCause(parent)
	unhook := context.AfterFunc(s.ctx, func() { cancel(errStopping) })
	return ctx, func() {
		unhook()
		cancel(nil)
		s.mu.Lock()
		s.free++
		s.mu.Unlock()
		s.wg.Done()
	}, nil
}

// stream is GET /bridge/v1/events as a WebSocket: a text frame per event.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, in *reading) error {
	ctx, done, err := s.streams.enter(context.WithoutCancel(r.Context())) // a hijacked request's context ends early
	if err != nil {
		return err
	}
	defer done()
	up := websocket.Upgrader{
		HandshakeTimeout: s.limits.write,
		CheckOrigin:      s.originAllowed,
		Error: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
			writeFailure(w, upgradeFailure(status))
		},
	}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		s.Log.Debug("websocket refused", "err", err) // Upgrade has answered
		return nil
	}
	ctx, gone := context.WithCancel(ctx)
	defer gone()
	var reader sync.WaitGroup
	reader.Go(func() { defer gone(); listen(conn, s.limits) })
	err = s.feedTo(ctx, conn, in)
	goodbye(conn, err)
	_ = conn.Close() // ends the reader
	reader.Wait()
	s.Log.Debug("websocket closed", "err", err)
	return nil
}

// feedTo writes events until the client or the program ends.
func (s *Server) feedTo(ctx context.Context, conn *websocket.Conn, in *reading) error {
	ping := time.NewTicker(s.limits.ping)
	defer ping.Stop()
	after := in.after
	if in.missed != nil {
		if err := s.frame(conn, missedFrame(in.missed)); err != nil {
			return err
		}
	}
	for {
		changed := s.feed.changed()
		entries, searched, err := s.feed.read(ctx, after, in.known, in.limit, in.filter)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := s.frame(conn, e.encoded); err != nil {
				return err
			}
		}
		after = searched
		if searched < s.feed.seen() {
			changed = always // catching up: go on, but look at pings and the end too
		}
		select {
		case <-changed:
		case <-ping.C:
			if err := conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.limits.write)); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// frame writes one event; a client that does not take it in time is dropped
// and can resume after the last number that it has seen.
func (s *Server) frame(conn *websocket.Conn, b []byte) error {
	if err := conn.SetWriteDeadline(time.Now().Add(s.limits.write)); err != nil {
		return err
	}
	return conn.WriteMessage(websocket.TextMessage, b)
}

// missedFrame is the first frame of a reader whose cursor is too old.
func missedFrame(g *gap) []byte {
	b, _ := json.Marshal(map[string]any{"number": g.To, "type": "missed", "data": g}) // cannot fail: numbers only
	return b
}

// listen reads, for the sake of pongs and of the close frame, until the
// connection ends; stream waits for it.
func listen(conn *websocket.Conn, l limits) {
	alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(l.pong)) }
	conn.SetReadLimit(l.read)
	conn.SetPongHandler(alive)
	_ = alive("")
	for {
		if _, _, err := conn.NextReader(); err != nil {
			return
		}
		_ = alive("")
	}
}

// goodbye says why the stream ends: 1012 (restart) when the program stops,
// 1011 when the log could not be read.
func goodbye(conn *websocket.Conn, why error) {
	code, text := websocket.CloseNormalClosure, ""
	switch {
	case errors.Is(why, errStopping):
		code, text = websocket.CloseServiceRestart, "restarting: connect again with after="
	case wabridge.CodeOf(why) == wabridge.CodeStorage:
		code, text = websocket.CloseInternalServerErr, "storage"
	}
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(time.Second))
}

// originAllowed lets in programs (no Origin), pages from this very host, from
// PublicURL and from the configured origins.
func (s *Server) originAllowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	for _, allowed := range append([]string{s.PublicURL}, s.Origins...) {
		if allowed == "*" || allowed != "" && sameOrigin(origin, allowed) {
			return true
		}
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

func sameOrigin(a, b string) bool {
	x, err := url.Parse(a)
	y, err2 := url.Parse(b)
	return err == nil && err2 == nil && x.Scheme == y.Scheme && strings.EqualFold(x.Host, y.Host)
}

func upgradeFailure(status int) *failure {
	if status == http.StatusForbidden {
		return &failure{Status: status, Code: "origin_not_allowed", Field: "Origin",
			Message: "pages of this origin may not read events",
			Remedy:  "add the origin to allowed_origins in the configuration, or read events from a program"}
	}
	return &failure{Status: status, Code: "bad_handshake", Message: "this is not a WebSocket handshake (version 13)",
		Remedy: "use a WebSocket client, or leave out Upgrade to poll"}
}

// always is ready.
var always = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()
