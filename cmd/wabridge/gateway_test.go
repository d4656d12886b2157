package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/phonesim"
)

// builtIn is the folder of binary's program, "" while there is none.
var builtIn string

// binary is the program under test, built once by the first test that needs it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "wabridge-test-")
	if err != nil {
		return "", err
	}
	builtIn = dir
	path := filepath.Join(dir, "wabridge")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func build(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMain runs the tests, or is the program itself where a script of
// testdata/script calls it.
func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"wabridge": main})
}

// tests removes the built program after the last one.
type tests struct{ *testing.M }

func (t tests) Run() int {
	code := t.M.Run()
	if builtIn != "" {
		os.RemoveAll(builtIn)
	}
	return code
}

const testToken = "test-token-0123456789"

// A gateway is one run of the binary.
type gateway struct {
	cmd  *exec.Cmd
	url  string
	data string
	log  *syncBuffer
	done chan struct{}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// startGateway runs the binary with its data in dir and returns at once.
func startGateway(t testing.TB, dir string, args ...string) *gateway {
	t.Helper()
	g := &gateway{data: dir, log: &syncBuffer{}, done: make(chan struct{})}
	if err := os.Remove(filepath.Join(dir, daemon.AddressFile)); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	g.cmd = exec.Command(build(t), args...)
	g.cmd.Stdout, g.cmd.Stderr = g.log, g.log
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the process
		g.cmd.Wait()
		close(g.done)
	}()
	return g
}

// ready waits until the gateway answers.
func (g *gateway) ready(t testing.TB) {
	t.Helper()
	until(t, "the gateway to be ready", g.log.String, func() bool {
		select {
		case <-g.done:
			t.Fatalf("the gateway ended:\n%s", g.log)
		default:
		}
		b, err := os.ReadFile(filepath.Join(g.data, daemon.AddressFile))
		if err != nil || len(b) == 0 {
			return false
		}
		g.url = strings.TrimSpace(string(b))
		resp, err := http.Get(g.url + "/healthz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == 200
	})
}

func (g *gateway) kill() {
	g.cmd.Process.Kill()
	<-g.done
}

func (g *gateway) stop(t testing.TB) {
	t.Helper()
	g.cmd.Process.Signal(os.Interrupt)
	select {
	case <-g.done:
	case <-time.After(2 * time.Minute): // it bounds its stop itself, by 40 s
		g.kill()
		t.Errorf("the gateway did not stop within two minutes:\n%s", g.log)
	}
}

// api makes one request with the token and decodes the answer.
func (g *gateway) api(method, path string, body, v any) (int, error) {
	return request(g.url, testToken, method, path, body, v, nil)
}

func request(url, token, method, path string, body, v any, header http.Header) (int, error) {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		r = bytes.NewReader(b)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url+path, r)
	if err != nil {
		return 0, err
	}
	for k := range header {
		req.Header.Set(k, header.Get(k))
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	if v != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(b, v); err != nil {
			return resp.StatusCode, fmt.Errorf("decode %q: %w", b, err)
		}
	}
	if resp.StatusCode >= 300 {
		return resp.StatusCode, fmt.Errorf("%s %s: HTTP %d: %s", method, path, resp.StatusCode, b)
	}
	return resp.StatusCode, nil
}

// patience is how long a test waits for what must come. Only the machine can
// make it long, and a wait ends when its condition is met, so it costs nothing
// but where the program is broken: after the first few waits in vain it is not
// the machine.
func patience() time.Duration {
	if inVain.Load() >= 3 {
		return 20 * time.Second
	}
	return 5 * time.Minute
}

var inVain atomic.Int32

// until waits for a condition of another process.
func until(t testing.TB, what string, story func() string, cond func() bool) {
	t.Helper()
	limit := patience()
	deadline := time.Now().Add(limit)
	for !cond() {
		if time.Now().After(deadline) {
			inVain.Add(1)
			t.Fatalf("waited %v for %s\n%s", limit, what, story())
		}
		<-time.After(20 * time.Millisecond)
	}
}

// newSim starts a simulated phone in the test's process, so that it outlives
// the gateways.
func newSim(t testing.TB, cfg phonesim.Config) (p *phonesim.Phone, serial string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return newSimOn(t, l, cfg)
}

func newSimOn(t testing.TB, l net.Listener, cfg phonesim.Config) (p *phonesim.Phone, serial string) {
	t.Helper()
	p = phonesim.New(cfg)
	if err := p.Start(context.Background(), l, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("close the simulated phone: %v", err)
		}
	})
	return p, "direct:" + l.Addr().String()
}

// serveArgs runs the gateway for one phone on a free port, without pacing.
func serveArgs(dir, serial string, more ...string) []string {
	return append([]string{"serve", "--listen", "127.0.0.1:0", "--data", dir, "--discover=false",
		"--gap", "0s", "--pair-limit=false", "--timing", "instant", "--phone", serial}, more...)
}

// seedToken makes the local token known before the first start.
func seedToken(t testing.TB, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, daemon.TokenFile), []byte(testToken), 0o600); err != nil {
		t.Fatal(err)
	}
}
