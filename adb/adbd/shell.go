package adbd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/wabridge/wabridge/adb/wire"
)

// A Process is one command that the host wants run.
type Process struct {
	// Command is the shell text as it came; empty asks for an interactive
	// shell.
	Command string
	// Stdin ends with io.EOF when the host closes it.
	Stdin io.Reader
	// Stdout and Stderr may be used by several goroutines. They are the same
	// stream for a terminal, for shell: without v2 and for exec:. Writes fail
	// once the host has gone.
	Stdout, Stderr io.Writer
	// TTY tells that the host wants a terminal.
	TTY bool
	// Term is the host's TERM, if it gave one.
	Term string
}

// StartFailed reports a command that could not be started, as adbd does, and
// returns the exit code for it.
func (p *Process) StartFailed(err error) int {
	_, _ = fmt.Fprintf(p.Stderr, "error: %v\n", err)
	return 126
}

// service gives the Service for a service string; nil refuses it.
func (s *Server) service(name string) Service {
	kind, rest, found := strings.Cut(name, ":")
	kind, args, _ := strings.Cut(kind, ",")
	switch {
	case !found:
	case kind == "shell" && s.cfg.Shell != nil:
		return s.shellService(args, rest)
	case kind == "exec" && args == "" && s.cfg.Shell != nil:
		return s.plainShell(&Process{Command: rest})
	case name == "sync:" && s.cfg.FS != nil:
		return s.syncService
	}
	if s.cfg.Other == nil {
		return nil
	}
	return s.cfg.Other(name)
}

// shellService reads the arguments of "shell,v2,TERM=xterm,raw:command".
func (s *Server) shellService(args, command string) Service {
	if args != "" && !s.has(FeatureShellV2) {
		return nil
	}
	v2 := false
	p := &Process{Command: command, TTY: command == ""}
	for arg := range strings.SplitSeq(args, ",") {
		switch name, value, _ := strings.Cut(arg, "="); name {
		case "v2":
			v2 = true
		case "raw":
			p.TTY = false
		case "pty":
			p.TTY = true
		case "TERM":
			p.Term = value
		}
	}
	if v2 {
		return s.framedShell(p)
	}
	p.TTY = true
	return s.plainShell(p)
}

// plainShell runs a process on the bare stream: outputs merged, no exit code.
// Before Android 7 the terminal turned every line feed of shell: into CR LF.
func (s *Server) plainShell(p *Process) Service {
	return func(ctx context.Context, stream io.ReadWriteCloser) error {
		p.Stdin, p.Stdout = stream, stream
		if p.TTY && !s.has(FeatureShellV2) {
			p.Stdout = crlf{stream}
		}
		p.Stderr = p.Stdout
		s.cfg.Shell(ctx, p)
		return nil
	}
}

// crlf writes \n as \r\n.
type crlf struct{ w io.Writer }

func (c crlf) Write(p []byte) (int, error) {
	if _, err := c.w.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// framedShell runs a process with the packets of shell v2. The exit packet is
// the last; a process whose host has gone gets none.
func (s *Server) framedShell(p *Process) Service {
	return func(ctx context.Context, stream io.ReadWriteCloser) error {
		var mu sync.Mutex
		p.Stdin = &shellStdin{r: wire.NewShellReader(stream), tty: p.TTY}
		p.Stdout = &shellOutput{mu: &mu, w: stream, id: wire.ShellStdout}
		p.Stderr = p.Stdout
		if !p.TTY {
			p.Stderr = &shellOutput{mu: &mu, w: stream, id: wire.ShellStderr}
		}
		code := s.cfg.Shell(ctx, p)
		mu.Lock()
		defer mu.Unlock()
		return wire.WriteShellPacket(stream, wire.ShellExit, []byte{byte(code)})
	}
}

// shellOutput writes packets of one output.
type shellOutput struct {
	mu *sync.Mutex // of the stream that both outputs share
	w  io.Writer
	id wire.ShellID
}

// maxShellPacket keeps packets at a size that every host has seen.
const maxShellPacket = 32 << 10

func (o *shellOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	written := 0
	for len(p) > 0 {
		n := min(len(p), maxShellPacket)
		if err := wire.WriteShellPacket(o.w, o.id, p[:n]); err != nil {
			return written, err
		}
		written += n
		p = p[n:]
	}
	return written, nil
}

// shellStdin reads the payloads of the stdin packets and passes over others.
// It takes packets from the stream only while it is read; what waits there is
// bounded by the stream.
type shellStdin struct {
	r    *wire.ShellReader
	tty  bool
	in   bool // inside a stdin packet
	done bool
}

func (s *shellStdin) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for !s.done {
		if s.in {
			n, err := s.r.Read(p)
			if n > 0 || (err != nil && !errors.Is(err, io.EOF)) {
				return n, err
			}
			s.in = err == nil
			continue
		}
		id, _, err := s.r.Next()
		if err != nil {
			return 0, err
		}
		s.in = id == wire.ShellStdin
		s.done = id == wire.ShellCloseStdin && !s.tty
	}
	return 0, io.EOF
}
