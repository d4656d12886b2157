package file

import (
	"errors"
	"net/netip"
	"syscall"
)

// errPrivate refuses an address of a link. It names no address: who wrote the
// link learns nothing of our network.
var errPrivate = errors.New("the address is not a public one")

// special are the networks that are not the public internet (IANA's special
// purpose registries; RFC 6890 and its successors), beside those that netip
// knows by itself. 168.63.129.16 is the metadata service of a cloud (Azure);
// the others' are link-local, shared or unique local.
var special = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "168.63.129.16/32",
	"::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10",
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

var (
	nat64   = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: the last 4 bytes are an IPv4 address
	sixToIV = netip.MustParsePrefix("2002::/16")    // RFC 3056: bytes 2 to 5 are
)

// public reports whether an address is one of the public internet. An address
// that only wraps another is judged by what it wraps.
func public(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	b := a.As16()
	switch {
	case nat64.Contains(a):
		a = netip.AddrFrom4([4]byte(b[12:16]))
	case sixToIV.Contains(a):
		a = netip.AddrFrom4([4]byte(b[2:6]))
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// onlyPublic is a net.Dialer's Control: it sees the address that is about to be
// dialled, after the name was looked up, so that no name and no redirect leads
// past it.
func onlyPublic(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !public(a.Addr()) {
		return errPrivate
	}
	return nil
}
