package phonesim

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
	"github.com/wabridge/wabridge/phonesim/vfs"
)

// syncFS shows the phone's files to adbd's sync service.
type syncFS struct{ files *vfs.FS }

// Stat describes a file.
func (f syncFS) Stat(name string, _ bool) (wire.SyncStat, error) {
	info, err := f.files.Stat(name)
	if err != nil {
		return wire.SyncStat{}, err
	}
	return statOf(info), nil
}

// statOf is a file as the shell user owns it.
func statOf(info fs.FileInfo) wire.SyncStat {
	mode := uint32(info.Mode().Perm()) | modeFile
	if info.IsDir() {
		mode = uint32(info.Mode().Perm()) | modeDir
	}
	at := info.ModTime().Unix()
	return wire.SyncStat{Mode: mode, Nlink: 1, UID: 2000, GID: 2000, Size: uint64(info.Size()), Atime: at, Mtime: at, Ctime: at}
}

// The types in st_mode.
const (
	modeFile = 0o100000
	modeDir  = 0o040000
)

// List gives a folder's entries.
func (f syncFS) List(name string) ([]wire.SyncEntry, error) {
	entries, err := f.files.ReadDir(name)
	if err != nil {
		return nil, err
	}
	var out []wire.SyncEntry
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // removed meanwhile
		}
		out = append(out, wire.SyncEntry{Name: e.Name(), SyncStat: statOf(info)})
	}
	return out, nil
}

// Open opens a file for reading.
func (f syncFS) Open(name string) (io.ReadCloser, error) { return f.files.Open(name, os.O_RDONLY, 0) }

// Create begins to replace a file.
func (f syncFS) Create(name string, mode uint32) (adbd.File, error) {
	if err := f.files.Writable(name); err != nil {
		return nil, err
	}
	if err := f.files.Mkdir(path.Dir(name), true); err != nil {
		return nil, err
	}
	return &syncFile{files: f.files, name: name, mode: fs.FileMode(mode) & fs.ModePerm}, nil
}

// A syncFile is collected until it is whole.
type syncFile struct {
	files *vfs.FS
	name  string
	mode  fs.FileMode
	data  bytes.Buffer
}

func (f *syncFile) Write(b []byte) (int, error) {
	if err := f.files.Writable(f.name); err != nil {
		return 0, err
	}
	return f.data.Write(b)
}

// Commit makes the file visible.
func (f *syncFile) Commit(mtime int64) error {
	if err := f.files.WriteFile(f.name, f.data.Bytes(), f.mode); err != nil {
		return err
	}
	return f.files.Touch(f.name, f.mode, time.Unix(mtime, 0))
}

// Abort drops what was written.
func (f *syncFile) Abort() { f.data.Reset() }
