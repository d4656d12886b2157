package adb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/wabridge/wabridge/adb/wire"
)

// replyLimit bounds the packets that answer what the device sent unasked and
// that it has not yet taken.
const replyLimit = 256

// A Conn is a connection to one adbd that carries many streams: a Transport
// without an adb server. Two goroutines belong to it, a reader and a writer;
// Close waits for both. Neither ever waits for a user of a stream: the
// protocol allows one unanswered block per stream, and that is the buffer.
type Conn struct {
	nc           net.Conn
	serial       string
	banner       wire.Banner
	maxData      uint32 // of packets to the device, and from it
	readLimit    uint32
	checked      bool // packets carry sums, before Android 9
	writeTimeout time.Duration

	mu      sync.Mutex
	streams map[uint32]*connStream
	lastID  uint32
	out     []outPacket
	replies int // in out
	err     error

	wake  chan struct{} // cap 1: out is not empty
	ended chan struct{} // closed with err set
	wg    sync.WaitGroup
}

// An outPacket waits for the writer.
type outPacket struct {
	wire.Packet
	reply bool
}

func newConn(nc net.Conn, serial string, h *handshake, banner wire.Banner) *Conn {
	c := &Conn{
		nc: nc, serial: serial, banner: banner,
		maxData: h.maxData, readLimit: h.o.MaxData, checked: h.checked, writeTimeout: h.o.WriteTimeout,
		streams: map[uint32]*connStream{}, wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	c.wg.Go(c.read)
	c.wg.Go(c.write)
	return c
}

// Serial is the address that was dialled.
func (c *Conn) Serial() string { return c.serial }

// Features are those of the device's banner.
func (c *Conn) Features(context.Context) (Features, error) {
	return Features(c.banner.Features), nil
}

// Banner is how the device introduced itself: state, product, model.
func (c *Conn) Banner() wire.Banner { return c.banner }

// Done is closed when the connection has ended; Err then says why.
func (c *Conn) Done() <-chan struct{} { return c.ended }

// Err is why the connection ended, nil while it has not.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection and all its streams, and waits for its goroutines.
// The device ends the services with it.
func (c *Conn) Close() error {
	c.fail(&Error{Op: "connection", Device: c.serial, Kind: ErrClosed, Text: "closed by us"})
	c.wg.Wait()
	return nil
}

// fail ends the connection; the first reason stays.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	streams := c.streams
	c.streams, c.out = nil, nil
	close(c.ended)
	c.mu.Unlock()
	_ = c.nc.Close()
	for _, s := range streams {
		s.connectionEnded(err)
	}
}

// send queues a packet for the writer. It never blocks.
func (c *Conn) send(cmd wire.Command, arg0, arg1 uint32, data []byte) error {
	return c.queue(outPacket{Packet: wire.Packet{Command: cmd, Arg0: arg0, Arg1: arg1, Data: data}})
}

func (c *Conn) queue(p outPacket) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	c.out = append(c.out, p)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return nil
}

// reply queues a CLSE to something the device sent unasked. A device that asks
// more than it takes answers for is cut off, so the queue is bounded.
func (c *Conn) reply(local, remote uint32) error {
	c.mu.Lock()
	c.replies++
	tooMany := c.replies > replyLimit
	c.mu.Unlock()
	if tooMany {
		return fmt.Errorf("over %d unasked packets and no answer taken: %w", replyLimit, wire.ErrSyntax)
	}
	return c.queue(outPacket{Packet: wire.Packet{Command: wire.CLSE, Arg0: local, Arg1: remote}, reply: true})
}

// write is the goroutine that writes packets, started by newConn, ended by fail.
func (c *Conn) write() {
	var buf []byte
	for {
		select {
		case <-c.wake:
		case <-c.ended:
			return
		}
		for _, p := range c.taken() {
			buf = wire.AppendPacket(buf[:0], &p.Packet, c.checked)
			_ = c.nc.SetWriteDeadline(time.Now().Add(c.writeTimeout))
			if _, err := c.nc.Write(buf); err != nil {
				c.fail(c.broken("write", err))
				return
			}
		}
	}
}

// taken empties the queue.
func (c *Conn) taken() []outPacket {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.out
	c.out, c.replies = nil, 0
	return out
}

// read is the goroutine that reads packets, started by newConn, ended by fail.
func (c *Conn) read() {
	for {
		p, err := wire.ReadPacket(c.nc, c.readLimit)
		if err == nil && c.checked {
			err = p.VerifyChecksum()
		}
		if err == nil {
			err = c.handle(p)
		}
		if err != nil {
			c.fail(c.broken("read", err))
			return
		}
	}
}

// broken names what ended the connection.
func (c *Conn) broken(op string, err error) error {
	e := &Error{Op: op, Device: c.serial, Kind: ioKind(err), Err: err}
	if errors.Is(e.Kind, ErrTimeout) {
		e.Kind, e.Text = ErrOffline, fmt.Sprintf("it takes no data or acknowledges none; given up after at most %v", c.writeTimeout)
	}
	return e
}

var errReset = errors.New("the device began the connection anew")

// handle does what a packet asks. It never blocks. What belongs to no stream of
// ours is passed over in silence, as adbd does, except that an OPEN is refused
// and a late OKAY closes the service that nobody waits for any more.
func (c *Conn) handle(p *wire.Packet) error {
	switch p.Command {
	case wire.OPEN:
		return c.reply(0, p.Arg0)
	case wire.CNXN, wire.AUTH, wire.STLS:
		return errReset
	case wire.OKAY, wire.WRTE, wire.CLSE:
	default:
		return nil
	}
	c.mu.Lock()
	s := c.streams[p.Arg1]
	c.mu.Unlock()
	switch {
	case s == nil && p.Command == wire.OKAY:
		return c.reply(p.Arg1, p.Arg0)
	case s == nil:
		return nil
	case p.Command == wire.OKAY:
		s.acknowledged(p.Arg0)
	case p.Command == wire.WRTE:
		s.received(p.Arg0, p.Data)
	default:
		s.remoteClosed(p.Arg0)
	}
	return nil
}

// Open starts a service and waits until the device has taken or refused it.
// The service may have at most 4095 bytes for a device without shell_v2, one
// byte less than its longest packet for others.
func (c *Conn) Open(ctx context.Context, service string) (Stream, error) {
	op := "open " + serviceName(service)
	if limit := c.serviceLimit(); len(service) > limit {
		return nil, &Error{Op: op, Device: c.serial, Kind: ErrTooLong, Text: fmt.Sprintf("%d bytes, the device takes %d", len(service), limit)}
	}
	ctx, cancel := bounded(ctx, DefaultOpenTimeout)
	defer cancel()
	s, err := c.newStream()
	if err != nil {
		return nil, err
	}
	if err := c.send(wire.OPEN, s.local, 0, append([]byte(service), 0)); err != nil {
		return nil, err
	}
	select {
	case <-s.opened:
	case <-ctx.Done():
		_ = s.Close()
		return nil, failure(ctx, op, c.serial, ctx.Err())
	}
	if err := s.refusal(op); err != nil {
		return nil, err
	}
	return s, nil
}

// serviceLimit is the longest service string: the payload less its NUL.
func (c *Conn) serviceLimit() int {
	if !Features(c.banner.Features).Has(featureShellV2) {
		return min(wire.MaxDataLegacy, int(c.maxData)) - 1
	}
	return int(c.maxData) - 1
}

// newStream makes a stream with an id that was not in use for long: late
// packets to closed streams are usual.
func (c *Conn) newStream() (*connStream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return nil, c.err
	}
	for c.lastID++; c.lastID == 0 || c.streams[c.lastID] != nil; c.lastID++ {
	}
	s := newConnStream(c, c.lastID)
	c.streams[s.local] = s
	return s, nil
}

// forget drops a stream that is closed, or was never opened.
func (c *Conn) forget(local uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.streams, local)
}
