package file

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Limits of a fetch.
const (
	fetchTime    = 2 * time.Minute // all of it
	dialTime     = 10 * time.Second
	answerTime   = 20 * time.Second // until the header of an answer
	maxRedirects = 5
	maxHeader    = 64 << 10
	maxFetches   = 16 // at one time
	maxURL       = 2048
	cacheTime    = 10 * time.Minute
)

// errScheme refuses a redirect.
var errScheme = errors.New("a redirect leads to something other than http or https")

// errRedirects ends a chain of redirects.
var errRedirects = fmt.Errorf("more than %d redirects", maxRedirects)

// links fetches links.
type links struct {
	client *http.Client
	cache  cache
	turn   chan struct{} // capacity maxFetches
}

// newLinks makes one; allow judges each address before it is dialled, nil
// allows all.
func newLinks(allow func(network, address string, _ syscall.RawConn) error) *links {
	d := &net.Dialer{Timeout: dialTime, KeepAlive: -1, Control: allow}
	return &links{
		turn: make(chan struct{}, maxFetches),
		client: &http.Client{
			Timeout: fetchTime,
			// No proxy of the environment: it would be dialled in the place of
			// the address that is judged.
			Transport: &http.Transport{
				DialContext: d.DialContext, TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: answerTime,
				MaxResponseHeaderBytes: maxHeader, DisableCompression: true, MaxIdleConnsPerHost: 2, IdleConnTimeout: 10 * time.Second,
			},
			CheckRedirect: func(r *http.Request, via []*http.Request) error {
				if len(via) > maxRedirects {
					return errRedirects
				}
				if !isWeb(r.URL) {
					return errScheme
				}
				return nil
			},
		},
	}
}

func isWeb(u *url.URL) bool {
	return u.Host != "" && (strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Scheme, "https"))
}

// ValidLink reports whether Fetch would try a link: http or https, with a
// host, of at most 2048 bytes.
func ValidLink(link string) bool {
	u, err := url.Parse(link)
	return err == nil && len(link) <= maxURL && isWeb(u)
}

// Fetch brings the file of a link in, for a kind of message. The same link is
// fetched once in 10 minutes, unless its server forbids that (Cache-Control),
// and what has not changed by its ETag or date is not loaded again.
// CodeParameter for what is no link, CodeStorage if the file cannot be stored,
// else CodeMediaUpload with what went wrong.
func (l *Library) Fetch(ctx context.Context, phone, link, kind string) (queue.MediaRecord, error) {
	if !ValidLink(link) {
		return queue.MediaRecord{}, wabridge.Fail(wabridge.CodeParameter, nil, "the link is not a valid http or https address")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	key := cacheKey{phone, link}
	unlock, err := l.links.cache.lock(ctx, key) // many messages may name one link at one time
	if err != nil {
		return queue.MediaRecord{}, stopped(err)
	}
	defer unlock()
	known := l.known(ctx, key, kind)
	if known.fresh(time.Now()) {
		return known.record, nil
	}
	select {
	case l.links.turn <- struct{}{}:
		defer func() { <-l.links.turn }()
	case <-ctx.Done():
		return queue.MediaRecord{}, stopped(ctx.Err())
	}
	return l.load(ctx, key, kind, known)
}

func stopped(err error) error {
	return wabridge.Fail(wabridge.CodeMediaUpload, err, "the link could not be fetched in time")
}

// known is what an earlier fetch of the link left, if it is still here and
// fits the kind; the zero value otherwise.
func (l *Library) known(ctx context.Context, key cacheKey, kind string) cached {
	c, ok := l.links.cache.get(key)
	if !ok { // an earlier process's
		r, err := l.Records.MediaByURL(ctx, key.phone, key.link, time.Now().Add(-cacheTime))
		if err != nil {
			return cached{}
		}
		c = cached{record: r, until: r.Created.Add(cacheTime)}
	}
	r, err := l.Find(ctx, key.phone, c.record.ID, kind)
	if err != nil {
		return cached{}
	}
	c.record = r
	return c
}

// load asks the server of a link.
func (l *Library) load(ctx context.Context, key cacheKey, kind string, known cached) (queue.MediaRecord, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, key.link, nil)
	if err != nil {
		return queue.MediaRecord{}, wabridge.Fail(wabridge.CodeParameter, nil, "the link is not a valid http or https address")
	}
	req.Header.Set("User-Agent", "wabridge")
	req.Header.Set("Accept", "*/*")
	req.Header.Set("Accept-Encoding", "identity")
	known.condition(req.Header)
	resp, err := l.links.client.Do(req)
	if err != nil {
		return queue.MediaRecord{}, explain(err)
	}
	defer resp.Body.Close()
	policy := policyOf(resp.Header)
	if resp.StatusCode == http.StatusNotModified && known.record.ID != "" {
		l.links.cache.put(key, policy.entry(known.record, resp.Header, known))
		return known.record, nil
	}
	in := Incoming{
		Phone: key.phone, Origin: queue.MediaLink, Kind: kind,
		Declared: resp.Header.Get("Content-Type"), Name: nameOf(resp), Promise: path.Base(req.URL.Path),
	}
	if err := acceptable(resp, l.limit(in)); err != nil {
		return queue.MediaRecord{}, err
	}
	if in.Body, err = decoded(resp, in); err != nil {
		return queue.MediaRecord{}, err
	}
	if policy.plain() {
		in.URL = key.link // a later process may use it for as long as we would
	}
	r, err := l.Add(ctx, in)
	if err != nil {
		return queue.MediaRecord{}, explain(err)
	}
	l.links.cache.put(key, policy.entry(r, resp.Header, cached{}))
	return r, nil
}

// acceptable judges an answer before its body is read.
func acceptable(resp *http.Response, limit int64) error {
	switch {
	case resp.StatusCode != http.StatusOK:
		return wabridge.Fail(wabridge.CodeMediaUpload, nil, "the server of the link answered HTTP %d", resp.StatusCode)
	case resp.ContentLength > limit:
		return wabridge.Fail(wabridge.CodeMediaUpload, nil, "the file of the link has %d bytes, and at most %d are taken", resp.ContentLength, limit)
	}
	return nil
}

// nameOf is the file's name as its server tells it, or the last part of the
// address; "" for none.
func nameOf(resp *http.Response) string {
	_, args, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
	name := ""
	if err == nil {
		name = args["filename"]
	}
	return CleanName(cmp.Or(name, path.Base(resp.Request.URL.Path)))
}

// maxName bounds a file name, in bytes: that of Android's file systems.
const maxName = 240

// CleanName makes a file name of what a stranger calls one
// (wabridge.CleanFileName), at most 240 bytes; "" if nothing is left.
func CleanName(name string) string {
	name = wabridge.CleanFileName(name)
	if len(name) > maxName {
		ext := path.Ext(name)
		if len(ext) > 16 {
			ext = ""
		}
		name = wabridge.CleanFileName(strings.ToValidUTF8(name[:maxName-len(ext)], "") + ext) // the cut may end it with a space
	}
	return name
}

// explain turns an error of fetching into one that says why and tells nothing
// of our network. What has a code keeps it.
func explain(err error) error {
	if e, ok := errors.AsType[*wabridge.Error](err); ok {
		return e
	}
	return &wabridge.Error{Code: wabridge.CodeMediaUpload, Detail: cmp.Or(policyError(err), tlsError(err), networkError(err), "the connection to the server of the link broke")}
}

// policyError explains what this gateway does not do, "" for another error.
func policyError(err error) string {
	switch {
	case errors.Is(err, errPrivate):
		return "the link leads to a private address, which is not fetched unless media.allow_private is set"
	case errors.Is(err, errScheme):
		return "the link was not followed: " + errScheme.Error()
	case errors.Is(err, errRedirects):
		return "the link was not followed: " + errRedirects.Error()
	case errors.Is(err, errEncoding):
		return "the server of the link says that it compressed the file (Content-Encoding), but its bytes are not in that form"
	}
	return ""
}

// tlsError explains an error of HTTPS, "" for another one. What a certificate
// holds stays private: the names in it may be of an inner network.
func tlsError(err error) string {
	const verify = "the certificate of the link's server is not valid: "
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return verify + "it has expired, or is not valid yet"
	}
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var certificate *tls.CertificateVerificationError
	var alert *net.OpError // "remote error" and "local error" are TLS alerts
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &host):
		return verify + "it is for another host name"
	case errors.As(err, &authority):
		return verify + "it is self-signed, or signed by an authority that this machine does not know"
	case errors.As(err, &certificate):
		return verify + "it cannot be verified"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server of the link does not speak HTTPS on this port; is the link http, or has it another port?"
	case errors.As(err, &alert) && strings.HasSuffix(alert.Op, " error"):
		return "the server of the link and this gateway agree on no TLS version or cipher"
	}
	return ""
}

// networkError explains an error of the way to the server, "" for another one.
func networkError(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "the host of the link was not found (DNS)"
	case errors.As(err, &dns):
		return "the host of the link could not be looked up: the DNS server does not answer"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the server of the link refused the connection: nothing listens on its port"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way through the network to the server of the link"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "the server of the link did not answer in time"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the file of the link ended early"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF),
		strings.Contains(err.Error(), "server closed idle connection"): // net/http has no name for it
		return "the server of the link closed the connection without a whole answer"
	}
	return ""
}
