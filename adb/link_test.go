package adb_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/adb/adbd"
)

// quick makes a link that notices and acts within milliseconds, but for a
// device that does not answer: it may be the machine that is slow.
func quick(o adb.Options, changes chan adb.Status) adb.LinkOptions {
	if o.Dial.KeyPath == "" {
		o.Dial.KeyPath = filepath.Join("/nonexistent", "adbkey")
	}
	o.Device = append(o.Device, adb.WithPingTimeout(2*time.Second))
	return adb.LinkOptions{
		Options: o, Interval: 50 * time.Millisecond, MinWait: 10 * time.Millisecond, MaxWait: 100 * time.Millisecond,
		OnChange: func(s adb.Status) {
			select {
			case changes <- s:
			default:
			}
		},
	}
}

// runLink runs a link until the test ends.
func runLink(t *testing.T, target string, o adb.Options) (*adb.Link, chan adb.Status) {
	t.Helper()
	changes := make(chan adb.Status, 100)
	l, err := adb.NewLink(target, quick(o, changes))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("run ended with %v", err)
		}
	})
	return l, changes
}

// await takes changes until the link is up, or down with the kind of error (any
// when none is given: which one a cut is seen as first depends on its moment).
func await(t *testing.T, changes chan adb.Status, up bool, kinds ...error) {
	t.Helper()
	var last adb.Status
	timeout := time.After(2 * time.Minute)
	for {
		select {
		case last = <-changes:
		case <-timeout:
			t.Fatalf("link still up %v, %v after two minutes; want up %v, %v", last.Up, last.Err, up, kinds)
		}
		if last.Up != up {
			continue
		}
		if up || len(kinds) == 0 {
			return
		}
		for _, k := range kinds {
			if errors.Is(last.Err, k) {
				return
			}
		}
	}
}

func linkPing(t *testing.T, l *adb.Link) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for {
		d, err := l.Device(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = d.Ping(ctx); err == nil {
			return
		}
		t.Logf("ping: %v", err) // on a slow machine the link may have been made anew meanwhile
		l.Check()
	}
}

// TestLinkDirect cuts, freezes and restarts a device that is reached directly.
func TestLinkDirect(t *testing.T) {
	device := newDevice(t, nil)
	l, changes := runLink(t, "direct:"+device.address, adb.Options{Dial: adb.DialOptions{Timeout: 3 * time.Second}})
	await(t, changes, true)
	linkPing(t, l)

	d, err := l.Device(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Start(t.Context(), "while :; do echo line; sleep 0.1; done")
	if err != nil {
		t.Fatal(err)
	}
	device.Disconnect()
	if _, err := io.Copy(io.Discard, p.Stdout); err == nil {
		t.Error("a stream that was cut ends without an error")
	}
	if _, err := p.Wait(); !errors.Is(err, adb.ErrNoExit) && !errors.Is(err, adb.ErrClosed) {
		t.Errorf("wait: %v, want ErrNoExit or ErrClosed", err)
	}
	await(t, changes, true)
	linkPing(t, l)

	device.Freeze(true)
	await(t, changes, false, adb.ErrTimeout)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := l.Device(ctx); !errors.Is(err, adb.ErrTimeout) {
		t.Errorf("device of a link that is down: %v, want why", err)
	}
	device.Freeze(false)
	l.Check()
	await(t, changes, true)
	linkPing(t, l)
	if s := l.Status(); !s.Up || s.Err != nil {
		t.Errorf("status %+v, want up", s)
	}
}

// TestLinkThroughServer loses the device from the server's list, then the
// server, which comes back empty.
func TestLinkThroughServer(t *testing.T) {
	path, err := exec.LookPath("adb")
	if err != nil {
		t.Skip("NO REAL ADB SERVER: the adb binary is not installed")
	}
	port := freePort()
	if out, err := adbTool(path, port, "start-server"); err != nil {
		t.Skipf("NO REAL ADB SERVER: %v: %s", err, out)
	}
	t.Cleanup(func() { _, _ = adbTool(path, port, "kill-server") })
	s := newServer(t, port)
	device := newDevice(t, nil)
	l, changes := runLink(t, device.address, adb.Options{Server: s})
	await(t, changes, true)
	linkPing(t, l)

	if err := s.Disconnect(t.Context(), device.address); err != nil {
		t.Fatal(err)
	}
	await(t, changes, false)
	await(t, changes, true)
	linkPing(t, l)

	d, err := l.Device(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Start(t.Context(), "echo started; sleep 100")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(p.Stdout, make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	if out, err := adbTool(path, port, "kill-server"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if code, err := p.Wait(); !errors.Is(err, adb.ErrNoExit) && !errors.Is(err, adb.ErrClosed) {
		t.Errorf("a command whose server was killed: %d, %v; want ErrNoExit", code, err)
	}
	await(t, changes, false)
	if out, err := adbTool(path, port, "start-server"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	await(t, changes, true)
	linkPing(t, l)
}

func TestTargets(t *testing.T) {
	for target, good := range map[string]bool{
		"R5CT30ABCDE": true, "emulator-5554": true, "10.0.0.1:5555": true, "direct:10.0.0.1:5555": true, "[::1]:5555": true,
		"": false, "direct:": false, "direct:host": false, "direct:host:0": false, "a b": false,
	} {
		if _, err := adb.NewLink(target, adb.LinkOptions{}); (err == nil) != good {
			t.Errorf("%q: %v, want good %v", target, err, good)
		}
	}
}

// TestRealServer asks the real server what only it can answer.
func TestRealServer(t *testing.T) {
	s := newServer(t, adbServer(t))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if v, err := s.Version(ctx); v != 41 || err != nil {
		t.Errorf("version = %d, %v", v, err)
	}
	if err := s.StartServer(ctx); err != nil {
		t.Errorf("start of a server that runs: %v", err)
	}
	device := newDevice(t, nil)
	seen := make(chan error, 1)
	go func() {
		for devices, err := range s.TrackDevices(ctx) {
			for _, d := range devices {
				if d.Serial == device.address && d.State == adb.StateDevice {
					seen <- nil
					return
				}
			}
			if err != nil {
				seen <- err
				return
			}
		}
	}()
	if err := s.Connect(ctx, device.address); err != nil {
		t.Fatal(err)
	}
	if err := s.WaitFor(ctx, device.address, adb.StateDevice); err != nil {
		t.Errorf("wait for: %v", err)
	}
	if err := <-seen; err != nil {
		t.Errorf("track: %v", err)
	}
	if state, err := s.GetState(ctx, device.address); state != adb.StateDevice || err != nil {
		t.Errorf("state = %v, %v", state, err)
	}
	if f, err := s.Features(ctx, device.address); !f.Has("shell_v2") || err != nil {
		t.Errorf("features = %v, %v", f, err)
	}
	if err := s.Connect(ctx, "127.0.0.1:"+freePort()); !errors.Is(err, adb.ErrOffline) {
		t.Errorf("connect to nobody: %v, want ErrOffline", err)
	}
	if _, err := s.Transport("no-such-serial").Open(ctx, "shell:ls"); !errors.Is(err, adb.ErrNotFound) {
		t.Errorf("unknown serial: %v, want ErrNotFound", err)
	}
	if _, err := s.Transport(device.address).Open(ctx, "nonsense:"); !errors.Is(err, adb.ErrRefused) {
		t.Errorf("unknown service: %v, want ErrRefused", err)
	}
	testServerForward(ctx, t, s, device.address)
	if err := s.Disconnect(ctx, device.address); err != nil {
		t.Error(err)
	}
	if err := s.Disconnect(ctx, device.address); !errors.Is(err, adb.ErrNotFound) {
		t.Errorf("second disconnect: %v, want ErrNotFound", err)
	}
}

func testServerForward(ctx context.Context, t *testing.T, s *adb.Server, serial string) {
	t.Helper()
	port, err := s.Forward(ctx, serial, "tcp:0", "tcp:80")
	if err != nil || port == 0 {
		t.Fatalf("forward = %d, %v", port, err)
	}
	list, err := s.ListForward(ctx)
	if err != nil || len(list) != 1 || list[0].Serial != serial || list[0].Remote != "tcp:80" {
		t.Errorf("list of forwards = %v, %v", list, err)
	}
	if err := s.KillForward(ctx, serial, list[0].Local); err != nil {
		t.Error(err)
	}
	if err := s.KillForward(ctx, serial, list[0].Local); !errors.Is(err, adb.ErrRefused) {
		t.Errorf("kill of no forward: %v, want ErrRefused", err)
	}
}

// TestStartServer starts a server that is not there, because it was asked to.
func TestStartServer(t *testing.T) {
	path, err := exec.LookPath("adb")
	if err != nil {
		t.Skip("NO REAL ADB SERVER: the adb binary is not installed")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("ADB_SERVER_SOCKET", "")
	port := freePort()
	s := newServer(t, port)
	t.Cleanup(func() { _, _ = adbTool(path, port, "kill-server") })
	_, err = adb.Open(t.Context(), "no-such-serial", adb.Options{Server: s})
	if !errors.Is(err, adb.ErrServerGone) {
		t.Errorf("open, not asked to start the server: %v, want ErrServerGone", err)
	}
	_, err = adb.Open(t.Context(), "no-such-serial", adb.Options{Server: s, StartServer: true})
	if !errors.Is(err, adb.ErrNotFound) {
		t.Errorf("open, asked to start the server: %v, want ErrNotFound", err)
	}
	if v, err := s.Version(t.Context()); v == 0 || err != nil {
		t.Errorf("version = %d, %v", v, err)
	}
	remote, err := adb.NewServer("tcp:192.0.2.1:5037")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := remote.StartServer(ctx); err == nil {
		t.Error("a server on another machine was started")
	}
}

// TestOwnForward leads a local port to a service of the device.
func TestOwnForward(t *testing.T) {
	device := newDevice(t, func(c *adbd.Config) {
		c.Other = func(service string) adbd.Service {
			if service != "tcp:80" {
				return nil
			}
			return func(_ context.Context, s io.ReadWriteCloser) error {
				_, err := io.Copy(s, s)
				return err
			}
		}
	})
	d := openTarget(t, "direct:"+device.address, adb.Options{})
	f, err := d.Forward(t.Context(), "127.0.0.1:0", "tcp:80")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", f.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	want := randomBytes(300_000)
	go func() { _, _ = conn.Write(want) }()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != string(want) {
		t.Errorf("echo: %v, equal %v", err, string(got) == string(want))
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := conn.Read(got); err == nil {
		t.Error("the connection outlives its forward")
	}
}
