package adb_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
)

// freePort is a port of 127.0.0.1 outside the range that adb servers search
// for emulators.
func freePort() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// A device is our own adbd whose shell is /bin/sh of this machine and whose
// files are those of a temporary directory.
type device struct {
	*adbd.Server
	address string
	root    string
}

func newDevice(t testing.TB, change func(*adbd.Config)) *device {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "data/local/tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := adbd.OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	cfg := adbd.Config{Banner: wire.Banner{Product: "sim", Model: "Sim_1", Device: "sim"}, Shell: localShell, FS: dir}
	if change != nil {
		change(&cfg)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &device{Server: adbd.New(cfg), address: l.Addr().String(), root: root}
	served := make(chan error, 1)
	go func() { served <- d.Serve(context.Background(), l) }()
	t.Cleanup(func() {
		_ = d.Close()
		_ = dir.Close()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return d
}

// localShell runs a command with this machine's shell, in a process group that
// the end of the stream kills.
func localShell(ctx context.Context, p *adbd.Process) int {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", p.Command)
	cmd.Stdout, cmd.Stderr = p.Stdout, p.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGHUP) }
	cmd.WaitDelay = 5 * time.Second // whoever started the tests with nohup ignores SIGHUP, and so does the shell
	in, err := cmd.StdinPipe()
	if err != nil {
		return p.StartFailed(err)
	}
	if err := cmd.Start(); err != nil {
		return p.StartFailed(err)
	}
	go func() { // ends with the stream
		defer in.Close()
		buf := make([]byte, 32<<10)
		for {
			n, err := p.Stdin.Read(buf)
			if n > 0 {
				if _, err := in.Write(buf[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			return 0x80 + int(ws.Signal())
		}
		return exit.ExitCode()
	}
	return 0
}

// A way leads to a device. root is where the device's files are on this
// machine, empty for a genuine one.
type way struct {
	name string
	open func(t *testing.T) (d *adb.Device, root string)
}

// ways are all pairs of how one reaches a device and which device it is.
func ways() []way {
	ours := func(t *testing.T) (string, string) {
		d := newDevice(t, nil)
		return d.address, d.root
	}
	genuine := func(t *testing.T) (string, string) { return adbdOracle(t), "" }
	type peer func(*testing.T) (address, root string)
	direct := func(p peer) func(*testing.T) (*adb.Device, string) {
		return func(t *testing.T) (*adb.Device, string) {
			address, root := p(t)
			return openTarget(t, "direct:"+address, adb.Options{}), root
		}
	}
	server := func(p peer) func(*testing.T) (*adb.Device, string) {
		return func(t *testing.T) (*adb.Device, string) {
			s := newServer(t, adbServer(t))
			address, root := p(t)
			t.Cleanup(func() { _ = s.Disconnect(context.Background(), address) })
			return openTarget(t, address, adb.Options{Server: s}), root
		}
	}
	return []way{
		{"direct to our adbd", direct(ours)},
		{"through adb to our adbd", server(ours)},
		{"direct to a genuine adbd", direct(genuine)},
		{"through adb to a genuine adbd", server(genuine)},
	}
}

func newServer(t testing.TB, port string) *adb.Server {
	t.Helper()
	s, err := adb.NewServer("tcp:127.0.0.1:" + port)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openTarget(t *testing.T, target string, o adb.Options) *adb.Device {
	t.Helper()
	if o.Dial.KeyPath == "" {
		o.Dial.KeyPath = filepath.Join(t.TempDir(), "adbkey")
	}
	d, err := adb.Open(t.Context(), target, o)
	if err != nil {
		t.Fatalf("open %s: %v", target, err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

// text joins what a command wrote, for a failing test's line.
func text(o adb.Output) string {
	return strings.Join([]string{string(o.Stdout), string(o.Stderr), strconv.Itoa(o.ExitCode)}, "|")
}
