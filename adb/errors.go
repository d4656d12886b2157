package adb

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// The kinds of error, for errors.Is. Every error of this package that concerns
// a device or a server wraps exactly one of them, or fs.ErrNotExist and its
// kin where a file of the device is meant.
var (
	ErrOffline      = errors.New("device offline")
	ErrUnauthorized = errors.New("device unauthorized")
	ErrNotFound     = errors.New("device not found")
	ErrMoreThanOne  = errors.New("more than one device")
	ErrServerGone   = errors.New("adb server gone")
	ErrProtocol     = errors.New("adb protocol error")
	ErrClosed       = errors.New("adb connection closed")
	ErrTimeout      = errors.New("adb timeout")
	ErrRefused      = errors.New("service refused by the device")
	ErrTooLong      = errors.New("service string too long")
	ErrTooMuch      = errors.New("more output than allowed")
	ErrNoExit       = errors.New("command ended without an exit code")
	ErrUnsupported  = errors.New("not supported by the device")
)

// remedies say what to do next, per kind.
var remedies = map[error]string{
	ErrOffline:      "check the cable or the Wi-Fi, or switch USB debugging off and on",
	ErrUnauthorized: "unlock the phone and accept the debugging dialog (tick \"always allow\")",
	ErrNotFound:     "plug it in, or connect it by its host:port; `adb devices` lists what the server knows",
	ErrMoreThanOne:  "name one by its serial",
	ErrServerGone:   "start it with `adb start-server`, or set ADB_SERVER_SOCKET to where it listens",
}

// An Error says what happened to which device.
type Error struct {
	Op     string // what was being done: "open shell", "dial", "connect"
	Device string // serial or address; empty for the server itself
	Kind   error  // one of the kinds above
	Text   string // the peer's own words, or ours; may be empty
	Err    error  // what lies below; may be nil
}

// Error tells what happened, to which device, and what to do next. It never
// holds a command, since commands hold private text.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Device != "" {
		b.WriteString(" on " + e.Device)
	}
	fmt.Fprintf(&b, ": %v", e.Kind)
	if e.Text != "" && e.Text != e.Kind.Error() {
		b.WriteString(": " + e.Text)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if r := remedies[e.Kind]; r != "" {
		b.WriteString(" (" + r + ")")
	}
	return b.String()
}

// Is reports whether target is the error's kind.
func (e *Error) Is(target error) bool {
	if target == e.Kind {
		return true
	}
	return e.Kind == ErrUnsupported && target == errors.ErrUnsupported ||
		e.Kind == ErrTimeout && target == context.DeadlineExceeded
}

// Unwrap gives what lies below.
func (e *Error) Unwrap() error { return e.Err }
