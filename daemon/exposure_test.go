package daemon

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabridge/wabridge/audit"
)

// bare is a daemon without phones.
func bare(t *testing.T, change func(*Config)) (*Daemon, *lockedLog) {
	t.Helper()
	cfg := Default()
	cfg.Listen, cfg.Data, cfg.Discover, cfg.ADB.Start = "127.0.0.1:0", t.TempDir(), false, false
	cfg.Token = "the-admins-token"
	if change != nil {
		change(&cfg)
	}
	log := &lockedLog{}
	d, err := New(cfg, Build{Version: "test"}, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d, log
}

// writePair makes a self-signed certificate with this serial number.
func writePair(t *testing.T, c TLSConfig, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "wa.example.org"}, DNSNames: []string{"wa.example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &made, &made, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{c.Cert: {Type: "CERTIFICATE", Bytes: der}, c.Key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// serial is the serial number of the certificate that a new connection sees.
func serial(t *testing.T, addr string) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestCertificatesAreReadAnewWithoutDroppingConnections(t *testing.T) {
	dir := t.TempDir()
	c := TLSConfig{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	writePair(t, c, 1)
	d, log := bare(t, func(cfg *Config) { cfg.TLS = c })
	local, err := FindLocal(d.cfg.Data)
	if err != nil || local.URL != "https://"+d.Addr() || !Runs(t.Context(), d.cfg.Data) {
		t.Fatalf("found %+v, %v", local, err)
	}
	var dials atomic.Int32
	transport := &http.Transport{TLSClientConfig: local.TLS(), DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	defer transport.CloseIdleConnections()
	ask := func() {
		t.Helper()
		resp, err := (&http.Client{Transport: transport}).Get(local.URL + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	ask()
	writePair(t, c, 2)
	d.Reload()
	eventually(t, "the new certificate", func() bool { return serial(t, d.Addr()) == 2 })
	ask() // on the connection that is open, whose certificate was the first
	if n := dials.Load(); n != 1 {
		t.Errorf("%d connections, want the first one to live on", n)
	}
	if err := os.WriteFile(c.Key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.Reload()
	eventually(t, "word of the bad key", func() bool { return strings.Contains(log.tail(1000), "new certificate not used") })
	if got := serial(t, d.Addr()); got != 2 {
		t.Errorf("after a bad pair certificate %d is shown, want 2", got)
	}
	transport.CloseIdleConnections()
	if _, err := (&http.Client{Transport: transport}).Get(local.URL + "/healthz"); err == nil || !strings.Contains(err.Error(), "another certificate") {
		t.Errorf("a client that trusts the first certificate got %v from the second", err)
	}
	if now, err := FindLocal(d.cfg.Data); err != nil || bytes.Equal(now.Certificate, local.Certificate) {
		t.Errorf("the data directory still names the old certificate (%v)", err)
	}
	list, err := d.db.Audit(t.Context(), audit.Filter{Act: audit.TLSReload})
	if err != nil || len(list) != 1 {
		t.Errorf("recorded %+v, %v", list, err)
	}
	old := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10} //nolint:gosec // it must fail
	if conn, err := tls.Dial("tcp", d.Addr(), old); err == nil {
		_ = conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
}

func TestABadPairKeepsTheProgramFromStarting(t *testing.T) {
	cfg := Default()
	cfg.Listen, cfg.Data, cfg.Discover = "127.0.0.1:0", t.TempDir(), false
	cfg.TLS = TLSConfig{Cert: filepath.Join(cfg.Data, "none.pem"), Key: filepath.Join(cfg.Data, "none.key")}
	d, err := New(cfg, Build{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "tls.cert") {
		t.Errorf("got %v, want a word about tls.cert", err)
	}
}

func TestWhereItMayListen(t *testing.T) {
	pair := TLSConfig{Cert: "c", Key: "k"}
	for name, tt := range map[string]struct {
		change func(*Config)
		wrong  []string
	}{
		"loopback":                 {func(*Config) {}, nil},
		"everywhere":               {func(c *Config) { c.Listen = "0.0.0.0:80" }, []string{"listen"}},
		"everywhere, encrypted":    {func(c *Config) { c.Listen, c.TLS = ":443", pair }, nil},
		"everywhere, on purpose":   {func(c *Config) { c.Listen, c.Exposed = ":80", true }, nil},
		"metrics everywhere":       {func(c *Config) { c.Metrics.Listen, c.TLS = ":9464", pair }, []string{"metrics.listen"}},
		"metrics on loopback":      {func(c *Config) { c.Metrics.Listen = "[::1]:9464" }, nil},
		"half a pair":              {func(c *Config) { c.TLS.Cert = "c" }, []string{"tls.key"}},
		"the other half":           {func(c *Config) { c.TLS.Key = "k" }, []string{"tls.cert"}},
		"a proxy that is none":     {func(c *Config) { c.Proxies = []string{"10.0.0.0/8", "proxy.local"} }, []string{"trusted_proxies[1]"}},
		"an audit log for a week":  {func(c *Config) { c.Audit.Keep = 7 * 24 * time.Hour }, []string{"audit.keep"}},
		"no port":                  {func(c *Config) { c.Listen = "127.0.0.1" }, []string{"listen"}},
		"metrics without an order": {func(c *Config) { c.Metrics.Listen = "x" }, []string{"metrics.listen"}},
	} {
		cfg := Default()
		tt.change(&cfg)
		var got []string
		if err := cfg.Validate(); err != nil {
			for _, m := range err.(Mistakes) { //nolint:errorlint // Validate promises the type
				got = append(got, m.Field)
			}
		}
		if !slices.Equal(got, tt.wrong) {
			t.Errorf("%s: mistakes in %q, want %q", name, got, tt.wrong)
		}
	}
}

func TestOnlyTrustedProxiesTellWhoAsks(t *testing.T) {
	nets, err := Config{Proxies: []string{"10.0.0.0/8", "2001:db8::1"}}.proxies()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ remote, forwarded, want string }{
		"no proxy":                    {"192.0.2.1:5", "198.51.100.7", "192.0.2.1:5"},
		"a proxy":                     {"10.1.2.3:5", "198.51.100.7", "198.51.100.7:0"},
		"a proxy, lied to":            {"10.1.2.3:5", "1.1.1.1, 198.51.100.7", "198.51.100.7:0"},
		"two proxies":                 {"10.1.2.3:5", "198.51.100.7, 10.9.9.9", "198.51.100.7:0"},
		"two headers":                 {"10.1.2.3:5", "198.51.100.7,10.9.9.9", "198.51.100.7:0"},
		"IPv6":                        {"[2001:db8::1]:5", "2001:db8:5::7", "[2001:db8:5::7]:0"},
		"a proxy that says nothing":   {"10.1.2.3:5", "", "10.1.2.3:5"},
		"a proxy that says nonsense":  {"10.1.2.3:5", "unknown", "10.1.2.3:5"},
		"only proxies: the first one": {"10.1.2.3:5", "10.0.0.7, 10.0.0.8", "10.0.0.7:0"},
		"not an address":              {"@", "198.51.100.7", "@"},
	} {
		if got := clientOf(nets, tt.remote, []string{tt.forwarded}); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	var from string
	h := behind(nets, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { from = r.RemoteAddr }))
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.RemoteAddr = "10.0.0.1:1"
	r.Header.Set("X-Forwarded-For", "198.51.100.7")
	if h.ServeHTTP(httptest.NewRecorder(), r); from != "198.51.100.7:0" || r.RemoteAddr != "10.0.0.1:1" {
		t.Errorf("handed on %q, the request says %q", from, r.RemoteAddr)
	}
}

// call makes a request and returns the answer's status, header and body.
func (d *Daemon) call(t *testing.T, method, url, token string, body io.Reader) (*http.Response, string) {
	t.Helper()
	if strings.HasPrefix(url, "/") {
		url = d.URL() + url
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestMetricsAreForThoseWhoMay(t *testing.T) {
	d, _ := bare(t, func(c *Config) { c.Metrics.Listen = "127.0.0.1:0" })
	const bearer = "Bearer the-admins-token"
	for _, tt := range []struct {
		url, token string
		status     int
	}{
		{"/metrics", "", 401}, {"/metrics", bearer, 200}, {"/healthz", "", 200}, {"/readyz", "", 200},
		{"http://" + d.metricsAddr + "/metrics", "", 200}, {"http://" + d.metricsAddr + "/readyz", "", 200},
		{"http://" + d.metricsAddr + "/bridge/v1/phones", bearer, 404}, {"http://" + d.metricsAddr + "/v23.0/1/messages", bearer, 404},
	} {
		resp, body := d.call(t, http.MethodGet, tt.url, tt.token, http.NoBody)
		if resp.StatusCode != tt.status {
			t.Errorf("GET %s with %q: %d %.100s, want %d", tt.url, tt.token, resp.StatusCode, body, tt.status)
		}
		if resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("X-Frame-Options") != "DENY" || resp.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("GET %s: headers %v", tt.url, resp.Header)
		}
	}
	open, _ := bare(t, func(c *Config) { c.Metrics.Public = true })
	if resp, _ := open.call(t, http.MethodGet, "/metrics", "", http.NoBody); resp.StatusCode != 200 {
		t.Errorf("public metrics: %d", resp.StatusCode)
	}
}

// endless is a body that is far larger than what may be sent, and counts what
// was taken of it.
type endless struct{ left, taken int64 }

func (e *endless) Read(b []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), e.left))
	for i := range n {
		b[i] = '['
	}
	e.left -= int64(n)
	atomic.AddInt64(&e.taken, int64(n))
	return n, nil
}

func TestNoInterfaceReadsABodyWithoutEnd(t *testing.T) {
	d, _ := bare(t, nil)
	if err := d.db.PutPhone(t.Context(), phoneOf(PhoneConfig{Serial: "x", ID: benchPhone}, d.cfg.WABA)); err != nil {
		t.Fatal(err)
	}
	const bearer, key = "Bearer the-admins-token", "Key the-admins-token"
	for path, token := range map[string]string{
		"/bridge/v1/tokens":                                   bearer,
		"/bridge/v1/webhooks":                                 bearer,
		"/v23.0/" + benchPhone + "/messages":                  bearer,
		"/v23.0/" + d.cfg.WABA + "/message_templates":         bearer,
		"/whatsapp/messages":                                  key,
		"/api/v1/messages":                                    bearer,
		"/login":                                              "",
		"/v23.0/" + benchPhone + "/messages?x=y":              "",
		"/bridge/v1/nothing":                                  bearer,
		"/v23.0/" + benchPhone + "/whatsapp_business_profile": bearer,
	} {
		const size = 128 << 20
		conn, err := net.Dial("tcp", d.Addr())
		if err != nil {
			t.Fatal(err)
		}
		e := &endless{left: size}
		req, err := http.NewRequest(http.MethodPost, d.URL()+path, e)
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = size
		req.Header.Set("Authorization", token)
		req.Header.Set("Content-Type", "application/json")
		sent := make(chan error, 1)
		go func() { sent <- req.Write(conn) }() // ends with the connection
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		head := make([]byte, 12)
		if _, err := io.ReadFull(conn, head); err != nil {
			t.Errorf("POST %s: %v", path, err)
		} else if status := string(head[9:]); status[0] != '4' {
			t.Errorf("POST %s of 128 MiB: status %s, want a refusal", path, status)
		}
		_ = conn.Close()
		<-sent
		most := int64(16 << 20)
		if path == "/api/v1/messages" { // it takes 32 MiB, 10,000 texts at once; the kernel holds as much again
			most = 80 << 20
		}
		if taken := atomic.LoadInt64(&e.taken); taken > most {
			t.Errorf("POST %s: %d bytes were taken", path, taken)
		}
	}
}

// Half a request each on many connections keeps nobody else from being served.
func TestManySlowClientsHoldUpNobody(t *testing.T) {
	d, _ := bare(t, nil)
	for range 300 {
		conn, err := net.Dial("tcp", d.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "POST /v23.0/1/messages HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		if resp, body := d.call(t, http.MethodGet, "/bridge/v1/status", "Bearer the-admins-token", http.NoBody); resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, body)
		}
	}
}
