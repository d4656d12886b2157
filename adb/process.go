package adb

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/wabridge/wabridge/adb/wire"
)

// stderrLimit is how much unread standard error a Process holds.
const stderrLimit = 256 << 10

// A Process is a command that runs on the device, such as logcat.
type Process struct {
	// Stdin is the command's standard input; close it when the command reads
	// it. Writing fails with ErrUnsupported on a device without shell_v2.
	Stdin io.WriteCloser
	// Stdout is the command's standard output. It ends with io.EOF when the
	// command ended by itself and its exit code came, with the reason
	// otherwise. While nobody reads it, the command waits.
	Stdout io.Reader
	// Stderr is the command's standard error. Up to 256 KiB wait for a reader;
	// then the oldest are dropped, so it need not be read.
	Stderr io.Reader

	device *Device
	sh     *shell
	ctx    context.Context // of Start: it bounds the command's life
	out    *io.PipeReader
	in     *io.PipeWriter // of Stdout
	end    sync.Once
	killed chan struct{}
	done   chan struct{} // closed with code and err set
	code   int
	err    error
	wg     sync.WaitGroup
}

// Start starts a command and leaves it running until it ends, ctx ends, or
// Kill. In each case Wait must be called. Only the opening has a deadline of
// its own; see Run for what ending a command means.
func (d *Device) Start(ctx context.Context, command string) (*Process, error) {
	sh, err := d.openShell(ctx, command, true)
	if errors.Is(err, ErrUnsupported) {
		sh, err = d.openShell(ctx, command, false)
	}
	if err != nil {
		return nil, err
	}
	out, in := io.Pipe()
	stderr := newTail(stderrLimit)
	p := &Process{
		Stdin: &processInput{sh: sh, serial: d.Serial()}, Stdout: out, Stderr: stderr,
		device: d, sh: sh, ctx: ctx, out: out, in: in,
		killed: make(chan struct{}), done: make(chan struct{}),
	}
	p.wg.Go(func() { p.pump(stderr) })
	return p, nil
}

// pump takes the command's output until it ends. It is started by Start and
// ends with the stream, which Kill and ctx close.
func (p *Process) pump(stderr *tail) {
	release := closeWith(p.ctx, processStop{p})
	p.code, p.err = p.sh.read(func(b []byte) error {
		_, err := p.in.Write(b)
		if errors.Is(err, io.ErrClosedPipe) {
			return nil // nobody wants it: let the command go on
		}
		return err
	}, stderr.write)
	release()
	if p.err != nil {
		p.err = p.reason(p.err)
	}
	_ = p.sh.stream.Close()
	_ = p.in.CloseWithError(p.err) // nil is io.EOF
	stderr.end()
	close(p.done)
}

// reason says why the command was not read to its end.
func (p *Process) reason(err error) error {
	select {
	case <-p.killed:
		return p.stopReason()
	default:
		return p.device.cutOff(p.ctx, err)
	}
}

// stopReason is the error of a command that we ended.
func (p *Process) stopReason() error {
	if p.ctx.Err() != nil {
		return failure(p.ctx, "shell", p.device.Serial(), p.ctx.Err())
	}
	return &Error{Op: "shell", Device: p.device.Serial(), Kind: ErrClosed, Text: "ended by us"}
}

// Done is closed when the command has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the command's end and returns its exit code. Read Stdout to its
// end first: Wait discards what is left of it. An end without an exit code is
// an error: ErrClosed after Kill, ErrTimeout or context.Canceled when ctx
// ended, ErrNoExit when the link broke.
func (p *Process) Wait() (int, error) {
	_ = p.out.Close()
	p.wg.Wait()
	return p.code, p.err
}

// Kill ends the command on the device and does not wait. It may be called more
// than once.
func (p *Process) Kill() error {
	p.stop()
	return nil
}

// stop ends the stream. A pump that waits for a reader of Stdout is let go.
func (p *Process) stop() {
	p.end.Do(func() {
		close(p.killed)
		_ = p.sh.stream.Close()
		_ = p.in.CloseWithError(p.stopReason())
	})
}

// processStop is what the end of the context closes.
type processStop struct{ p *Process }

func (s processStop) Close() error {
	s.p.stop()
	return nil
}

// processInput writes standard input as shell v2 packets.
type processInput struct {
	sh     *shell
	serial string
	once   sync.Once
}

func (w *processInput) Write(b []byte) (int, error) {
	if !w.sh.v2 {
		return 0, &Error{Op: "shell", Device: w.serial, Kind: ErrUnsupported, Text: "standard input needs shell_v2 (Android 7)"}
	}
	for done := 0; done < len(b); {
		n := min(len(b)-done, readBlock)
		if err := wire.WriteShellPacket(w.sh.stream, wire.ShellStdin, b[done:done+n]); err != nil {
			return done, err
		}
		done += n
	}
	return len(b), nil
}

// Close closes the command's standard input.
func (w *processInput) Close() (err error) {
	w.once.Do(func() {
		if w.sh.v2 {
			err = wire.WriteShellPacket(w.sh.stream, wire.ShellCloseStdin, nil)
		}
	})
	return err
}

// A tail holds the last bytes written to it until they are read.
type tail struct {
	mu    sync.Mutex
	more  *sync.Cond
	buf   []byte
	limit int
	ended bool
}

func newTail(limit int) *tail {
	t := &tail{limit: limit}
	t.more = sync.NewCond(&t.mu)
	return t
}

// write never waits and never fails.
func (t *tail) write(p []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.limit; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	t.more.Broadcast()
	return nil
}

func (t *tail) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	t.more.Broadcast()
}

// Read waits until there is something or the writer ended.
func (t *tail) Read(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.buf) == 0 {
		if t.ended {
			return 0, io.EOF
		}
		if len(p) == 0 {
			return 0, nil
		}
		t.more.Wait()
	}
	n := copy(p, t.buf)
	t.buf = append(t.buf[:0], t.buf[n:]...)
	return n, nil
}
