package adbd

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"

	"github.com/wabridge/wabridge/adb/wire"
)

// maxSignatures is how many wrong signatures a connection may show. (adbd
// slows down instead of ending.)
const maxSignatures = 256

var errTooManySignatures = errors.New("too many wrong signatures")

// login is how far a host got on its way in.
type login struct {
	asked  bool // CNXN was seen
	token  []byte
	wrong  int
	dialog bool // a dialog was opened for this connection
}

// handleConnect agrees on version and size. It answers with the banner, or asks
// for a signature. A second CNXN begins anew.
func (c *conn) handleConnect(p *wire.Packet) error {
	if p.Arg1 == 0 {
		return fmt.Errorf("a host that takes no data: %w", wire.ErrSyntax)
	}
	c.loseStreams()
	c.mu.Lock()
	c.online = false
	c.checked = min(p.Arg0, c.srv.cfg.Version) < wire.VersionUnchecked
	c.maxData = min(p.Arg1, c.srv.cfg.MaxData)
	c.mu.Unlock()
	c.login.asked = true
	if c.srv.cfg.Auth != nil {
		c.askSignature()
		return nil
	}
	c.welcome()
	return nil
}

// welcome lets the host in, once: both the dialog and a signature may do it.
func (c *conn) welcome() {
	c.mu.Lock()
	already := c.online
	c.online = true
	c.mu.Unlock()
	if already {
		return
	}
	c.send(&wire.Packet{
		Command: wire.CNXN,
		Arg0:    c.srv.cfg.Version,
		Arg1:    c.srv.cfg.MaxData,
		Data:    []byte(c.srv.cfg.Banner.String()),
	})
}

func (c *conn) askSignature() {
	c.login.token = make([]byte, wire.TokenSize)
	_, _ = rand.Read(c.login.token) // never fails, see crypto/rand
	c.send(&wire.Packet{Command: wire.AUTH, Arg0: wire.AuthToken, Data: c.login.token})
}

// handleAuth judges a signature or opens the dialog for a public key.
func (c *conn) handleAuth(ctx context.Context, p *wire.Packet) error {
	if c.srv.cfg.Auth == nil || !c.login.asked || c.isOnline() {
		return nil
	}
	switch p.Arg0 {
	case wire.AuthSignature:
		if c.srv.knows(c.login.token, p.Data) {
			c.welcome()
			return nil
		}
		if c.login.wrong++; c.login.wrong > maxSignatures {
			return errTooManySignatures
		}
		c.askSignature()
	case wire.AuthPublicKey:
		c.openDialog(ctx, p.Data)
	}
	return nil
}

// openDialog asks Accept in a goroutine of its own, once per connection.
func (c *conn) openDialog(ctx context.Context, text []byte) {
	key, comment, err := wire.ParsePublicKey(text)
	accept := c.srv.cfg.Auth.Accept
	if err != nil || accept == nil || c.login.dialog {
		c.log.Debug("public key ignored", "err", err)
		return
	}
	c.login.dialog = true
	c.handled.Go(func() {
		if !accept(ctx, key, comment) {
			c.log.Info("host refused")
			return
		}
		c.srv.learn(key)
		c.welcome()
	})
}

// knows reports whether one of the known keys made the signature.
func (s *Server) knows(token, signature []byte) bool {
	s.mu.Lock()
	keys := slices.Clone(s.keys)
	s.mu.Unlock()
	return slices.ContainsFunc(keys, func(key *rsa.PublicKey) bool {
		return wire.VerifyToken(key, token, signature) == nil
	})
}

func (s *Server) learn(key *rsa.PublicKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, key)
}
