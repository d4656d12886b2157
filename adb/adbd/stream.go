package adbd

import (
	"context"
	"io"
	"sync"

	"github.com/wabridge/wabridge/adb/wire"
)

const (
	// maxWindow bounds what one stream holds for a host that has not answered
	// the last WRTE.
	maxWindow = 256 << 10
	// readAhead is how much may lie unread while we still answer WRTE with
	// OKAY, as the pipe behind a real adbd does.
	readAhead = 64 << 10
)

// A stream is one open service. Either side has at most one WRTE without an
// OKAY on its way. What is written meanwhile is collected, up to one window;
// then Write blocks. What was received waits for Read, up to readAhead and one
// WRTE; the OKAY for it is held back then.
type stream struct {
	c             *conn
	local, remote uint32
	window        int
	ctx           context.Context
	cancel        context.CancelFunc

	mu       sync.Mutex
	changed  *sync.Cond
	in       [][]byte
	inSize   int
	owesOkay bool // the last WRTE was not answered yet
	out      []byte
	inFlight bool  // our last WRTE was not answered yet
	end      error // set once: what Write returns from then on
	readEnd  error // what Read returns when all was read
}

func newStream(ctx context.Context, c *conn, local, remote uint32) *stream {
	st := &stream{c: c, local: local, remote: remote}
	st.ctx, st.cancel = context.WithCancel(ctx)
	st.changed = sync.NewCond(&st.mu)
	return st
}

// Read reads what the host sent; io.EOF after the host closed the stream,
// io.ErrUnexpectedEOF after the connection was lost.
func (st *stream) Read(p []byte) (int, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	for st.inSize == 0 {
		if st.readEnd != nil {
			return 0, st.readEnd
		}
		st.changed.Wait()
	}
	n := copy(p, st.in[0])
	if st.in[0] = st.in[0][n:]; len(st.in[0]) == 0 {
		st.in = st.in[1:]
	}
	st.inSize -= n
	st.answer()
	return n, nil
}

// answer sends the OKAY that is owed, once there is room again.
func (st *stream) answer() {
	if st.owesOkay && st.inSize <= readAhead && st.end == nil {
		st.owesOkay = false
		st.c.send(&wire.Packet{Command: wire.OKAY, Arg0: st.local, Arg1: st.remote})
	}
}

// received takes the payload of a WRTE. A second one before our OKAY is not
// allowed and ends the stream.
func (st *stream) received(data []byte) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.end != nil {
		return
	}
	if st.owesOkay {
		st.c.log.Warn("host overran a stream", "stream", st.local)
		st.finish(io.ErrClosedPipe, io.ErrUnexpectedEOF, true)
		return
	}
	st.owesOkay = true
	if len(data) > 0 {
		st.in = append(st.in, data)
		st.inSize += len(data)
	}
	st.answer()
	st.changed.Broadcast()
}

// Write hands p to the host; it returns when all of it is on its way or in the
// window. io.ErrClosedPipe after the stream was closed.
func (st *stream) Write(p []byte) (int, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	written := 0
	for len(p) > 0 {
		for st.end == nil && len(st.out) >= st.window {
			st.changed.Wait()
		}
		if st.end != nil {
			return written, st.end
		}
		n := min(len(p), st.window-len(st.out))
		st.out = append(st.out, p[:n]...)
		written += n
		p = p[n:]
		st.push()
	}
	return written, nil
}

// push sends what was collected as one WRTE, if none is on its way.
func (st *stream) push() {
	if st.inFlight || len(st.out) == 0 || st.end != nil {
		return
	}
	st.inFlight = true
	st.c.send(&wire.Packet{Command: wire.WRTE, Arg0: st.local, Arg1: st.remote, Data: st.out})
	st.out = st.out[:0] // send made a copy
}

// acknowledged notes the host's OKAY.
func (st *stream) acknowledged() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.inFlight = false
	st.push()
	st.changed.Broadcast()
}

// Close waits until the host has taken all that was written, then closes the
// stream. It is idempotent.
func (st *stream) Close() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	for st.end == nil && (st.inFlight || len(st.out) > 0) {
		st.changed.Wait()
	}
	st.finish(io.ErrClosedPipe, io.ErrClosedPipe, true)
	return nil
}

// hostClosed notes the host's CLSE and answers it, as adbd does. What was not
// read yet can still be read.
func (st *stream) hostClosed() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.finish(io.ErrClosedPipe, io.EOF, true)
}

// lost ends the stream with its connection.
func (st *stream) lost() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.finish(io.ErrUnexpectedEOF, io.ErrUnexpectedEOF, false)
}

// finish ends the stream; only the first call does anything.
func (st *stream) finish(end, readEnd error, tell bool) {
	if st.end != nil {
		return
	}
	st.end, st.readEnd = end, readEnd
	st.out = nil
	if tell {
		st.c.forget(st.local)
		st.c.send(&wire.Packet{Command: wire.CLSE, Arg0: st.local, Arg1: st.remote})
	}
	st.cancel()
	st.changed.Broadcast()
}
