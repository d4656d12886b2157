package adb

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/wabridge/wabridge/adb/wire"
)

// Transport is the way to one device through the server. Nothing is asked
// before the first Open. An empty serial means the only device there is.
func (s *Server) Transport(serial string) Transport {
	return &serverTransport{server: s, serial: serial, open: map[*serverStream]bool{}}
}

// A serverTransport is a Transport through an adb server; each stream is a
// connection of its own.
type serverTransport struct {
	server *Server
	serial string

	mu     sync.Mutex
	open   map[*serverStream]bool
	closed bool
}

func (t *serverTransport) Serial() string { return t.serial }

func (t *serverTransport) Features(ctx context.Context) (Features, error) {
	return t.server.Features(ctx, t.serial)
}

// Open switches a new connection to the device and asks for the service.
func (t *serverTransport) Open(ctx context.Context, service string) (Stream, error) {
	op := "open " + serviceName(service)
	if len(service) > wire.MaxRequest {
		return nil, &Error{Op: op, Device: t.serial, Kind: ErrTooLong, Text: fmt.Sprintf("%d bytes, an adb server takes %d", len(service), wire.MaxRequest)}
	}
	ctx, cancel := bounded(ctx, queryTimeout)
	defer cancel()
	c, err := t.switchOver(ctx, op)
	if err != nil {
		return nil, err
	}
	if err := c.ask(service); err != nil {
		_ = c.Close()
		return nil, err
	}
	conn, err := c.handOver()
	if err != nil {
		return nil, err
	}
	return t.keep(op, conn)
}

// switchOver makes a connection that speaks to the device. The form "tport" also
// tells the transport id; servers before 2019 know only "transport".
func (t *serverTransport) switchOver(ctx context.Context, op string) (*smartConn, error) {
	to, old := "host:tport:serial:"+t.serial, "host:transport:"+t.serial
	if t.serial == "" {
		to, old = "host:tport:any", "host:transport-any"
	}
	c, err := t.server.request(ctx, op, t.serial, to)
	if errors.Is(err, ErrUnsupported) {
		return t.server.request(ctx, op, t.serial, old)
	}
	if err != nil {
		return nil, err
	}
	var id [8]byte
	if _, err := io.ReadFull(c, id[:]); err != nil {
		_ = c.Close()
		return nil, c.failed(unexpectedEOF(err))
	}
	_ = binary.LittleEndian.Uint64(id[:]) // the transport's id; the connection is bound to it
	return c, nil
}

func (t *serverTransport) keep(op string, conn net.Conn) (Stream, error) {
	s := &serverStream{Conn: conn, transport: t}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		_ = conn.Close()
		return nil, &Error{Op: op, Device: t.serial, Kind: ErrClosed, Text: "closed by us"}
	}
	t.open[s] = true
	return s, nil
}

// Close closes every stream; the server is left alone.
func (t *serverTransport) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for s := range t.open {
		_ = s.Conn.Close()
	}
	clear(t.open)
	return nil
}

// A serverStream is one stream through a server.
type serverStream struct {
	net.Conn
	transport *serverTransport
}

// Close ends the stream; the server then closes the service on the device.
func (s *serverStream) Close() error {
	s.transport.mu.Lock()
	delete(s.transport.open, s)
	s.transport.mu.Unlock()
	return s.Conn.Close()
}

// serviceName is what errors may tell of a service: "shell" of
// "shell,v2,raw:…". What follows may be private.
func serviceName(service string) string {
	if i := strings.IndexAny(service, ":,"); i >= 0 {
		return service[:i]
	}
	return "service"
}
