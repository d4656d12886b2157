// Package compat runs published Cloud API clients, unmodified, against the
// demo: README.md says which.
package compat

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const secret = "compat-app-secret"

// TestClients runs each script against a demo of its own.
func TestClients(t *testing.T) {
	needNode(t)
	binary := build(t)
	for _, tt := range []struct {
		name  string
		node  []string // arguments before the script
		steps int      // a script that ends early is no success
	}{
		{"kapso", nil, 14},
		{"api-js", nil, 11},
		{"tawn33y", []string{"--require", "./redirect.cjs"}, 6},
		{"meta-sdk", nil, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := demo(t, binary)
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
			defer cancel()
			c := exec.CommandContext(ctx, "node", append(tt.node, tt.name+".mjs")...)
			c.Env = append(os.Environ(), env...)
			out, err := c.CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Fatalf("node %s.mjs: %v", tt.name, err)
			}
			if want := fmt.Sprintf("steps %d\n", tt.steps); !strings.HasSuffix(string(out), want) {
				t.Errorf("the script ended without %q", want)
			}
		})
	}
}

func needNode(t *testing.T) {
	t.Helper()
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		t.Skip("SKIPPED: node is not installed; ./scripts/setup installs it")
	}
	if major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), "."); len(major) < 2 || major < "20" {
		t.Skipf("SKIPPED: node is %s, the clients need 20 or newer", strings.TrimSpace(string(out)))
	}
	if _, err := os.Stat("node_modules/.package-lock.json"); err != nil {
		t.Skip("SKIPPED: the clients are not installed; ./scripts/setup installs them (npm ci in compat/)")
	}
}

func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wabridge")
	if out, err := exec.Command("go", "build", "-o", path, "../cmd/wabridge").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// demo starts a demo and a TLS front before it, and returns what the scripts
// read from their environment.
func demo(t *testing.T, binary string) []string {
	t.Helper()
	c := exec.Command(binary, "demo", "--listen", "127.0.0.1:0", "--latency", "instant", "--webhook-secret", secret, "--token", "compat-token")
	c.Stderr = &logged{t: t}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
	})
	said := readGreeting(t, out)
	tlsPort, ca := front(t, said["url"])
	return []string{
		"WABRIDGE_URL=" + said["url"],
		"WABRIDGE_TOKEN=" + said["token"],
		"WABRIDGE_PHONE=" + said["phone_number_id"],
		"WABRIDGE_WABA=" + said["waba_id"],
		"WABRIDGE_CONTROL=" + strings.TrimSuffix(said["simulated"], "/screen.png"),
		"WABRIDGE_SECRET=" + secret,
		"WABRIDGE_TLS_PORT=" + tlsPort,
		"NODE_EXTRA_CA_CERTS=" + ca,
	}
}

// readGreeting reads the demo's first lines; a goroutine goes on reading.
func readGreeting(t *testing.T, out io.Reader) map[string]string {
	t.Helper()
	said := map[string]string{}
	line := regexp.MustCompile(`^  (url|token|phone_number_id|waba_id|simulated)\s.*?(\S+)$`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := line.FindStringSubmatch(lines.Text()); m != nil {
			said[m[1]] = m[2]
		}
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the demo
			return said
		}
	}
	t.Fatalf("the demo ended before it was ready: %v", lines.Err())
	return nil
}

// logged shows the demo's log lines in the test's.
type logged struct{ t *testing.T }

func (l *logged) Write(b []byte) (int, error) {
	l.t.Logf("demo: %s", strings.TrimSpace(string(b)))
	return len(b), nil
}

// front answers for graph.facebook.com and localhost with a certificate made
// for this test, and passes everything on.
func front(t *testing.T, target string) (port, caFile string) {
	t.Helper()
	cert, ca := certificate(t)
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(to))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	t.Cleanup(s.Close)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, err = net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port, caFile
}

func certificate(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "wabridge compat test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"graph.facebook.com", "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
