package adbd

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"github.com/wabridge/wabridge/adb/wire"
)

// FS is the device's file system as the sync service sees it. Paths are
// absolute, cleaned and use slashes. Errors that hold a syscall.Errno or one of
// io/fs's (fs.ErrNotExist, fs.ErrPermission) become the texts of a real device
// ("couldn't create file: Permission denied"); a *wire.SyncError is passed on
// word for word. Several goroutines use an FS at once.
type FS interface {
	// Stat describes a file; the last element's symbolic link is followed or
	// described itself.
	Stat(path string, follow bool) (wire.SyncStat, error)
	// List gives the entries of a directory without "." and "..".
	List(path string) ([]wire.SyncEntry, error)
	// Open opens a file for reading.
	Open(path string) (io.ReadCloser, error)
	// Create begins to replace a file, making parents as needed. The mode
	// has the type (S_IFREG; S_IFLNK, where the content is the target) and the
	// permissions.
	Create(path string, mode uint32) (File, error)
}

// A File is being written. Nothing is visible under its name before Commit.
// One of Commit and Abort is called, once.
type File interface {
	io.Writer
	// Commit makes the content visible; mtime is in seconds since 1970.
	Commit(mtime int64) error
	// Abort drops what was written.
	Abort()
}

// errno is the number that the wire carries for an error of an FS.
func errno(err error) syscall.Errno {
	if n, ok := errors.AsType[syscall.Errno](err); ok {
		return n
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, fs.ErrNotExist):
		return syscall.ENOENT
	case errors.Is(err, fs.ErrPermission):
		return syscall.EACCES
	case errors.Is(err, fs.ErrExist):
		return syscall.EEXIST
	case errors.Is(err, fs.ErrInvalid):
		return syscall.EINVAL
	}
	return syscall.EIO
}

// failText is the text of FAIL for an error of an FS: what was done and the
// C library's word for it.
func failText(doing string, err error) string {
	if own, ok := errors.AsType[*wire.SyncError](err); ok {
		return own.Message
	}
	word := errno(err).Error()
	if word != "" {
		word = strings.ToUpper(word[:1]) + word[1:]
	}
	return doing + ": " + word
}
