package adb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/wabridge/wabridge/adb/wire"
)

// syncBuffer is the size of a sync stream's buffers.
const syncBuffer = 128 << 10

// A syncConn is one use of the sync service. The service ends at the first
// FAIL, so each operation opens its own.
type syncConn struct {
	device   *Device
	ctx      context.Context // of the operation
	op, path string
	features Features
	stream   Stream
	r        *bufio.Reader
	w        *bufio.Writer
	release  func()
}

func (d *Device) openSync(ctx context.Context, op, name string) (*syncConn, error) {
	if len(name) > wire.SyncMaxPath {
		return nil, &fs.PathError{Op: op, Path: name, Err: &FileError{Errno: 36}}
	}
	if strings.ContainsRune(name, 0) || name == "" {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	features, err := d.Features(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := d.open(ctx, "sync:")
	if err != nil {
		return nil, err
	}
	return &syncConn{
		device: d, ctx: ctx, op: op, path: name, features: features, stream: stream,
		r: bufio.NewReaderSize(stream, syncBuffer), w: bufio.NewWriterSize(stream, syncBuffer),
		release: closeWith(ctx, stream),
	}, nil
}

// request sends a request for the path.
func (s *syncConn) request(id wire.SyncID) error { return s.requestFor(id, s.path) }

func (s *syncConn) requestFor(id wire.SyncID, spec string) error {
	b, err := wire.AppendSyncRequest(nil, id, spec)
	if err != nil { // SEND appends the mode to the path
		return &FileError{Errno: 36}
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.w.Flush()
}

// close ends the service. No answer is waited for: closing the stream ends it
// as well as QUIT does.
func (s *syncConn) close() {
	_ = s.stream.Close()
	s.release()
}

// PushOptions say how a file is to be made on the device. The zero value makes
// a file that its owner may write and all may read, modified now.
type PushOptions struct {
	Mode     fs.FileMode       // default 0644; with fs.ModeSymlink the source is the link's target
	ModTime  time.Time         // exact to the second; default now
	Progress func(bytes int64) // called after each block with the bytes so far
}

// Push writes src to the file remote on the device. Missing directories are
// made; an existing file is replaced, and is gone when the push fails: push to
// a fresh name and rename where that matters. It may take any time as long as
// it moves (WithIdleTimeout). A Read of src that is under way when ctx ends is
// waited for.
func (d *Device) Push(ctx context.Context, src io.Reader, remote string, o PushOptions) error {
	ctx, touch, cancel := whileMoving(ctx, d.idleTimeout)
	defer cancel()
	s, err := d.openSync(ctx, "push", remote)
	if err != nil {
		return err
	}
	verdict := make(chan error, 1)
	if err := s.requestSend(o); err != nil {
		s.close()
		return s.failed(err)
	}
	go func() { verdict <- wire.ReadSyncOkay(s.r) }() // ends with the stream; the verdict is always waited for
	copied := s.sendContent(src, o, touch, verdict)
	if copied != nil {
		_ = s.stream.Close() // without DONE the device drops the file
	}
	said := <-verdict
	s.close()
	switch {
	case copied == nil, saidMore(said):
		return s.failed(said)
	case said == nil:
		return &Error{Op: s.op, Device: d.Serial(), Kind: ErrProtocol, Text: "it confirmed the file before its end"}
	}
	return s.failed(copied)
}

// saidMore reports whether the device's verdict on a push tells more than that
// the stream then broke.
func saidMore(verdict error) bool {
	_, refused := errors.AsType[*wire.SyncError](verdict)
	return refused || verdict != nil && errors.Is(ioKind(verdict), ErrProtocol)
}

// requestSend asks for the file to be made.
func (s *syncConn) requestSend(o PushOptions) error {
	mode := pushMode(o.Mode)
	if !s.features.Has(featureSendRecvV2) {
		return s.requestFor(wire.SyncSEND, wire.SendSpec(s.path, mode))
	}
	if err := s.requestFor(wire.SyncSND2, s.path); err != nil {
		return err
	}
	_, err := s.w.Write(wire.AppendSendV2(nil, mode, wire.SyncFlagNone))
	return err
}

func pushMode(m fs.FileMode) uint32 {
	switch {
	case m&fs.ModeSymlink != 0:
		return modeLink | 0o777
	case m == 0:
		m = 0o644
	}
	return modeRegular | uint32(m.Perm())
}

// sendContent sends the file's bytes and its time. It stops when the device has
// given its verdict already: that is a refusal.
func (s *syncConn) sendContent(src io.Reader, o PushOptions, touch func(), verdict chan error) error {
	data := wire.NewSyncDataWriter(s.w)
	buf := make([]byte, wire.SyncMaxData)
	for total := int64(0); ; {
		n, err := io.ReadFull(src, buf)
		if len(verdict) > 0 {
			return io.ErrClosedPipe
		}
		if n > 0 {
			if _, err := data.Write(buf[:n]); err != nil {
				return err
			}
			touch()
			total += int64(n)
			if o.Progress != nil {
				o.Progress(total)
			}
		}
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF: // of io.ReadFull itself
			return s.finish(data, o)
		case err != nil:
			return &localError{fmt.Errorf("read the source: %w", err)}
		}
	}
}

// finish sends DONE with the time.
func (s *syncConn) finish(data *wire.SyncDataWriter, o PushOptions) error {
	t := o.ModTime
	if t.IsZero() {
		t = time.Now()
	}
	if err := data.Done(t.Unix()); err != nil {
		return err
	}
	return s.w.Flush()
}

// Pull copies the file remote of the device to dst and returns its size. Links
// are followed. progress, which may be nil, is called after each block with
// the bytes so far. It may take any time as long as it moves. On an error dst
// has a part of the file.
func (d *Device) Pull(ctx context.Context, remote string, dst io.Writer, progress func(bytes int64)) (int64, error) {
	ctx, touch, cancel := whileMoving(ctx, d.idleTimeout)
	defer cancel()
	s, err := d.openSync(ctx, "pull", remote)
	if err != nil {
		return 0, err
	}
	defer s.close()
	if err := s.requestReceive(); err != nil {
		return 0, s.failed(err)
	}
	var total int64
	err = passOn(wire.NewSyncDataReader(s.r), make([]byte, wire.SyncMaxData), func(b []byte) error {
		touch()
		n, err := dst.Write(b)
		total += int64(n)
		if err != nil {
			return &localError{err}
		}
		if progress != nil {
			progress(total)
		}
		return nil
	})
	return total, s.failed(err)
}

func (s *syncConn) requestReceive() error {
	if !s.features.Has(featureSendRecvV2) {
		return s.request(wire.SyncRECV)
	}
	if err := s.request(wire.SyncRCV2); err != nil {
		return err
	}
	if _, err := s.w.Write(wire.AppendReceiveV2(nil, wire.SyncFlagNone)); err != nil {
		return err
	}
	return s.w.Flush()
}
