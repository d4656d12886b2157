// Package console is what people look at: conversations, the queue, phones and
// settings, as pages that the daemon serves at /console. Pages are made on the
// server (html/template); htmx, kept in static/lib, replaces parts of them, and
// a stream of what changed in the event log (live.go) says when.
//
// It reads and writes through the interfaces of package queue, as every other
// interface does, and knows nothing of screens, ADB or SQL. A page is an entry
// of pages (page.go), its templates are in html/, its words in text/.
package console

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// Path is where the console is; everything below it is the console's.
const Path = "/console"

// Store is what the console needs of the database. queue.Store has it all.
type Store interface {
	queue.Accepter
	queue.Log
	queue.History
	queue.Phones
	queue.Tokens
	queue.Endpoints
	queue.MediaStore
	queue.Objects
	queue.Pictures
	queue.Analytics
	queue.Times
	queue.Conversations
	queue.Outbox
	queue.Campaigns
	queue.Sessions
}

// Config is what a Console is made of. Store, Auth and Log are required.
type Config struct {
	Store   Store
	Auth    *bridge.Auth
	Log     *slog.Logger
	Version string // of the program, shown beside the name
	// PublicURL is where people reach this server, for example
	// "https://wa.example.org"; "" is the address that they use.
	PublicURL string
	// Operate is what the pages for operators need of the rest of the program.
	Operate Operate
	// Files opens the files of messages, Library takes those that are to be
	// sent. Without them there are no files.
	Files   Files
	Library Library
	// Evidence finds what was on the screen when a message was not sent; nil
	// shows none.
	Evidence Evidence
	// MaxStreams bounds the pages that listen for changes at one time; 0
	// means 128.
	MaxStreams int
}

// A Console serves the pages. Stop it with Shutdown.
type Console struct {
	Config
	pages    []page
	views    map[string]*views // by language
	sessions *sessions
	handler  http.Handler

	stop    context.CancelFunc
	ctx     context.Context // ended by Shutdown; the stop signal of all streams
	streams chan struct{}   // a place per stream
	open    sync.WaitGroup
}

// New makes a Console. Its templates and texts are part of the program, so
// that it cannot fail.
func New(c Config) *Console {
	if c.MaxStreams == 0 {
		c.MaxStreams = 128
	}
	s := &Console{Config: c, pages: pages(), views: map[string]*views{}, sessions: newSessions(), streams: make(chan struct{}, c.MaxStreams)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	for _, l := range languages {
		s.views[l.Code] = parseViews(l)
	}
	s.handler = s.routes()
	return s
}

// Ours reports whether the console serves a request: its own paths, and the
// server's front page for a browser that asks for nothing else.
func Ours(r *http.Request) bool {
	p := r.URL.Path
	if p == "/" {
		return (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.URL.RawQuery == "" &&
			r.Header.Get("Authorization") == "" && strings.Contains(r.Header.Get("Accept"), "text/html")
	}
	return p == Path || strings.HasPrefix(p, Path+"/")
}

// Handler serves what is Ours.
func (c *Console) Handler() http.Handler { return c.handler }

// Beside serves what is the console's and gives all other paths to rest.
func (c *Console) Beside(rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if Ours(r) {
			c.handler.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// Shutdown ends the streams and waits for them, at most until ctx ends. It may
// be called twice.
func (c *Console) Shutdown(ctx context.Context) error {
	c.stop()
	done := make(chan struct{})
	go func() { // ends with the streams, whose deadlines bound it
		defer close(done)
		c.open.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// secure reports whether the browser reaches us encrypted.
func (c *Console) secure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(c.PublicURL, "https://")
}

// origin is the PublicURL's, "" without one.
func (c *Console) origin() string {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// now is the time of a request, in the precision that the database keeps.
func now() time.Time { return time.UnixMilli(time.Now().UnixMilli()) }
