package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabridge/wabridge"
)

// Options of a Store. Zero members mean the default.
type Options struct {
	Quota   int64 // bytes that all files together may take; 0: no limit
	Reserve int64 // bytes that are left free on the disk; 0: 256 MiB; negative: none
}

const defaultReserve = 256 << 20

// A Store is a directory of files by hash. It is safe for use by many
// goroutines of one process.
type Store struct {
	dir            string
	quota, reserve int64
	free           func(dir string) (int64, error)

	used atomic.Int64 // bytes, with those being written
	mu   sync.Mutex   // held where a file appears, is touched or goes
}

// Open opens the directory, makes it if there is none, and counts what it
// holds. What an earlier process left half-written is removed.
func Open(dir string, o Options) (*Store, error) {
	s := &Store{dir: dir, quota: o.Quota, reserve: o.Reserve, free: FreeSpace}
	switch {
	case s.reserve == 0:
		s.reserve = defaultReserve
	case s.reserve < 0:
		s.reserve = 0
	}
	if err := os.RemoveAll(s.temp()); err != nil {
		return nil, fmt.Errorf("open media directory: %w", err)
	}
	if err := os.MkdirAll(s.temp(), 0o700); err != nil {
		return nil, fmt.Errorf("open media directory: %w", err)
	}
	err := s.walk(func(_ string, info fs.FileInfo) error {
		s.used.Add(info.Size())
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open media directory: %w", err)
	}
	return s, nil
}

func (s *Store) temp() string { return filepath.Join(s.dir, "tmp") }

// path is where a file lies, "" if the hash is none.
func (s *Store) path(hash string) string {
	if !isHash(hash) {
		return ""
	}
	return filepath.Join(s.dir, hash[:2], hash[2:4], hash)
}

// isHash reports whether it is a SHA-256 in lower-case hex.
func isHash(s string) bool {
	if len(s) != 2*sha256.Size {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Used is how many bytes the files take, with those being written.
func (s *Store) Used() int64 { return s.used.Load() }

// A File is one that was stored, and what its bytes say that it is.
type File struct {
	SHA256 string // lower-case hex
	Size   int64
	Info   Info

	made time.Time // its time in the directory, if this Put made it
}

// Put stores what r yields, at most limit bytes; the file is on the disk
// (fsync) when it returns. CodeMediaUpload if there is more or nothing,
// CodeStorage if the quota or the disk does not allow it; r's own error
// otherwise. Nothing is left of a file that was not stored.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (File, error) {
	tmp, err := os.CreateTemp(s.temp(), "in-*")
	if err != nil {
		return File{}, wabridge.Fail(wabridge.CodeStorage, err, "store a file")
	}
	in := &intake{s: s, ctx: ctx, to: tmp, limit: limit}
	f, err := in.take(r)
	kept := false
	if err == nil {
		kept, err = s.keep(tmp.Name(), &f)
	}
	if !kept {
		s.used.Add(-in.n)
		err = errors.Join(err, remove(tmp.Name()))
	}
	if err != nil {
		return File{}, err
	}
	return f, nil
}

// An intake writes one file.
type intake struct {
	s     *Store
	ctx   context.Context //nolint:containedctx // of one Put
	to    *os.File
	limit int64
	n     int64 // bytes counted into the store's use
}

// take writes the file, closes it and looks at it.
func (in *intake) take(r io.Reader) (f File, err error) {
	defer func() { err = errors.Join(err, in.to.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(in, h), r); err != nil {
		return File{}, err
	}
	if in.n == 0 {
		return File{}, wabridge.Fail(wabridge.CodeMediaUpload, nil, "the file is empty")
	}
	if err := in.to.Sync(); err != nil {
		return File{}, wabridge.Fail(wabridge.CodeStorage, err, "store a file")
	}
	info, err := Inspect(in.to, in.n)
	return File{SHA256: hex.EncodeToString(h.Sum(nil)), Size: in.n, Info: info}, err
}

// Write counts before it writes, so that many at once stay within the quota.
func (in *intake) Write(p []byte) (int, error) {
	if err := in.ctx.Err(); err != nil {
		return 0, wabridge.Fail(wabridge.CodeStopping, context.Cause(in.ctx), "storing a file")
	}
	n := int64(len(p))
	if in.n+n > in.limit {
		return 0, wabridge.Fail(wabridge.CodeMediaUpload, nil, "the file is larger than %s", Bytes(in.limit))
	}
	before := in.n
	in.n += n
	if used := in.s.used.Add(n); in.s.quota > 0 && used > in.s.quota {
		return 0, wabridge.Fail(wabridge.CodeStorage, nil, "the media directory is full: its quota is %s; delete files, or raise media.quota", Bytes(in.s.quota))
	}
	// Once a mebibyte, and at the start.
	if before == 0 || before>>20 != in.n>>20 {
		if err := in.s.room(n); err != nil {
			return 0, err
		}
	}
	if _, err := in.to.Write(p); err != nil {
		return 0, wabridge.Fail(wabridge.CodeStorage, err, "store a file")
	}
	return len(p), nil
}

// room checks the free space of the disk. Where it cannot be told, the disk
// itself will say.
func (s *Store) room(n int64) error {
	free, err := s.free(s.dir)
	if err == nil && s.reserve > 0 && free-n < s.reserve {
		return wabridge.Fail(wabridge.CodeStorage, nil, "the disk of the media directory has %s left, and %s are kept free; make room", Bytes(free), Bytes(s.reserve))
	}
	return nil
}

// keep moves a finished file to its place. Where the same file is there
// already, it is made young, so that no sweep takes it now; kept is then false.
func (s *Store) keep(from string, f *File) (kept bool, err error) {
	path := s.path(f.SHA256)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	err = os.Chtimes(path, now, now)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return false, storage(err, "store a file")
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, storage(err, "store a file")
	}
	if err := os.Rename(from, path); err != nil {
		return false, storage(err, "store a file")
	}
	for _, d := range []string{dir, filepath.Dir(dir), s.dir} {
		if err := syncDir(d); err != nil {
			return true, storage(err, "store a file")
		}
	}
	if fi, err := os.Stat(path); err == nil {
		f.made = fi.ModTime()
	}
	return true, nil
}

// Discard takes a Put back: the file goes, unless it was there before or was
// stored again since.
func (s *Store) Discard(f File) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	fi, err := os.Stat(s.path(f.SHA256))
	if f.made.IsZero() || err != nil || !fi.ModTime().Equal(f.made) {
		return nil //nolint:nilerr // it is not there, or not ours alone
	}
	return s.remove(f.SHA256)
}

// storage gives an error of the disk its code; nil stays nil.
func storage(err error, doing string) error {
	if err == nil {
		return nil
	}
	return wabridge.Fail(wabridge.CodeStorage, err, "%s", doing)
}

// syncDir makes the names in a directory durable. Not every system can.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return errors.Join(err, d.Close())
	}
	return d.Close()
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return storage(err, "remove a file")
	}
	return nil
}

// File opens a file to be read anywhere in it; CodeNotFound.
func (s *Store) File(hash string) (*os.File, error) {
	f, err := os.Open(s.path(hash))
	if errors.Is(err, fs.ErrNotExist) || hash == "" {
		return nil, wabridge.Fail(wabridge.CodeNotFound, nil, "the file is not stored here")
	}
	return f, storage(err, "open a file")
}

// Open opens a file and tells its size; CodeNotFound. The caller closes it.
func (s *Store) Open(_ context.Context, hash string) (io.ReadCloser, int64, error) {
	f, err := s.File(hash)
	if err != nil {
		return nil, 0, err
	}
	fi, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(storage(err, "open a file"), f.Close())
	}
	return f, fi.Size(), nil
}

// Inspect tells what a stored file is; CodeNotFound.
func (s *Store) Inspect(hash string) (Info, error) {
	f, err := s.File(hash)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return Info{}, storage(err, "look at a file")
	}
	return Inspect(f, fi.Size())
}

// Remove forgets a file; one that is not there is no error.
func (s *Store) Remove(hash string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remove(hash)
}

func (s *Store) remove(hash string) error {
	path := s.path(hash)
	fi, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || path == "" {
		return nil
	}
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		return storage(err, "remove a file")
	}
	s.used.Add(-fi.Size())
	return nil
}

// Bytes writes a size as people do: "5 MB", "100 KB".
func Bytes(n int64) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 10<<20 || n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
