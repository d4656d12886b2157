package adbd_test

import (
	"context"
	"crypto/rsa"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
)

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := wire.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign answers the token that comes next.
func (h *host) sign(key *rsa.PrivateKey) {
	h.t.Helper()
	token := h.expect(wire.AUTH)
	if token.Arg0 != wire.AuthToken || len(token.Data) != wire.TokenSize {
		h.t.Fatalf("AUTH type %d with %d bytes", token.Arg0, len(token.Data))
	}
	sig, err := wire.SignToken(key, token.Data)
	if err != nil {
		h.t.Fatal(err)
	}
	h.send(&wire.Packet{Command: wire.AUTH, Arg0: wire.AuthSignature, Data: sig})
}

// offer shows the public key.
func (h *host) offer(key *rsa.PrivateKey) {
	h.t.Helper()
	text, err := wire.EncodePublicKey(&key.PublicKey, "user@host")
	if err != nil {
		h.t.Fatal(err)
	}
	h.send(&wire.Packet{Command: wire.AUTH, Arg0: wire.AuthPublicKey, Data: []byte(text + "\x00")})
}

func TestAuthKnownKey(t *testing.T) {
	key := newKey(t)
	h := start(t, adbd.Config{Auth: &adbd.Auth{Keys: []*rsa.PublicKey{&key.PublicKey}}}).dial()
	h.send(helloPacket())
	h.sign(newKey(t)) // the host's other key first
	h.sign(key)
	h.expect(wire.CNXN)
	h.refused("x:")
}

func TestAuthDialog(t *testing.T) {
	key := newKey(t)
	var dialogs atomic.Int64
	p := start(t, adbd.Config{Auth: &adbd.Auth{
		Accept: func(_ context.Context, pub *rsa.PublicKey, comment string) bool {
			dialogs.Add(1)
			return pub.Equal(&key.PublicKey) && comment == "user@host"
		},
	}})
	h := p.dial()
	h.send(helloPacket())
	h.send(&wire.Packet{Command: wire.OPEN, Arg0: 1, Data: []byte("x\x00")}) // not let in yet: ignored
	h.sign(key)
	h.expect(wire.AUTH) // not known
	h.offer(key)
	h.expect(wire.CNXN)
	h = p.dial() // known from now on
	h.send(helloPacket())
	h.sign(key)
	h.expect(wire.CNXN)
	if n := dialogs.Load(); n != 1 {
		t.Errorf("%d dialogs, want 1", n)
	}
}

func TestAuthRefusedIsSilent(t *testing.T) {
	key := newKey(t)
	for name, auth := range map[string]*adbd.Auth{
		"refused":          {Accept: func(context.Context, *rsa.PublicKey, string) bool { return false }},
		"nobody to ask":    {},
		"no answer at all": {Accept: func(ctx context.Context, _ *rsa.PublicKey, _ string) bool { <-ctx.Done(); return true }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := start(t, adbd.Config{Auth: auth})
				h := p.dial()
				h.send(helloPacket())
				h.sign(key)
				h.expect(wire.AUTH)
				h.offer(key)
				h.offer(key)
				if pkt, err := h.receive(); err == nil { // ten seconds of fake time
					t.Errorf("got %s, want silence", pkt.Command)
				}
				if n := p.Connections(); n != 1 {
					t.Errorf("%d connections, want the one kept open", n)
				}
			})
		})
	}
}

func TestAuthBadInput(t *testing.T) {
	key := newKey(t)
	p := start(t, adbd.Config{Auth: &adbd.Auth{
		Keys:   []*rsa.PublicKey{&key.PublicKey},
		Accept: func(context.Context, *rsa.PublicKey, string) bool { t.Error("asked for a broken key"); return true },
	}})
	h := p.dial()
	h.send(helloPacket())
	h.expect(wire.AUTH)
	h.send(&wire.Packet{Command: wire.AUTH, Arg0: wire.AuthPublicKey, Data: []byte("no key\x00")})
	h.send(&wire.Packet{Command: wire.AUTH, Arg0: 77, Data: []byte("unknown type")})
	h.send(&wire.Packet{Command: wire.AUTH, Arg0: wire.AuthSignature})
	h.sign(key)
	h.expect(wire.CNXN)

	h = p.dial()
	h.send(helloPacket())
	for range 256 {
		h.expect(wire.AUTH)
		h.send(&wire.Packet{Command: wire.AUTH, Arg0: wire.AuthSignature, Data: make([]byte, wire.SignatureSize)})
	}
	h.expect(wire.AUTH)
	h.send(&wire.Packet{Command: wire.AUTH, Arg0: wire.AuthSignature, Data: make([]byte, wire.SignatureSize)})
	h.expectEnd()
}
