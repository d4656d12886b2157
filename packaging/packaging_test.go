package packaging

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// What scripts/package builds, once for all tests.
var built = sync.OnceValues(func() (string, error) {
	dist, err := os.MkdirTemp("", "wabridge-dist-")
	if err != nil {
		return "", err
	}
	distDir = dist
	return dist, pack(dist, "1.2.3")
})

var distDir string

func TestMain(m *testing.M) {
	code := m.Run()
	if distDir != "" {
		os.RemoveAll(distDir)
	}
	os.Exit(code)
}

// pack builds with less optimisation of SQLite: it is compiled twice, in less
// than half the time.
func pack(dist, version string, archs ...string) error {
	c := exec.Command("../scripts/package", archs...)
	c.Env = append(os.Environ(), "WABRIDGE_CFLAGS=-O1", "WABRIDGE_DIST="+dist, "WABRIDGE_VERSION="+version, "SOURCE_DATE_EPOCH=1700000000")
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// dist is the directory with what was built. What a machine lacks skips the
// test; scripts/setup installs it.
func dist(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it compiles SQLite for two architectures")
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the packages are built and tested on linux/amd64")
	}
	for _, tool := range []string{"gcc", "aarch64-linux-gnu-gcc", "dpkg-deb", "gzip"} {
		need(t, tool)
	}
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func need(t *testing.T, tool string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Skipf("%s is not installed; scripts/setup does it", tool)
	}
	return path
}

// output runs a command and insists that it succeeds.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// program is how a binary for an architecture is run here.
func program(t *testing.T, arch string) []string {
	t.Helper()
	binary := filepath.Join(dist(t), "wabridge-linux-"+arch)
	if arch == runtime.GOARCH {
		return []string{binary}
	}
	if qemu, err := exec.LookPath("qemu-aarch64"); err == nil { // its name from Debian 13 on
		return []string{qemu, binary}
	}
	return []string{need(t, "qemu-aarch64-static"), binary}
}

func TestStatic(t *testing.T) {
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		f, err := elf.Open(filepath.Join(dist(t), "wabridge-linux-"+arch))
		if err != nil {
			t.Fatal(err)
		}
		if f.Machine != machine {
			t.Errorf("%s is for %v", arch, f.Machine)
		}
		for _, p := range f.Progs {
			if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
				t.Errorf("%s needs libraries of the system (%v)", arch, p.Type)
			}
		}
		f.Close()
		run := program(t, arch)
		want := "wabridge 1.2.3 (" + runtime.Version() + ", linux/" + arch + ")\n"
		if got := output(t, run[0], append(run[1:], "version")...); got != want {
			t.Errorf("%s says %q, want %q", arch, got, want)
		}
	}
}

// TestSameAgain: a second build of the same commit has the same bytes, and no
// path of the machine in them.
func TestSameAgain(t *testing.T) {
	first, second := dist(t), t.TempDir()
	if err := pack(second, "1.2.3", "amd64"); err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(first, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile(filepath.Join(second, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(again)), "\n")
	if len(lines) != 3 {
		t.Errorf("one architecture has %d files: %q", len(lines), lines)
	}
	for _, line := range lines {
		if !bytes.Contains(sums, []byte(line)) {
			t.Errorf("not the same again: %s, before\n%s", line, sums)
		}
	}
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, arch := range []string{"amd64", "arm64"} {
		b, err := os.ReadFile(filepath.Join(first, "wabridge-linux-"+arch))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(sums, fmt.Appendf(nil, "%x", sha256.Sum256(b))) {
			t.Errorf("the sum of %s is not listed", arch)
		}
		if bytes.Contains(b, []byte(here)) {
			t.Errorf("%s holds the path %s", arch, here)
		}
	}
}

// TestARM64 runs the main job with the arm64 program under qemu: its simulated
// phone in one process, and the gateway in another that reaches the phone's
// adbd directly, as it does on a phone itself. A text goes out, is read, and is
// answered; then the database is backed up and the backup verified.
func TestARM64(t *testing.T) {
	run := program(t, "arm64")
	work := t.TempDir()
	phone := start(t, run, "simphone", "--latency", "instant", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0")
	adb := phone.wait(t, `adb connect (\S+)`)
	data := filepath.Join(work, "data")
	start(t, run, "serve", "--data", data, "--listen", "127.0.0.1:0", "--discover=false", "--timing", "instant", "--phone", "direct:"+adb)
	waitFor(t, "the gateway", func() bool {
		addr, err := os.ReadFile(filepath.Join(data, "address"))
		if err != nil {
			return false
		}
		resp, err := http.Get(strings.TrimSpace(string(addr)) + "/healthz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	do := func(args ...string) string {
		t.Helper()
		return output(t, run[0], append(append(run[1:], args...), "--data", data)...)
	}
	if got := do("send", "15550002111", "Hello from arm64", "--wait"); !regexp.MustCompile(`(?m)^(sent|delivered|read)$`).MatchString(got) {
		t.Errorf("send: %s", got)
	}
	waitFor(t, "the answer", func() bool { return strings.Contains(do("inbox"), "echo: Hello from arm64") })
	backups := filepath.Join(work, "backups")
	do("db", "backup", backups)
	if got := do("db", "verify", backups); !strings.Contains(got, "all is well") {
		t.Errorf("verify: %s", got)
	}
	// What one architecture writes the other reads.
	native := program(t, "amd64")
	other := filepath.Join(work, "other")
	output(t, native[0], "db", "restore", backups, "--data", other)
	if got := output(t, native[0], "db", "export", "--data", other); !strings.Contains(got, "Hello from arm64") {
		t.Errorf("restored on amd64: %s", got)
	}
}

// A process that a test started, with what it prints.
type process struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

func (p *process) wait(t *testing.T, pattern string) (found string) {
	t.Helper()
	re := regexp.MustCompile(pattern)
	waitFor(t, pattern, func() bool {
		if m := re.FindStringSubmatch(p.text()); m != nil {
			found = m[1]
			return true
		}
		return false
	})
	return found
}

// start runs a program until the test ends.
func start(t *testing.T, run []string, args ...string) *process {
	t.Helper()
	p := &process{}
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, run[0], append(run[1:], args...)...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = time.Minute
	c.Stdout, c.Stderr = p, io.MultiWriter(p)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = c.Wait() // interrupted
		if t.Failed() {
			t.Logf("%s:\n%s", args[0], p.text())
		}
	})
	return p
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !ok(); <-time.After(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
