// Package twin is what a CRM uses of TWIN's API (twin24.ai) to send WhatsApp
// messages and to learn what became of them and of the chats that they started:
// POST, GET and DELETE /api/v1/messages, the statistics of messages and of chat
// sessions, a POST to each message's callbackUrl, and logging in. A CRM written
// for TWIN moves to this gateway by changing its base URLs and credentials.
//
// It is thin: messages go into the same queue as all others, one call is one
// campaign of it, chat sessions are the queue's, and callbacks are read from the
// same event log (package callback). It knows nothing of screens, ADB or SQL.
// What is not known of the original is marked so here and in docs/twin.md.
package twin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/callback"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/queue"
)

// Store is what the interface needs of the database; queue.Store has it all.
type Store interface {
	queue.Objects
	callback.Store
	queue.Accepter
	queue.Listings
	Phones(ctx context.Context) ([]wabridge.Phone, error)
	Message(ctx context.Context, id string) (wabridge.Message, error)
	bridge.MessageLister
	PutCampaign(ctx context.Context, c queue.NewCampaign) (wabridge.Campaign, error)
	LoadedCampaign(ctx context.Context, id string, refused int, at time.Time) (wabridge.Campaign, error)
	Campaign(ctx context.Context, id string) (wabridge.Campaign, error)
	CancelCampaign(ctx context.Context, id string, at time.Time) (wabridge.Campaign, error)
	Session(ctx context.Context, id string) (wabridge.Session, error)
	OpenSession(ctx context.Context, phone, chat string) (wabridge.Session, error)
	Sessions(ctx context.Context, f queue.SessionFilter) ([]wabridge.Session, error)
	CountSessions(ctx context.Context, f queue.SessionFilter) (int, error)
}

// A Linker fetches the file of a link for a kind of message ("" for the kind
// that its type is made for); *file.Library is one.
type Linker interface {
	Fetch(ctx context.Context, phone, url, kind string) (queue.MediaRecord, error)
}

// Scenarios finds the scenario of a name; *bot.Library does.
type Scenarios interface {
	Scenario(name string) *bot.Scenario
}

// Config is what the interface is made of. Store, Auth and Log are required
// for Handler; Store, Client and Log for New.
type Config struct {
	Store Store
	Auth  *bridge.Auth
	Log   *slog.Logger
	// Chats maps chatIds to phone_number_ids. A phone's own number and its id
	// always name it; with one phone and no Chats any chatId does.
	Chats map[string]string
	// Bots maps botIds to names of Scenarios. With none any botId is taken, and
	// the session that a message starts has a bot only if it is the name of a
	// scenario.
	Bots      map[string]string
	Scenarios Scenarios // nil: there are none
	// Links fetches mediaUrl; nil refuses it.
	Links Linker
	// Client posts to callbackUrls. It should follow no redirects and have a
	// timeout (callback.PublicClient).
	Client *http.Client
	// Reach says which private addresses callbackUrls may name.
	Reach callback.Reach
	// Searching: a call for a phone that is not known is answered with 503
	// while it is on.
	Searching bridge.Search
	// Policy says when an event is set aside.
	Policy delivery.Policy
}

const root = "/api/v1/"

// services are the paths before root under which TWIN's newer addresses have
// what once were hosts of their own.
var services = []string{"", "/notify", "/analyse", "/iam"}

// known are TWIN's paths below root, the longest first; what is not served says
// what to use instead.
var known = []struct{ path, instead string }{
	{"auth/login", ""}, {"auth/refresh", ""}, {"auth", ""},
	{"statistics/messaging/messages", ""}, {"statistics/chat/sessions", ""},
	{"messages/bulk", "files of destinations are not read; send them as JSON with POST /api/v1/messages, ten thousand in one call"},
	{"messages", ""},
	{"startedTasks", "there are no tasks; a call is one bulk, which /bridge/v1/campaigns resumes"},
	{"pausedTasks", "there are no tasks; a call is one bulk, which /bridge/v1/campaigns pauses and resumes"},
	{"tasks", "there are no tasks; a call is one bulk, see GET /api/v1/messages?bulkId= and /bridge/v1/campaigns"},
	{"templates", "message structures are not stored; approved templates are made with POST /v23.0/{waba_id}/message_templates and sent by templateName"},
	{"bandwidth", "how fast a phone sends is set in the configuration (pacing)"},
	{"senders", "senders are phones: GET /bridge/v1/phones"},
	{"shortLinks", "there are no short links"},
	{"tariffs", "nothing is charged"},
	{"phoneChecks", "whether a number is on WhatsApp shows when a message is sent to it: its statusCode is 131026 then"},
	{"whiteList", "numbers are blocked with POST /v23.0/{phone_number_id}/block_users"},
}

// below finds what is asked for below root; "" if it is none of TWIN's paths.
func below(path string) string {
	for _, s := range services {
		rest, ok := strings.CutPrefix(path, s+root)
		if !ok {
			continue
		}
		for _, k := range known {
			if rest == k.path || strings.HasPrefix(rest, k.path+"/") {
				return strings.TrimSuffix(rest, "/")
			}
		}
	}
	return ""
}

// Ours reports whether Handler serves a path.
func Ours(path string) bool { return below(path) != "" }

type api struct{ Config }

// Handler serves the paths that are Ours.
func Handler(c Config) http.Handler { return &api{c} }

// A refusal ends a whole call.
type refusal struct {
	status int
	words  string
	allow  string
}

func (e *refusal) Error() string { return e.words }

// refuse is the answer to what the caller must change.
func refuse(format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, words: fmt.Sprintf(format, args...)}
}

// A fault is how an error is written, for an element and for a whole call.
type fault struct {
	Message string `json:"message"`
}

// ServeHTTP answers a call. (How TWIN writes the error of a whole call is not
// known; it is that of an element here.)
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := a.guarded(w, bridge.WithoutBOM(r))
	if err == nil {
		return
	}
	e := refusalOf(err)
	if e.status >= http.StatusInternalServerError && e.status != http.StatusNotImplemented && r.Context().Err() == nil {
		a.Log.Error("request not answered", "err", err)
	}
	switch e.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="wabridge"`)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", e.allow)
	}
	write(w, e.status, map[string]fault{"error": {e.words}})
}

// guarded makes a panic an error like any other.
func (a *api) guarded(w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			err = bridge.Panicked(p)
		}
	}()
	return a.route(w, r)
}

// refusalOf is what the caller learns of an error.
func refusalOf(err error) *refusal {
	if e, ok := errors.AsType[*refusal](err); ok {
		return e
	}
	switch code := wabridge.CodeOf(err); {
	case errors.Is(err, bridge.ErrSearching):
		return &refusal{status: http.StatusServiceUnavailable, words: err.Error()}
	case code == wabridge.CodeConflict:
		return &refusal{status: http.StatusConflict, words: "Idempotency-Key: this key was used for another request; use a new one for new messages"}
	case code == wabridge.CodeStorage || code.Cloud() == wabridge.CodeUnavailable:
		return &refusal{status: http.StatusServiceUnavailable, words: "the gateway could not do this; nothing was changed: repeat the request later"}
	}
	return &refusal{status: http.StatusInternalServerError, words: "the gateway made a mistake"}
}

// methods of each path.
var methods = map[string]map[string]struct {
	scope string
	serve func(*api, http.ResponseWriter, *http.Request, queue.Token) error
}{
	"messages": {
		http.MethodPost:   {queue.ScopeSend, (*api).send},
		http.MethodGet:    {queue.ScopeRead, (*api).messages},
		http.MethodDelete: {queue.ScopeSend, (*api).cancel},
	},
	"statistics/messaging/messages": {http.MethodGet: {queue.ScopeRead, (*api).messages}},
	"statistics/chat/sessions":      {http.MethodGet: {queue.ScopeRead, (*api).sessions}},
}

func (a *api) route(w http.ResponseWriter, r *http.Request) error {
	path := below(r.URL.Path)
	if path == "auth" || strings.HasPrefix(path, "auth/") {
		return a.login(w, r, path)
	}
	if bulk, ok := strings.CutPrefix(path, "messages/bulk/"); ok && r.Method == http.MethodGet {
		token, err := a.authorize(r, queue.ScopeRead)
		if err != nil {
			return err
		}
		return a.bulk(w, r, token, bulk)
	}
	of, served := methods[path]
	if !served {
		if _, err := a.authorize(r, ""); err != nil {
			return err
		}
		return unserved(path)
	}
	m, ok := of[r.Method]
	if !ok {
		var allow []string
		for _, name := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			if _, ok := of[name]; ok {
				allow = append(allow, name)
			}
		}
		return &refusal{http.StatusMethodNotAllowed, "this path takes " + strings.Join(allow, ", ") + " only", strings.Join(allow, ", ")}
	}
	token, err := a.authorize(r, m.scope)
	if err != nil {
		return err
	}
	return m.serve(a, w, r, token)
}

// unserved is the answer to what TWIN has and this gateway has not.
func unserved(path string) error {
	for _, k := range known {
		if path != k.path && !strings.HasPrefix(path, k.path+"/") {
			continue
		}
		if k.instead == "" {
			return &refusal{status: http.StatusNotFound, words: "there is no such path"}
		}
		return &refusal{status: http.StatusNotImplemented, words: "this gateway does not have " + k.path + ": " + k.instead}
	}
	return &refusal{status: http.StatusNotFound, words: "there is no such path"}
}

func write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // a bug: our answers are plain
		status, body = http.StatusInternalServerError, []byte(`{"error":{"message":"the answer could not be written"}}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller may be gone; nothing to do about it
}
