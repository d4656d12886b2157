package file

import (
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// PublicOnly is a net.Dialer's Control that lets it dial addresses of the
// public internet alone, for others whose callers name an address.
func PublicOnly(network, address string, c syscall.RawConn) error {
	return onlyPublic(network, address, c)
}

// Private reports whether an address is a private one as it is written: by its
// number, or localhost. A name that leads to one is found out by PublicOnly.
func Private(link string) bool {
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	a, err := netip.ParseAddr(host)
	return err == nil && !public(a) || host == "localhost" || strings.HasSuffix(host, ".localhost")
}
