package adb

import (
	"context"
	"io"
)

// A Transport opens services on one device. Two ways lead to a device: through
// an adb server (Server.Device) and straight to its adbd (Dial). Both are
// Transports, and a Device works the same over either.
type Transport interface {
	// Open starts a service ("shell,v2,raw:ls", "sync:", "tcp:8080") and
	// returns its byte stream. The context bounds the opening only.
	Open(ctx context.Context, service string) (Stream, error)
	// Features are those the device announced.
	Features(ctx context.Context) (Features, error)
	// Serial names the device, for people and errors.
	Serial() string
	// Close ends the transport and every stream of it.
	Close() error
}

// A Stream is one open service. Closing it ends the service on the device.
type Stream interface {
	io.ReadWriteCloser
}

// Output is what a finished command left.
type Output struct {
	Stdout, Stderr []byte
	ExitCode       int // 0x80+signal where a signal ended it
}
