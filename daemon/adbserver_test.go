package daemon

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// An adbServer is the real adb, on a port of its own.
type adbServer struct {
	t    testing.TB
	path string
	port string
	env  []string
}

func newADBServer(t testing.TB) *adbServer {
	t.Helper()
	path, err := exec.LookPath("adb")
	if err != nil {
		t.Skip("NOT TESTED: there is no adb on this machine; install Debian's package adb")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	a := &adbServer{t: t, path: path, port: port, env: append(os.Environ(), "HOME="+t.TempDir(), "ADB_MDNS=0", "ADB_LIBUSB=0")}
	t.Cleanup(func() { a.run("kill-server") })
	a.run("start-server")
	return a
}

func (a *adbServer) run(args ...string) string {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, a.path, append([]string{"-P", a.port}, args...)...)
	cmd.Env = a.env
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil && args[0] != "kill-server" {
		a.t.Errorf("adb %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestRealServerDies sends and receives through the real adb server while that
// is ended and started again.
func TestRealServerDies(t *testing.T) {
	server := newADBServer(t)
	r := newRig(t, phonesim.Config{Seed: 8}, func(c *Config) {
		c.Phones[0].Serial = strings.TrimPrefix(c.Phones[0].Serial, "direct:")
		c.ADB.Server = "tcp:127.0.0.1:" + server.port
	})
	r.waitState(wabridge.PhoneReady)
	for round := range 3 {
		for i := range 6 {
			r.send(fmt.Sprintf("round %d text %d", round, i), ann, ben)
			r.incoming(fmt.Sprintf("round %d in %d", round, i), ann, eve)
			<-time.After(60 * time.Millisecond)
		}
		server.run("kill-server")
		r.send(fmt.Sprintf("round %d without a server", round), ann, eve)
		r.incoming(fmt.Sprintf("round %d without a server", round), ann, ben)
		r.until("the phone to be offline", func() bool { return r.phone().State == wabridge.PhoneOffline })
		if p := r.phone(); p.Reason == "" {
			t.Error("the phone is offline without a reason")
		}
		server.run("start-server")
		r.until("the phone to be back", func() bool { return r.phone().State == wabridge.PhoneReady })
	}
	r.drain()
	for code, n := range r.checkLedger() {
		t.Errorf("%d messages failed with code %d", n, code)
	}
	r.anyOrder = true
	r.checkIncoming()
}
