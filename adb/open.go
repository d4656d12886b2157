package adb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Options say how Open reaches a device. The zero value is usable.
type Options struct {
	Server      *Server     // default: the server that the environment names
	StartServer bool        // start it with the adb binary when it is not there
	Dial        DialOptions // for targets "direct:host:port"
	Device      []Option
}

// Open reaches the device that target names and returns it when it has answered
// a command:
//
//	"R5CT30ABCDE", "emulator-5554"  a serial that the adb server knows
//	"192.168.1.20:5555"             through the adb server, which is told to connect to it
//	"direct:192.168.1.20:5555"      straight to its adbd, without an adb server
func Open(ctx context.Context, target string, o Options) (*Device, error) {
	t, err := parseTarget(target)
	if err != nil {
		return nil, err
	}
	return t.open(ctx, o)
}

// directPrefix marks a target that needs no adb server.
const directPrefix = "direct:"

// A target is a parsed name of a device.
type target struct {
	address string // serial, or host:port
	direct  bool
	network bool // host:port through the server
}

func parseTarget(s string) (target, error) {
	if address, ok := strings.CutPrefix(s, directPrefix); ok {
		if !isHostPort(address) {
			return target{}, fmt.Errorf("phone %q: want direct:host:port", s)
		}
		return target{address: address, direct: true}, nil
	}
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' }) {
		return target{}, fmt.Errorf("phone %q: want a serial, host:port or direct:host:port", s)
	}
	return target{address: s, network: isHostPort(s)}, nil
}

func isHostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	n, perr := strconv.ParseUint(port, 10, 16)
	return err == nil && perr == nil && host != "" && n > 0
}

// open makes one attempt.
func (t target) open(ctx context.Context, o Options) (*Device, error) {
	var way Transport
	var err error
	if t.direct {
		way, err = Dial(ctx, t.address, o.Dial)
	} else {
		way, err = t.through(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	d := NewDevice(way, o.Device...)
	if _, err := d.Ping(ctx); err != nil {
		_ = d.Close()
		return nil, err
	}
	return d, nil
}

// server is the adb server that serves the target.
func (o Options) server() (*Server, error) {
	if o.Server != nil {
		return o.Server, nil
	}
	return DefaultServer()
}

// through makes sure that the server has the device, as far as that is ours to
// do: start the server if allowed, connect to what has an address.
func (t target) through(ctx context.Context, o Options) (Transport, error) {
	server, err := o.server()
	if err != nil {
		return nil, err
	}
	_, err = server.Features(ctx, t.address)
	if o.StartServer && errors.Is(err, ErrServerGone) {
		if err := server.StartServer(ctx); err != nil {
			return nil, err
		}
		_, err = server.Features(ctx, t.address)
	}
	if t.network && errors.Is(err, ErrNotFound) {
		err = server.Connect(ctx, t.address)
	}
	if err != nil {
		return nil, err
	}
	return server.Transport(t.address), nil
}

// reset makes the server drop a connection that does not come back, so that
// the next open connects anew. Nothing gets through it, so nobody loses by it.
func (t target) reset(ctx context.Context, o Options) {
	if !t.network {
		return
	}
	if server, err := o.server(); err == nil {
		_ = server.Disconnect(ctx, t.address) // unknown is as good as dropped
	}
}
