package backup

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
)

// errDamaged says that a file's bytes are not those of its hash.
var errDamaged = errors.New("its bytes are not those that its hash says")

// copyFile copies a file (mode 0600, synced) and returns what was copied. With
// a wanted hash it insists on it. What is not whole is removed.
func copyFile(ctx context.Context, from, to, want string) (f File, err error) {
	in, err := os.Open(from)
	if err != nil {
		return File{}, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return File{}, err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return File{}, err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, h), reader{ctx, in})
	f = File{SHA256: hex.EncodeToString(h.Sum(nil)), Size: n}
	if err == nil && want != "" && f.SHA256 != want {
		err = errDamaged
	}
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return File{}, errors.Join(err, os.Remove(to))
	}
	return f, nil
}

// hashFile reads a file.
func hashFile(ctx context.Context, path string) (File, error) {
	in, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	h := sha256.New()
	n, err := io.Copy(h, reader{ctx, in})
	return File{SHA256: hex.EncodeToString(h.Sum(nil)), Size: n}, errors.Join(err, in.Close())
}

// A reader stops when its context ends.
type reader struct {
	ctx context.Context //nolint:containedctx // of one copy
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// walkMedia visits the files of a media directory that are named by their hash
// and lie where that says; none if there is no such directory.
func walkMedia(root string, visit func(hash string, size int64) error) error {
	return filepath.WalkDir(filepath.Join(root, MediaName), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // swept meanwhile, or never there
		}
		if err != nil || d.IsDir() || !isHash(d.Name()) || mediaPath(root, d.Name()) != path {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return visit(d.Name(), info.Size())
	})
}

// syncDirs makes the names in a directory and below it durable.
func syncDirs(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return syncDir(path)
	})
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return errors.Join(fmt.Errorf("sync %s: %w", path, err), d.Close())
	}
	return d.Close()
}

// writeFile writes a small file, whole or not at all.
func writeFile(path string, b []byte) error {
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(path+".tmp", path), syncDir(filepath.Dir(path)))
}
