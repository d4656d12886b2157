package adb

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge/adb/wire"
)

// Defaults of a Device; see the options.
const (
	DefaultTimeout     = 60 * time.Second
	DefaultOpenTimeout = 10 * time.Second
	DefaultIdleTimeout = 30 * time.Second
	DefaultPingTimeout = 5 * time.Second
	DefaultOutputLimit = 16 << 20
)

// A Device does what one wants of a phone, over any Transport. Many goroutines
// may use it at once; each call runs on a stream of its own.
type Device struct {
	transport   Transport
	timeout     time.Duration
	openTimeout time.Duration
	idleTimeout time.Duration
	pingTimeout time.Duration
	outputLimit int64

	mu       sync.Mutex
	features Features // nil until asked; forgotten when an Open fails
	noExec   bool     // "exec:" was refused
}

// An Option changes a default of a Device.
type Option func(*Device)

// WithTimeout bounds a whole Run, RunInput, Screenshot, Stat or List whose
// context has no deadline; default 60 s.
func WithTimeout(d time.Duration) Option { return func(v *Device) { v.timeout = d } }

// WithOpenTimeout bounds the opening of a service; default 10 s.
func WithOpenTimeout(d time.Duration) Option { return func(v *Device) { v.openTimeout = d } }

// WithIdleTimeout is how long a Push or Pull may stand still; default 30 s.
func WithIdleTimeout(d time.Duration) Option { return func(v *Device) { v.idleTimeout = d } }

// WithPingTimeout bounds a Ping whose context has no deadline; default 5 s.
func WithPingTimeout(d time.Duration) Option { return func(v *Device) { v.pingTimeout = d } }

// WithOutputLimit bounds what Run and RunInput hold of a command's output, in
// bytes, both streams together; default 16 MiB.
func WithOutputLimit(n int64) Option { return func(v *Device) { v.outputLimit = n } }

// NewDevice makes a Device of a transport, which it then owns.
func NewDevice(t Transport, opts ...Option) *Device {
	d := &Device{
		transport:   t,
		timeout:     DefaultTimeout,
		openTimeout: DefaultOpenTimeout,
		idleTimeout: DefaultIdleTimeout,
		pingTimeout: DefaultPingTimeout,
		outputLimit: DefaultOutputLimit,
	}
	for _, o := range opts {
		o(d)
	}
	return d
}

// Serial names the device, for people and errors.
func (d *Device) Serial() string { return d.transport.Serial() }

// Close ends the transport and all that runs over it.
func (d *Device) Close() error { return d.transport.Close() }

// Features are those that the device announced. They are asked for once, and
// again after a failure to open a service: the device may have restarted.
func (d *Device) Features(ctx context.Context) (Features, error) {
	d.mu.Lock()
	known := d.features
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	ctx, cancel := bounded(ctx, d.openTimeout)
	defer cancel()
	f, err := d.transport.Features(ctx)
	if err != nil {
		return nil, err
	}
	if f == nil {
		f = Features{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.features = f
	return f, nil
}

// Open starts any service of adbd ("tcp:8080", "localabstract:name",
// "reboot:") and returns its bytes. Opening is bounded by the open timeout; the
// stream lives until it is closed.
func (d *Device) Open(ctx context.Context, service string) (Stream, error) {
	return d.open(ctx, service)
}

func (d *Device) open(ctx context.Context, service string) (Stream, error) {
	op := "open " + serviceName(service)
	if strings.ContainsRune(service, 0) {
		return nil, &Error{Op: op, Device: d.Serial(), Kind: ErrUnsupported, Text: "it holds a NUL byte"}
	}
	features, err := d.Features(ctx)
	if err != nil {
		return nil, err
	}
	if n := len(service); n >= wire.MaxDataLegacy && !features.Has(featureShellV2) {
		return nil, &Error{Op: op, Device: d.Serial(), Kind: ErrTooLong, Text: tooLongText(n, wire.MaxDataLegacy-1)}
	}
	ctx, cancel := context.WithTimeout(ctx, d.openTimeout)
	defer cancel()
	s, err := d.transport.Open(ctx, service)
	if err != nil {
		d.mu.Lock()
		d.features = nil
		d.mu.Unlock()
		return nil, failure(ctx, op, d.Serial(), err)
	}
	return s, nil
}
