package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A ShellID says what a shell v2 packet carries.
type ShellID byte

// The packets of shell v2 (AOSP shell_protocol.h).
const (
	ShellStdin      ShellID = 0 // host to device
	ShellStdout     ShellID = 1 // device to host; with a terminal both outputs
	ShellStderr     ShellID = 2 // device to host
	ShellExit       ShellID = 3 // device to host, one byte: code, or 0x80+signal
	ShellCloseStdin ShellID = 4 // host to device, empty
	ShellWindowSize ShellID = 5 // host to device, see WindowSize
)

// ShellHeaderSize is the size of a shell v2 packet without its payload.
const ShellHeaderSize = 5

// A ShellReader takes shell v2 packets from a byte stream, however they were
// split or merged on the way. It works like tar.Reader: Next goes to a packet,
// Read reads its payload and returns io.EOF at the payload's end. A payload of
// any length passes through without being held.
type ShellReader struct {
	r    io.Reader
	left uint32
	err  error
}

// NewShellReader returns a reader of the packets in r.
func NewShellReader(r io.Reader) *ShellReader { return &ShellReader{r: r} }

// Next skips what is left of the current payload and returns the next packet's
// id and payload length. io.EOF means that the stream ended between packets
// (which is a loss all the same when no ShellExit came before). Errors stick.
func (s *ShellReader) Next() (ShellID, uint32, error) {
	if s.err == nil && s.left > 0 {
		_, s.err = io.Copy(io.Discard, s)
	}
	if s.err != nil {
		return 0, 0, s.err
	}
	var h [ShellHeaderSize]byte
	if _, s.err = io.ReadFull(s.r, h[:]); s.err != nil {
		return 0, 0, s.err
	}
	s.left = binary.LittleEndian.Uint32(h[1:])
	return ShellID(h[0]), s.left, nil
}

// Read reads from the current packet's payload.
func (s *ShellReader) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.left == 0 {
		return 0, io.EOF
	}
	if uint64(len(p)) > uint64(s.left) {
		p = p[:s.left]
	}
	n, err := s.r.Read(p)
	s.left -= uint32(n)
	if err != nil && s.left > 0 {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		s.err = err
		return n, err
	}
	return n, nil
}

// Payload reads what is left of the current payload when it is at most limit
// bytes; ErrTooLong otherwise, and then Next can still go on.
func (s *ShellReader) Payload(limit uint32) ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	if s.left > limit {
		return nil, tooLong("shell packet", uint64(s.left), uint64(limit))
	}
	b := make([]byte, s.left)
	_, err := io.ReadFull(s, b)
	return b, err
}

// AppendShellPacket appends one shell v2 packet to dst.
func AppendShellPacket(dst []byte, id ShellID, payload []byte) []byte {
	dst = append(dst, byte(id))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	return append(dst, payload...)
}

// WriteShellPacket writes one shell v2 packet with a single Write.
func WriteShellPacket(w io.Writer, id ShellID, payload []byte) error {
	_, err := w.Write(AppendShellPacket(make([]byte, 0, ShellHeaderSize+len(payload)), id, payload))
	return err
}

// A WindowSize is a terminal's size, in characters and in pixels.
type WindowSize struct {
	Rows, Cols, XPixels, YPixels uint16
}

// String is the payload of ShellWindowSize, without the NUL that adb adds.
func (w WindowSize) String() string {
	return fmt.Sprintf("%dx%d,%dx%d", w.Rows, w.Cols, w.XPixels, w.YPixels)
}

// ParseWindowSize reads the payload of ShellWindowSize.
func ParseWindowSize(payload []byte) (WindowSize, error) {
	var w WindowSize
	text := strings.TrimRight(string(payload), "\x00")
	if _, err := fmt.Sscanf(text, "%dx%d,%dx%d", &w.Rows, &w.Cols, &w.XPixels, &w.YPixels); err != nil {
		return WindowSize{}, syntax("window size of %d bytes", len(payload))
	}
	return w, nil
}
