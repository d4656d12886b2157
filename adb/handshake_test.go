package adb_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/adb/wire"
)

func TestHandshakeGoesWrong(t *testing.T) {
	for _, c := range []struct {
		name   string
		script func(p *phone)
		want   error
		says   string
	}{
		{"it closes at once", func(p *phone) { p.read() }, adb.ErrOffline, "closed the connection"},
		{"half a header", func(p *phone) { p.read(); p.raw(header(wire.CNXN, 0)[:11]) }, adb.ErrOffline, ""},
		{"half a banner", func(p *phone) { p.read(); p.raw(append(header(wire.CNXN, 9), "devi"...)) }, adb.ErrOffline, ""},
		{"it says nothing", func(p *phone) { p.drain() }, adb.ErrTimeout, "Android 7 or older"},
		{"it is an SSH server", func(p *phone) { p.read(); p.raw([]byte("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")); p.drain() }, adb.ErrProtocol, "no adbd"},
		{"a banner of 4 GiB", func(p *phone) { p.read(); p.raw(header(wire.CNXN, 0xffffffff)); p.drain() }, adb.ErrProtocol, ""},
		{"packets of 3 bytes", func(p *phone) { p.greetAs(wire.VersionUnchecked, 3, "device::"); p.drain() }, adb.ErrProtocol, "3 bytes"},
		{"a wrong checksum", func(p *phone) {
			p.read()
			b := wire.AppendPacket(nil, &wire.Packet{Command: wire.CNXN, Arg0: wire.VersionChecked, Arg1: 4096, Data: []byte("device::")}, true)
			b[16]++
			p.raw(b)
			p.drain()
		}, adb.ErrProtocol, "checksum"},
		{"it wants TLS", func(p *phone) { p.read(); p.send(wire.STLS, wire.STLSVersion, 0, ""); p.drain() }, adb.ErrUnsupported, "adb pair"},
		{"a token of 3 bytes", func(p *phone) { p.read(); p.send(wire.AUTH, wire.AuthToken, 0, "abc"); p.drain() }, adb.ErrProtocol, "AUTH"},
		{"nobody accepts the key", func(p *phone) {
			p.read()
			p.send(wire.AUTH, wire.AuthToken, 0, strings.Repeat("t", wire.TokenSize))
			p.expect(wire.AUTH)
			p.send(wire.AUTH, wire.AuthToken, 0, strings.Repeat("u", wire.TokenSize))
			if key := p.expect(wire.AUTH); key.Arg0 != wire.AuthPublicKey || !bytes.HasSuffix(key.Data, []byte{0}) {
				p.t.Errorf("the second answer is AUTH %d, want the public key", key.Arg0)
			}
			p.drain()
		}, adb.ErrUnauthorized, "fingerprint"},
	} {
		t.Run(c.name, func(t *testing.T) {
			withPhone(t, adb.DialOptions{}, c.script, func(t *testing.T, conn *adb.Conn, err error) {
				if conn != nil || !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "phone:5555") {
					t.Errorf("got %v, want %v with %q", err, c.want, c.says)
				}
			})
		})
	}
}

func TestDialIsRefused(t *testing.T) {
	_, err := adb.Dial(t.Context(), "127.0.0.1:"+freePort(), adb.DialOptions{})
	if !errors.Is(err, adb.ErrOffline) {
		t.Errorf("got %v, want ErrOffline", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := adb.Dial(ctx, "127.0.0.1:1", adb.DialOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
