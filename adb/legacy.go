package adb

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge/adb/wire"
)

// A device without shell_v2 (Android 6 and older) tells no exit code, and its
// "shell:" turns each line feed into CR LF, in binary output too. So the
// command is wrapped in two marks that nobody can guess:
//
//	echo N; sh -c 'command' </dev/null; echo N:$?
//
// The first mark's line end shows whether line feeds are being changed; as the
// change is one CR before each LF, taking one away restores the bytes exactly.
// The second mark brings the exit code. Not verified on a phone: the cooked
// terminal was measured on Android 5 and 6, this wrapping was not.

// preambleLimit bounds what may come before the first mark, such as a
// warning of the linker.
const preambleLimit = 64 << 10

// secondMarkRest is the length of ":255\r\n".
const secondMarkRest = 6

// openLegacyShell starts a wrapped command with "exec:", which changes no line
// ends, or with "shell:" where there is none.
func (d *Device) openLegacyShell(ctx context.Context, command string) (*shell, error) {
	nonce := "adb" + rand.Text()
	wrapped := legacyWrap(nonce, command)
	d.mu.Lock()
	noExec := d.noExec
	d.mu.Unlock()
	var s Stream
	err := error(&Error{Kind: ErrRefused})
	if !noExec {
		s, err = d.open(ctx, "exec:"+wrapped)
	}
	if errors.Is(err, ErrRefused) {
		d.mu.Lock()
		d.noExec = true
		d.mu.Unlock()
		s, err = d.open(ctx, "shell:"+wrapped)
	}
	if err != nil {
		return nil, err
	}
	return &shell{stream: s, read: func(stdout, _ func([]byte) error) (int, error) {
		return readLegacy(s, nonce, stdout)
	}}, nil
}

func legacyWrap(nonce, command string) string {
	return fmt.Sprintf("echo %s; sh -c %s </dev/null; echo %s:$?", nonce, Quote(command), nonce)
}

// readLegacy passes on what comes between the marks and returns the exit code
// of the second. An end before the second mark is io.EOF.
func readLegacy(r io.Reader, nonce string, stdout func([]byte) error) (int, error) {
	l := legacyReader{nonce: []byte(nonce), stdout: stdout}
	buf := make([]byte, readBlock)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if err := l.take(buf[:n]); err != nil {
				return 0, err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return l.exitCode()
		case err != nil:
			return 0, err
		}
	}
}

// A legacyReader finds the marks in output that comes in pieces. What might be
// the beginning of the second mark is held back.
type legacyReader struct {
	nonce  []byte
	stdout func([]byte) error
	began  bool
	cooked bool
	held   []byte
}

func (l *legacyReader) take(p []byte) error {
	l.held = append(l.held, p...)
	if !l.began {
		if err := l.findBegin(); err != nil || !l.began {
			return err
		}
	}
	free := l.free()
	out := l.held[:free]
	if l.cooked {
		out = bytes.ReplaceAll(out, []byte("\r\n"), []byte("\n"))
	}
	if len(out) > 0 {
		if err := l.stdout(out); err != nil {
			return err
		}
	}
	l.held = append(l.held[:0], l.held[free:]...)
	if bytes.HasPrefix(l.held, l.nonce) { // what a background job writes behind it is dropped
		l.held = l.held[:min(len(l.held), len(l.nonce)+secondMarkRest)]
	}
	return nil
}

// findBegin drops all up to the first mark and its line end.
func (l *legacyReader) findBegin() error {
	_, rest, found := bytes.Cut(l.held, l.nonce)
	switch {
	case found && bytes.HasPrefix(rest, []byte("\r\n")):
		l.began, l.cooked, l.held = true, true, rest[2:]
	case found && bytes.HasPrefix(rest, []byte("\n")):
		l.began, l.held = true, rest[1:]
	case len(l.held) > preambleLimit:
		return fmt.Errorf("no first mark within %d bytes: %w", preambleLimit, wire.ErrSyntax)
	}
	return nil
}

// free is how much of what is held cannot belong to the second mark, nor be cut
// within a CR LF.
func (l *legacyReader) free() int {
	if i := bytes.Index(l.held, l.nonce); i >= 0 {
		return i
	}
	free := len(l.held)
	for n := min(len(l.nonce)-1, len(l.held)); n > 0; n-- {
		if bytes.HasSuffix(l.held, l.nonce[:n]) {
			free = len(l.held) - n
			break
		}
	}
	if l.cooked && free > 0 && l.held[free-1] == '\r' {
		free--
	}
	return free
}

// exitCode reads the second mark when the stream has ended.
func (l *legacyReader) exitCode() (int, error) {
	if !l.began {
		return 0, io.EOF
	}
	text, ok := strings.CutPrefix(string(l.held), string(l.nonce)+":")
	line, _, whole := strings.Cut(text, "\n")
	if !ok || !whole {
		return 0, io.EOF
	}
	code, err := strconv.ParseUint(strings.TrimSuffix(line, "\r"), 10, 8)
	if err != nil {
		return 0, fmt.Errorf("exit code: %w", wire.ErrSyntax)
	}
	return int(code), nil
}
