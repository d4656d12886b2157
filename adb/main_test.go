package adb_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain stops what the tests shared, and then looks for goroutines that were
// left.
func TestMain(m *testing.M) {
	code := m.Run()
	stopShared()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// shared are the peers that are costly to start, started when first asked for.
var shared struct {
	server lazy // host:port of a private adb server
	oracle lazy // host:port of a genuine adbd
}

// lazy starts something once.
type lazy struct {
	done bool
	what string
	why  string // not empty: it cannot be had
	stop func()
}

func (l *lazy) get(t testing.TB, start func() (what, why string, stop func())) string {
	t.Helper()
	if !l.done {
		l.what, l.why, l.stop = start()
		l.done = true
	}
	if l.why != "" {
		t.Skip(l.why)
	}
	return l.what
}

func stopShared() {
	for _, l := range []*lazy{&shared.server, &shared.oracle} {
		if l.stop != nil {
			l.stop()
		}
	}
}

// adbServer is the port of a private server of the real adb binary. Tests that
// use it do not run in parallel.
func adbServer(t testing.TB) string {
	t.Helper()
	return shared.server.get(t, func() (string, string, func()) {
		path, err := exec.LookPath("adb")
		if err != nil {
			return "", "NO REAL ADB SERVER: the adb binary is not installed", nil
		}
		port := freePort()
		if out, err := adbTool(path, port, "start-server"); err != nil {
			return "", fmt.Sprintf("NO REAL ADB SERVER: %v: %s", err, out), nil
		}
		return port, "", func() { _, _ = adbTool(path, port, "kill-server") }
	})
}

// adbTool runs the adb binary against the server at port, with a home of its
// own so that it finds and makes no keys of the user.
func adbTool(path, port string, args ...string) ([]byte, error) {
	cmd := exec.Command(path, append([]string{"-P", port}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+os.TempDir(), "ADB_SERVER_SOCKET=", "ADB_LOCAL_TRANSPORT_MAX_PORT=5554")
	cmd.WaitDelay = time.Second
	return cmd.CombinedOutput()
}

// adbdOracle is the address of a genuine adbd: that of WABRIDGE_ADBD_ORACLE, or
// one that scripts/adbd-oracle starts. Without either the test is skipped, and
// says why.
func adbdOracle(t testing.TB) string {
	t.Helper()
	return shared.oracle.get(t, func() (string, string, func()) {
		if address := os.Getenv("WABRIDGE_ADBD_ORACLE"); address != "" {
			return address, "", nil
		}
		if testing.Short() {
			return "", "NO GENUINE ADBD: -short, and WABRIDGE_ADBD_ORACLE is not set", nil
		}
		name := fmt.Sprintf("test%d", os.Getpid())
		var said strings.Builder
		cmd := exec.Command("../scripts/adbd-oracle", "start", name)
		cmd.Stderr = &said
		cmd.WaitDelay = time.Second
		out, err := cmd.Output()
		if err != nil {
			return "", fmt.Sprintf("NO GENUINE ADBD: %v: %s", err, strings.TrimSpace(said.String())), nil
		}
		return strings.TrimSpace(string(out)), "", func() { _ = exec.Command("../scripts/adbd-oracle", "stop", name).Run() }
	})
}
