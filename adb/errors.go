package adb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/wabridge/wabridge/adb/wire"
)

// The kinds of error, for errors.Is. Every error of this package that concerns
// a device or a server is of exactly one kind; where a file of the device is
// meant, it is fs.ErrNotExist and its kin instead. An operation that its
// context ended is ErrTimeout (and context.DeadlineExceeded) or
// context.Canceled.
var (
	ErrOffline      = errors.New("device offline")
	ErrUnauthorized = errors.New("device unauthorized")
	ErrNoPermission = errors.New("no permission for the device")
	ErrNotFound     = errors.New("device not found")
	ErrMoreThanOne  = errors.New("more than one device")
	ErrServerGone   = errors.New("adb server not reachable")
	ErrProtocol     = errors.New("adb protocol error")
	ErrClosed       = errors.New("adb connection closed")
	ErrTimeout      = errors.New("no answer in time")
	ErrRefused      = errors.New("refused")
	ErrTooLong      = errors.New("request too long")
	ErrTooMuch      = errors.New("more output than allowed")
	ErrNoExit       = errors.New("command cut off: no exit code came")
	ErrUnsupported  = errors.New("not supported by the device")
)

// remedies say what to do next, per kind.
var remedies = map[error]string{
	ErrOffline:      "check the cable or the Wi-Fi; else switch USB debugging off and on",
	ErrUnauthorized: "unlock the phone and accept the debugging dialog, with \"always allow\"",
	ErrNoPermission: "check the udev rules and the group plugdev, then plug it in again",
	ErrNotFound:     "plug it in or connect it; \"adb devices\" lists what the server knows",
	ErrMoreThanOne:  "name one by its serial",
	ErrServerGone:   "start it with \"adb start-server\", or set ADB_SERVER_SOCKET to where it listens",
	ErrNoExit:       "the link or adbd broke; whether the command did its work is not known",
}

// An Error says what happened to which device.
type Error struct {
	Op     string // what was being done: "shell", "dial", "connect"
	Device string // serial or address; empty where the server itself is meant
	Kind   error  // one of the kinds, or context.Canceled
	Text   string // what was said or seen; empty: Err tells
	Err    error  // what lies below; may be nil
}

// Error tells what happened, to which device, and what to do next. It holds no
// command: commands hold private text.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("adb " + e.Op)
	if e.Device != "" {
		b.WriteString(" on " + e.Device)
	}
	fmt.Fprintf(&b, ": %v", e.Kind)
	switch {
	case e.Text != "" && e.Text != e.Kind.Error():
		b.WriteString(": " + e.Text)
	case e.Text == "" && e.Err != nil:
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if r := remedies[e.Kind]; r != "" {
		b.WriteString(" (" + r + ")")
	}
	return b.String()
}

// Is reports whether target is the error's kind, or the standard library's name
// for it.
func (e *Error) Is(target error) bool {
	switch target {
	case e.Kind:
		return true
	case errors.ErrUnsupported:
		return e.Kind == ErrUnsupported
	case context.DeadlineExceeded:
		return e.Kind == ErrTimeout
	}
	return false
}

// Unwrap gives what lies below.
func (e *Error) Unwrap() error { return e.Err }

// failure makes an Error of what went wrong below. The context is asked first:
// when it is over, it was the reason, whatever the closed connection said.
func failure(ctx context.Context, op, device string, err error) error {
	if ctx.Err() != nil {
		return ended(op, device, context.Cause(ctx))
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	if refused, ok := errors.AsType[*wire.ServerError](err); ok {
		return &Error{Op: op, Device: device, Kind: serverKind(refused.Message), Text: oneLine(refused.Message), Err: err}
	}
	return &Error{Op: op, Device: device, Kind: ioKind(err), Err: err}
}

// oneLine is the first line of a peer's words, fit for an error.
func oneLine(words string) string {
	const most = 200
	line, _, _ := strings.Cut(strings.TrimSpace(words), "\n")
	line = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, line[:min(len(line), most)])
	return cmp.Or(strings.TrimSpace(strings.ToValidUTF8(line, "?")), "no reason given")
}

// ended is the error of an operation that its context ended.
func ended(op, device string, cause error) error {
	e := &Error{Op: op, Device: device, Kind: ErrTimeout}
	switch {
	case errors.Is(cause, context.DeadlineExceeded):
	case errors.Is(cause, context.Canceled):
		e.Kind = context.Canceled
	default:
		e.Text, e.Err = cause.Error(), cause
		if !errors.Is(cause, errIdle) {
			e.Kind = context.Canceled
		}
	}
	return e
}

// ioKind is the kind of an error that came from reading or writing.
func ioKind(err error) error {
	switch {
	case errors.Is(err, wire.ErrSyntax), errors.Is(err, wire.ErrMagic),
		errors.Is(err, wire.ErrChecksum), errors.Is(err, wire.ErrTooLong):
		return ErrProtocol
	case isTimeout(err):
		return ErrTimeout
	}
	return ErrClosed
}

// isTimeout reports whether a deadline of a connection passed.
func isTimeout(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout()
}

// unexpectedEOF makes an end that must not be here an error.
func unexpectedEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// serverKind is the kind of a FAIL text of an adb server (AOSP transport.cpp,
// adb.cpp, adb_listeners.cpp; texts as of 29.0.6 and 34.0.5).
func serverKind(text string) error {
	has := func(part string) bool { return strings.Contains(text, part) }
	switch {
	case strings.HasPrefix(text, "listener "):
		return ErrRefused
	case strings.HasPrefix(text, "device unauthorized"), has("still authorizing"):
		return ErrUnauthorized
	case strings.HasPrefix(text, "more than one "):
		return ErrMoreThanOne
	case strings.HasPrefix(text, "device offline"), has("still connecting"):
		return ErrOffline
	case strings.HasPrefix(text, "no device"), strings.HasPrefix(text, "no emulators found"),
		strings.HasPrefix(text, "device ") && has("not found"), strings.HasPrefix(text, "no such device"),
		text == "unknown device":
		return ErrNotFound
	case has("no permissions"), has("insufficient permissions"):
		return ErrNoPermission
	case strings.HasPrefix(text, "unknown host service"):
		return ErrUnsupported
	}
	return ErrRefused // "closed": the device refused the service; "cannot bind listener: …"
}

// A localError is an error of our own machine in the middle of a transfer.
type localError struct{ err error }

func (e *localError) Error() string { return e.err.Error() }
func (e *localError) Unwrap() error { return e.err }
