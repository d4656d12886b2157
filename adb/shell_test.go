package adb_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/png"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/adb/wire"
)

func packet(id wire.ShellID, payload string) string {
	return string(wire.AppendShellPacket(nil, id, []byte(payload)))
}

func TestRunReadsPackets(t *testing.T) {
	whole := packet(wire.ShellStdout, "out") + packet(9, "unknown kind") + packet(wire.ShellStderr, "err") +
		packet(wire.ShellStdout, "") + packet(wire.ShellStdout, "put") + packet(wire.ShellExit, "\x05")
	for _, c := range []struct {
		name, stream string
		want         string
		err          error
	}{
		{"everything", whole, "output|err|5", nil},
		{"nothing behind the exit is read", whole + packet(wire.ShellStdout, "late") + "garbage", "output|err|5", nil},
		{"nothing at all", "", "||0", adb.ErrNoExit},
		{"no exit packet", packet(wire.ShellStdout, "half of it"), "half of it||0", adb.ErrNoExit},
		{"an exit packet without a code", packet(wire.ShellExit, ""), "||0", adb.ErrProtocol},
		{"an exit packet of two bytes", packet(wire.ShellExit, "ab"), "||0", adb.ErrProtocol},
		{"4 GiB announced, little there", string([]byte{1, 0xff, 0xff, 0xff, 0xff}) + "little", "little||0", adb.ErrNoExit},
		{"4 GiB of an unknown kind", string([]byte{77, 0xff, 0xff, 0xff, 0xff}) + "little", "||0", adb.ErrNoExit},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{features: v2, serve: says([]byte(c.stream))}
			got, err := adb.NewDevice(f).Run(t.Context(), "ls")
			if text(got) != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %q, %v; want %q, %v", text(got), err, c.want, c.err)
			}
			_ = f.Close()
		})
	}
	for n := range len(whole) - 1 {
		f := &fake{features: v2, serve: says([]byte(whole[:n]))}
		if _, err := adb.NewDevice(f).Run(t.Context(), "ls"); !errors.Is(err, adb.ErrNoExit) {
			t.Errorf("%d bytes of %d: %v, want ErrNoExit", n, len(whole), err)
		}
		_ = f.Close()
	}
}

func TestRunRefusesToSend(t *testing.T) {
	for _, c := range []struct {
		name, command string
		features      adb.Features
		want          error
	}{
		{"an empty command would be an interactive shell", " \n", v2, adb.ErrUnsupported},
		{"a NUL would cut it", "echo a\x00b", v2, adb.ErrUnsupported},
		{"over 4095 bytes without shell_v2", "echo " + strings.Repeat("x", 4096), nil, adb.ErrTooLong},
	} {
		f := &fake{features: c.features, serve: says(nil)}
		if _, err := adb.NewDevice(f).Run(t.Context(), c.command); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if len(f.services) != 0 {
			t.Errorf("%s: something was sent", c.name)
		}
	}
	f := &fake{serve: says(nil)}
	if _, err := adb.NewDevice(f).RunInput(t.Context(), "cat", strings.NewReader("x")); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("input without shell_v2: %v, want ErrUnsupported", err)
	}
}

// TestRunHasADeadline: a device that takes everything and answers nothing.
func TestRunHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{features: v2, serve: func(_ string, s net.Conn) { _, _ = io.Copy(io.Discard, s) }}
		d := adb.NewDevice(f, adb.WithTimeout(7*time.Second))
		begin := time.Now()
		_, err := d.Run(context.Background(), "dumpsys secret words")
		if !errors.Is(err, adb.ErrTimeout) || time.Since(begin) != 7*time.Second {
			t.Errorf("run = %v after %v, want ErrTimeout after 7 s", err, time.Since(begin))
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the command: %v", err)
		}
		begin = time.Now()
		if _, err := d.Ping(context.Background()); !errors.Is(err, adb.ErrTimeout) || time.Since(begin) != adb.DefaultPingTimeout {
			t.Errorf("ping = %v after %v, want ErrTimeout after %v", err, time.Since(begin), adb.DefaultPingTimeout)
		}
		_ = d.Close()
	})
}

// TestProcessNobodyReads: the output of a command that nobody reads waits, and
// standard error is cut to its newest.
func TestProcessNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{features: v2, serve: func(_ string, s net.Conn) {
			go io.Copy(io.Discard, s) // ends with the stream
			for range 100 {
				_, _ = s.Write([]byte(packet(wire.ShellStderr, strings.Repeat("e", 10_000))))
			}
			_, _ = s.Write([]byte(packet(wire.ShellStderr, "newest") + packet(wire.ShellStdout, "out") + packet(wire.ShellExit, "\x03")))
		}}
		d := adb.NewDevice(f)
		p, err := d.Start(context.Background(), "noise")
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		select {
		case <-p.Done():
			t.Error("ended before its output was read")
		default:
		}
		if out, err := io.ReadAll(p.Stdout); string(out) != "out" || err != nil {
			t.Errorf("stdout %q, %v", out, err)
		}
		if code, err := p.Wait(); code != 3 || err != nil {
			t.Errorf("wait = %d, %v", code, err)
		}
		got, err := io.ReadAll(p.Stderr)
		if err != nil || len(got) > 256<<10 || !bytes.HasSuffix(got, []byte("newest")) {
			t.Errorf("stderr: %d bytes, %v", len(got), err)
		}
		_ = d.Close()
	})
}

// legacyPhone runs commands with this machine's shell as Android 6 does:
// terminal, outputs merged, line feeds changed, no exec.
func legacyPhone(exec, cooked bool) *fake {
	f := &fake{}
	f.refuse = func(service string) error {
		if !exec && strings.HasPrefix(service, "exec:") {
			return &adb.Error{Op: "open exec", Device: "fake", Kind: adb.ErrRefused}
		}
		return nil
	}
	f.serve = func(service string, s net.Conn) {
		_, command, _ := strings.Cut(service, ":")
		out, _ := localOutput(command)
		if cooked && strings.HasPrefix(service, "shell:") {
			out = bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n"))
		}
		for len(out) > 0 { // in pieces that cut everything somewhere
			n := min(7, len(out))
			_, _ = s.Write(out[:n])
			out = out[n:]
		}
	}
	return f
}

func localOutput(command string) ([]byte, error) {
	cmd := exec.Command("/bin/sh", "-c", "exec 2>&1\n"+command)
	return cmd.CombinedOutput()
}

func TestRunOnAnOldDevice(t *testing.T) {
	for _, p := range []struct {
		name         string
		exec, cooked bool
	}{{"with exec", true, true}, {"with a cooked shell only", false, true}, {"with a raw shell only", false, false}} {
		for _, c := range []struct {
			name, command, stdout string
			code                  int
		}{
			{"text and a code", "echo one; echo two >&2; exit 7", "one\ntwo\n", 7},
			{"bytes that look like changed line ends", `printf 'a\r\n\n\r\r\n\rb\000\r'`, "a\r\n\n\r\r\n\rb\x00\r", 0},
			{"nothing", "true", "", 0},
			{"input is empty", "cat; echo end", "end\n", 0},
			{"quotes and a comment", `echo 'it'"'"'s' # comment`, "it's\n", 0},
		} {
			t.Run(p.name+", "+c.name, func(t *testing.T) {
				f := legacyPhone(p.exec, p.cooked)
				got, err := adb.NewDevice(f).Run(t.Context(), c.command)
				if err != nil || string(got.Stdout) != c.stdout || got.ExitCode != c.code {
					t.Errorf("got %q, %v; want %q, %d", text(got), err, c.stdout, c.code)
				}
			})
		}
	}
}

func TestOldDeviceCutOff(t *testing.T) {
	for _, c := range []struct{ name, stream string }{
		{"nothing", ""}, {"no second mark", "N\nhalf"}, {"half of the second mark", "N\nhalf\nN:"}, {"no line end", "N\nhalf\nN:0"},
	} {
		f := &fake{}
		f.serve = func(service string, s net.Conn) {
			nonce := strings.Fields(service)[1]
			_, _ = s.Write([]byte(strings.ReplaceAll(c.stream, "N", strings.TrimSuffix(nonce, ";"))))
		}
		if _, err := adb.NewDevice(f).Run(t.Context(), "ls"); !errors.Is(err, adb.ErrNoExit) {
			t.Errorf("%s: %v, want ErrNoExit", c.name, err)
		}
	}
	f := &fake{serve: says(bytes.Repeat([]byte("no mark "), 20_000))}
	if _, err := adb.NewDevice(f).Run(t.Context(), "ls"); !errors.Is(err, adb.ErrProtocol) {
		t.Errorf("no first mark: %v, want ErrProtocol", err)
	}
}

func TestOldDeviceAsksForExecOnce(t *testing.T) {
	f := legacyPhone(false, true)
	d := adb.NewDevice(f)
	for range 3 {
		if _, err := d.Run(t.Context(), "true"); err != nil {
			t.Fatal(err)
		}
	}
	if len(f.services) != 4 {
		t.Errorf("%d services for 3 commands, want 4: exec once, shell thrice", len(f.services))
	}
}

func TestScreenshot(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	picture := b.String()
	huge := []byte(picture)
	binary.BigEndian.PutUint32(huge[8:], 0xffffffff)
	for _, c := range []struct {
		name, stdout string
		code         string
		want         string
		err          error
	}{
		{"a picture", picture, "\x00", picture, nil},
		{"two displays: text before it", "[Warning] Multiple displays were found\nline\nline\n" + picture, "\x00", picture, nil},
		{"text behind it", picture + "bye\n", "\x00", picture, nil},
		{"cut off", picture[:len(picture)-5], "\x00", "", adb.ErrProtocol},
		{"a chunk of 4 GiB", string(huge), "\x00", "", adb.ErrProtocol},
		{"nothing", "", "\x00", "", adb.ErrProtocol},
		{"an error", "Capturing failed.\n", "\x01", "", adb.ErrRefused},
	} {
		f := &fake{features: v2, serve: says([]byte(packet(wire.ShellStdout, c.stdout) + packet(wire.ShellExit, c.code)))}
		got, err := adb.NewDevice(f).Screenshot(t.Context())
		if string(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %d bytes, %v; want %d, %v", c.name, len(got), err, len(c.want), c.err)
		}
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{"": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$x": "'$x'"} {
		if got := adb.Quote(in); got != want {
			t.Errorf("Quote(%q) = %s, want %s", in, got, want)
		}
	}
}
