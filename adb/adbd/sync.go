package adbd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/wabridge/wabridge/adb/wire"
)

// The file types of a mode that matter here.
const (
	modeType    = 0o170000
	modeRegular = 0o100000
	modeDir     = 0o040000
	modeLink    = 0o120000
)

// A syncSession serves one sync: stream, request by request, until QUIT, a
// FAIL, or the end of the stream.
type syncSession struct {
	fs  FS
	has func(feature string) bool
	r   *bufio.Reader
	w   io.Writer
	buf []byte // of answers
}

func (s *Server) syncService(_ context.Context, stream io.ReadWriteCloser) error {
	session := &syncSession{fs: s.cfg.FS, has: s.has, r: bufio.NewReaderSize(stream, 64<<10), w: stream}
	for {
		id, name, err := wire.ReadSyncRequest(session.r)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, wire.ErrTooLong):
			return errors.Join(err, session.fail("path too long"))
		case err != nil:
			return err
		case id == wire.SyncQUIT:
			return nil
		}
		if err := session.request(id, name); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
}

// errFailed ends a session after its FAIL.
var errFailed = errors.New("answered with FAIL")

// fail answers FAIL. The error ends the session.
func (s *syncSession) fail(text string) error {
	_, err := s.w.Write(wire.AppendSyncFail(nil, text))
	return errors.Join(errFailed, err)
}

func (s *syncSession) request(id wire.SyncID, name string) error {
	statV2, sendV2 := s.has(FeatureStatV2), s.has(FeatureSendRecvV2)
	switch {
	case id == wire.SyncSTAT:
		return s.stat(name)
	case id == wire.SyncSTA2 && statV2, id == wire.SyncLST2 && statV2:
		return s.statV2(id, name)
	case id == wire.SyncLIST:
		return s.list(name, wire.AppendEntryV1, wire.AppendEntriesDoneV1)
	case id == wire.SyncLIS2 && s.has(FeatureLsV2):
		return s.list(name, wire.AppendEntryV2, wire.AppendEntriesDoneV2)
	case id == wire.SyncSEND:
		return s.send(name)
	case id == wire.SyncSND2 && sendV2:
		return s.sendV2(name)
	case id == wire.SyncRECV:
		return s.receive(name)
	case id == wire.SyncRCV2 && sendV2:
		return s.receiveV2(name)
	}
	return s.fail(fmt.Sprintf("unknown command %08x", uint32(id)))
}

// look describes a file; a slash at the end follows a link, as lstat does.
func (s *syncSession) look(name string, follow bool) wire.SyncStat {
	st, err := s.fs.Stat(clean(name), follow || strings.HasSuffix(name, "/"))
	if err != nil {
		return wire.SyncStat{Error: uint32(errno(err))}
	}
	return st
}

func clean(name string) string { return path.Clean("/" + name) }

func (s *syncSession) stat(name string) error {
	st := s.look(name, false)
	_, err := s.w.Write(wire.AppendStatV1(nil, &st))
	return err
}

func (s *syncSession) statV2(id wire.SyncID, name string) error {
	st := s.look(name, id == wire.SyncSTA2)
	_, err := s.w.Write(wire.AppendStatV2(nil, id, &st))
	return err
}

// list answers with a directory's entries. What cannot be listed is empty.
func (s *syncSession) list(name string, add func([]byte, *wire.SyncEntry) []byte, done func([]byte) []byte) error {
	entries, err := s.fs.List(clean(name))
	s.buf = s.buf[:0]
	if err == nil {
		s.buf = add(s.buf, &wire.SyncEntry{Name: ".", SyncStat: s.look(name, true)})
		s.buf = add(s.buf, &wire.SyncEntry{Name: "..", SyncStat: s.look(path.Dir(clean(name)), true)})
	}
	for i := range entries {
		s.buf = add(s.buf, &entries[i])
		if len(s.buf) >= wire.SyncMaxData {
			if _, err := s.w.Write(s.buf); err != nil {
				return err
			}
			s.buf = s.buf[:0]
		}
	}
	_, err = s.w.Write(done(s.buf))
	return err
}

func (s *syncSession) send(spec string) error {
	name, mode, err := wire.ParseSendSpec(spec)
	if err != nil {
		return s.fail("missing , in ID_SEND")
	}
	return s.store(name, mode, false)
}

func (s *syncSession) sendV2(name string) error {
	mode, flags, err := wire.ReadSendV2(s.r)
	if err != nil {
		return err
	}
	dryRun := flags&wire.SyncFlagDryRun != 0
	if flags &^= wire.SyncFlagDryRun; flags != wire.SyncFlagNone {
		return s.fail(fmt.Sprintf("unsupported flags %#x", flags))
	}
	return s.store(name, mode, dryRun)
}

// store takes a file's content. After a failure it answers at once and then
// swallows the rest up to DONE, as adbd does.
func (s *syncSession) store(name string, mode uint32, dryRun bool) error {
	data := wire.NewSyncDataReader(s.r)
	text, err := s.write(data, name, mode, dryRun)
	switch {
	case errors.Is(err, wire.ErrTooLong):
		return errors.Join(err, s.fail("oversize data message"))
	case errors.Is(err, wire.ErrSyntax):
		return errors.Join(err, s.fail("invalid data message"))
	case err != nil:
		return err // the stream broke
	case text == "":
		_, err := s.w.Write(wire.AppendSyncHeader(nil, wire.SyncOKAY, 0))
		return err
	}
	failed := s.fail(text)
	_, err = io.Copy(io.Discard, data)
	return errors.Join(failed, err)
}

// write writes a file and returns the text of the FAIL to answer, "" when all
// went well. The error is of the stream.
func (s *syncSession) write(data *wire.SyncDataReader, name string, mode uint32, dryRun bool) (string, error) {
	if dryRun {
		_, err := io.Copy(io.Discard, data)
		return "", err
	}
	f, err := s.fs.Create(clean(name), storedMode(mode))
	if err != nil {
		return failText("couldn't create file", err), nil
	}
	to := &fileWriter{w: f, link: mode&modeType == modeLink}
	_, err = io.CopyBuffer(to, struct{ io.Reader }{data}, make([]byte, wire.SyncMaxData))
	if err != nil {
		f.Abort()
		if to.err != nil {
			return failText("write failed", to.err), nil //nolint:nilerr // the host is told
		}
		return "", err
	}
	if err := f.Commit(int64(data.Mtime())); err != nil {
		return failText("close failed", err), nil
	}
	return "", nil
}

// storedMode keeps the type and copies the user's permissions to group and
// other, as adbd does.
func storedMode(mode uint32) uint32 {
	kind := mode & modeType
	if kind != modeLink {
		kind = modeRegular
	}
	perm := mode & 0o777
	perm |= perm >> 3 & 0o070
	perm |= perm >> 3 & 0o007
	return kind | perm
}

// fileWriter notes the file's own error, to tell it from the stream's, and
// drops the NUL that adb puts behind a link's target.
type fileWriter struct {
	w    io.Writer
	link bool
	err  error
}

func (f *fileWriter) Write(p []byte) (int, error) {
	content := p
	if f.link {
		content = []byte(strings.TrimRight(string(p), "\x00"))
	}
	if _, err := f.w.Write(content); err != nil {
		f.err = err
		return 0, err
	}
	return len(p), nil
}

func (s *syncSession) receiveV2(name string) error {
	flags, err := wire.ReadReceiveV2(s.r)
	if err != nil {
		return err
	}
	if flags != wire.SyncFlagNone {
		return s.fail(fmt.Sprintf("unsupported flags %#x", flags))
	}
	return s.receive(name)
}

// receive sends a file's content.
func (s *syncSession) receive(name string) error {
	f, err := s.fs.Open(clean(name))
	if err != nil {
		return s.fail(failText("open failed", err))
	}
	defer func() { _ = f.Close() }() // it was only read
	from := &fileReader{r: f}
	to := wire.NewSyncDataWriter(s.w)
	_, err = io.CopyBuffer(to, from, make([]byte, wire.SyncMaxData))
	if from.err != nil {
		return s.fail(failText("read failed", from.err))
	}
	if err != nil {
		return err
	}
	return to.Done(0)
}

// fileReader notes the file's own error, to tell it from the stream's.
type fileReader struct {
	r   io.Reader
	err error
}

func (f *fileReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}
