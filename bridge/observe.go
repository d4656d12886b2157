package bridge

import (
	"bufio"
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/wabridge/wabridge/queue"
)

// An Observer hears of every request after its answer. The route is the pattern
// that took the request ("POST /{phone}/messages"), never a path, and one of a
// closed list; took is zero where the answer waited on purpose (event streams).
// It is called from many goroutines and must not wait.
type Observer interface {
	Request(route string, status int, took time.Duration)
}

// A request is what is noted of one while it is answered.
type request struct {
	id     string
	route  string
	waited bool
	token  queue.Token // of the caller; zero where it has none, or was not asked
}

type requestKey struct{}

// Observe gives each request an id, which stands in the header X-Request-Id of
// its answer and in every line that is logged with its context (see
// LogHandler), and tells the log (debug) and o, which may be nil, of its end.
func Observe(next http.Handler, log *slog.Logger, o Observer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := &request{id: rand.Text()[:16]}
		ctx := context.WithValue(r.Context(), requestKey{}, req)
		w.Header().Set("X-Request-Id", req.id)
		rec := &recorder{ResponseWriter: w}
		begin := time.Now()
		defer func() { // also when a handler aborts
			took := time.Since(begin)
			if req.route == "" {
				req.route = "other"
			}
			log.DebugContext(ctx, "request", "route", req.route, "status", rec.code(), "token", req.token.ID, "took", took)
			if o == nil {
				return
			}
			if req.waited || rec.code() == http.StatusSwitchingProtocols {
				took = 0
			}
			o.Request(req.route, rec.code(), took)
		}()
		next.ServeHTTP(rec, r.WithContext(ctx))
	})
}

// RequestID is the id of the request that a context belongs to, "" for none.
func RequestID(ctx context.Context) string {
	if req, ok := ctx.Value(requestKey{}).(*request); ok {
		return req.id
	}
	return ""
}

// Routed notes which route takes the request of ctx: a constant, such as the
// pattern of a ServeMux. Every interface calls it, for the log and the metrics.
func Routed(ctx context.Context, route string) {
	if req, ok := ctx.Value(requestKey{}).(*request); ok {
		req.route = route
	}
}

// Caller is the token with which the request of ctx was made, once Auth.Check
// has found it; else the zero Token.
func Caller(ctx context.Context) queue.Token {
	if req, ok := ctx.Value(requestKey{}).(*request); ok {
		return req.token
	}
	return queue.Token{}
}

// Waits notes that the answer to the request of ctx takes long on purpose.
func Waits(ctx context.Context) {
	if req, ok := ctx.Value(requestKey{}).(*request); ok {
		req.waited = true
	}
}

// A recorder notes the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Hijack implements http.Hijacker, which the WebSocket library asks for.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(r.ResponseWriter).Hijack()
	if err == nil && r.status == 0 {
		r.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// Unwrap lets http.ResponseController reach what is below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// LogHandler adds request_id to every line that is logged with the context of a
// request.
func LogHandler(h slog.Handler) slog.Handler { return logHandler{h} }

type logHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h logHandler) WithGroup(name string) slog.Handler { return logHandler{h.Handler.WithGroup(name)} }
