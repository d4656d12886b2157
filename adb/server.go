package adb

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge/adb/wire"
)

// Bounds of requests to a server, where the context has no deadline.
const (
	queryTimeout   = 10 * time.Second
	connectTimeout = 20 * time.Second // the server itself gives up after 10 s
	startTimeout   = 15 * time.Second
	waitTimeout    = 60 * time.Second
)

// A Server is an adb server, reached over its smart socket. Each request takes
// a connection of its own, so a Server may be used by many goroutines. It
// starts nothing and kills nothing unless asked.
type Server struct {
	network, address string // as for net.Dial
}

// DefaultServer is the server that the environment names, as for the adb tool:
// ADB_SERVER_SOCKET, else ANDROID_ADB_SERVER_ADDRESS and
// ANDROID_ADB_SERVER_PORT, else 127.0.0.1:5037.
func DefaultServer() (*Server, error) {
	if socket := os.Getenv("ADB_SERVER_SOCKET"); socket != "" {
		return NewServer(socket)
	}
	host := cmp.Or(os.Getenv("ANDROID_ADB_SERVER_ADDRESS"), "127.0.0.1")
	port := cmp.Or(os.Getenv("ANDROID_ADB_SERVER_PORT"), "5037")
	return NewServer("tcp:" + net.JoinHostPort(strings.Trim(host, "[]"), port))
}

// NewServer names a server by its socket: "tcp:host:port", "tcp:port",
// "localfilesystem:/path" or "localabstract:name".
func NewServer(socket string) (*Server, error) {
	scheme, rest, _ := strings.Cut(socket, ":")
	switch {
	case rest == "":
	case scheme == "tcp":
		if !strings.Contains(rest, ":") {
			rest = net.JoinHostPort("127.0.0.1", rest)
		}
		host, port, err := net.SplitHostPort(rest)
		if n, perr := strconv.ParseUint(port, 10, 16); err == nil && perr == nil && n > 0 {
			return &Server{network: "tcp", address: net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port)}, nil
		}
	case scheme == "localfilesystem" || scheme == "local":
		return &Server{network: "unix", address: rest}, nil
	case scheme == "localabstract":
		return &Server{network: "unix", address: "@" + rest}, nil
	}
	return nil, fmt.Errorf("adb server socket %q: want tcp:host:port or localfilesystem:/path", socket)
}

// String names the server's socket, as NewServer takes it.
func (s *Server) String() string {
	if s.network == "unix" {
		if name, ok := strings.CutPrefix(s.address, "@"); ok {
			return "localabstract:" + name
		}
		return "localfilesystem:" + s.address
	}
	return "tcp:" + s.address
}

// Version is the server's protocol version, 41 for all since 2018.
func (s *Server) Version(ctx context.Context) (int, error) {
	text, err := s.query(ctx, "version", "", "host:version")
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseUint(text, 16, 31)
	if err != nil {
		return 0, &Error{Op: "version", Kind: ErrProtocol, Text: fmt.Sprintf("version %q is not hexadecimal", text)}
	}
	return int(v), nil
}

// StartServer starts the server with the adb binary unless one answers
// already. It is an error when no adb binary is on the PATH, or the server's
// address is not on this machine.
func (s *Server) StartServer(ctx context.Context) error {
	if _, err := s.Version(ctx); !errors.Is(err, ErrServerGone) {
		return err
	}
	args, err := s.startArgs()
	if err != nil {
		return err
	}
	path, err := exec.LookPath("adb")
	if err != nil {
		return &Error{Op: "start server", Kind: ErrServerGone, Text: "nothing answers at " + s.String() + " and there is no adb binary to start it", Err: err}
	}
	ctx, cancel := bounded(ctx, startTimeout)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = time.Second // the server that was started may hold the pipes
	if err := cmd.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return &Error{Op: "start server", Kind: ErrServerGone, Text: strings.TrimSpace(said.String()), Err: err}
	}
	_, err = s.Version(ctx)
	return err
}

// startArgs are the arguments that make adb start this very server.
func (s *Server) startArgs() ([]string, error) {
	if s.network == "unix" {
		return []string{"-L", s.String(), "start-server"}, nil
	}
	host, port, _ := net.SplitHostPort(s.address)
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, &Error{Op: "start server", Kind: ErrServerGone, Text: s.String() + " is not on this machine: start it there"}
	}
	return []string{"-P", port, "start-server"}, nil
}

// HostFeatures are those of the server itself.
func (s *Server) HostFeatures(ctx context.Context) (Features, error) {
	text, err := s.query(ctx, "host-features", "", "host:host-features")
	return ParseFeatures(text), err
}

// query sends one host request and reads the string that follows its OKAY.
func (s *Server) query(ctx context.Context, op, device, request string) (string, error) {
	ctx, cancel := bounded(ctx, queryTimeout)
	defer cancel()
	c, err := s.request(ctx, op, device, request)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.text()
}

// request opens a connection and sends one request on it. The context guards
// the connection until it is closed or handed over, and so does a deadline.
func (s *Server) request(ctx context.Context, op, device, request string) (*smartConn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, s.network, s.address)
	if err != nil {
		if ctx.Err() != nil || isTimeout(err) {
			return nil, failure(ctx, op, device, err)
		}
		return nil, &Error{Op: op, Device: device, Kind: ErrServerGone, Text: "nothing listens at " + s.String(), Err: err}
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(queryTimeout)
	}
	_ = conn.SetDeadline(deadline)
	c := &smartConn{Conn: conn, ctx: ctx, op: op, device: device, release: closeWith(ctx, conn)}
	if err := c.ask(request); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// A smartConn is one connection to a server, on its way to be a stream.
type smartConn struct {
	net.Conn
	ctx        context.Context // of the request in progress, not kept beyond it
	op, device string
	release    func()
}

// ask sends a request and reads OKAY. Nothing may be sent before that: the
// server takes all bytes it has for one request (measured: silence for ever).
func (c *smartConn) ask(request string) error {
	b, err := wire.AppendSmartRequest(nil, request)
	if err != nil {
		return &Error{Op: c.op, Device: c.device, Kind: ErrTooLong, Text: fmt.Sprintf("%d bytes, an adb server takes %d", len(request), wire.MaxRequest)}
	}
	if _, err := c.Write(b); err != nil {
		return c.failed(err)
	}
	return c.okay()
}

// okay reads a status.
func (c *smartConn) okay() error {
	if err := wire.ReadSmartStatus(c.Conn); err != nil {
		return c.failed(err)
	}
	return nil
}

// text reads a string.
func (c *smartConn) text() (string, error) {
	text, err := wire.ReadSmartString(c.Conn)
	if err != nil {
		return "", c.failed(err)
	}
	return text, nil
}

// failed names an error of this connection. A connection that ends where an
// answer is due means that the server went away.
func (c *smartConn) failed(err error) error {
	err = failure(c.ctx, c.op, c.device, err)
	if e, ok := errors.AsType[*Error](err); ok && errors.Is(e.Kind, ErrClosed) {
		e.Kind, e.Text = ErrServerGone, "it closed the connection without an answer"
	}
	return err
}

// handOver gives the bare connection away; the request's context guards it no
// longer.
func (c *smartConn) handOver() (net.Conn, error) {
	c.release()
	if c.ctx.Err() != nil {
		_ = c.Conn.Close()
		return nil, failure(c.ctx, c.op, c.device, io.ErrClosedPipe)
	}
	return c.Conn, c.SetDeadline(time.Time{})
}

// Close closes the connection.
func (c *smartConn) Close() error {
	err := c.Conn.Close()
	c.release()
	return err
}
