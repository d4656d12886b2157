package adb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A ForwardInfo is one forward of a server.
type ForwardInfo struct {
	Serial, Local, Remote string
}

// Forward makes the server listen at local ("tcp:8080", "tcp:0" for any free
// port) and lead connections to remote on the device ("tcp:80",
// "localabstract:name"). It returns the port that tcp:0 got, 0 otherwise. An
// existing forward of the same local socket is replaced. It stays until
// KillForward or the server's end.
func (s *Server) Forward(ctx context.Context, serial, local, remote string) (port int, err error) {
	ctx, cancel := bounded(ctx, queryTimeout)
	defer cancel()
	c, err := s.request(ctx, "forward", serial, hostPrefix(serial)+"forward:"+local+";"+remote)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if err := c.okay(); err != nil { // the first OKAY: accepted; the second: done
		return 0, err
	}
	if local != "tcp:0" {
		return 0, nil
	}
	text, err := c.text()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, &Error{Op: "forward", Device: serial, Kind: ErrProtocol, Text: fmt.Sprintf("port %q", text)}
	}
	return int(n), nil
}

// KillForward ends the forward of a local socket; ErrRefused when there is none.
func (s *Server) KillForward(ctx context.Context, serial, local string) error {
	ctx, cancel := bounded(ctx, queryTimeout)
	defer cancel()
	c, err := s.request(ctx, "kill forward", serial, hostPrefix(serial)+"killforward:"+local)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.okay()
}

// ListForward lists the forwards of all devices.
func (s *Server) ListForward(ctx context.Context) ([]ForwardInfo, error) {
	text, err := s.query(ctx, "list forward", "", "host:list-forward")
	if err != nil {
		return nil, err
	}
	return parseForwards(text), nil
}

// parseForwards reads lines "serial local remote"; others are left out.
func parseForwards(text string) []ForwardInfo {
	var all []ForwardInfo
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 3 {
			all = append(all, ForwardInfo{Serial: f[0], Local: f[1], Remote: f[2]})
		}
	}
	return all
}

// A Forward listens on this machine and leads each connection to a service of
// a device. It needs no adb server: it is our own, over any transport.
type Forward struct {
	listener net.Listener
	cancel   context.CancelFunc
	wg       sync.WaitGroup
}

// Forward listens at the local TCP address ("127.0.0.1:0") and leads
// connections to remote on the device ("tcp:80", "localabstract:name"), until
// Close or the end of ctx. Addr tells the port.
func (d *Device) Forward(ctx context.Context, local, remote string) (*Forward, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", local)
	if err != nil {
		return nil, fmt.Errorf("forward to %s on %s: %w", remote, d.Serial(), err)
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &Forward{listener: listener, cancel: cancel}
	f.wg.Go(func() { f.accept(ctx, d, remote) })
	return f, nil
}

// Addr is the address that it listens at.
func (f *Forward) Addr() net.Addr { return f.listener.Addr() }

// Close ends the forward and its connections, and waits for them.
func (f *Forward) Close() error {
	f.cancel()
	f.wg.Wait()
	return nil
}

// accept is the loop of the listener, started by Device.Forward, ended by ctx.
func (f *Forward) accept(ctx context.Context, d *Device, remote string) {
	release := closeWith(ctx, f.listener)
	defer release()
	for ctx.Err() == nil {
		conn, err := f.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // out of file descriptors: let some come free
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		default:
			f.wg.Go(func() { carry(ctx, d, remote, conn) })
		}
	}
}

// carry copies both ways until either end closes, or ctx ends.
func carry(ctx context.Context, d *Device, remote string, conn net.Conn) {
	defer conn.Close()
	stream, err := d.Open(ctx, remote)
	if err != nil {
		return // the closed connection tells
	}
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		<-ctx.Done()
		_ = conn.Close()
		_ = stream.Close()
	})
	wg.Go(func() {
		defer cancel()
		_, _ = io.Copy(stream, conn)
	})
	_, _ = io.Copy(conn, stream)
}
