package adbd

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"

	"github.com/wabridge/wabridge/adb/wire"
)

// The features that this package implements.
const (
	FeatureShellV2    = "shell_v2"
	FeatureCmd        = "cmd"
	FeatureStatV2     = "stat_v2"
	FeatureLsV2       = "ls_v2"
	FeaturePushMkdir  = "fixed_push_mkdir"
	FeatureSendRecvV2 = "sendrecv_v2"
)

// DefaultFeatures are announced when Config.Features is nil: those of an
// Android 11 device that this package implements.
func DefaultFeatures() []string {
	return []string{
		FeatureShellV2, FeatureCmd, FeatureStatV2, FeatureLsV2,
		FeaturePushMkdir, FeatureSendRecvV2,
	}
}

// A Service serves one stream that the host opened. Returning closes the
// stream, after all that was written reached the host. The context ends when
// the host closes the stream, when the connection is lost and when the server
// closes; a Service returns soon after that. The error is logged, no more.
type Service func(ctx context.Context, stream io.ReadWriteCloser) error

// Config says what the device is and does. Only Shell, FS and Other make it do
// anything; a service that is not configured is refused.
type Config struct {
	// Banner introduces the device; its Features are replaced, its State is
	// "device" when empty.
	Banner wire.Banner
	// Features are announced and decide what is served (DefaultFeatures when
	// nil). Empty and not nil, with Version VersionChecked and MaxData
	// MaxDataLegacy, makes a device from before Android 7.
	Features []string
	// Version is wire.VersionUnchecked when 0.
	Version uint32
	// MaxData is the largest payload the device takes, 1 to wire.MaxData,
	// wire.MaxData when 0.
	MaxData uint32
	// Auth asks for a known key; nil lets everybody in.
	Auth *Auth
	// Shell runs the command of a shell: or exec: stream and returns its exit
	// code (0 to 255; 0x80+signal when a signal ended it).
	Shell func(ctx context.Context, p *Process) int
	// FS is what the sync service shows and changes.
	FS FS
	// Other gives the Service for any other service string ("tcp:80",
	// "reverse:forward:…", "framebuffer:", "reboot:"), nil to refuse it. It is
	// asked on the connection's reading goroutine and must not block.
	Other func(service string) Service
	// Logger gets what happens to connections, never commands or paths; nil
	// discards.
	Logger *slog.Logger
}

// Auth is the device's side of the authentication.
type Auth struct {
	// Keys are known from the start. A key that Accept took is known from
	// then on, until the Server is gone.
	Keys []*rsa.PublicKey
	// Accept is the dialog "Allow USB debugging?" for an unknown key and its
	// comment (user@host). It may take its time; the context ends when the
	// host goes away. False, or no Accept, leaves the host waiting in silence,
	// as a phone does.
	Accept func(ctx context.Context, key *rsa.PublicKey, comment string) bool
}

// A Server is one device. It serves any number of connections at once.
type Server struct {
	cfg  Config
	log  *slog.Logger
	gate gate

	mu        sync.Mutex
	closed    bool
	listeners map[net.Listener]struct{}
	conns     map[*conn]struct{}
	keys      []*rsa.PublicKey
	wg        sync.WaitGroup // Serve calls and connections
}

// New returns a device that is as cfg says.
func New(cfg Config) *Server {
	if cfg.Features == nil {
		cfg.Features = DefaultFeatures()
	}
	if cfg.Version == 0 {
		cfg.Version = wire.VersionUnchecked
	}
	if cfg.MaxData == 0 || cfg.MaxData > wire.MaxData {
		cfg.MaxData = wire.MaxData
	}
	if cfg.Banner.State == "" {
		cfg.Banner.State = wire.BannerDevice
	}
	cfg.Banner.Features = cfg.Features
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		cfg:       cfg,
		log:       cfg.Logger,
		listeners: map[net.Listener]struct{}{},
		conns:     map[*conn]struct{}{},
	}
	if cfg.Auth != nil {
		s.keys = slices.Clone(cfg.Auth.Keys)
	}
	return s
}

// Serve accepts hosts on l until ctx ends or Close is called, and returns nil
// then; or until l breaks, and returns that error. It closes l. Connections
// end with ctx too; Close waits for them. Serve may run for several listeners.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer func() { _ = l.Close() }()
	if !s.track(l) {
		return nil
	}
	defer s.wg.Done()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		nc, err := l.Accept()
		if err != nil {
			return s.serveEnd(ctx, l, err)
		}
		s.start(ctx, nc)
	}
}

func (s *Server) track(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listeners[l] = struct{}{}
	s.wg.Add(1)
	return true
}

func (s *Server) serveEnd(ctx context.Context, l net.Listener, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
	if s.closed || ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("accept: %w", err)
}

// start runs a connection in a goroutine that Close waits for.
func (s *Server) start(ctx context.Context, nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = nc.Close()
		return
	}
	c := newConn(s, nc)
	s.conns[c] = struct{}{}
	s.wg.Go(func() {
		c.run(ctx)
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	})
}

// Close ends all listeners and connections and waits for every goroutine,
// those of running Services included. It is idempotent. A Service must not
// call it.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	var errs []error
	for l := range s.listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, fmt.Errorf("close listener: %w", err))
		}
	}
	for c := range s.conns {
		c.cut(errServerClosed)
	}
	s.mu.Unlock()
	s.wg.Wait()
	return errors.Join(errs...)
}

// Disconnect cuts all connections of this moment, as if the cable was pulled:
// nothing more is sent, running commands see their context end. It does not
// wait for them, so a Service may call it. New connections are welcome.
func (s *Server) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.cut(errCut)
	}
}

// Freeze makes the device accept connections but read and answer nothing, as
// a stopped adbd does; Freeze(false) lets it go on where it was. What is
// running on the device is not stopped.
func (s *Server) Freeze(on bool) { s.gate.set(on) }

// Connections is the number of hosts connected at this moment.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func (s *Server) has(feature string) bool { return slices.Contains(s.cfg.Features, feature) }

// gate is what every connection passes before it handles or sends a packet.
type gate struct {
	mu   sync.Mutex
	shut chan struct{} // nil while open; closed when it opens
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case shut && g.shut == nil:
		g.shut = make(chan struct{})
	case !shut && g.shut != nil:
		close(g.shut)
		g.shut = nil
	}
}

// pass waits until the gate is open and reports true, or until done.
func (g *gate) pass(done <-chan struct{}) bool {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut == nil {
		return true
	}
	select {
	case <-shut:
		return g.pass(done)
	case <-done:
		return false
	}
}
