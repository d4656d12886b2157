package adb_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge/adb"
)

// TestConformance holds the same behaviour against every peer, in every way.
func TestConformance(t *testing.T) {
	for _, w := range ways() {
		t.Run(w.name, func(t *testing.T) {
			d, root := w.open(t)
			t.Run("exit codes and outputs", func(t *testing.T) { testShell(t, d) })
			t.Run("standard input", func(t *testing.T) { testInput(t, d) })
			t.Run("binary output is untouched", func(t *testing.T) { testBinary(t, d) })
			t.Run("cancel ends the command", func(t *testing.T) { testCancel(t, d) })
			t.Run("endless stream, cut off", func(t *testing.T) { testEndless(t, d) })
			t.Run("20 streams at once", func(t *testing.T) { testManyStreams(t, d) })
			t.Run("output over the limit", func(t *testing.T) { testLimit(t, d) })
			t.Run("quoting", func(t *testing.T) { testQuote(t, d) })
			t.Run("long commands", func(t *testing.T) { testLongCommand(t, d) })
			t.Run("files", func(t *testing.T) { testFiles(t, d) })
			t.Run("links", func(t *testing.T) { testLinks(t, d, root) })
			t.Run("a big file there and back", func(t *testing.T) { testBigFile(t, d, root == "") })
			t.Run("ping", func(t *testing.T) {
				if trip, err := d.Ping(t.Context()); err != nil || trip <= 0 {
					t.Errorf("ping = %v, %v", trip, err)
				}
			})
		})
	}
}

func testShell(t *testing.T, d *adb.Device) {
	for _, c := range []struct {
		name, command  string
		stdout, stderr string
		code           int
	}{
		{"both outputs and a code", "echo out; echo err >&2; exit 7", "out\n", "err\n", 7},
		{"success says nothing", "true", "", "", 0},
		{"ended by SIGKILL", "kill -9 $$", "", "", 137},
		{"ended by SIGTERM", "kill -15 $$", "", "", 143},
		{"input is empty, not open", "cat; echo end", "end\n", "", 0},
		{"no line end at the end", "printf abc", "abc", "", 0},
	} {
		got, err := d.Run(t.Context(), c.command)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		want := adb.Output{Stdout: []byte(c.stdout), Stderr: []byte(c.stderr), ExitCode: c.code}
		if text(got) != text(want) {
			t.Errorf("%s: got %q, want %q", c.name, text(got), text(want))
		}
	}
	got, err := d.Run(t.Context(), "no-such-command-here")
	if err != nil || got.ExitCode != 127 || len(got.Stderr) == 0 {
		t.Errorf("unknown command = %q, %v; want code 127 and words on stderr", text(got), err)
	}
}

func testInput(t *testing.T, d *adb.Device) {
	in := randomBytes(3 << 20)
	got, err := d.RunInput(t.Context(), "cat", bytes.NewReader(in))
	if err != nil || !bytes.Equal(got.Stdout, in) {
		t.Errorf("cat gave %d bytes, %v; want the %d it got", len(got.Stdout), err, len(in))
	}
	got, err = d.RunInput(t.Context(), "head -c 10", bytes.NewReader(in))
	if err != nil || !bytes.Equal(got.Stdout, in[:10]) {
		t.Errorf("a command that ends before its input = %d bytes, %v", len(got.Stdout), err)
	}
	p, err := d.Start(t.Context(), "cat; exit 4")
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Stdin.Write(in[:100_000])
	if err = errors.Join(err, p.Stdin.Close(), p.Stdin.Close()); err != nil {
		t.Errorf("stdin of a process: %v", err)
	}
	out, err := io.ReadAll(p.Stdout)
	if code, werr := p.Wait(); err != nil || werr != nil || code != 4 || !bytes.Equal(out, in[:100_000]) {
		t.Errorf("process: %d bytes, code %d, %v, %v", len(out), code, err, werr)
	}
	broken := io.MultiReader(strings.NewReader("abc"), brokenReader{})
	if _, err = d.RunInput(t.Context(), "cat", broken); !errors.Is(err, errBroken) {
		t.Errorf("broken input: %v, want its own error", err)
	}
}

var errBroken = errors.New("broken input")

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errBroken }

func testBinary(t *testing.T, d *adb.Device) {
	const command = `printf '\r\n\n\r\000\377\r\r\n'`
	const want = "\r\n\n\r\x00\xff\r\r\n"
	got, err := d.Run(t.Context(), command)
	if err != nil || string(got.Stdout) != want {
		t.Errorf("run = %q, %v; want %q", got.Stdout, err, want)
	}
	s, err := d.Exec(t.Context(), command)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := io.ReadAll(s); err != nil || string(got) != want {
		t.Errorf("exec = %q, %v; want %q", got, err, want)
	}
}

// testCancel ends commands in their middle and looks for them on the device.
func testCancel(t *testing.T, d *adb.Device) {
	mark := fmt.Sprintf("%d", 100_000+rand.IntN(800_000))
	ctx, cancel := context.WithCancel(t.Context())
	p, err := d.Start(ctx, "echo started; sleep "+mark)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(p.Stdout, make([]byte, len("started\n"))); err != nil {
		t.Fatal(err)
	}
	waitRuns(t, d, mark) // else the signal may meet the shell between fork and exec, see Run
	cancel()
	if _, err := io.ReadAll(p.Stdout); !errors.Is(err, context.Canceled) {
		t.Errorf("read after the cancel: %v, want context.Canceled", err)
	}
	if _, err := p.Wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("wait after the cancel: %v, want context.Canceled", err)
	}
	waitGone(t, d, mark)

	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err = d.Run(ctx, "sleep "+mark)
	if !errors.Is(err, adb.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("run beyond its deadline: %v, want ErrTimeout", err)
	}
	if took := time.Since(begin); took > 20*time.Second { // a deadline that is not minded: 60
		t.Errorf("run ended %v after its deadline of 0.3 s", took)
	}
	waitGone(t, d, mark)

	p, err = d.Start(t.Context(), "sleep "+mark)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = p.Kill(), p.Kill()
	if _, err := p.Wait(); !errors.Is(err, adb.ErrClosed) {
		t.Errorf("wait after kill: %v, want ErrClosed", err)
	}
	waitGone(t, d, mark)
}

// sleepers are the sleep commands with the mark that run on the device.
func sleepers(t *testing.T, d *adb.Device, mark string) string {
	t.Helper()
	// The pattern does not match the command line of the search itself.
	search := fmt.Sprintf(`{ ps -eo args || for f in /proc/[0-9]*/cmdline; do tr '\0' ' ' <$f; echo; done; } 2>/dev/null | grep '^sleep [%c]%s'`, mark[0], mark[1:])
	out, err := d.Run(t.Context(), search)
	if err != nil {
		t.Fatal(err)
	}
	return string(out.Stdout)
}

func waitRuns(t *testing.T, d *adb.Device, mark string) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); sleepers(t, d, mark) == ""; {
		if time.Now().After(end) {
			t.Fatal("not running on the device after two minutes")
		}
	}
}

func waitGone(t *testing.T, d *adb.Device, mark string) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; {
		left := sleepers(t, d, mark)
		if left == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("still running on the device after two minutes: %q", left)
		}
	}
}

func testEndless(t *testing.T, d *adb.Device) {
	p, err := d.Start(t.Context(), "while :; do echo 0123456789012345678901234567890123456789; done")
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.CopyN(io.Discard, p.Stdout, 2<<20)
	if err != nil {
		t.Errorf("%d bytes, then %v", n, err)
	}
	_ = p.Kill()
	if _, err := p.Wait(); !errors.Is(err, adb.ErrClosed) {
		t.Errorf("wait: %v, want ErrClosed", err)
	}
	if _, err := d.Ping(t.Context()); err != nil {
		t.Errorf("ping after it: %v", err)
	}
}

func testManyStreams(t *testing.T, d *adb.Device) {
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for j := range 3 {
				want := fmt.Sprintf("stream %d.%d ", i, j)
				got, err := d.Run(t.Context(), fmt.Sprintf("i=0; while [ $i -lt 500 ]; do echo '%s'$i; i=$((i+1)); done; exit %d", want, i))
				lines := strings.Split(strings.TrimSuffix(string(got.Stdout), "\n"), "\n")
				if err != nil || got.ExitCode != i || len(lines) != 500 || lines[499] != want+"499" {
					t.Errorf("stream %d: %d lines, code %d, %v", i, len(lines), got.ExitCode, err)
				}
			}
		})
	}
	wg.Wait()
}

func testLimit(t *testing.T, d *adb.Device) {
	got, err := d.Run(t.Context(), "cat /dev/zero")
	if !errors.Is(err, adb.ErrTooMuch) {
		t.Errorf("endless output: %v, want ErrTooMuch", err)
	}
	if n := len(got.Stdout); n > adb.DefaultOutputLimit || n < adb.DefaultOutputLimit-(64<<10) {
		t.Errorf("held %d bytes, want just under %d", n, adb.DefaultOutputLimit)
	}
}

func testQuote(t *testing.T, d *adb.Device) {
	for _, want := range []string{
		"", "plain", "it's", `"double" \ back`, "$HOME `id` $(id)", "a\nb\r\nc\td", "; | & > < * ? [ ] { } ~ ! #", "🙂 עברית", "''", "-n",
	} {
		got, err := d.Run(t.Context(), "printf %s "+adb.Quote(want))
		if err != nil || string(got.Stdout) != want {
			t.Errorf("%q came back as %q, %v", want, got.Stdout, err)
		}
	}
}

func testLongCommand(t *testing.T, d *adb.Device) {
	long := strings.Repeat("x", 60_000)
	got, err := d.Run(t.Context(), "echo "+long)
	if err != nil || string(got.Stdout) != long+"\n" {
		t.Errorf("60,000 letters: %d came back, %v", len(got.Stdout), err)
	}
	_, err = d.Run(t.Context(), "echo "+strings.Repeat("x", 2<<20))
	if !errors.Is(err, adb.ErrTooLong) {
		t.Errorf("2 MiB: %v, want ErrTooLong", err)
	}
}

const remoteDir = "/data/local/tmp"

func testFiles(t *testing.T, d *adb.Device) {
	name := fmt.Sprintf("%s/made/dir %d/file, with 'odd' name", remoteDir, rand.Int())
	at := time.Date(2024, 3, 1, 12, 30, 15, 0, time.UTC)
	want := randomBytes(200_001)
	var seen int64
	err := d.Push(t.Context(), bytes.NewReader(want), name, adb.PushOptions{Mode: 0o640, ModTime: at, Progress: func(n int64) { seen = n }})
	if err != nil || seen != int64(len(want)) {
		t.Fatalf("push: %v, progress %d of %d", err, seen, len(want))
	}
	info, err := d.Stat(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() != int64(len(want)) || !info.ModTime().Equal(at) || !info.Mode().IsRegular() || info.Mode().Perm()&0o600 != 0o600 {
		t.Errorf("stat: %d bytes, %v, %v", info.Size(), info.ModTime(), info.Mode())
	}
	var got bytes.Buffer
	if n, err := d.Pull(t.Context(), name, &got, nil); err != nil || n != int64(len(want)) || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("pull: %d bytes, equal %v, %v", n, bytes.Equal(got.Bytes(), want), err)
	}
	testMissing(t, d)
	list, err := d.List(t.Context(), name[:strings.LastIndexByte(name, '/')])
	if err != nil || len(list) != 1 || list[0].Name() != "file, with 'odd' name" || list[0].Size() != int64(len(want)) {
		t.Errorf("list: %v, %v", list, err)
	}
	if info, err := d.Stat(t.Context(), remoteDir); err != nil || !info.IsDir() {
		t.Errorf("stat of a directory: %v", err)
	}
	if err := d.Push(t.Context(), strings.NewReader(""), name, adb.PushOptions{}); err != nil {
		t.Errorf("push of nothing over it: %v", err)
	}
	if info, err := d.Stat(t.Context(), name); err != nil || info.Size() != 0 {
		t.Errorf("stat of the empty file: %v, %v", info, err)
	}
}

func testMissing(t *testing.T, d *adb.Device) {
	missing := remoteDir + "/not there"
	if _, err := d.Stat(t.Context(), missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat: %v, want fs.ErrNotExist", err)
	}
	if _, err := d.Pull(t.Context(), missing, io.Discard, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("pull: %v, want fs.ErrNotExist", err)
	}
	if _, err := d.List(t.Context(), missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("list: %v, want fs.ErrNotExist", err)
	}
	if err := d.Push(t.Context(), bytes.NewReader(randomBytes(5<<20)), remoteDir, adb.PushOptions{}); err == nil {
		t.Error("push onto a directory: no error")
	} else if _, ok := errors.AsType[*fs.PathError](err); !ok {
		t.Errorf("push onto a directory: %v, want the device's own reason", err)
	}
	broken := io.MultiReader(bytes.NewReader(randomBytes(100_000)), brokenReader{})
	if err := d.Push(t.Context(), broken, missing, adb.PushOptions{}); !errors.Is(err, errBroken) {
		t.Errorf("push of a broken source: %v, want its own error", err)
	}
	if _, err := d.Stat(t.Context(), missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a push cut off left a file: %v", err)
	}
}

func testLinks(t *testing.T, d *adb.Device, root string) {
	dir := fmt.Sprintf("%s/links%d", remoteDir, rand.Int())
	file, link := dir+"/file", dir+"/link"
	if err := d.Push(t.Context(), strings.NewReader("content"), file, adb.PushOptions{}); err != nil {
		t.Fatal(err)
	}
	if root != "" { // our adbd makes no links
		if err := os.Symlink("file", root+link); err != nil {
			t.Fatal(err)
		}
	} else if err := d.Push(t.Context(), strings.NewReader("file"), link, adb.PushOptions{Mode: fs.ModeSymlink}); err != nil {
		t.Fatal(err)
	}
	if info, err := d.Lstat(t.Context(), link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("lstat: %v, %v; want a link", info, err)
	}
	if info, err := d.Stat(t.Context(), link); err != nil || !info.Mode().IsRegular() || info.Size() != 7 {
		t.Errorf("stat: %v, %v; want the file of 7 bytes", info, err)
	}
	var got bytes.Buffer
	if _, err := d.Pull(t.Context(), link, &got, nil); err != nil || got.String() != "content" {
		t.Errorf("pull through the link: %q, %v", got.String(), err)
	}
}

// testBigFile is shorter for our adbd under the race detector, whose own tests
// take 50 MB from the real adb.
func testBigFile(t *testing.T, d *adb.Device, genuine bool) {
	size := int64(50 << 20)
	if raceDetector && !genuine {
		size = 8 << 20
	}
	name := fmt.Sprintf("%s/big%d", remoteDir, rand.Int())
	source := rand.NewChaCha8([32]byte{1})
	want, got := sha256.New(), sha256.New()
	err := d.Push(t.Context(), io.TeeReader(io.LimitReader(source, size), want), name, adb.PushOptions{})
	if err != nil {
		t.Fatal(err)
	}
	n, err := d.Pull(t.Context(), name, got, nil)
	if err != nil || n != size {
		t.Fatalf("pull: %d bytes, %v", n, err)
	}
	if !bytes.Equal(want.Sum(nil), got.Sum(nil)) {
		t.Error("hashes differ")
	}
	if _, err := d.Run(t.Context(), "rm -f "+adb.Quote(name)); err != nil {
		t.Error(err)
	}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}
