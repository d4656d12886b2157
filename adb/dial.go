package adb

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/wabridge/wabridge/adb/wire"
)

// Defaults of DialOptions.
const (
	DefaultDialTimeout  = 10 * time.Second
	DefaultApprovalTime = 60 * time.Second
	DefaultWriteTimeout = 20 * time.Second
	DefaultMaxData      = 256 << 10
)

// dialFeatures are announced to the device: what this package can do. It does
// not list delayed_ack: then one block per stream is under way, which bounds
// the memory.
var dialFeatures = []string{"shell_v2", "cmd", "stat_v2", "ls_v2", "fixed_push_mkdir", "sendrecv_v2"}

// DialOptions say how to reach an adbd directly. The zero value is usable.
type DialOptions struct {
	// KeyPath is the private key to show a device that asks for one; default
	// ~/.android/adbkey. It is made when absent, at the moment a device asks.
	// Keys of ADB_VENDOR_KEYS are tried as well.
	KeyPath string
	// Timeout bounds connecting and the handshake, without the wait for a
	// person; default 10 s.
	Timeout time.Duration
	// ApprovalTime is how long to wait for a person to accept the dialog on the
	// phone; default 60 s. Each new dial shows a new dialog, so do not hurry.
	ApprovalTime time.Duration
	// OnApproval, when set, is called when that wait begins, with the
	// fingerprint that the dialog shows. It must not block.
	OnApproval func(fingerprint string)
	// WriteTimeout is how long the device may refuse to take a packet before
	// the connection is given up; default 20 s.
	WriteTimeout time.Duration
	// MaxData is the longest packet we take, 4096 to 1 MiB; default 256 KiB.
	MaxData uint32
	// Dial replaces the TCP connection, for tunnels and tests.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

func (o DialOptions) withDefaults() DialOptions {
	o.Timeout = cmp.Or(o.Timeout, DefaultDialTimeout)
	o.ApprovalTime = cmp.Or(o.ApprovalTime, DefaultApprovalTime)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, DefaultWriteTimeout)
	o.MaxData = min(max(cmp.Or(o.MaxData, DefaultMaxData), wire.MaxDataLegacy), wire.MaxData)
	if o.Dial == nil {
		o.Dial = dialTCP
	}
	return o
}

// Dial connects to the adbd at "host:port" without an adb server, and returns
// when the device has let us in. The context bounds the dialling only.
//
// A device of Android 7 or older serves one connection at a time: while an adb
// server holds it, Dial times out.
func Dial(ctx context.Context, address string, o DialOptions) (*Conn, error) {
	o = o.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, o.Timeout+o.ApprovalTime)
	defer cancel()
	connectCtx, stop := context.WithTimeout(ctx, o.Timeout)
	defer stop()
	nc, err := o.Dial(connectCtx, "tcp", address)
	if err != nil {
		if connectCtx.Err() != nil || isTimeout(err) {
			return nil, failure(connectCtx, "dial", address, err)
		}
		return nil, &Error{Op: "dial", Device: address, Kind: ErrOffline, Err: err}
	}
	release := closeWith(ctx, nc)
	h := &handshake{nc: nc, o: o, address: address}
	banner, err := h.run()
	release()
	if err != nil {
		_ = nc.Close()
		return nil, failure(ctx, "dial", address, err)
	}
	if ctx.Err() != nil {
		_ = nc.Close()
		return nil, failure(ctx, "dial", address, ctx.Err())
	}
	_ = nc.SetDeadline(time.Time{})
	return newConn(nc, address, h, banner), nil
}

// dialTCP notices a dead peer within about 11 seconds when idle (keepalive, as
// adb servers do) and within 15 with data under way.
func dialTCP(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: time.Second, Interval: time.Second, Count: 10},
		Control:         controlSocket,
	}
	return d.DialContext(ctx, network, address)
}

// A handshake brings a connection from its first byte to the device's CNXN.
type handshake struct {
	nc      net.Conn
	o       DialOptions
	address string

	keys    []*rsa.PrivateKey // not yet tried
	own     *rsa.PrivateKey   // the one to ask approval for
	loaded  bool
	asked   bool // the approval
	maxData uint32
	checked bool
}

func (h *handshake) run() (wire.Banner, error) {
	h.deadline(h.o.Timeout)
	hello := wire.Banner{State: wire.BannerHost, Features: dialFeatures}
	if err := h.send(wire.CNXN, wire.VersionUnchecked, h.o.MaxData, []byte(hello.String())); err != nil {
		return wire.Banner{}, err
	}
	for {
		p, err := wire.ReadPacket(h.nc, wire.MaxHandshakeData)
		if err != nil {
			return wire.Banner{}, h.silence(err)
		}
		switch p.Command {
		case wire.CNXN:
			return h.welcome(p)
		case wire.AUTH:
			if err := h.authenticate(p); err != nil {
				return wire.Banner{}, err
			}
		case wire.STLS:
			return wire.Banner{}, &Error{Op: "dial", Device: h.address, Kind: ErrUnsupported, Text: "this is a wireless-debugging port, which wants TLS: " +
				"pair it with \"adb pair\" and reach it through the adb server, or run \"adb tcpip 5555\" once over USB and dial port 5555"}
		}
	}
}

func (h *handshake) deadline(d time.Duration) { _ = h.nc.SetDeadline(time.Now().Add(d)) }

func (h *handshake) send(cmd wire.Command, arg0, arg1 uint32, data []byte) error {
	return wire.WritePacket(h.nc, &wire.Packet{Command: cmd, Arg0: arg0, Arg1: arg1, Data: data}, true)
}

// welcome takes the device's CNXN.
func (h *handshake) welcome(p *wire.Packet) (wire.Banner, error) {
	h.checked = p.Arg0 < wire.VersionUnchecked
	if h.checked {
		if err := p.VerifyChecksum(); err != nil {
			return wire.Banner{}, err
		}
	}
	if p.Arg0 < wire.VersionChecked || p.Arg1 < 256 {
		return wire.Banner{}, &Error{Op: "dial", Device: h.address, Kind: ErrProtocol, Text: fmt.Sprintf("version %#x, packets of %d bytes", p.Arg0, p.Arg1)}
	}
	h.maxData = min(h.o.MaxData, p.Arg1)
	return wire.ParseBanner(p.Data), nil
}

// authenticate answers a token: with a signature while there are keys not yet
// tried, then with our public key, at which the phone asks its user.
func (h *handshake) authenticate(p *wire.Packet) error {
	if p.Arg0 != wire.AuthToken || len(p.Data) != wire.TokenSize {
		return &Error{Op: "dial", Device: h.address, Kind: ErrProtocol, Text: fmt.Sprintf("AUTH %d of %d bytes", p.Arg0, len(p.Data))}
	}
	if h.asked {
		return nil // adbd repeats itself; the answer to the dialog is a CNXN
	}
	if err := h.loadKeys(); err != nil {
		return err
	}
	if len(h.keys) == 0 {
		return h.askApproval()
	}
	key := h.keys[0]
	h.keys = h.keys[1:]
	signature, err := wire.SignToken(key, p.Data)
	if err != nil {
		return fmt.Errorf("sign the token: %w", err)
	}
	return h.send(wire.AUTH, wire.AuthSignature, 0, signature)
}

func (h *handshake) loadKeys() error {
	if h.loaded {
		return nil
	}
	own, err := LoadKey(h.o.KeyPath)
	if err != nil {
		return &Error{Op: "dial", Device: h.address, Kind: ErrUnauthorized, Text: "the device asks for a key and ours cannot be had: " + err.Error(), Err: err}
	}
	h.loaded, h.own = true, own
	h.keys = append([]*rsa.PrivateKey{own}, vendorKeys()...)
	return nil
}

func (h *handshake) askApproval() error {
	public, err := wire.EncodePublicKey(&h.own.PublicKey, keyComment())
	if err != nil {
		return err
	}
	h.asked = true
	h.deadline(h.o.ApprovalTime)
	if h.o.OnApproval != nil {
		h.o.OnApproval(h.fingerprint())
	}
	return h.send(wire.AUTH, wire.AuthPublicKey, 0, append([]byte(public), 0))
}

func (h *handshake) fingerprint() string {
	text, _ := wire.Fingerprint(&h.own.PublicKey)
	return text
}

// silence says what it means when the handshake's next packet does not come.
func (h *handshake) silence(err error) error {
	e := &Error{Op: "dial", Device: h.address, Err: err}
	switch {
	case h.asked:
		e.Kind = ErrUnauthorized
		e.Text = "nobody accepted the dialog on the phone; key fingerprint " + h.fingerprint()
	case isTimeout(err):
		e.Kind = ErrTimeout
		e.Text = "it took the connection and says nothing: adbd is frozen, or it is Android 7 or older and an adb server holds its only connection"
	case errors.Is(ioKind(err), ErrProtocol):
		e.Kind = ErrProtocol
		e.Text = "what listens there is no adbd: " + strings.TrimSpace(err.Error())
	default:
		e.Kind = ErrOffline
		e.Text = "it closed the connection in the handshake: adbd is restarting, or what listens there is no adbd"
	}
	return e
}
