package daemon

import (
	"net/http"
	"runtime/pprof"
	"slices"
	"strings"

	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// GoroutinesPath is where an admin's token gets what each goroutine is doing,
// for a support bundle.
const GoroutinesPath = "/bridge/v1/goroutines"

// serveGoroutines answers GoroutinesPath and leaves the rest to next.
func serveGoroutines(auth *bridge.Auth, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != GoroutinesPath || r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		secret, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		token, err := auth.Check(r.Context(), r.RemoteAddr, secret)
		if err != nil || !slices.Contains(token.Scopes, queue.ScopeAdmin) {
			http.Error(w, "an admin's token is needed", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_ = pprof.Lookup("goroutine").WriteTo(w, 1) // stacks by number, without arguments; the client may be gone
	})
}
