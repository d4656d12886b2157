package adb

import "context"

// Options say how Open reaches a device.
type Options struct {
	Server *Server     // nil: the server the environment names
	Dial   DialOptions // for direct targets
	Device []Option
}

// Open reaches the device that target names: a serial known to the adb server,
// "host:port" (connected through the server), or "direct:host:port" (straight
// to its adbd).
func Open(ctx context.Context, target string, o Options) (*Device, error) { return nil, errTodo }
