package adb

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"
)

// Defaults of a Device; see the options.
const (
	DefaultTimeout     = 60 * time.Second
	DefaultOpenTimeout = 10 * time.Second
	DefaultIdleTimeout = 30 * time.Second
	DefaultPingTimeout = 5 * time.Second
	DefaultOutputLimit = 16 << 20
)

// A Device does what one wants of a phone, over any Transport. It may be used
// by many goroutines at once.
type Device struct {
	transport Transport
}

// An Option changes a default of a Device.
type Option func(*Device)

// NewDevice makes a Device of a transport, which it then owns.
func NewDevice(t Transport, opts ...Option) *Device { return &Device{transport: t} }

// Serial names the device.
func (d *Device) Serial() string { return d.transport.Serial() }

// Close ends the transport and all that runs over it.
func (d *Device) Close() error { return d.transport.Close() }

var errTodo = errors.New("adb: not written yet")

func (d *Device) Features(ctx context.Context) (Features, error)              { return nil, errTodo }
func (d *Device) Ping(ctx context.Context) (time.Duration, error)             { return 0, errTodo }
func (d *Device) Run(ctx context.Context, command string) (Output, error)     { return Output{}, errTodo }
func (d *Device) Start(ctx context.Context, command string) (*Process, error) { return nil, errTodo }
func (d *Device) Screenshot(ctx context.Context) ([]byte, error)              { return nil, errTodo }
func (d *Device) RunInput(ctx context.Context, command string, stdin io.Reader) (Output, error) {
	return Output{}, errTodo
}
func (d *Device) Exec(ctx context.Context, command string) (Stream, error) { return nil, errTodo }

// A Process is a command that runs on the device.
type Process struct {
	Stdin  io.WriteCloser // Close it when the command reads its standard input
	Stdout io.Reader
	Stderr io.Reader
}

// Wait waits for the end; the Output holds the exit code only.
func (p *Process) Wait() (int, error) { return 0, errTodo }

// Kill ends the command on the device (SIGHUP).
func (p *Process) Kill() error { return errTodo }

// PushOptions says how a file is to be made on the device.
type PushOptions struct {
	Mode     fs.FileMode       // default 0644; fs.ModeSymlink: the source is the link's target
	ModTime  time.Time         // default now
	Progress func(bytes int64) // called after each block with the bytes so far
}

// Push writes src to the file remote on the device.
func (d *Device) Push(ctx context.Context, src io.Reader, remote string, o PushOptions) error {
	return errTodo
}

// Pull copies the file remote from the device to dst and returns its size.
func (d *Device) Pull(ctx context.Context, remote string, dst io.Writer, progress func(bytes int64)) (int64, error) {
	return 0, errTodo
}

// Stat follows links, Lstat does not, List lists a directory without . and ...
func (d *Device) Stat(ctx context.Context, path string) (*FileInfo, error)  { return nil, errTodo }
func (d *Device) Lstat(ctx context.Context, path string) (*FileInfo, error) { return nil, errTodo }
func (d *Device) List(ctx context.Context, dir string) ([]*FileInfo, error) { return nil, errTodo }

// FileInfo describes a file of the device; it is an fs.FileInfo.
type FileInfo struct {
	name    string
	size    int64
	mode    fs.FileMode
	modTime time.Time
}

func (f *FileInfo) Name() string       { return f.name }
func (f *FileInfo) Size() int64        { return f.size }
func (f *FileInfo) Mode() fs.FileMode  { return f.mode }
func (f *FileInfo) ModTime() time.Time { return f.modTime }
func (f *FileInfo) IsDir() bool        { return f.mode.IsDir() }
func (f *FileInfo) Sys() any           { return nil }
