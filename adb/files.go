package adb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/wabridge/wabridge/adb/wire"
)

// FileInfo describes a file of the device; it is an fs.FileInfo.
type FileInfo struct {
	name    string
	size    int64
	mode    fs.FileMode
	modTime time.Time
	errno   uint32
}

// Name is the last element of the path.
func (f *FileInfo) Name() string { return f.name }

// Size is in bytes; modulo 4 GiB on a device without stat_v2 (Android 7 and
// older).
func (f *FileInfo) Size() int64 { return f.size }

// Mode is the type and the permissions.
func (f *FileInfo) Mode() fs.FileMode { return f.mode }

// ModTime is exact to the second.
func (f *FileInfo) ModTime() time.Time { return f.modTime }

// IsDir reports whether it is a directory.
func (f *FileInfo) IsDir() bool { return f.mode.IsDir() }

// Sys is nil.
func (f *FileInfo) Sys() any { return nil }

// Err is why an entry of List could not be looked at, nil when it could.
func (f *FileInfo) Err() error {
	if f.errno == 0 {
		return nil
	}
	return &FileError{Errno: f.errno}
}

func newFileInfo(name string, s *wire.SyncStat) *FileInfo {
	return &FileInfo{name: name, size: int64(s.Size), mode: fileMode(s.Mode), modTime: time.Unix(s.Mtime, 0), errno: s.Error} //nolint:gosec // a size over 8 EiB is none
}

// The bits of st_mode, which are the same on every Android.
const (
	modeType    = 0o170000
	modeSocket  = 0o140000
	modeLink    = 0o120000
	modeRegular = 0o100000
	modeBlock   = 0o060000
	modeDir     = 0o040000
	modeChar    = 0o020000
	modeFIFO    = 0o010000
	modeSetuid  = 0o4000
	modeSetgid  = 0o2000
	modeSticky  = 0o1000
)

// fileMode is st_mode in Go's form.
func fileMode(st uint32) fs.FileMode {
	m := fs.FileMode(st & 0o777)
	switch st & modeType {
	case modeSocket:
		m |= fs.ModeSocket
	case modeLink:
		m |= fs.ModeSymlink
	case modeBlock:
		m |= fs.ModeDevice
	case modeDir:
		m |= fs.ModeDir
	case modeChar:
		m |= fs.ModeDevice | fs.ModeCharDevice
	case modeFIFO:
		m |= fs.ModeNamedPipe
	case modeRegular:
	default:
		m |= fs.ModeIrregular
	}
	for bit, mode := range map[uint32]fs.FileMode{modeSetuid: fs.ModeSetuid, modeSetgid: fs.ModeSetgid, modeSticky: fs.ModeSticky} {
		if st&bit != 0 {
			m |= mode
		}
	}
	return m
}

// A FileError is why the device could not do something with a file. errors.Is
// finds fs.ErrNotExist, fs.ErrPermission and fs.ErrExist in it.
type FileError struct {
	Errno uint32 // Linux' asm-generic number; 0 when only the text is known
	Text  string // the device's words; empty when only the number is known
}

// errnos are those that the sync service tells in practice.
var errnos = []struct {
	number uint32
	text   string // of strerror, with which the service's texts end
	is     error
}{
	{1, "Operation not permitted", fs.ErrPermission},
	{2, "No such file or directory", fs.ErrNotExist},
	{5, "I/O error", nil},
	{13, "Permission denied", fs.ErrPermission},
	{17, "File exists", fs.ErrExist},
	{20, "Not a directory", fs.ErrNotExist},
	{21, "Is a directory", nil},
	{28, "No space left on device", nil},
	{30, "Read-only file system", fs.ErrPermission},
	{36, "File name too long", nil},
	{40, "Too many symbolic links encountered", nil},
}

// Error is the device's words, or those of the errno.
func (e *FileError) Error() string {
	if e.Text != "" {
		return e.Text
	}
	for _, known := range errnos {
		if known.number == e.Errno {
			return strings.ToLower(known.text)
		}
	}
	return fmt.Sprintf("errno %d", e.Errno)
}

// Is reports whether target is the standard library's name for the error.
func (e *FileError) Is(target error) bool {
	for _, known := range errnos {
		if e.Errno == known.number || e.Errno == 0 && strings.HasSuffix(e.Text, known.text) {
			return known.is != nil && target == known.is
		}
	}
	return false
}

// Stat describes a file and follows links. On a device without stat_v2 (Android
// 7 and older) a link itself is described, and a file that may not be looked
// at counts as missing.
func (d *Device) Stat(ctx context.Context, name string) (*FileInfo, error) {
	return d.stat(ctx, "stat", name, wire.SyncSTA2)
}

// Lstat describes a file and does not follow links.
func (d *Device) Lstat(ctx context.Context, name string) (*FileInfo, error) {
	return d.stat(ctx, "lstat", name, wire.SyncLST2)
}

func (d *Device) stat(ctx context.Context, op, name string, id wire.SyncID) (*FileInfo, error) {
	ctx, cancel := bounded(ctx, d.timeout)
	defer cancel()
	s, err := d.openSync(ctx, op, name)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if !s.features.Has(featureStatV2) {
		id = wire.SyncSTAT
	}
	st, err := s.stat(id)
	if err != nil {
		return nil, s.failed(err)
	}
	return newFileInfo(path.Base(name), &st), nil
}

// stat asks for one file; an errno becomes an error.
func (s *syncConn) stat(id wire.SyncID) (wire.SyncStat, error) {
	if err := s.request(id); err != nil {
		return wire.SyncStat{}, err
	}
	if id == wire.SyncSTAT {
		st, err := wire.ReadStatV1(s.r)
		if err == nil && st.Mode == 0 && st.Size == 0 && st.Mtime == 0 {
			err = &FileError{Errno: 2}
		}
		return st, err
	}
	st, err := wire.ReadStatV2(s.r, id)
	if err == nil && st.Error != 0 {
		err = &FileError{Errno: st.Error}
	}
	return st, err
}

// entryLimit bounds how many entries of a directory List reads, "." and ".."
// among them.
const entryLimit = 100_000

// List lists a directory, without "." and "..", in the order of the device. A
// device that sends over 100,000 entries gets ErrTooMuch.
func (d *Device) List(ctx context.Context, dir string) ([]*FileInfo, error) {
	ctx, cancel := bounded(ctx, d.timeout)
	defer cancel()
	s, err := d.openSync(ctx, "list", dir)
	if err != nil {
		return nil, err
	}
	defer s.close()
	all, isDir, err := s.list()
	if err != nil {
		return nil, s.failed(err)
	}
	if !isDir { // the service answers the same for what is missing and what is no directory
		return all, s.failed(s.whyNoDir())
	}
	return all, nil
}

// list reads the entries. A directory has "." and ".."; nothing else has.
func (s *syncConn) list() (all []*FileInfo, isDir bool, err error) {
	id, next := wire.SyncLIST, wire.ReadEntryV1
	if s.features.Has(featureListV2) {
		id, next = wire.SyncLIS2, wire.ReadEntryV2
	}
	if err := s.request(id); err != nil {
		return nil, false, err
	}
	for range entryLimit {
		e, more, err := next(s.r)
		switch {
		case err != nil:
			return nil, false, err
		case !more:
			return all, isDir || len(all) > 0, nil
		case e.Name == "." || e.Name == "..":
			isDir = true
			continue
		}
		all = append(all, newFileInfo(e.Name, &e.SyncStat))
	}
	return nil, false, &Error{Op: "list", Device: s.device.Serial(), Kind: ErrTooMuch, Text: fmt.Sprintf("over %d entries", entryLimit)}
}

// whyNoDir asks why a directory had no entries at all. nil: it is an empty one
// after all.
func (s *syncConn) whyNoDir() error {
	id := wire.SyncSTAT
	if s.features.Has(featureStatV2) {
		id = wire.SyncSTA2
	}
	st, err := s.stat(id)
	switch mode := fileMode(st.Mode); {
	case err != nil:
		return err
	case id == wire.SyncSTAT && mode&fs.ModeSymlink != 0, mode.IsDir():
		return &FileError{Errno: 13} // it is there and may not be read
	}
	return &FileError{Errno: 20}
}

// failed names the error of a file operation: *fs.PathError where the file is
// the reason, *Error where the way to it is.
func (s *syncConn) failed(err error) error {
	if err == nil {
		return nil
	}
	if said, ok := errors.AsType[*wire.SyncError](err); ok {
		err = &FileError{Text: said.Message}
	}
	if ours, ok := errors.AsType[*localError](err); ok {
		return fmt.Errorf("adb %s on %s: %w", s.op, s.device.Serial(), ours.err)
	}
	if fe, ok := errors.AsType[*FileError](err); ok {
		return &fs.PathError{Op: s.op, Path: s.path, Err: fe}
	}
	return failure(s.ctx, s.op, s.device.Serial(), unexpectedEOF(err))
}
