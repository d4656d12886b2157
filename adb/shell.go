package adb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/wabridge/wabridge/adb/wire"
)

// Run runs a command with the device's shell and returns what it wrote and its
// exit code. An exit code other than 0 is no error: err says only that the
// command could not be run to its end, and that its end is then not known.
// What was received until then is returned along with it.
//
// When ctx ends, or the timeout (WithTimeout) where ctx has no deadline, the
// command is ended on the device: adbd sends its shell SIGHUP, and the shell
// (mksh) what it is waiting for. What was left in the background, or ignores
// SIGHUP, lives on there; so does a part of a compound command that the shell
// was just starting (between fork and exec; seen in 2 of 15 ends within a
// millisecond of that, never with a single command), and everything when the
// link is gone, until adbd notices.
//
// Run returns when all that hold the command's output have ended: start what
// is to stay with "setsid cmd >/dev/null 2>&1 </dev/null &".
//
// On a device without shell_v2 (Android 6 and older) standard error comes
// merged into Stdout.
func (d *Device) Run(ctx context.Context, command string) (Output, error) {
	return d.run(ctx, command, nil)
}

// RunInput is Run with a standard input. It needs shell_v2. An error of stdin
// other than io.EOF ends the command. When the command ends before stdin does,
// a Read of stdin that is under way is left to end by itself.
func (d *Device) RunInput(ctx context.Context, command string, stdin io.Reader) (Output, error) {
	return d.run(ctx, command, stdin)
}

func (d *Device) run(ctx context.Context, command string, stdin io.Reader) (Output, error) {
	ctx, cancel := bounded(ctx, d.timeout)
	defer cancel()
	ctx, give := context.WithCancelCause(ctx)
	defer give(nil)
	sh, err := d.openShell(ctx, command, stdin != nil)
	if err != nil {
		return Output{}, err
	}
	if stdin != nil {
		defer sh.feed(stdin, give)()
	}
	defer sh.stream.Close()
	release := closeWith(ctx, sh.stream)
	defer release()
	c := collector{limit: d.outputLimit}
	c.out.ExitCode, err = sh.read(c.stdout, c.stderr)
	if err != nil {
		return c.out, d.cutOff(ctx, err)
	}
	return c.out, nil
}

// cutOff is the error of a command that was not read to its end.
func (d *Device) cutOff(ctx context.Context, err error) error {
	if ctx.Err() == nil && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return &Error{Op: "shell", Device: d.Serial(), Kind: ErrNoExit, Err: io.ErrUnexpectedEOF}
	}
	if cause := context.Cause(ctx); errors.Is(cause, errStdin) {
		return &Error{Op: "shell", Device: d.Serial(), Kind: ErrClosed, Text: cause.Error(), Err: cause}
	}
	if known, ok := errors.AsType[*Error](err); ok && ctx.Err() == nil {
		known := *known
		known.Op, known.Device = "shell", d.Serial()
		return &known
	}
	return failure(ctx, "shell", d.Serial(), err)
}

// A shell is a command under way. read takes its output to the end and returns
// its exit code; an end without one is io.EOF.
type shell struct {
	stream Stream
	read   func(stdout, stderr func([]byte) error) (code int, err error)
	v2     bool
}

// openShell starts a command in the best way the device has.
func (d *Device) openShell(ctx context.Context, command string, stdin bool) (*shell, error) {
	if strings.TrimSpace(command) == "" {
		return nil, &Error{Op: "shell", Device: d.Serial(), Kind: ErrUnsupported, Text: "the command is empty (adbd would start an interactive shell)"}
	}
	features, err := d.Features(ctx)
	if err != nil {
		return nil, err
	}
	if !features.Has(featureShellV2) {
		if stdin {
			return nil, &Error{Op: "shell", Device: d.Serial(), Kind: ErrUnsupported, Text: "standard input needs shell_v2 (Android 7)"}
		}
		return d.openLegacyShell(ctx, command)
	}
	s, err := d.open(ctx, "shell,v2,raw:"+command)
	if err != nil {
		return nil, err
	}
	if !stdin {
		// Otherwise what reads its standard input would wait for ever. An error
		// here shows when reading.
		_ = wire.WriteShellPacket(s, wire.ShellCloseStdin, nil)
	}
	return &shell{stream: s, v2: true, read: func(stdout, stderr func([]byte) error) (int, error) {
		return readShell(s, stdout, stderr)
	}}, nil
}

// readBlock is the size of the blocks in which output is passed on.
const readBlock = 32 << 10

// readShell takes shell v2 packets until the exit packet. Packets that this
// package does not know are passed over. The stream's end before the exit
// packet is io.EOF or io.ErrUnexpectedEOF: the adb tool says success then,
// which is wrong.
func readShell(r io.Reader, stdout, stderr func([]byte) error) (int, error) {
	packets := wire.NewShellReader(r)
	buf := make([]byte, readBlock)
	for {
		id, n, err := packets.Next()
		if err != nil {
			return 0, err
		}
		to := stdout
		switch id {
		case wire.ShellStdout:
		case wire.ShellStderr:
			to = stderr
		case wire.ShellExit:
			code, err := packets.Payload(1)
			if err == nil && len(code) != 1 {
				err = fmt.Errorf("exit packet of %d bytes: %w", n, wire.ErrSyntax)
			}
			if err != nil {
				return 0, err
			}
			return int(code[0]), nil
		default:
			continue
		}
		if err := passOn(packets, buf, to); err != nil {
			return 0, err
		}
	}
}

// passOn hands a payload to a consumer, block by block.
func passOn(r io.Reader, buf []byte, to func([]byte) error) error {
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if err := to(buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

var errStdin = errors.New("read the command's input")

// inputGrace is how long a Read of the caller's stdin, which nothing can end,
// may outlast the command before it is left alone.
const inputGrace = 100 * time.Millisecond

// feed starts to copy stdin to the command. The returned function, called when
// the stream is closed, waits for that to end.
func (sh *shell) feed(stdin io.Reader, give context.CancelCauseFunc) (wait func()) {
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		sh.copyInput(stdin, give)
	}()
	return func() {
		select {
		case <-fed:
		case <-time.After(inputGrace):
		}
	}
}

// copyInput writes stdin to the command, and its end.
func (sh *shell) copyInput(stdin io.Reader, give context.CancelCauseFunc) {
	buf := make([]byte, readBlock)
	for {
		n, err := stdin.Read(buf)
		if n > 0 {
			if wire.WriteShellPacket(sh.stream, wire.ShellStdin, buf[:n]) != nil {
				return // the command ended, which reading will tell
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			_ = wire.WriteShellPacket(sh.stream, wire.ShellCloseStdin, nil)
			return
		case err != nil:
			give(fmt.Errorf("%w: %w", errStdin, err))
			return
		}
	}
}

// A collector holds output up to a limit.
type collector struct {
	out   Output
	limit int64
}

func (c *collector) stdout(p []byte) error { return c.add(&c.out.Stdout, p) }
func (c *collector) stderr(p []byte) error { return c.add(&c.out.Stderr, p) }

func (c *collector) add(to *[]byte, p []byte) error {
	if int64(len(c.out.Stdout)+len(c.out.Stderr)+len(p)) > c.limit {
		return &Error{Kind: ErrTooMuch, Text: fmt.Sprintf("over %d bytes; the command was ended", c.limit)}
	}
	*to = append(*to, p...)
	return nil
}

// Exec runs a command whose output is taken as it is: both outputs merged, no
// exit code, no change of line ends. It must be closed, which ends the
// command. Where exec is missing (some of Android 5) it is ErrRefused.
func (d *Device) Exec(ctx context.Context, command string) (Stream, error) {
	return d.open(ctx, "exec:"+command)
}

// Ping runs the smallest command and returns how long it took. This, not the
// server's state word, says whether a device is well: a frozen one stays
// "device" for ever.
func (d *Device) Ping(ctx context.Context) (time.Duration, error) {
	ctx, cancel := bounded(ctx, d.pingTimeout)
	defer cancel()
	begin := time.Now()
	out, err := d.Run(ctx, "echo pong")
	switch {
	case err != nil:
		return 0, err
	case out.ExitCode != 0 || !strings.HasSuffix(strings.TrimSpace(string(out.Stdout)), "pong"):
		return 0, &Error{Op: "ping", Device: d.Serial(), Kind: ErrProtocol, Text: fmt.Sprintf("echo answered %d bytes, exit code %d", len(out.Stdout), out.ExitCode)}
	}
	return time.Since(begin), nil
}

// Quote makes one word of s for the device's shell, whatever it holds but NUL.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func tooLongText(n, limit int) string {
	return fmt.Sprintf("%d bytes, the device takes %d", n, limit)
}
