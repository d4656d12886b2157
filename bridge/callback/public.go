package callback

import (
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/wabridge/wabridge/bridge/file"
)

// postTime bounds one POST.
const postTime = 20 * time.Second

// PublicClient is a client for callbackUrls that reaches the public internet
// alone: whoever may send names them.
func PublicClient() *http.Client {
	d := &net.Dialer{Timeout: postTime / 2, Control: file.PublicOnly}
	return &http.Client{
		Timeout: postTime,
		// No proxy of the environment: it would be dialled in the place of the
		// address that is judged.
		Transport:     &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: postTime / 2, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// LaneOf names the receiver behind an address: all of it but what follows a
// "?". One that is told there which message is meant is still one receiver.
func LaneOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.RawQuery, u.Fragment, u.ForceQuery = "", "", false
	return u.String()
}
