package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/daemon"
)

// A client speaks to a running gateway.
type client struct {
	url, token string
	tls        *tls.Config // nil: as the system trusts
	http       *http.Client
	uploading  *upload // counts the bodies that go out; nil: nobody asks
}

// addClientFlags declares how the gateway is found.
func addClientFlags(c *cobra.Command) {
	c.Flags().String("url", "", "URL of the gateway (default: that of the one on --data, else http://"+daemon.Default().Listen+") ($WABRIDGE_URL)")
	c.Flags().String("token", "", "token (default: the one in the data directory) ($WABRIDGE_TOKEN)")
	addDataFlag(c)
}

// addDataFlag declares where a gateway on this machine keeps its data.
func addDataFlag(c *cobra.Command) {
	c.Flags().String("data", daemon.Default().Data, "data directory of a gateway on this machine ($WABRIDGE_DATA)")
}

// setting reads a flag, else its environment variable, else the flag's default
// (also that of --data for a command without the flag).
func setting(c *cobra.Command, flag, env string) string {
	f := c.Flags().Lookup(flag)
	if v := os.Getenv(env); v != "" && (f == nil || !f.Changed) {
		return v
	}
	if f == nil { // a command that need not ask a gateway
		return map[string]string{"data": daemon.Default().Data}[flag]
	}
	return f.Value.String()
}

func newClient(c *cobra.Command) (*client, error) {
	cl := &client{
		url:   strings.TrimSuffix(setting(c, "url", "WABRIDGE_URL"), "/"),
		token: setting(c, "token", "WABRIDGE_TOKEN"),
		http:  &http.Client{Timeout: 90 * time.Second},
	}
	data, remote := setting(c, "data", "WABRIDGE_DATA"), cl.url != ""
	if !remote {
		cl.url = "http://" + daemon.Default().Listen
		switch local, err := daemon.FindLocal(data); {
		case err == nil:
			cl.trust(local)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("the address of the gateway: %w", err)
		}
	}
	if u, err := url.Parse(cl.url); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("--url: %q is not an http or https URL, e.g. http://%s", cl.url, daemon.Default().Listen)
	}
	if cl.token == "" {
		secret, err := os.ReadFile(filepath.Join(data, daemon.TokenFile))
		if err != nil {
			return nil, noToken(data, remote, err)
		}
		cl.token = strings.TrimSpace(string(secret))
	}
	return cl, nil
}

// trust makes the client use a gateway of this machine, and, with https, trust
// its certificate alone.
func (cl *client) trust(local daemon.Local) {
	cl.url, cl.tls = local.URL, local.TLS()
	if cl.tls == nil {
		return
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = cl.tls
	cl.http.Transport = transport
}

// noToken explains what to do without a token.
func noToken(data string, remote bool, err error) error {
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the token of the gateway: %w", err)
	case remote:
		return errors.New("no token for the gateway: give --token or WABRIDGE_TOKEN; `wabridge token create` makes one, where the gateway runs")
	}
	return fmt.Errorf("no gateway has run on the data directory %s; start one with `wabridge serve`, "+
		"or name its directory with --data, or give --url and --token", data)
}

// An apiError is an answer of the gateway that is not 2xx.
type apiError struct {
	Status  int
	Code    string // of /bridge/v1; "" for Graph's
	Subcode int    // of Graph
	Text    string
}

func (e *apiError) Error() string { return e.Text }

// do makes one request; v, if not nil, receives the JSON answer.
func (cl *client) do(ctx context.Context, method, path string, body, v any, headers ...[2]string) error {
	var send io.Reader
	length := int64(0) // of what http does not count itself
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		send = bytes.NewReader(b)
		if cl.uploading != nil {
			send, length = &countedBody{Reader: send, sent: cl.uploading}, int64(len(b))
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, cl.url+path, send)
	if err != nil {
		return fmt.Errorf("request %s: %w", path, err)
	}
	if length > 0 {
		req.ContentLength = length
		cl.uploading.total.Store(length)
	}
	req.Header.Set("Authorization", "Bearer "+cl.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		req.Header.Set(h[0], h[1])
	}
	resp, err := cl.http.Do(req)
	if err != nil {
		return cl.unreachable(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	if resp.StatusCode/100 != 2 {
		return cl.refused(resp.StatusCode, answer)
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(answer, v); err != nil {
		return fmt.Errorf("%s answered something that is not JSON: is it a wabridge?", cl.url)
	}
	return nil
}

// errUnreachable marks that no gateway answered, so that the request may be
// made again.
var errUnreachable = errors.New("no gateway")

type unreachable struct{ text string }

func (e unreachable) Error() string        { return e.text }
func (e unreachable) Is(target error) bool { return target == errUnreachable }

func (cl *client) unreachable(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return unreachable{fmt.Sprintf("no gateway answers at %s: start one with `wabridge serve`, or give --url", cl.url)}
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the URL, which may hold what nobody should read
	}
	return unreachable{fmt.Sprintf("the gateway at %s cannot be reached: %v", cl.url, err)}
}

// refused reads either error form: Graph's and that of /bridge/v1.
func (cl *client) refused(status int, body []byte) error {
	var e struct {
		Error struct {
			Code    json.RawMessage `json:"code"`
			Subcode int             `json:"error_subcode"`
			Message string          `json:"message"`
			Remedy  string          `json:"remedy"`
			Data    struct {
				Details string `json:"details"`
			} `json:"error_data"`
		} `json:"error"`
	}
	if status == http.StatusUnauthorized && (json.Unmarshal(body, &e) != nil || e.Error.Message == "") {
		return &apiError{Status: status, Text: fmt.Sprintf("%s does not know this token; `wabridge token create NAME --scope admin`, on the gateway's machine, makes one", cl.url)}
	}
	if json.Unmarshal(body, &e) != nil || e.Error.Message == "" {
		return &apiError{Status: status, Text: fmt.Sprintf("%s answered HTTP %d: is it a wabridge?", cl.url, status)}
	}
	a := &apiError{Status: status, Subcode: e.Error.Subcode, Text: e.Error.Message}
	_ = json.Unmarshal(e.Error.Code, &a.Code) // Graph's is a number and stays out
	if status == http.StatusUnauthorized {
		a.Text = "the gateway at " + cl.url + " does not know this token, or it was revoked; make one with `wabridge token create`"
		return a
	}
	for _, p := range []string{e.Error.Data.Details, e.Error.Remedy} {
		if p != "" {
			a.Text += "; " + p
		}
	}
	return a
}
