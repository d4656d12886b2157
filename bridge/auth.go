package bridge

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Limits of guessing tokens: the first freeTries wrong tokens of an address
// within guessWindow are answered at once, each further one waits.
const (
	freeTries    = 5
	guessWindow  = time.Minute
	guessDelay   = 250 * time.Millisecond // more with each try, up to guessMax
	guessMax     = 2 * time.Second
	guessPeers   = 4096 // addresses remembered at one time
	guessWaiting = 32   // answers held back for one address at one time; more are cut short
	guessAlarm   = 20   // wrong tokens of an address in a window that the log tells of
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
	// Log hears of an address that guesses, once in each window; nil: nobody.
	Log *slog.Logger
	// Wrong hears of each wrong or missing token; nil: nobody. It must not wait.
	Wrong func()

	mu    sync.Mutex
	wrong map[string]guesses // by remote address, at most guessPeers
}

type guesses struct {
	n       int
	since   time.Time
	waiting int
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

// Check finds the token of a secret and notes it as the Caller of the request
// of ctx. A wrong one is wabridge.CodeToken, and after some of them from the
// same address the answer is held back for up to 2 seconds; right ones never
// wait.
func (a *Auth) Check(ctx context.Context, remote, secret string) (queue.Token, error) {
	if secret == "" {
		a.tell()
		return queue.Token{}, wabridge.Fail(wabridge.CodeToken, nil, "no token")
	}
	token, err := a.tokens.Authenticate(ctx, secret)
	if wabridge.CodeOf(err) == wabridge.CodeToken {
		a.tell()
		a.holdBack(ctx, remote)
		return queue.Token{}, wabridge.Fail(wabridge.CodeToken, nil, "unknown or revoked token")
	}
	if req, ok := ctx.Value(requestKey{}).(*request); ok && err == nil {
		req.token = token
	}
	return token, err
}

func (a *Auth) tell() {
	if a.Wrong != nil {
		a.Wrong()
	}
}

// holdBack waits as long as the address deserves. No more than guessWaiting
// answers wait for one address: a flood of guesses must not fill the memory
// with those that wait. (A secret has 256 bits; the wait is there to keep a
// guesser from being a load, not to make up for short secrets.)
func (a *Auth) holdBack(ctx context.Context, remote string) {
	peer := peerOf(remote)
	wait := a.count(peer, time.Now())
	if wait == 0 || !a.queue(peer, 1) {
		return
	}
	defer a.queue(peer, -1)
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// peerOf is what guesses are counted by: an IPv4 address, or the network (/64)
// of an IPv6 one, of which a single machine has as many as it likes.
func peerOf(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if addr = addr.Unmap().WithZone(""); addr.Is6() {
		return netip.PrefixFrom(addr, 64).Masked().String()
	}
	return addr.String()
}

// count notes a wrong token and returns how long its answer waits.
func (a *Auth) count(peer string, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.wrong[peer]
	if now.Sub(g.since) > guessWindow {
		g = guesses{since: now, waiting: g.waiting}
		a.forget(now)
	}
	g.n++
	a.wrong[peer] = g
	if g.n == guessAlarm && a.Log != nil {
		a.Log.Warn("many wrong tokens from one address", "from", peer, "count", g.n)
	}
	return min(max(0, time.Duration(g.n-freeTries)*guessDelay), guessMax)
}

// queue takes one of the address's places to wait (n is 1), or gives it back
// (-1); false if there is none.
func (a *Auth) queue(peer string, n int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	g, known := a.wrong[peer]
	if !known || n > 0 && g.waiting >= guessWaiting {
		return false
	}
	g.waiting = max(0, g.waiting+n)
	a.wrong[peer] = g
	return true
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
