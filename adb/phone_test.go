package adb_test

import (
	"context"
	"encoding/binary"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/adb/wire"
)

// A phone is the device's end of a direct connection, played by a test. It runs
// in a bubble of fake time over a pipe without any buffer.
type phone struct {
	t       *testing.T
	nc      net.Conn
	checked bool
}

// read takes the host's next packet; nil when it is gone.
func (p *phone) read() *wire.Packet {
	packet, err := wire.ReadPacket(p.nc, wire.MaxData)
	if err != nil {
		return nil
	}
	return packet
}

func (p *phone) expect(want wire.Command) *wire.Packet {
	packet := p.read()
	if packet == nil || packet.Command != want {
		p.t.Errorf("the host sent %+v, want %s", packet, want)
		return &wire.Packet{}
	}
	return packet
}

func (p *phone) send(cmd wire.Command, arg0, arg1 uint32, data string) {
	_ = wire.WritePacket(p.nc, &wire.Packet{Command: cmd, Arg0: arg0, Arg1: arg1, Data: []byte(data)}, p.checked)
}

func (p *phone) raw(b []byte) { _, _ = p.nc.Write(b) }

// greet does the handshake of a modern device.
func (p *phone) greet() { p.greetAs(wire.VersionUnchecked, wire.MaxData, "device::features=shell_v2") }

func (p *phone) greetAs(version, maxData uint32, banner string) {
	p.expect(wire.CNXN)
	p.checked = version < wire.VersionUnchecked
	p.send(wire.CNXN, version, maxData, banner)
}

// opened takes an OPEN and answers it; 100 is the device's id of the stream.
func (p *phone) opened() (local uint32, service string) {
	open := p.expect(wire.OPEN)
	p.send(wire.OKAY, 100, open.Arg0, "")
	return open.Arg0, strings.TrimSuffix(string(open.Data), "\x00")
}

// drain takes what the host still sends until it goes.
func (p *phone) drain() {
	for p.read() != nil {
	}
}

// withPhone runs a test against a scripted phone, in a bubble that ends only
// when no goroutine is left.
func withPhone(t *testing.T, o adb.DialOptions, script func(p *phone), test func(t *testing.T, c *adb.Conn, err error)) {
	t.Helper()
	if o.KeyPath == "" {
		o.KeyPath = filepath.Join(t.TempDir(), "adbkey")
	}
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		o.Dial = func(context.Context, string, string) (net.Conn, error) { return ours, nil }
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer theirs.Close()
			script(&phone{t: t, nc: theirs})
		}()
		c, err := adb.Dial(context.Background(), "phone:5555", o)
		test(t, c, err)
		if c != nil {
			_ = c.Close()
			_ = c.Close()
		}
		<-done
	})
}

// header is a packet's first 24 bytes, with any length.
func header(cmd wire.Command, length uint32) []byte {
	b := wire.AppendPacket(nil, &wire.Packet{Command: cmd}, false)
	binary.LittleEndian.PutUint32(b[12:], length)
	return b
}
