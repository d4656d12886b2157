package adb

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/wabridge/wabridge/adb/wire"
)

// unreadLimit is how many blocks a device may send before we have answered the
// first. One is what the protocol allows; a little patience costs little.
const unreadLimit = 4

// A connStream is one stream of a Conn. Its buffer is the block that the device
// may send before our OKAY, which goes out when a reader takes the block.
type connStream struct {
	conn   *Conn
	local  uint32
	opened chan struct{} // closed at the answer to OPEN

	mu       sync.Mutex
	change   *sync.Cond
	answered bool   // opened is closed
	remote   uint32 // 0 until opened
	current  []byte // of the block being read
	unread   [][]byte
	inFlight bool // a block of ours waits for its OKAY
	gone     bool // the device closed it; unread stays readable
	closed   bool // we closed it
	err      error
}

func newConnStream(c *Conn, local uint32) *connStream {
	s := &connStream{conn: c, local: local, opened: make(chan struct{})}
	s.change = sync.NewCond(&s.mu)
	return s
}

// answer tells Open that the device, or the end of the connection, decided.
func (s *connStream) answer() {
	if !s.answered {
		s.answered = true
		close(s.opened)
	}
}

// acknowledged takes an OKAY: to the OPEN, or to our last block.
func (s *connStream) acknowledged(remote uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case remote == 0:
		return
	case s.remote == 0:
		s.remote = remote
		s.answer()
		if s.closed { // Open had given up
			_ = s.conn.send(wire.CLSE, s.local, s.remote, nil)
		}
	case s.remote == remote:
		s.inFlight = false
	}
	s.change.Broadcast()
}

// received takes a block.
func (s *connStream) received(remote uint32, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.remote == 0 || s.remote != remote || s.closed || s.err != nil {
		return
	}
	if len(data) == 0 {
		_ = s.conn.send(wire.OKAY, s.local, s.remote, nil)
		return
	}
	if len(s.unread) >= unreadLimit {
		s.err = &Error{Op: "stream", Device: s.conn.serial, Kind: ErrProtocol, Text: "it sends without waiting for our acknowledgement"}
		s.unread = nil
		_ = s.conn.send(wire.CLSE, s.local, s.remote, nil)
	} else {
		s.unread = append(s.unread, data)
	}
	s.change.Broadcast()
}

// remoteClosed takes a CLSE. Its first argument may be 0 at a normal end, too
// (Android 5 and 6).
func (s *connStream) remoteClosed(remote uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if remote != 0 && s.remote != 0 && remote != s.remote {
		return
	}
	s.conn.forget(s.local)
	s.gone = true
	s.answer()
	s.change.Broadcast()
}

// connectionEnded passes on why the connection is no more.
func (s *connStream) connectionEnded(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && !s.gone {
		s.err = err
	}
	s.answer()
	s.change.Broadcast()
}

// refusal is the error when the answer to OPEN was no.
func (s *connStream) refusal(op string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.remote != 0 {
		return nil
	}
	if s.err != nil {
		return s.err
	}
	return &Error{Op: op, Device: s.conn.serial, Kind: ErrRefused, Text: "closed: the device does not offer it"}
}

// Read reads what the device sent. What came before the device closed the
// stream is read to its end; then comes io.EOF. When the connection breaks, the
// reason comes at once after what was received.
func (s *connStream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.current) == 0 {
		switch {
		case s.closed:
			return 0, s.closedError()
		case len(s.unread) > 0:
			s.current = s.unread[0]
			s.unread = slices.Delete(s.unread, 0, 1)
			if !s.gone && s.err == nil {
				_ = s.conn.send(wire.OKAY, s.local, s.remote, nil)
			}
		case s.err != nil:
			return 0, s.err
		case s.gone:
			return 0, io.EOF
		default:
			s.change.Wait()
		}
	}
	n := copy(p, s.current)
	s.current = s.current[n:]
	return n, nil
}

// Write sends p in blocks that the device takes. It returns when the last block
// is under way; each block waits for the one before to be acknowledged.
func (s *connStream) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		block := p[written:min(len(p), written+int(s.conn.maxData))]
		if err := s.writeBlock(block); err != nil {
			return written, err
		}
		written += len(block)
	}
	return written, nil
}

func (s *connStream) writeBlock(block []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.inFlight && !s.gone && !s.closed && s.err == nil {
		s.change.Wait()
	}
	switch {
	case s.closed:
		return s.closedError()
	case s.err != nil:
		return s.err
	case s.gone:
		return &Error{Op: "write", Device: s.conn.serial, Kind: ErrClosed, Text: "the device closed the stream", Err: io.ErrClosedPipe}
	}
	s.inFlight = true
	return s.conn.send(wire.WRTE, s.local, s.remote, slices.Clone(block))
}

func (s *connStream) closedError() error {
	return &Error{Op: "stream", Device: s.conn.serial, Kind: ErrClosed, Text: "closed by us", Err: io.ErrClosedPipe}
}

// Close ends the stream; the device ends its service. It never blocks. When the
// OPEN is not answered yet, the answer is what closes the service.
func (s *connStream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if !s.gone && s.err == nil {
		s.conn.forget(s.local)
		if s.remote != 0 {
			_ = s.conn.send(wire.CLSE, s.local, s.remote, nil)
		}
	}
	s.current, s.unread = nil, nil
	s.change.Broadcast()
	return nil
}

// String names the stream, for debugging.
func (s *connStream) String() string { return fmt.Sprintf("stream %d of %s", s.local, s.conn.serial) }
