// Package devino is the WhatsApp half of Devino Telecom's HTTP API, so that a
// CRM written for it moves to this gateway by changing its base URL and key:
// POST /whatsapp/messages, the webhook of statuses to each message's
// callbackUrl, and the webhook of incoming messages.
//
// It is thin: messages go into the same queue as all others (queue.Accepter),
// and webhooks are read from the same event log (Deliverer). It knows nothing
// of screens, ADB or SQL. What is not known of the original is marked so here
// and in docs/devino.md; "Devino's page" is docs.devino.online/…/whatsapp.
package devino

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/callback"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/queue"
)

// Paths of the interface, below the server's own address.
const (
	MessagesPath = "/whatsapp/messages"
	ContentPath  = "/whatsapp/content/"
)

// Limits of a call.
const (
	maxBody    = 4 << 20 // bytes; 100 messages with all their parameters, escaped
	maxBatch   = 100     // messages (Devino's older page: at most 100 in one call)
	maxKey     = 240     // bytes of an Idempotency-Key
	fetchTime  = 30 * time.Second
	maxFetches = 8 // files of one call that are fetched at one time
	defaultTTL = 30 * 24 * time.Hour
)

// Store is what the interface needs of the database; queue.Store has it all.
type Store interface {
	queue.Accepter
	queue.Objects
	callback.Store
	Phones(ctx context.Context) ([]wabridge.Phone, error)
	Phone(ctx context.Context, id string) (wabridge.Phone, error)
	Message(ctx context.Context, id string) (wabridge.Message, error)
	bridge.MessageLister
	Media(ctx context.Context, id string, now time.Time) (queue.MediaRecord, error)
}

// A Linker fetches the file of a link for a kind of message ("" for the kind
// that its type is made for); *file.Library is one.
type Linker interface {
	Fetch(ctx context.Context, phone, url, kind string) (queue.MediaRecord, error)
}

// Files opens the bytes of files; *media.Store does.
type Files interface {
	File(hash string) (*os.File, error)
}

// Config is what the interface is made of. Store, Auth and Log are required
// for Handler; Store, Client and Log for New.
type Config struct {
	Store Store
	Auth  *bridge.Auth
	Log   *slog.Logger
	// Senders maps the names in `from` to phone_number_ids. A phone's own
	// number and its id always name it; with one phone and no Senders anything
	// does.
	Senders map[string]string
	// Links fetches contentUrl; nil refuses it.
	Links Linker
	// Files hands out what people sent; nil leaves contentUrl out.
	Files Files
	// Incoming is where incoming messages are posted; "" posts none.
	Incoming string
	// Base is the address under which receivers reach this server, for the
	// contentUrl of incoming files ("https://wa.example.org").
	Base string
	// Client posts incoming messages, Callbacks statuses (nil: Client, too).
	// They should follow no redirects and have a timeout.
	Client, Callbacks *http.Client
	// Reach says which private addresses callbackUrls may name.
	Reach callback.Reach
	// Searching: a call for a phone that is not known is answered with 503
	// while it is on.
	Searching bridge.Search
	// Policy says when an event is set aside.
	Policy delivery.Policy
}

type api struct {
	Config
	sign *signer
}

// Handler serves MessagesPath and ContentPath.
func Handler(c Config) http.Handler {
	a := &api{c, &signer{store: c.Store}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, ContentPath) {
			bridge.Routed(r.Context(), "GET "+ContentPath)
			a.download(w, r)
			return
		}
		bridge.Routed(r.Context(), "POST "+MessagesPath)
		a.serve(w, bridge.WithoutBOM(r))
	})
}

// Ours reports whether Handler serves a path.
func Ours(path string) bool {
	return path == MessagesPath || path == MessagesPath+"/" || strings.HasPrefix(path, ContentPath)
}

// A refusal ends a whole call.
type refusal struct {
	status int
	reason reason
	words  string
}

func (e *refusal) Error() string { return e.words }

// serve answers a call. Every answer has the form of a list of results: a call
// that is refused as a whole has one, REJECTED. (Which HTTP status Devino
// gives then is not known; its clients parse the body of any.)
func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	results, err := a.guarded(w, r)
	if err == nil {
		write(w, http.StatusOK, answer{results})
		return
	}
	e, ok := errors.AsType[*refusal](err)
	if !ok {
		a.Log.ErrorContext(r.Context(), "request not answered", "err", err)
		e = refusalOf(err)
	}
	switch e.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Key realm="wabridge"`)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", bridge.SearchAgain)
	}
	write(w, e.status, answer{[]result{{Code: rejected, Reasons: []reason{e.reason}, Description: e.words}}})
}

// guarded makes a panic an error like any other.
func (a *api) guarded(w http.ResponseWriter, r *http.Request) (results []result, err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			err = bridge.Panicked(p)
		}
	}()
	return a.send(w, r)
}

// refusalOf is what the caller learns of an error that is not his.
func refusalOf(err error) *refusal {
	switch code := wabridge.CodeOf(err); {
	case errors.Is(err, bridge.ErrSearching):
		return &refusal{http.StatusServiceUnavailable, reason{keyNotThere, "from"}, err.Error()}
	case code == wabridge.CodeConflict:
		return &refusal{http.StatusConflict, reason{keyInvalid, "Idempotency-Key"}, "this key was used for another request; use a new one for new messages"}
	case code == wabridge.CodeStorage || code.Cloud() == wabridge.CodeUnavailable:
		return &refusal{http.StatusServiceUnavailable, reason{Key: keyUnknown}, "the gateway could not store this; nothing was accepted: repeat the request later"}
	}
	return &refusal{http.StatusInternalServerError, reason{Key: keyUnknown}, "the gateway made a mistake; nothing is known to be accepted"}
}

// authorize finds the token of a call: Authorization: Key <token>.
func (a *api) authorize(r *http.Request) (queue.Token, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Key") {
		secret = ""
	}
	token, err := a.Auth.Check(r.Context(), r.RemoteAddr, strings.TrimSpace(secret))
	if wabridge.CodeOf(err) == wabridge.CodeToken {
		return token, &refusal{http.StatusUnauthorized, reason{Key: keyForbidden}, "the header Authorization must be Key and a live token of this gateway"}
	}
	if err == nil && !token.Allows(queue.ScopeSend) {
		err = &refusal{http.StatusForbidden, reason{Key: keyForbidden}, "this token lacks the scope send"}
	}
	return token, err
}

// send is POST /whatsapp/messages.
func (a *api) send(w http.ResponseWriter, r *http.Request) ([]result, error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, &refusal{http.StatusMethodNotAllowed, reason{Key: keyUnknown}, "this path takes POST only"}
	}
	token, err := a.authorize(r)
	if err != nil {
		return nil, err
	}
	key := r.Header.Get("Idempotency-Key")
	if len(key) > maxKey {
		return nil, &refusal{http.StatusBadRequest, reason{keyTooLong, "Idempotency-Key"}, "it is longer than 240 bytes; use a UUID"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return nil, &refusal{http.StatusRequestEntityTooLarge, reason{keyTooMany, "messages"}, "the body is larger than 4 MB; send it in parts"}
		}
		return nil, &refusal{http.StatusBadRequest, reason{Key: keyUnknown}, "the body did not arrive"}
	}
	items, err := parse(body)
	if err != nil {
		return nil, err
	}
	phones, err := a.Store.Phones(r.Context())
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for i := range items {
		if err := a.draft(r.Context(), &items[i], phones, now); err != nil {
			return nil, err
		}
	}
	if err := a.fetch(r.Context(), items); err != nil {
		return nil, err
	}
	return a.accept(r.Context(), token, key, items, now)
}

// accept commits what passed and answers in the order of the call.
func (a *api) accept(ctx context.Context, token queue.Token, key string, items []item, now time.Time) ([]result, error) {
	batch := newBatch(now)
	urls := map[string]string{}
	var drafts []queue.Draft
	for i := range items {
		it := &items[i]
		if !it.ok() {
			continue
		}
		it.message.ID = batch.wamid(i)
		d := queue.Draft{Message: it.message}
		if key != "" {
			d.Key, d.Owner, d.Print = key+"#"+itoa(i), token.ID, it.print()
		}
		drafts = append(drafts, d)
		if it.callbackURL != "" {
			urls[it.message.ID] = it.callbackURL
		}
	}
	if err := batch.store(ctx, a.Store, urls, now); err != nil {
		return nil, err
	}
	var accepted []queue.Accepted
	if len(drafts) > 0 {
		var err error
		if accepted, err = a.Store.Enqueue(ctx, drafts...); err != nil {
			return nil, err
		}
	}
	results := make([]result, len(items))
	for i := range items {
		if results[i] = items[i].result(); items[i].ok() {
			bridge.LogRenamed(ctx, a.Log, &items[i].message)
			if name, renamed := bridge.RenamedFile(&items[i].message); renamed {
				results[i].Description = items[i].at("contentName") + ": the recipient sees the file as " + strconv.Quote(name)
			}
			results[i].MessageID = itoa(number(accepted[0].Message.Created, accepted[0].Message.Seq))
			accepted = accepted[1:]
		}
	}
	return results, nil
}

func write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // a bug: our answers are plain
		status, body = http.StatusInternalServerError, []byte(`{"result":[{"code":"REJECTED","reasons":[{"key":"unknown"}]}]}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller may be gone; nothing to do about it
}
