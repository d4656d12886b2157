package wire

import (
	"errors"
	"fmt"
	"io"
)

// Errors of the codecs. Every decoder also returns io.EOF when the input ended
// cleanly between two units, and io.ErrUnexpectedEOF when it ended inside one.
var (
	// ErrTooLong is a length that the protocol, or what was negotiated, does
	// not allow. Nothing of that length was allocated or read.
	ErrTooLong = errors.New("announced length is over the limit")
	// ErrMagic is a packet header whose magic is not the complement of its
	// command: the other side speaks something else, or we lost step.
	ErrMagic = errors.New("packet header has a wrong magic")
	// ErrChecksum is a payload that does not add up to its header's sum.
	ErrChecksum = errors.New("packet payload has a wrong checksum")
	// ErrSyntax is anything else that the protocol does not allow.
	ErrSyntax = errors.New("not the adb protocol")
)

func tooLong(what string, got, limit uint64) error {
	return fmt.Errorf("%s of %d bytes, at most %d: %w", what, got, limit, ErrTooLong)
}

func syntax(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrSyntax)
}

// readRest fills b from inside a unit, where the end of the input is never
// a clean one.
func readRest(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
