package media

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// spared is how young a file may be for a sweep to leave it alone: its record
// is written after it.
const spared = time.Hour

// abandoned is how old a temporary file must be to belong to nobody: no upload
// and no download takes that long.
const abandoned = 6 * time.Hour

// Sweep removes the files that nobody uses (any younger than an hour are
// left alone) and what was left half-written, and counts the files removed.
// used is asked once per file; where it fails, the sweep ends.
func (s *Store) Sweep(ctx context.Context, now time.Time, used func(ctx context.Context, sha256 string) (bool, error)) (removed int, err error) {
	err = s.walk(func(hash string, info fs.FileInfo) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if now.Sub(info.ModTime()) < spared {
			return nil
		}
		needed, err := used(ctx, hash)
		if err != nil || needed {
			return err
		}
		gone, err := s.removeOld(hash, now)
		if gone {
			removed++
		}
		return err
	})
	return removed, errors.Join(err, s.sweepTemp(now))
}

// removeOld removes a file if it is still old: it may have been stored again.
func (s *Store) removeOld(hash string, now time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fi, err := os.Stat(s.path(hash))
	if err != nil || now.Sub(fi.ModTime()) < spared {
		return false, nil //nolint:nilerr // it is gone: that was wanted
	}
	return true, s.remove(hash)
}

func (s *Store) sweepTemp(now time.Time) error {
	list, err := os.ReadDir(s.temp())
	if err != nil {
		return storage(err, "sweep the media directory")
	}
	var errs []error
	for _, e := range list {
		if fi, err := e.Info(); err == nil && now.Sub(fi.ModTime()) > abandoned {
			errs = append(errs, remove(filepath.Join(s.temp(), e.Name())))
		}
	}
	return errors.Join(errs...)
}

// walk visits every stored file. Files that are not ours are passed over.
func (s *Store) walk(visit func(hash string, info fs.FileInfo) error) error {
	return filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || s.path(d.Name()) != path {
			if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return visit(d.Name(), info)
	})
}
