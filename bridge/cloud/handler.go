// Package cloud is the official WhatsApp Cloud API as far as a gateway over a
// phone can honour it: sending messages, phone numbers, message history and
// the probes that clients make, with the Graph API's errors, versions, fields
// and paging. "The contract" in its comments is the list of what real clients
// demand that docs/api.md is written from.
//
// It knows nothing of screens, of ADB or of SQL: what it accepts it hands to a
// queue.Accepter, and answers 200 only after that has committed it.
package cloud

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/analytics"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/file"
	"github.com/wabridge/wabridge/queue"
)

// Limits of a request.
const (
	maxBody    = 256 << 10        // bytes of a body; a text of 4096 characters, all escaped, needs 48 KiB
	bodyTime   = 15 * time.Second // to receive it
	maxDepth   = 32               // nested objects and arrays
	maxQuery   = 16 << 10         // bytes of a query string
	defaultTTL = 30 * 24 * time.Hour
)

// Store is what the Cloud API needs of the database. queue.Store has it all.
type Store interface {
	queue.Accepter
	queue.History
	queue.Analytics
	Phones(ctx context.Context) ([]wabridge.Phone, error)
	Phone(ctx context.Context, id string) (wabridge.Phone, error)
	queue.Endpoints
	queue.Objects
	Media(ctx context.Context, id string, now time.Time) (queue.MediaRecord, error)
	PutMedia(ctx context.Context, r queue.MediaRecord) (queue.MediaRecord, error)
	DeleteMedia(ctx context.Context, id string) error
	Tokens(ctx context.Context) ([]queue.Token, error)
}

// Config is what the handler is made of. Store, Auth and Log are required.
type Config struct {
	Store Store
	Auth  *bridge.Auth
	Log   *slog.Logger
	// PublicURL is where clients reach this server ("https://wa.example.org");
	// it begins the links of paged lists. "" takes the request's own host.
	PublicURL string
	// QueryTokenSends lets ?access_token= authorise sends too. Reads accept it always.
	QueryTokenSends bool
	// AppSecret signs the webhooks of the addresses that are set through this
	// API; "" leaves them unsigned.
	AppSecret string
	// Verify does the handshake with a callback address before it is stored;
	// nil stores it unseen.
	Verify func(ctx context.Context, e queue.Endpoint) error
	// Audit is told of what admins do; nil notes nothing.
	Audit *audit.Recorder
	// Read is told of every incoming message that a client marked as read; may
	// be nil.
	Read func(phone string, m wabridge.Message)
	// Reload makes a change of webhook endpoints known; may be nil.
	Reload func()
	// FreeEdits lifts the limits on editing a template (1 in 24 hours, 10 in 30
	// days).
	FreeEdits bool
	// MaxTemplates bounds the templates of a business account; 0 means 6000,
	// the Cloud API's own.
	MaxTemplates int
	// TTL is how long a message may wait to be sent; 0 means 30 days, the
	// Cloud API's own.
	TTL time.Duration
	// Limits say how the Cloud API's limits are kept; the zero value absorbs.
	Limits Limits
	// Rates are what analytics price messages by, in Currency ("EUR");
	// without any, all costs are zero.
	Rates    analytics.Card
	Currency string
	// TimeZone is the business accounts' own, for use_waba_timezone; nil is UTC.
	TimeZone *time.Location
	// Files keeps the files that are made here; nil refuses contacts.
	Files Files
	// Links fetches the files of links; nil refuses them.
	Links Linker
	// Searching: what is not there is answered with 503 while it is on, not
	// with "does not exist".
	Searching bridge.Search
	// Library keeps files; nil refuses uploads and downloads.
	Library *file.Library
	// Signer makes the addresses of downloads; nil takes one of its own.
	Signer *file.Signer
}

type api struct {
	Config
	uploads  sessions
	quota    *queue.Quota
	blockers blockers
	mux      *http.ServeMux
	pages    *http.ServeMux
	phones   phoneCache
}

// Handler serves the Cloud API under any /v{N}.{M}/ prefix or none, with or
// without trailing slashes. Every answer is JSON, whatever was asked.
func Handler(c Config) http.Handler {
	h, _ := New(c)
	return h
}

// New is Handler with a Composer that shares what the handler knows.
func New(c Config) (http.Handler, *Composer) {
	if c.TTL == 0 {
		c.TTL = defaultTTL
	}
	if c.Signer == nil {
		c.Signer = file.NewSigner()
	}
	if c.MaxTemplates == 0 {
		c.MaxTemplates = templatesMost
	}
	if c.Limits.Messages == nil {
		c.Limits.Messages = queue.NewLimits(0, queue.CloudPair)
	}
	a := &api{Config: c, quota: queue.NewQuota()}
	a.mux, a.pages = a.routes(), a.open()
	return http.HandlerFunc(a.serve), &Composer{a}
}

// routes lists the paths without version.
func (a *api) routes() *http.ServeMux {
	mux := http.NewServeMux()
	route := func(pattern string, h handler) {
		mux.Handle(pattern, a.answer(a.guarded(accessOf(pattern), a.limited(pattern, h))))
	}
	route("POST /{phone}/messages", a.send)
	route("PUT /{phone}/messages", a.send)
	route("GET /debug_token", a.debugToken)
	route("GET /{$}", a.root)
	route("GET /{id}", a.node)
	route("GET /{id}/phone_numbers", a.phoneNumbers)
	route("GET /{id}/message_history", a.messageHistory)
	route("GET /{history}/events", a.historyEvents)
	for _, kind := range analytics.Kinds {
		route("GET /{id}/"+string(kind), a.analyticsEdge(kind))
	}
	a.media(route)
	a.manage(route)
	route("/", a.unknown)
	return mux
}

// serve takes the version off the path and brings it into one form, so that
// the mux never redirects.
func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	clean := path.Clean("/" + r.URL.Path)
	if strings.HasPrefix(clean, "/message/") || strings.HasPrefix(clean, "/qr/") {
		a.pages.ServeHTTP(w, r)
		return
	}
	version, rest := cutVersion(clean)
	if id, ok := strings.CutPrefix(rest, "/"+sessionPrefix); ok && !strings.Contains(id, "/") {
		rest = sessionPath + id
	}
	identify(w.Header(), version)
	if rest != r.URL.Path || r.URL.RawPath != "" {
		u := *r.URL
		u.Path, u.RawPath = rest, ""
		r2 := *r
		r2.URL = &u
		r = &r2
	}
	if !strings.HasPrefix(rest, sessionPath) { // a piece of a file
		r = bridge.WithoutBOM(r)
	}
	a.mux.ServeHTTP(w, r)
}

// cutVersion takes a leading /v{N}.{M} off a clean path.
func cutVersion(p string) (version, rest string) {
	first, rest, _ := strings.Cut(p[1:], "/")
	if !isVersion(first) {
		return defaultVersion, p
	}
	return first, "/" + rest
}

func isVersion(s string) bool {
	if len(s) < 4 || len(s) > 8 || s[0] != 'v' {
		return false
	}
	major, minor, ok := strings.Cut(s[1:], ".")
	return ok && isDigits(major) && isDigits(minor)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
