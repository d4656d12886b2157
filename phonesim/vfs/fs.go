// Package vfs is the simulated phone's file system: files in memory, with the
// places and permissions that a shell user of Android sees. It never touches the
// files of the machine it runs on.
package vfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// An FS holds files and folders. It is safe for concurrent use.
type FS struct {
	mu    sync.RWMutex
	nodes map[string]*node // by clean absolute path, links resolved
	full  func() bool
	now   func() time.Time
}

type node struct {
	mode  fs.FileMode
	mtime time.Time
	data  []byte
	gen   func() []byte // for files of /proc: made when read
}

// links are the folders that are other names of one folder.
var links = []struct{ from, to string }{
	{"/sdcard", "/storage/emulated/0"},
	{"/storage/self/primary", "/storage/emulated/0"},
	{"/mnt/sdcard", "/storage/emulated/0"},
	{"/storage/emulated/legacy", "/storage/emulated/0"},
}

// writable are the folders below which the shell user may write.
var writable = []string{"/data/local/tmp", "/storage/emulated/0"}

// New makes a phone's file system. The function full, if not nil, says whether
// the storage is used up; now stamps files.
func New(full func() bool, now func() time.Time) *FS {
	if full == nil {
		full = func() bool { return false }
	}
	f := &FS{nodes: map[string]*node{}, full: full, now: now}
	for _, dir := range []string{
		"/", "/data", "/data/local", "/data/local/tmp", "/storage", "/storage/emulated", "/storage/emulated/0",
		"/storage/emulated/0/Android", "/storage/emulated/0/DCIM", "/storage/emulated/0/Download",
		"/storage/emulated/0/Pictures", "/system", "/system/bin", "/proc", "/dev", "/vendor", "/mnt",
		"/storage/emulated/0/Documents", "/storage/emulated/0/Movies", "/storage/emulated/0/Music",
	} {
		f.nodes[dir] = &node{mode: fs.ModeDir | 0o771, mtime: now()}
	}
	return f
}

// Generate adds a read-only file whose content is made when it is read.
func (f *FS) Generate(name string, gen func() []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nodes[Clean(name)] = &node{mode: 0o444, mtime: f.now(), gen: gen}
}

// Clean is the path's absolute form with links resolved.
func Clean(name string) string {
	name = path.Clean("/" + name)
	for _, l := range links {
		if name == l.from || strings.HasPrefix(name, l.from+"/") {
			return l.to + name[len(l.from):]
		}
	}
	return name
}

func pathErr(op, name string, err error) error { return &fs.PathError{Op: op, Path: name, Err: err} }

func mayWrite(name string) bool {
	return slices.ContainsFunc(writable, func(d string) bool {
		return name == d || strings.HasPrefix(name, d+"/")
	})
}

// Stat describes a file or folder.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	n := f.nodes[Clean(name)]
	if n == nil {
		return nil, pathErr("stat", name, syscall.ENOENT)
	}
	return n.info(path.Base(name)), nil
}

func (n *node) info(name string) fs.FileInfo {
	size := int64(len(n.data))
	if n.mode.IsDir() {
		size = 4096
	}
	return info{name: name, size: size, mode: n.mode, mtime: n.mtime}
}

type info struct {
	name  string
	size  int64
	mode  fs.FileMode
	mtime time.Time
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return i.mtime }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return owner() }

// ReadDir lists a folder by name.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	dir := Clean(name)
	n := f.nodes[dir]
	if n == nil {
		return nil, pathErr("open", name, syscall.ENOENT)
	}
	if !n.mode.IsDir() {
		return nil, pathErr("readdir", name, syscall.ENOTDIR)
	}
	var out []fs.DirEntry
	for p, c := range f.nodes {
		if p != "/" && path.Dir(p) == dir {
			out = append(out, fs.FileInfoToDirEntry(c.info(path.Base(p))))
		}
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, nil
}

// ReadFile returns a file's content.
func (f *FS) ReadFile(name string) ([]byte, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	n := f.nodes[Clean(name)]
	switch {
	case n == nil:
		return nil, pathErr("open", name, syscall.ENOENT)
	case n.mode.IsDir():
		return nil, pathErr("read", name, syscall.EISDIR)
	case n.gen != nil:
		return n.gen(), nil
	}
	return slices.Clone(n.data), nil
}

// WriteFile makes or replaces a file.
func (f *FS) WriteFile(name string, data []byte, perm fs.FileMode) error {
	w, err := f.Open(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// Open opens a file with the flags of os.OpenFile.
func (f *FS) Open(name string, flag int, perm fs.FileMode) (*File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := Clean(name)
	n := f.nodes[p]
	write := flag&(os.O_WRONLY|os.O_RDWR) != 0
	switch {
	case n == nil && flag&os.O_CREATE == 0:
		return nil, pathErr("open", name, syscall.ENOENT)
	case n == nil && f.nodes[path.Dir(p)] == nil:
		return nil, pathErr("open", name, syscall.ENOENT)
	case write && !mayWrite(p):
		return nil, pathErr("open", name, syscall.EACCES)
	case n != nil && n.mode.IsDir() && write:
		return nil, pathErr("open", name, syscall.EISDIR)
	}
	if n == nil {
		if f.full() {
			return nil, pathErr("open", name, syscall.ENOSPC)
		}
		n = &node{mode: perm & fs.ModePerm, mtime: f.now()}
		f.nodes[p] = n
	}
	if flag&os.O_TRUNC != 0 && write {
		n.data, n.mtime = nil, f.now()
	}
	return &File{fs: f, n: n, name: name, write: write, append: flag&os.O_APPEND != 0}, nil
}

// A File is an open file.
type File struct {
	fs            *FS
	n             *node
	name          string
	off           int
	write, append bool
}

// Read reads on from where the last Read ended.
func (h *File) Read(b []byte) (int, error) {
	h.fs.mu.RLock()
	defer h.fs.mu.RUnlock()
	if h.n.mode.IsDir() {
		return 0, pathErr("read", h.name, syscall.EISDIR)
	}
	data := h.n.data
	if h.n.gen != nil {
		data = h.n.gen()
	}
	if h.off >= len(data) {
		return 0, io.EOF
	}
	c := copy(b, data[h.off:])
	h.off += c
	return c, nil
}

// Write writes at the file's end or on from the last Write.
func (h *File) Write(b []byte) (int, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if !h.write {
		return 0, pathErr("write", h.name, syscall.EBADF)
	}
	if h.fs.full() {
		return 0, pathErr("write", h.name, syscall.ENOSPC)
	}
	if h.append {
		h.off = len(h.n.data)
	}
	if grow := h.off + len(b) - len(h.n.data); grow > 0 {
		h.n.data = append(h.n.data, make([]byte, grow)...)
	}
	h.off += copy(h.n.data[h.off:], b)
	h.n.mtime = h.fs.now()
	return len(b), nil
}

// Close ends the use of the file.
func (h *File) Close() error { return nil }

// Mkdir makes a folder; all makes its parents as well and does not mind if it exists.
func (f *FS) Mkdir(name string, all bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mkdir(name, Clean(name), all)
}

func (f *FS) mkdir(name, p string, all bool) error {
	if n := f.nodes[p]; n != nil {
		if all && n.mode.IsDir() {
			return nil
		}
		return pathErr("mkdir", name, syscall.EEXIST)
	}
	if f.nodes[path.Dir(p)] == nil {
		if !all {
			return pathErr("mkdir", name, syscall.ENOENT)
		}
		if err := f.mkdir(name, path.Dir(p), true); err != nil {
			return err
		}
	}
	if !mayWrite(p) {
		return pathErr("mkdir", name, syscall.EACCES)
	}
	f.nodes[p] = &node{mode: fs.ModeDir | 0o771, mtime: f.now()}
	return nil
}

// Remove deletes a file or an empty folder, or with all a folder and what is in it.
func (f *FS) Remove(name string, all bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := Clean(name)
	n := f.nodes[p]
	if n == nil {
		return pathErr("remove", name, syscall.ENOENT)
	}
	if !mayWrite(path.Dir(p)) {
		return pathErr("remove", name, syscall.EACCES)
	}
	var below []string
	for q := range f.nodes {
		if strings.HasPrefix(q, p+"/") {
			below = append(below, q)
		}
	}
	if len(below) > 0 && !all {
		return pathErr("remove", name, syscall.ENOTEMPTY)
	}
	for _, q := range below {
		delete(f.nodes, q)
	}
	delete(f.nodes, p)
	return nil
}

// Rename moves a file or folder; an existing file at the new place is replaced.
func (f *FS) Rename(from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, b := Clean(from), Clean(to)
	n := f.nodes[a]
	if n == nil {
		return pathErr("rename", from, syscall.ENOENT)
	}
	if d := f.nodes[b]; d != nil && d.mode.IsDir() {
		b = path.Join(b, path.Base(a))
	}
	if f.nodes[path.Dir(b)] == nil {
		return pathErr("rename", to, syscall.ENOENT)
	}
	if !mayWrite(a) || !mayWrite(b) {
		return pathErr("rename", to, syscall.EACCES)
	}
	if a == b {
		return nil
	}
	moved := map[string]*node{}
	for q, c := range f.nodes {
		if strings.HasPrefix(q, a+"/") {
			moved[b+q[len(a):]] = c
			delete(f.nodes, q)
		}
	}
	delete(f.nodes, a)
	f.nodes[b] = n
	for q, c := range moved {
		f.nodes[q] = c
	}
	return nil
}

// Touch sets a file's mode and times; zero values leave them.
func (f *FS) Touch(name string, mode fs.FileMode, mtime time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.nodes[Clean(name)]
	if n == nil {
		return pathErr("chmod", name, syscall.ENOENT)
	}
	if mode != 0 {
		n.mode = n.mode&fs.ModeType | mode&fs.ModePerm
	}
	if !mtime.IsZero() {
		n.mtime = mtime
	}
	return nil
}

// Message is what a phone's tools print for an error: "No such file or directory".
func Message(err error) string {
	e, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return err.Error()
	}
	switch e {
	case syscall.ENOENT:
		return "No such file or directory"
	case syscall.EACCES:
		return "Permission denied"
	case syscall.EISDIR:
		return "Is a directory"
	case syscall.ENOTDIR:
		return "Not a directory"
	case syscall.ENOSPC:
		return "No space left on device"
	case syscall.EEXIST:
		return "File exists"
	case syscall.ENOTEMPTY:
		return "Directory not empty"
	case syscall.EBADF:
		return "Bad file descriptor"
	}
	return e.Error()
}

// Writable tells why a file may not be written there now, or nil.
func (f *FS) Writable(name string) error {
	switch {
	case !mayWrite(Clean(name)):
		return pathErr("open", name, syscall.EACCES)
	case f.full():
		return pathErr("write", name, syscall.ENOSPC)
	}
	return nil
}
