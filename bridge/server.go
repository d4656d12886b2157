// Package bridge is our own HTTP interface under /bridge/v1: events over
// WebSocket and long-poll, messages, phones, webhooks, tokens and the state of
// the program, beside /healthz and /readyz. It also holds what every interface
// of the program needs of a request: who is asking (Auth).
//
// It knows nothing of screens, of ADB or of SQL: it reads and writes through
// the interfaces of package queue. The paths, members, limits and error codes
// are documented in docs/api.md.
package bridge

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/queue"
)

// Store is what this interface needs of the database. queue.Store has it all.
type Store interface {
	queue.Accepter
	queue.Log
	queue.History
	queue.Phones
	queue.Tokens
	queue.Endpoints
	queue.Deliveries
	queue.Contacts
	queue.Campaigns
	queue.Objects
	queue.Sessions
	Audit(ctx context.Context, f audit.Filter) ([]audit.Entry, error)
	Picture(ctx context.Context, phone, chat string) (png []byte, at time.Time, err error)
}

// Config is what a Server is made of. Store, Auth and Log are required.
type Config struct {
	Store Store
	Auth  *Auth
	Log   *slog.Logger
	// Composer makes the messages of campaigns; nil refuses them.
	Composer Composer
	Version  string // of the program, shown in /bridge/v1/status
	// PublicURL is where people reach this server, for example
	// "https://wa.example.org"; browsers served from there may open the
	// WebSocket. "" allows only pages of the address that they connect to.
	PublicURL string
	// Origins lists further origins ("https://crm.example.org") whose pages
	// may open the WebSocket; "*" allows all.
	Origins []string
	// Verify does the verification handshake with a webhook endpoint before
	// it is stored (bridge/webhook has it); nil stores it unverified.
	Verify func(ctx context.Context, e queue.Endpoint) error
	// Webhooks hears at once of changed endpoints and moves them in the log;
	// nil leaves it to the deliverer to look, and no endpoint can be moved.
	Webhooks Webhooks
	// AppSigned: webhooks without a secret of their own are signed with the
	// app's.
	AppSigned bool
	// Destinations are all receivers of events, for status and dead letters;
	// nil: there are none.
	Destinations Destinations
	// Hands reaches the phones' screens; nil: screens, input, health and doctor
	// answer 503.
	Hands Hands
	// Ready tells what keeps the program from being ready; nil: nothing.
	Ready func(ctx context.Context) error
	// Searching: a phone that is not known is answered with 503 while it is on,
	// not with "does not exist".
	Searching Search
	// Pollers are the pollers of CRMs' queues; nil: there are none.
	Pollers func(ctx context.Context) ([]Poller, error)
	// Audit is told of what admins do; nil notes nothing.
	Audit *audit.Recorder
	// Metrics serves /metrics; nil: there are none. MetricsPublic lets
	// everybody read them, else a token with the scope read is needed.
	Metrics       http.Handler
	MetricsPublic bool
	// Scenarios are the bots that sessions can be started with; nil: there are
	// none. SessionTTL is how long a session stays open of which its starter
	// says nothing; 0: wabridge.DefaultTTL.
	Scenarios  *bot.Library
	SessionTTL wabridge.Seconds
	// MaxStreams bounds the event readers (WebSocket and waiting long-polls)
	// at one time; 0 means 512.
	MaxStreams int
}

// Webhooks is what this interface needs of the deliverer; bridge/webhook's
// Deliverer is one.
type Webhooks interface {
	// Reload makes a change of the endpoints known. It never blocks.
	Reload()
	// Seek makes an endpoint go on after an event; CodeNotFound if it does
	// not run.
	Seek(ctx context.Context, id string, after int64) error
}

// A Server answers /bridge/v1, /healthz and /readyz. Stop it with Shutdown.
type Server struct {
	Config
	feed *feed
	mux  *http.ServeMux
	// patterns are the routes, for openapi.yaml's test
	patterns []string
	// scopes are what tokens need for the routes; those without need none
	scopes  map[string]string
	handler http.Handler
	started time.Time
	stop    context.CancelFunc
	work    sync.WaitGroup // the pump of the feed
	streams streams
	limits  limits
}

// New makes a Server and starts its reader of the event log, which Shutdown
// ends.
func New(c Config) *Server {
	if c.MaxStreams == 0 {
		c.MaxStreams = 512
	}
	if c.Scenarios == nil {
		c.Scenarios = bot.NewLibrary()
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		Config:  c,
		feed:    newFeed(c.Store, c.Log),
		started: time.Now(),
		stop:    stop,
		limits:  defaultLimits,
	}
	s.streams.init(c.MaxStreams)
	s.handler = s.routes()
	s.work.Go(func() { s.feed.run(ctx) })
	return s
}

// Handler serves /bridge/v1/…, /healthz and /readyz. Whatever else it is
// asked for is a not_found error in JSON.
func (s *Server) Handler() http.Handler { return s.handler }

// Beside serves what is ours and gives all other paths to rest. Unlike a
// ServeMux it never redirects to a tidier path, so every answer stays JSON.
func (s *Server) Beside(rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.Path
		if strings.HasPrefix(p, "/bridge/v1/") || p == "/bridge/v1" || p == "/healthz" || p == "/readyz" || p == "/metrics" {
			s.handler.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// Probes serves /metrics, /healthz and /readyz, without asking for a token: for
// an address of their own that only the machine, or its operators, reach.
func (s *Server) Probes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", s.answer(s.healthz))
	mux.Handle("GET /readyz", s.answer(s.readyz))
	mux.Handle("GET /metrics", s.answer(s.metrics))
	mux.Handle("/", s.answer(func(http.ResponseWriter, *http.Request) error { return nothingHere }))
	return mux
}

// Readers is how many readers of events there are.
func (s *Server) Readers() int { return s.streams.busy(s.MaxStreams) }

// Shutdown says goodbye to all event readers and waits for them, at most
// until ctx ends. It may be called twice.
func (s *Server) Shutdown(ctx context.Context) error {
	s.streams.close()
	s.stop()
	done := make(chan struct{})
	go func() { // ends with the readers, whose deadlines bound it
		defer close(done)
		s.streams.wait()
		s.work.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
