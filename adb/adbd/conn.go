package adbd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/wabridge/wabridge/adb/wire"
)

// Limits of one connection.
const (
	maxServices = 256  // running at once; more are refused
	maxQueued   = 8192 // packets waiting for a host that does not read
)

// Why a connection ended.
var (
	errServerClosed = errors.New("server closed")
	errCut          = errors.New("disconnected on demand")
	errNotReading   = errors.New("host does not read")
)

// A conn is one host. Its reading goroutine (run) handles packets and never
// waits for a stream's consumer nor for the socket: streams hold at most one
// window, and what is to be sent goes to a bounded queue that the writing
// goroutine empties.
type conn struct {
	srv *Server
	nc  net.Conn
	log *slog.Logger

	// Of the reading goroutine alone.
	login   login
	nextID  uint32
	handled sync.WaitGroup // services and the dialog
	running atomic.Int32   // services

	mu      sync.Mutex
	online  bool
	checked bool   // payloads we send carry their sum
	maxData uint32 // of payloads we send
	streams map[uint32]*stream
	queue   [][]byte
	err     error // why the connection ended

	wake chan struct{} // the queue is not empty
	done chan struct{} // closed when the connection ended
}

func newConn(s *Server, nc net.Conn) *conn {
	return &conn{
		srv:     s,
		nc:      nc,
		log:     s.log.With("remote", nc.RemoteAddr().String()),
		checked: true,
		maxData: wire.MaxHandshakeData,
		streams: map[uint32]*stream{},
		wake:    make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
}

// run serves the connection until it ends, and waits for all it started.
func (c *conn) run(parent context.Context) {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { c.cut(context.Cause(ctx)) })
	defer stop()
	var writer sync.WaitGroup
	writer.Go(c.writeLoop)
	c.log.Debug("host connected")
	c.cut(c.readLoop(ctx))
	cancel()
	c.loseStreams()
	writer.Wait()
	c.handled.Wait()
	c.logEnd()
}

func (c *conn) logEnd() {
	c.mu.Lock()
	err := c.err
	c.mu.Unlock()
	switch {
	case errors.Is(err, wire.ErrTooLong), errors.Is(err, wire.ErrMagic),
		errors.Is(err, wire.ErrChecksum), errors.Is(err, wire.ErrSyntax),
		errors.Is(err, errNotReading), errors.Is(err, errTooManySignatures):
		c.log.Warn("host broke the protocol", "err", err)
	default:
		c.log.Debug("host disconnected", "err", err)
	}
}

// readLoop handles packets until one is wrong or the connection ends.
func (c *conn) readLoop(ctx context.Context) error {
	r := bufio.NewReaderSize(c.nc, 64<<10)
	for {
		if !c.srv.gate.pass(c.done) {
			return nil
		}
		p, err := wire.ReadPacket(r, c.readLimit())
		if err != nil {
			return err
		}
		if !c.srv.gate.pass(c.done) {
			return nil
		}
		if c.srv.cfg.Version == wire.VersionChecked {
			if err := p.VerifyChecksum(); err != nil {
				return err
			}
		}
		if err := c.handle(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", p.Command, err)
		}
	}
}

// handle does what one packet asks. As adbd does, it ignores what it does not
// know, and everything but CNXN and AUTH from a host that is not let in.
func (c *conn) handle(ctx context.Context, p *wire.Packet) error {
	switch p.Command {
	case wire.CNXN:
		return c.handleConnect(p)
	case wire.AUTH:
		return c.handleAuth(ctx, p)
	}
	if !c.isOnline() {
		return nil
	}
	switch p.Command {
	case wire.OPEN:
		c.handleOpen(ctx, p)
	case wire.OKAY:
		if st := c.stream(p); st != nil {
			st.acknowledged()
		}
	case wire.WRTE:
		if st := c.stream(p); st != nil {
			st.received(p.Data)
		}
	case wire.CLSE:
		if st := c.stream(p); st != nil {
			st.hostClosed()
		}
	}
	return nil
}

// readLimit is the largest payload that is taken now.
func (c *conn) readLimit() uint32 {
	if c.isOnline() {
		return c.srv.cfg.MaxData
	}
	return wire.MaxHandshakeData
}

func (c *conn) isOnline() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.online
}

// stream finds the open stream a packet belongs to; nil for ids that are
// unknown, closed or do not belong together. A CLSE may leave out its sender.
func (c *conn) stream(p *wire.Packet) *stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	st := c.streams[p.Arg1]
	if st == nil || (p.Arg0 != st.remote && !(p.Command == wire.CLSE && p.Arg0 == 0)) {
		return nil
	}
	return st
}

// handleOpen starts a service, or refuses it with CLSE.
func (c *conn) handleOpen(ctx context.Context, p *wire.Packet) {
	if p.Arg0 == 0 {
		return
	}
	name := c.serviceName(p.Data)
	var serve Service
	if p.Arg1 == 0 && c.running.Load() < maxServices { // a window needs delayed_ack
		serve = c.srv.service(name)
	}
	if serve == nil {
		c.send(&wire.Packet{Command: wire.CLSE, Arg1: p.Arg0})
		return
	}
	st := c.newStream(ctx, p.Arg0)
	c.send(&wire.Packet{Command: wire.OKAY, Arg0: st.local, Arg1: st.remote})
	c.running.Add(1)
	c.handled.Go(func() {
		defer c.running.Add(-1)
		err := serve(st.ctx, st)
		closed := st.Close()
		c.log.Debug("stream ended", "service", kind(name), "stream", st.local, "err", errors.Join(err, closed))
	})
}

// kind is the part of a service string that holds nothing private.
func kind(service string) string {
	if i := strings.IndexAny(service, ":,"); i >= 0 {
		return service[:i]
	}
	return "other"
}

// serviceName takes the NUL off a service string. A device of VersionChecked
// cuts the last byte whatever it is.
func (c *conn) serviceName(data []byte) string {
	if c.srv.cfg.Version == wire.VersionChecked && len(data) > 0 {
		data = data[:len(data)-1]
	}
	return strings.TrimRight(string(data), "\x00")
}

// newStream makes a stream with an id that was never used on this connection.
func (c *conn) newStream(ctx context.Context, remote uint32) *stream {
	c.nextID++
	c.mu.Lock()
	defer c.mu.Unlock()
	st := newStream(ctx, c, c.nextID, remote)
	st.window = int(min(c.maxData, maxWindow))
	c.streams[st.local] = st
	return st
}

func (c *conn) forget(local uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.streams, local)
}

// loseStreams ends all streams without a word to the host.
func (c *conn) loseStreams() {
	c.mu.Lock()
	streams := c.streams
	c.streams = map[uint32]*stream{}
	c.mu.Unlock()
	for _, st := range streams {
		st.lost()
	}
}

// send queues a packet. It never blocks; a host that leaves too much in the
// queue is cut off.
func (c *conn) send(p *wire.Packet) {
	c.mu.Lock()
	if c.err == nil { // else the connection ended
		c.queue = append(c.queue, wire.AppendPacket(nil, p, c.checked))
	}
	full := len(c.queue) > maxQueued
	c.mu.Unlock()
	if full {
		c.cut(errNotReading)
		return
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// writeLoop sends what is queued, in order, until the connection ends.
func (c *conn) writeLoop() {
	for {
		select {
		case <-c.wake:
		case <-c.done:
			return
		}
		if !c.srv.gate.pass(c.done) {
			return
		}
		c.mu.Lock()
		batch := net.Buffers(c.queue)
		c.queue = nil
		c.mu.Unlock()
		if _, err := batch.WriteTo(c.nc); err != nil {
			c.cut(err)
			return
		}
	}
}

// cut ends the connection for the reason err (nil: the host went away). Only
// the first reason counts.
func (c *conn) cut(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.done:
		return
	default:
	}
	if err == nil {
		err = io.EOF
	}
	c.err = err
	c.queue = nil
	close(c.done)
	if err := c.nc.Close(); err != nil {
		c.log.Debug("close connection", "err", err)
	}
}
