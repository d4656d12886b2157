package daemon

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// validateListen checks an address to listen on: beyond loopback only with TLS
// or on the admin's word.
func (c Config) validateListen(bad report, field, address string, encrypted bool) {
	host, port, err := net.SplitHostPort(address)
	if _, perr := strconv.ParseUint(port, 10, 16); err == nil {
		err = perr
	}
	switch {
	case err != nil:
		bad(field, "%q is not host:port, e.g. 127.0.0.1:8080", address)
	case !c.Exposed && !encrypted && !loopback(host):
		bad(field, "%q can be reached from other machines, and what is served there is not encrypted; put a TLS proxy in front, "+
			"set tls.cert and tls.key (for listen), or set allow_exposed: true if the network is yours", address)
	}
}

// proxies are the networks of tls-ending proxies whose X-Forwarded-For counts.
func (c Config) proxies() (nets []netip.Prefix, err error) {
	for i, s := range c.Proxies {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			addr, aerr := netip.ParseAddr(s)
			if aerr != nil {
				return nil, fmt.Errorf("trusted_proxies[%d]: %q is neither an address nor a network, e.g. 10.0.0.0/8", i, s)
			}
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		nets = append(nets, p.Masked())
	}
	return nets, nil
}

// behind makes the address of a request that comes from a trusted proxy the one
// that the proxy tells: the last of X-Forwarded-For that is no trusted proxy's.
// What others write into that header is not believed.
func behind(proxies []netip.Prefix, next http.Handler) http.Handler {
	if len(proxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := clientOf(proxies, r.RemoteAddr, r.Header.Values("X-Forwarded-For")); from != r.RemoteAddr {
			r2 := *r
			r2.RemoteAddr = from
			r = &r2
		}
		next.ServeHTTP(w, r)
	})
}

// clientOf is a pure function; it gives host:port with port 0 for an address
// that a proxy tells.
func clientOf(proxies []netip.Prefix, remote string, forwarded []string) string {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil || !trusted(proxies, peer.Addr()) {
		return remote
	}
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		addr, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return remote
		}
		if addr = addr.Unmap(); i == 0 || !trusted(proxies, addr) {
			return netip.AddrPortFrom(addr, 0).String()
		}
	}
	return remote
}

func trusted(proxies []netip.Prefix, addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, p := range proxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// hsts is how long a browser shall ask for nothing but HTTPS.
const hsts = 180 * 24 * time.Hour

// guarded sets the headers that keep browsers from doing harm with an answer.
// A page may set others of its own.
func guarded(https bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if https {
			h.Set("Strict-Transport-Security", "max-age="+strconv.Itoa(int(hsts.Seconds())))
		}
		next.ServeHTTP(w, r)
	})
}
