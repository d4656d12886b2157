package bridge

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Limits of guessing tokens: the first freeTries wrong tokens of an address
// within guessWindow are answered at once, each further one waits.
const (
	freeTries   = 5
	guessWindow = time.Minute
	guessDelay  = 250 * time.Millisecond // more with each try, up to guessMax
	guessMax    = 2 * time.Second
	guessPeers  = 4096 // addresses remembered at one time
)

// An Authenticator finds the live token of a secret; wabridge.CodeToken if
// there is none. queue.Tokens is one.
type Authenticator interface {
	Authenticate(ctx context.Context, secret string) (queue.Token, error)
}

// Auth finds out who is asking. One Auth serves all interfaces of a program,
// so that guesses at one count at the others. It is safe for use by many
// goroutines.
type Auth struct {
	tokens Authenticator
	mu     sync.Mutex
	wrong  map[string]guesses // by remote address, at most guessPeers
}

type guesses struct {
	n     int
	since time.Time
}

// NewAuth makes an Auth over the stored tokens.
func NewAuth(tokens Authenticator) *Auth {
	return &Auth{tokens: tokens, wrong: map[string]guesses{}}
}

// Secret finds the token of a request: in the header (Authorization: Bearer
// or, as some Graph clients write it, OAuth), or in the access_token parameter
// of the query. inQuery tells which.
func Secret(r *http.Request) (secret string, inQuery bool) {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "OAuth") {
		return strings.TrimSpace(value), false
	}
	if strings.Contains(r.URL.RawQuery, "access_token") {
		secret = r.URL.Query().Get("access_token")
	}
	return secret, secret != ""
}

// Check finds the token of a secret. A wrong one is wabridge.CodeToken, and
// after some of them from the same address the answer is held back for up to
// 2 seconds; right ones never wait.
func (a *Auth) Check(ctx context.Context, remote, secret string) (queue.Token, error) {
	if secret == "" {
		return queue.Token{}, wabridge.Fail(wabridge.CodeToken, nil, "no token")
	}
	token, err := a.tokens.Authenticate(ctx, secret)
	if wabridge.CodeOf(err) == wabridge.CodeToken {
		a.holdBack(ctx, remote)
		return queue.Token{}, wabridge.Fail(wabridge.CodeToken, nil, "unknown or revoked token")
	}
	return token, err
}

// holdBack waits as long as the address deserves.
func (a *Auth) holdBack(ctx context.Context, remote string) {
	wait := a.count(remote, time.Now())
	if wait == 0 {
		return
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}

// count notes a wrong token and returns how long its answer waits.
func (a *Auth) count(remote string, now time.Time) time.Duration {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.wrong[host]
	if now.Sub(g.since) > guessWindow {
		g = guesses{since: now}
		a.forget(now)
	}
	g.n++
	a.wrong[host] = g
	return min(max(0, time.Duration(g.n-freeTries)*guessDelay), guessMax)
}

// forget keeps the map small: it drops the addresses whose window is over and,
// where that is not enough, any other one.
func (a *Auth) forget(now time.Time) {
	if len(a.wrong) < guessPeers {
		return
	}
	for host, g := range a.wrong {
		if now.Sub(g.since) > guessWindow {
			delete(a.wrong, host)
		}
	}
	for host := range a.wrong {
		if len(a.wrong) < guessPeers {
			return
		}
		delete(a.wrong, host)
	}
}
