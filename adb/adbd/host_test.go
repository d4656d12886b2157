package adbd_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipes is a listener without a network, so that tests can run in a synctest
// bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// A phone is a running server.
type phone struct {
	*adbd.Server
	t     *testing.T
	pipes *pipes
}

// start serves cfg until the test ends.
func start(t *testing.T, cfg adbd.Config) *phone {
	t.Helper()
	p := &phone{Server: adbd.New(cfg), t: t, pipes: newPipes()}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := p.Serve(t.Context(), p.pipes); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		wg.Wait()
	})
	return p
}

// A host is a raw peer of the server.
type host struct {
	t      *testing.T
	conn   net.Conn
	nextID uint32
}

// dial connects a host that has not said anything yet.
func (p *phone) dial() *host {
	p.t.Helper()
	ours, theirs := net.Pipe()
	p.pipes.conns <- theirs
	h := &host{t: p.t, conn: ours, nextID: 100}
	p.t.Cleanup(func() { _ = ours.Close() })
	return h
}

// connect is a host that was let in.
func (p *phone) connect() *host {
	p.t.Helper()
	h := p.dial()
	h.send(helloPacket())
	h.expect(wire.CNXN)
	return h
}

func helloPacket() *wire.Packet {
	return &wire.Packet{
		Command: wire.CNXN, Arg0: wire.VersionUnchecked, Arg1: wire.MaxData,
		Data: []byte("host::features=shell_v2,cmd,stat_v2"),
	}
}

func (h *host) send(p *wire.Packet) {
	h.t.Helper()
	h.raw(wire.AppendPacket(nil, p, true))
}

func (h *host) raw(b []byte) {
	h.t.Helper()
	_ = h.conn.SetWriteDeadline(time.Now().Add(2 * time.Minute))
	if _, err := h.conn.Write(b); err != nil {
		h.t.Fatalf("send: %v", err)
	}
}

func (h *host) receive() (*wire.Packet, error) {
	_ = h.conn.SetReadDeadline(time.Now().Add(2 * time.Minute))
	return wire.ReadPacket(h.conn, wire.MaxData)
}

func (h *host) expect(want wire.Command) *wire.Packet {
	h.t.Helper()
	p, err := h.receive()
	if err != nil {
		h.t.Fatalf("waiting for %s: %v", want, err)
	}
	if p.Command != want {
		h.t.Fatalf("got %s(%d, %d) %q, want %s", p.Command, p.Arg0, p.Arg1, p.Data, want)
	}
	return p
}

// expectEnd wants the connection closed without another packet.
func (h *host) expectEnd() {
	h.t.Helper()
	if p, err := h.receive(); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
		h.t.Fatalf("got %v, %v, want the connection closed", p, err)
	}
}

// A channel is a host's end of a stream.
type channel struct {
	h             *host
	local, remote uint32
}

func (h *host) open(service string) *channel {
	h.t.Helper()
	h.nextID++
	h.send(&wire.Packet{Command: wire.OPEN, Arg0: h.nextID, Data: []byte(service + "\x00")})
	p := h.expect(wire.OKAY)
	if p.Arg1 != h.nextID || p.Arg0 == 0 {
		h.t.Fatalf("OKAY(%d, %d) for stream %d", p.Arg0, p.Arg1, h.nextID)
	}
	return &channel{h: h, local: h.nextID, remote: p.Arg0}
}

func (h *host) refused(service string) {
	h.t.Helper()
	h.nextID++
	h.send(&wire.Packet{Command: wire.OPEN, Arg0: h.nextID, Data: []byte(service + "\x00")})
	if p := h.expect(wire.CLSE); p.Arg0 != 0 || p.Arg1 != h.nextID {
		h.t.Fatalf("CLSE(%d, %d), want (0, %d)", p.Arg0, p.Arg1, h.nextID)
	}
}

func (c *channel) packet(command wire.Command, data []byte) *wire.Packet {
	return &wire.Packet{Command: command, Arg0: c.local, Arg1: c.remote, Data: data}
}

// write sends data and waits for the OKAY.
func (c *channel) write(data []byte) {
	c.h.t.Helper()
	c.h.send(c.packet(wire.WRTE, data))
	c.h.expect(wire.OKAY)
}

func (c *channel) close() { c.h.t.Helper(); c.h.send(c.packet(wire.CLSE, nil)) }

// readAll takes all output up to the CLSE.
func (c *channel) readAll() []byte {
	c.h.t.Helper()
	var out bytes.Buffer
	for {
		p, err := c.h.receive()
		if err != nil {
			c.h.t.Fatalf("after %d bytes: %v", out.Len(), err)
		}
		switch p.Command {
		case wire.WRTE:
			out.Write(p.Data)
			c.h.send(c.packet(wire.OKAY, nil))
		case wire.CLSE:
			return out.Bytes()
		case wire.OKAY:
		default:
			c.h.t.Fatalf("got %s in the output", p.Command)
		}
	}
}

// result is what a shell v2 stream left.
type result struct {
	Stdout, Stderr string
	Exit           int // -1: no exit packet
}

func parseResult(t *testing.T, b []byte) result {
	t.Helper()
	r := result{Exit: -1}
	s := wire.NewShellReader(bytes.NewReader(b))
	for {
		id, _, err := s.Next()
		if errors.Is(err, io.EOF) {
			return r
		}
		var payload []byte
		if err == nil {
			payload, err = io.ReadAll(s)
		}
		if err != nil {
			t.Fatalf("shell packets: %v", err)
		}
		switch id {
		case wire.ShellStdout:
			r.Stdout += string(payload)
		case wire.ShellStderr:
			r.Stderr += string(payload)
		case wire.ShellExit:
			if r.Exit >= 0 {
				t.Error("two exit packets")
			}
			r.Exit = int(payload[0])
		}
	}
}

// table is a Shell that runs a function per command.
func table(commands map[string]func(ctx context.Context, p *adbd.Process) int) func(context.Context, *adbd.Process) int {
	return func(ctx context.Context, p *adbd.Process) int {
		run, ok := commands[p.Command]
		if !ok {
			return p.StartFailed(errors.New("no such command in the test"))
		}
		return run(ctx, p)
	}
}
