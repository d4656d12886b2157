package adbd

import (
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/wabridge/wabridge/adb/wire"
)

// Dir is an FS over a directory of this machine; the device's root is the
// directory. Nothing outside of it can be reached, by links neither.
type Dir struct {
	root *os.Root
}

// OpenDir opens a directory as a device's file system. Close it after the
// server.
func OpenDir(name string) (*Dir, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("open device root: %w", err)
	}
	return &Dir{root: root}, nil
}

// Close releases the directory.
func (d *Dir) Close() error { return d.root.Close() }

// inside turns a device's absolute path into one below the root.
func inside(name string) string {
	if name = strings.TrimPrefix(path.Clean(name), "/"); name == "" {
		return "."
	}
	return name
}

// Stat implements FS.
func (d *Dir) Stat(name string, follow bool) (wire.SyncStat, error) {
	look := d.root.Lstat
	if follow {
		look = d.root.Stat
	}
	info, err := look(inside(name))
	if err != nil {
		return wire.SyncStat{}, err
	}
	return statOf(info), nil
}

// statOf describes a file for the sync service; what Go does not tell is 0.
func statOf(info fs.FileInfo) wire.SyncStat {
	st := wire.SyncStat{
		Mode:  uint32(info.Mode().Perm()),
		Nlink: 1,
		Size:  uint64(info.Size()),
		Atime: info.ModTime().Unix(),
		Mtime: info.ModTime().Unix(),
		Ctime: info.ModTime().Unix(),
	}
	switch info.Mode().Type() {
	case 0:
		st.Mode |= modeRegular
	case fs.ModeDir:
		st.Mode |= modeDir
	case fs.ModeSymlink:
		st.Mode |= modeLink
	}
	return st
}

// List implements FS.
func (d *Dir) List(name string) ([]wire.SyncEntry, error) {
	list, err := fs.ReadDir(d.root.FS(), inside(name))
	if err != nil {
		return nil, err
	}
	entries := make([]wire.SyncEntry, 0, len(list))
	for _, e := range list {
		if info, err := e.Info(); err == nil { // else it has just gone
			entries = append(entries, wire.SyncEntry{Name: e.Name(), SyncStat: statOf(info)})
		}
	}
	return entries, nil
}

// Open implements FS.
func (d *Dir) Open(name string) (io.ReadCloser, error) {
	return d.root.Open(inside(name))
}

// Create implements FS. It makes no links.
func (d *Dir) Create(name string, mode uint32) (File, error) {
	if mode&modeType != modeRegular {
		return nil, syscall.EPERM
	}
	name = inside(name)
	if info, err := d.root.Stat(name); err == nil && info.IsDir() {
		return nil, syscall.EISDIR
	}
	if err := d.root.MkdirAll(path.Dir(name), 0o775); err != nil {
		return nil, &wire.SyncError{Message: failText("secure_mkdirs failed", err)}
	}
	temp := fmt.Sprintf("%s.%08x.tmp", name, rand.Uint32())
	f, err := d.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fs.FileMode(mode&0o777))
	if err != nil {
		return nil, err
	}
	return &dirFile{File: f, dir: d, temp: temp, name: name}, nil
}

// dirFile is a file under a temporary name.
type dirFile struct {
	*os.File
	dir        *Dir
	temp, name string
}

// Commit implements File.
func (f *dirFile) Commit(mtime int64) error {
	at := time.Unix(mtime, 0)
	err := f.Close()
	if err == nil {
		err = f.dir.root.Chtimes(f.temp, at, at)
	}
	if err == nil {
		err = f.dir.root.Rename(f.temp, f.name)
	}
	if err != nil {
		f.Abort()
	}
	return err
}

// Abort implements File.
func (f *dirFile) Abort() {
	_ = f.Close()
	_ = f.dir.root.Remove(f.temp)
}
