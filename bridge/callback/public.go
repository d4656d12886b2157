package callback

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/bridge/file"
)

// A Reach says which addresses besides those of the public internet may be
// named for callbacks by whoever may send messages.
type Reach struct {
	Private  bool // private networks and this machine
	Loopback bool // this machine
	// Setting is the prefix of the settings that allow more, for the words of a
	// refusal: "devino" for devino.allow_private.
	Setting string
}

// Refuse says why an address must not be named, as it is written; "" if it may.
// A name that leads to a private address is found out when it is dialled.
func (r Reach) Refuse(address string) string {
	if r.Private || !file.Private(address) || r.Loopback && loopback(address) {
		return ""
	}
	return "it leads to a private address, which is not told of anything unless " + r.settings() + " is set"
}

// settings names what would allow a private address.
func (r Reach) settings() string {
	return r.Setting + ".allow_private (or, for this machine, " + r.Setting + ".allow_loopback)"
}

// loopback reports whether an address is this machine's, as it is written.
func loopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// control is a net.Dialer's Control that keeps to the reach.
func (r Reach) control(network, address string, c syscall.RawConn) error {
	if a, err := netip.ParseAddrPort(address); r.Loopback && err == nil && a.Addr().Unmap().IsLoopback() {
		return nil
	}
	if err := file.PublicOnly(network, address, c); err != nil {
		return fmt.Errorf("%w; set %s to allow it", err, r.settings())
	}
	return nil
}

// Client is a client for callbackUrls that reaches no further than r.
func (r Reach) Client() *http.Client {
	d := &net.Dialer{Timeout: delivery.Timeout / 2}
	if !r.Private {
		d.Control = r.control
	}
	return &http.Client{
		Timeout: delivery.Timeout,
		// No proxy of the environment: it would be dialled in the place of the
		// address that is judged.
		Transport: &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: delivery.Timeout / 2, MaxIdleConnsPerHost: 2 * parallel,
			IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ReceiverOf names the receiver behind an address: all of it but what follows a
// "?". One that is told there which message is meant is still one receiver.
func ReceiverOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.RawQuery, u.Fragment, u.ForceQuery = "", "", false
	return u.String()
}
