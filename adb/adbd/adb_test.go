package adbd_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
)

// TestRealAdb lets the real adb binary, through a real adb server, use the
// device side.
func TestRealAdb(t *testing.T) {
	a := newTool(t)
	p := listen(t, adbd.Config{Banner: wire.Banner{Product: "sim", Model: "Sim 1", Device: "sim1"}})
	a.connect(p)
	for name, test := range map[string]func(*testing.T, *tool, *realPhone){
		"devices":           testDevices,
		"shell":             testShell,
		"stdin":             testStdin,
		"exec-out":          testExecOut,
		"push and pull":     testPushPull,
		"ls":                testLs,
		"missing file":      testMissing,
		"endless stream":    testEndless,
		"20 streams":        testTwentyStreams,
		"cut and reconnect": testReconnect,
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			test(t, &tool{t: t, port: a.port, env: a.env}, p)
			t.Logf("%v", time.Since(began).Round(time.Millisecond))
		})
	}
}

func testDevices(t *testing.T, a *tool, p *realPhone) {
	got := a.must("devices", "-l")
	if want := " device product:sim model:Sim_1 device:sim1 transport_id:"; !strings.Contains(got, want) {
		t.Errorf("got %q, want in it %q", got, want)
	}
	got = a.must("-s", p.addr, "features")
	for _, want := range adbd.DefaultFeatures() {
		if want == adbd.FeatureSendRecvV2 { // adb 29 does not know it
			continue
		}
		if !strings.Contains(got, want) {
			t.Errorf("features: got %q, want in it %s", got, want)
		}
	}
}

func testShell(t *testing.T, a *tool, p *realPhone) {
	for command, want := range map[string]result{
		"echo out; echo err >&2":     {"out\n", "err\n", 0},
		"exit 7":                     {"", "", 7},
		"exit 255":                   {"", "", 255},
		"kill -9 $$":                 {"", "", 137},
		"printf 'a\\r\\nb\\0c\\n'":   {"a\r\nb\x00c\n", "", 0},
		"head -c 3000000 /dev/zero":  {strings.Repeat("\x00", 3_000_000), "", 0},
		"echo late; sleep 0; exit 3": {"late\n", "", 3},
	} {
		if got := a.run("-s", p.addr, "shell", command); got != want {
			t.Errorf("%s: got %.100q, want %.100q", command, fmt.Sprint(got), fmt.Sprint(want))
		}
	}
	if got := a.run("-s", p.addr, "shell", "-tt", "echo out; echo err >&2; exit 4"); got.Stdout != "out\nerr\n" || got.Exit != 4 {
		t.Errorf("with a terminal: got %v", got)
	}
}

func testStdin(t *testing.T, a *tool, p *realPhone) {
	in := bytes.Repeat([]byte("0123456789\r\n\x00"), 50_000)
	cmd := a.command(t.Context(), "-s", p.addr, "shell", "cat; exit 9")
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if !bytes.Equal(out, in) || cmd.ProcessState.ExitCode() != 9 {
		t.Errorf("got %d bytes, %v, want the %d that went in and code 9", len(out), err, len(in))
	}
}

func testExecOut(t *testing.T, a *tool, p *realPhone) {
	data := randomFile(t, filepath.Join(p.root, "binary"), 1_000_003)
	got := a.must("-s", p.addr, "exec-out", "cat "+filepath.Join(p.root, "binary"))
	if sha256.Sum256([]byte(got)) != sha256.Sum256(data) {
		t.Errorf("got %d bytes, not the %d of the file", len(got), len(data))
	}
}

// randomFile writes n bytes that do not repeat, and returns them.
func randomFile(t *testing.T, name string, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return b
}

func testPushPull(t *testing.T, a *tool, p *realPhone) {
	dir := t.TempDir()
	want := sha256.Sum256(randomFile(t, filepath.Join(dir, "up"), 50_000_000))
	a.must("-s", p.addr, "push", filepath.Join(dir, "up"), "/sdcard/deep/er/file")
	a.must("-s", p.addr, "pull", "/sdcard/deep/er/file", filepath.Join(dir, "down"))
	for _, name := range []string{filepath.Join(p.root, "sdcard/deep/er/file"), filepath.Join(dir, "down")} {
		b, err := os.ReadFile(name)
		if err != nil || sha256.Sum256(b) != want {
			t.Errorf("%s: %d bytes with another hash, %v", filepath.Base(name), len(b), err)
		}
	}
	randomFile(t, filepath.Join(dir, "small"), 100) // goes in one write, by SEND
	a.must("-s", p.addr, "push", filepath.Join(dir, "small"), "/sdcard/small")
	if info, err := os.Stat(filepath.Join(p.root, "sdcard/small")); err != nil || info.Size() != 100 {
		t.Errorf("small file: %v, %v", info, err)
	}
}

func testLs(t *testing.T, a *tool, p *realPhone) {
	if err := os.MkdirAll(filepath.Join(p.root, "list/sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	randomFile(t, filepath.Join(p.root, "list/file"), 0x1234)
	got := a.must("-s", p.addr, "ls", "/list")
	for _, want := range []string{"000041ed ", " .\n", " ..\n", " sub\n", "000081a4 00001234 ", " file\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want in it %q", got, want)
		}
	}
}

func testMissing(t *testing.T, a *tool, p *realPhone) {
	r := a.run("-s", p.addr, "pull", "/no/such", t.TempDir())
	if r.Exit == 0 || !strings.Contains(r.Stdout+r.Stderr, "No such file or directory") {
		t.Errorf("pull: got %v", r)
	}
	small := filepath.Join(t.TempDir(), "small")
	randomFile(t, small, 10)
	randomFile(t, filepath.Join(p.root, "file"), 1)
	r = a.run("-s", p.addr, "push", small, "/file/x")
	if r.Exit == 0 || !strings.Contains(r.Stdout+r.Stderr, "Not a directory") {
		t.Errorf("push: got %v", r)
	}
}

func testEndless(t *testing.T, a *tool, p *realPhone) {
	for len(p.cut) > 0 {
		<-p.cut
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := a.command(ctx, "-s", p.addr, "shell", "while :; do echo line; done")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; n < 1000 && lines.Scan(); n++ {
		if lines.Text() != "line" {
			t.Fatalf("got %q", lines.Text())
		}
	}
	cancel() // kills the tool
	_ = cmd.Wait()
	select {
	case <-p.cut:
	case <-time.After(2 * time.Minute):
		t.Error("the command on the device did not end")
	}
}

func testTwentyStreams(t *testing.T, a *tool, p *realPhone) {
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			want := result{strings.Repeat(strconv.Itoa(i)+"\n", 5000), "", i}
			got := a.run("-s", p.addr, "shell", fmt.Sprintf("yes %d | head -n 5000; exit %d", i, i))
			if got != want {
				t.Errorf("stream %d: got %d bytes %q, code %d", i, len(got.Stdout), got.Stderr, got.Exit)
			}
		})
	}
	wg.Wait()
}

// testReconnect pulls the cable while a command runs.
func testReconnect(t *testing.T, a *tool, p *realPhone) {
	began := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		cmd := a.command(t.Context(), "-s", p.addr, "shell", "echo here; sleep 60")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Error(err)
			return
		}
		if err := cmd.Start(); err != nil {
			t.Error(err)
			return
		}
		_, _ = bufio.NewReader(out).ReadString('\n')
		close(began)
		_ = cmd.Wait() // the tool says 0 here, as if all went well
	})
	<-began
	p.Disconnect()
	wg.Wait()
	<-p.cut
	a.must("disconnect", p.addr) // by itself adb 29 takes about 8 seconds
	a.connect(p)
	if got := a.must("-s", p.addr, "shell", "echo back"); got != "back\n" {
		t.Errorf("got %q", got)
	}
}

func TestRealAdbAuth(t *testing.T) {
	a := newTool(t)
	accept := make(chan bool, 10)
	var dialogs []string
	var mu sync.Mutex
	dialog := func(ctx context.Context, _ *rsa.PublicKey, comment string) bool {
		mu.Lock()
		dialogs = append(dialogs, comment)
		mu.Unlock()
		select {
		case yes := <-accept:
			return yes
		case <-ctx.Done():
			return false
		}
	}
	p := listen(t, adbd.Config{Auth: &adbd.Auth{Accept: dialog}})
	began := time.Now()
	accept <- false
	if got := a.run("connect", p.addr); !strings.Contains(got.Stdout+got.Stderr, "failed to authenticate") {
		t.Errorf("refused: got %v", got)
	}
	if got := a.must("devices"); !strings.Contains(got, p.addr+"\tunauthorized") {
		t.Errorf("refused: got %q", got)
	}
	t.Logf("refused: %v", time.Since(began))
	a.must("disconnect", p.addr)
	began = time.Now()
	accept <- true
	a.run("connect", p.addr)
	a.must("-s", p.addr, "wait-for-device")
	if got := a.must("-s", p.addr, "shell", "echo in"); got != "in\n" {
		t.Errorf("accepted: got %q", got)
	}
	t.Logf("accepted: %v", time.Since(began))
	a.must("disconnect", p.addr)
	began = time.Now()
	a.connect(p) // the key is known now
	if got := a.must("-s", p.addr, "shell", "echo again"); got != "again\n" {
		t.Errorf("known: got %q", got)
	}
	t.Logf("known: %v", time.Since(began))
	mu.Lock()
	defer mu.Unlock()
	if len(dialogs) != 2 || !strings.Contains(dialogs[0], "@") {
		t.Errorf("got dialogs %v, want two, with user@host", dialogs)
	}
}

// TestRealAdbOldDevice is a device from before Android 7: sums, small packets,
// no features.
func TestRealAdbOldDevice(t *testing.T) {
	a := newTool(t)
	p := listen(t, adbd.Config{Version: wire.VersionChecked, MaxData: wire.MaxDataLegacy, Features: []string{}})
	a.connect(p)
	if got, want := a.run("-s", p.addr, "shell", "echo hi; exit 3"), (result{"hi\r\n", "", 0}); got != want {
		t.Errorf("shell: got %v, want %v", got, want)
	}
	dir := t.TempDir()
	data := randomFile(t, filepath.Join(dir, "up"), 2_000_000)
	a.must("-s", p.addr, "push", filepath.Join(dir, "up"), "/up")
	a.must("-s", p.addr, "pull", "/up", filepath.Join(dir, "down"))
	if got, err := os.ReadFile(filepath.Join(dir, "down")); !bytes.Equal(got, data) || err != nil {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if got := a.must("-s", p.addr, "ls", "/"); !strings.Contains(got, " up\n") {
		t.Errorf("ls: got %q", got)
	}
}
