package media

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
)

// A Partial is a file that comes in pieces. It is for one goroutine at a time.
// Keep or Discard ends it; one that was forgotten is swept.
type Partial struct {
	s    *Store
	path string
	n    int64
}

// Begin begins a file in pieces. What it takes counts as used.
func (s *Store) Begin() (*Partial, error) {
	f, err := os.CreateTemp(s.temp(), "part-*")
	if err != nil {
		return nil, storage(err, "begin a file")
	}
	return &Partial{s: s, path: f.Name()}, storage(f.Close(), "begin a file")
}

// Size is how many bytes are here.
func (p *Partial) Size() int64 { return p.n }

// Append adds what r yields, at most until the file has limit bytes:
// CodeMediaUpload if there is more, CodeStorage if it does not fit the quota
// or the disk, r's own error otherwise. What came before an error stays,
// except of r's being too long, of which nothing more than the limit does.
func (p *Partial) Append(ctx context.Context, r io.Reader, limit int64) (err error) {
	f, err := os.OpenFile(p.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return storage(err, "go on with a file")
	}
	in := &intake{s: p.s, ctx: ctx, to: f, limit: limit - p.n}
	_, err = io.Copy(in, r)
	err = errors.Join(err, storage(f.Close(), "go on with a file"))
	// What was counted but not written is given back.
	fi, serr := os.Stat(p.path)
	if serr != nil {
		p.s.used.Add(-in.n)
		return errors.Join(err, storage(serr, "go on with a file"))
	}
	p.s.used.Add(fi.Size() - p.n - in.n)
	p.n = fi.Size()
	return err
}

// Keep makes a file of the pieces.
func (p *Partial) Keep(ctx context.Context) (File, error) {
	f, err := os.Open(p.path)
	if err != nil {
		return File{}, storage(err, "end a file")
	}
	p.s.used.Add(-p.n) // Put counts it again
	out, err := p.s.Put(ctx, f, max(p.n, 1))
	if err != nil {
		p.s.used.Add(p.n)
		return File{}, errors.Join(err, f.Close())
	}
	p.n = 0
	return out, errors.Join(f.Close(), p.Discard())
}

// Discard forgets the pieces. It may be called more than once.
func (p *Partial) Discard() error {
	err := os.Remove(p.path)
	p.s.used.Add(-p.n)
	p.n = 0
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return storage(err, "remove a file")
}
