package adbd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
)

var shellTable = table(map[string]func(context.Context, *adbd.Process) int{
	"": func(_ context.Context, p *adbd.Process) int {
		_, _ = fmt.Fprintf(p.Stdout, "tty %v %s\n", p.TTY, p.Term)
		return 0
	},
	"both": func(_ context.Context, p *adbd.Process) int {
		_, _ = io.WriteString(p.Stdout, "out\n")
		_, _ = io.WriteString(p.Stderr, "err\n")
		return 137
	},
	"big": func(_ context.Context, p *adbd.Process) int {
		_, _ = io.WriteString(p.Stdout, strings.Repeat("x", 1_000_000))
		return 3
	},
	"cat": func(_ context.Context, p *adbd.Process) int {
		n, err := io.Copy(p.Stdout, p.Stdin)
		_, _ = fmt.Fprintf(p.Stderr, "%d %v", n, err)
		return 0
	},
	"two writers": func(_ context.Context, p *adbd.Process) int {
		var wg sync.WaitGroup
		for _, w := range []io.Writer{p.Stdout, p.Stderr} {
			wg.Go(func() {
				for range 500 {
					_, _ = io.WriteString(w, "0123456789")
				}
			})
		}
		wg.Wait()
		return 0
	},
})

func TestShell(t *testing.T) {
	lines := strings.Repeat("0123456789", 500)
	for name, tc := range map[string]struct {
		service string
		want    result
	}{
		"outputs apart, exit code":     {"shell,v2,TERM=xterm,raw:both", result{"out\n", "err\n", 137}},
		"raw is the default":           {"shell,v2:both", result{"out\n", "err\n", 137}},
		"a terminal merges":            {"shell,v2,pty:both", result{"out\nerr\n", "", 137}},
		"interactive":                  {"shell,v2,TERM=vt100:", result{"tty true vt100\n", "", 0}},
		"interactive without terminal": {"shell,v2,raw:", result{"tty false \n", "", 0}},
		"unknown arguments":            {"shell,v2,future=1,raw:both", result{"out\n", "err\n", 137}},
		"exit follows all output":      {"shell,v2,raw:big", result{strings.Repeat("x", 1_000_000), "", 3}},
		"cannot be started":            {"shell,v2,raw:nope", result{"", "error: no such command in the test\n", 126}},
		"writers at once":              {"shell,v2,raw:two writers", result{lines, lines, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, adbd.Config{Shell: shellTable}).connect()
			got := parseResult(t, h.open(tc.service).readAll())
			if !cmp.Equal(got, tc.want) {
				t.Errorf("got  %.200v\nwant %.200v", got, tc.want)
			}
		})
	}
	t.Run("without v2 all is one", func(t *testing.T) {
		h := start(t, adbd.Config{Shell: shellTable}).connect()
		for _, service := range []string{"shell:both", "exec:both", "shell,raw:both"} {
			if got, want := string(h.open(service).readAll()), "out\nerr\n"; got != want {
				t.Errorf("%s: got %q, want %q", service, got, want)
			}
		}
	})
}

func TestShellStdin(t *testing.T) {
	in := wire.AppendShellPacket(nil, wire.ShellWindowSize, []byte("24x80,0x0\x00"))
	in = wire.AppendShellPacket(in, wire.ShellStdin, []byte("one "))
	in = wire.AppendShellPacket(in, wire.ShellStdin, nil)
	in = wire.AppendShellPacket(in, 99, []byte("unknown"))
	in = wire.AppendShellPacket(in, wire.ShellStdin, []byte("two"))
	in = wire.AppendShellPacket(in, wire.ShellCloseStdin, nil)
	for _, step := range []int{1, 3, 7, len(in)} {
		t.Run(fmt.Sprintf("%d bytes at a time", step), func(t *testing.T) {
			h := start(t, adbd.Config{Shell: shellTable}).connect()
			c := h.open("shell,v2,raw:cat")
			for rest := in; len(rest) > 0; { // the echo waits until we read
				n := min(step, len(rest))
				h.send(c.packet(wire.WRTE, rest[:n]))
				rest = rest[n:]
			}
			got := parseResult(t, c.readAll())
			if want := (result{"one two", "7 <nil>", 0}); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestStdinNotRead lets the host write more than anybody reads.
func TestStdinNotRead(t *testing.T) {
	release := make(chan struct{})
	cfg := adbd.Config{Shell: func(ctx context.Context, p *adbd.Process) int {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return 5
	}}
	synctest.Test(t, func(t *testing.T) {
		release = make(chan struct{})
		h := start(t, cfg).connect()
		c := h.open("shell,v2,raw:sleep")
		c.write(wire.AppendShellPacket(nil, wire.ShellCloseStdin, nil)) // answered though nobody reads
		h.send(c.packet(wire.WRTE, []byte("\x00\xff\xff\xff\xff")))     // a stdin packet of 4 GiB
		h.expect(wire.OKAY)
		h.send(c.packet(wire.WRTE, make([]byte, wire.MaxData)))
		synctest.Wait() // no OKAY for this one: it waits to be read
		close(release)
		if got := parseResult(t, c.readAll()); got.Exit != 5 {
			t.Errorf("got %v", got)
		}
	})
}

func TestHostClosesShell(t *testing.T) {
	for _, service := range []string{"shell,v2,raw:endless", "shell:endless", "exec:endless"} {
		t.Run(service, func(t *testing.T) {
			ended := make(chan error, 1)
			cfg := adbd.Config{Shell: func(ctx context.Context, p *adbd.Process) int {
				for {
					if _, err := io.WriteString(p.Stdout, "line\n"); err != nil {
						<-ctx.Done()
						ended <- err
						return 129
					}
				}
			}}
			h := start(t, cfg).connect()
			c := h.open(service)
			h.expect(wire.WRTE)
			c.close()
			if err := <-ended; !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("write: got %v, want ErrClosedPipe", err)
			}
			h.expect(wire.CLSE) // and no exit packet
		})
	}
}
