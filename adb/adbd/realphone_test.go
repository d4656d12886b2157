package adbd_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wabridge/wabridge/adb/adbd"
)

// A tool is the real adb binary with a server, a home and keys of its own.
type tool struct {
	t    *testing.T
	port string
	env  []string
}

// newTool starts an adb server on a free port; it is killed when the test ends.
func newTool(t *testing.T) *tool {
	t.Helper()
	if _, err := exec.LookPath("adb"); err != nil {
		t.Skip("SKIPPED, NOT PROVEN: adb is not installed, the device side was not tried with the real tool")
	}
	home := t.TempDir()
	a := &tool{t: t, port: freePort(t), env: append(os.Environ(),
		"HOME="+home, "ANDROID_SDK_HOME="+home, "TMPDIR="+home, "ADB_VENDOR_KEYS=", "ADB_MDNS_OPENSCREEN=0")}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if out, err := a.command(ctx, "kill-server").CombinedOutput(); err != nil {
			t.Errorf("kill-server: %v\n%s", err, out)
		}
	})
	a.must("start-server")
	return a
}

// freePort is a free TCP port; the system never gives 5555 to 5585, where any
// adb server looks for emulators.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func (a *tool) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "adb", append([]string{"-P", a.port}, args...)...)
	cmd.Env = a.env
	return cmd
}

// run runs the tool to its end, at most three minutes.
func (a *tool) run(args ...string) result {
	ctx, cancel := context.WithTimeout(a.t.Context(), 3*time.Minute)
	defer cancel()
	cmd := a.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		a.t.Errorf("adb %v: %v", args, err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

func (a *tool) must(args ...string) string {
	a.t.Helper()
	r := a.run(args...)
	if r.Exit != 0 {
		a.t.Fatalf("adb %v: exit code %d\n%s%s", args, r.Exit, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// A realPhone is a device that the real tool is connected to. It runs /bin/sh.
type realPhone struct {
	*adbd.Server
	addr string
	root string
	// cut gets a value when a command saw its context end.
	cut   chan struct{}
	stdin sync.WaitGroup // copies to commands
}

// listen starts a device on a port of this machine.
func listen(t *testing.T, cfg adbd.Config) *realPhone {
	t.Helper()
	p := &realPhone{root: t.TempDir(), cut: make(chan struct{}, 100)}
	dir, err := adbd.OpenDir(p.root)
	if err != nil {
		t.Fatal(err)
	}
	cfg.FS, cfg.Shell = dir, p.shell
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.Server, p.addr = adbd.New(cfg), l.Addr().String()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := p.Serve(t.Context(), l); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(func() {
		if err := errors.Join(p.Close(), dir.Close()); err != nil {
			t.Errorf("close: %v", err)
		}
		wg.Wait()
		p.stdin.Wait()
	})
	return p
}

// shell runs a command with /bin/sh in a process group of its own, which dies
// with the stream.
func (p *realPhone) shell(ctx context.Context, proc *adbd.Process) int {
	defer func() {
		if ctx.Err() != nil {
			p.cut <- struct{}{}
		}
	}()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", proc.Command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Stdout, cmd.Stderr = proc.Stdout, proc.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return proc.StartFailed(err)
	}
	if err := cmd.Start(); err != nil {
		return proc.StartFailed(err)
	}
	p.stdin.Go(func() { // ends with the stream, which may be after the command
		_, _ = io.Copy(stdin, proc.Stdin)
		_ = stdin.Close()
	})
	_ = cmd.Wait() // the state below tells it
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 0x80 + int(status.Signal())
	}
	return cmd.ProcessState.ExitCode()
}

func (a *tool) connect(p *realPhone) {
	a.t.Helper()
	if got, want := a.must("connect", p.addr), "connected to "+p.addr+"\n"; got != want {
		a.t.Fatalf("adb connect: got %q, want %q", got, want)
	}
}
