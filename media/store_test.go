package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, o Options) *Store {
	t.Helper()
	if o.Reserve == 0 {
		o.Reserve = -1
	}
	s, err := Open(filepath.Join(t.TempDir(), "media"), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *Store, content string) File {
	t.Helper()
	f, err := s.Put(t.Context(), strings.NewReader(content), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// temps counts what lies half-written.
func temps(t *testing.T, s *Store) int {
	t.Helper()
	list, err := os.ReadDir(s.temp())
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestPutAndOpen(t *testing.T) {
	s := open(t, Options{})
	want := sha256.Sum256([]byte("hello"))
	for range 2 { // the second time it is there already
		f := put(t, s, "hello")
		if f.SHA256 != hex.EncodeToString(want[:]) || f.Size != 5 || f.Info.MIME != "text/plain" {
			t.Errorf("got %+v", f)
		}
	}
	if s.Used() != 5 || temps(t, s) != 0 {
		t.Errorf("used %d, %d temporary files; want 5 and none", s.Used(), temps(t, s))
	}
	r, size, err := s.Open(t.Context(), hex.EncodeToString(want[:]))
	if err != nil || size != 5 {
		t.Fatalf("open: size %d, %v", size, err)
	}
	defer r.Close()
	if b, err := io.ReadAll(r); err != nil || string(b) != "hello" {
		t.Errorf("read %q (%v)", b, err)
	}
	path := filepath.Join(s.dir, hex.EncodeToString(want[:1]), hex.EncodeToString(want[1:2]), hex.EncodeToString(want[:]))
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("file: %v (%v)", fi, err)
	}
}

func TestOpenUnknown(t *testing.T) {
	s := open(t, Options{})
	for _, hash := range []string{"", "x", "../../etc/passwd", strings.Repeat("A", 64), strings.Repeat("a", 63) + "/", strings.Repeat("a", 64)} {
		if _, _, err := s.Open(t.Context(), hash); wabridge.CodeOf(err) != wabridge.CodeNotFound {
			t.Errorf("%q: got %v, want not found", hash, err)
		}
		if _, err := s.Inspect(hash); wabridge.CodeOf(err) != wabridge.CodeNotFound {
			t.Errorf("inspect %q: got %v, want not found", hash, err)
		}
		if err := s.Remove(hash); err != nil {
			t.Errorf("remove %q: %v", hash, err)
		}
	}
}

// TestPutRefused: whatever goes wrong, nothing is left and nothing is counted.
func TestPutRefused(t *testing.T) {
	broken := errors.New("the line broke")
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		r    io.Reader
		o    Options
		free int64
		code wabridge.Code
		says string
	}{
		"larger than the limit":  {r: strings.NewReader("12345678901"), code: wabridge.CodeMediaUpload, says: "larger than 10 bytes"},
		"empty":                  {r: strings.NewReader(""), code: wabridge.CodeMediaUpload, says: "empty"},
		"over the quota":         {r: strings.NewReader("12345"), o: Options{Quota: 4}, code: wabridge.CodeStorage, says: "quota is 4 bytes"},
		"no room on the disk":    {r: strings.NewReader("12345"), o: Options{Reserve: 100}, free: 104, code: wabridge.CodeStorage, says: "100 bytes are kept free"},
		"the sender breaks off":  {r: io.MultiReader(strings.NewReader("123"), iotest.ErrReader(broken)), code: wabridge.CodeInternal, says: "the line broke"},
		"nobody waits any more":  {ctx: ended, r: strings.NewReader("123"), code: wabridge.CodeStopping},
		"one byte at a time too": {r: iotest.OneByteReader(strings.NewReader("12345678901")), code: wabridge.CodeMediaUpload},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, c.o)
			s.free = func(string) (int64, error) { return c.free, nil }
			ctx := c.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			_, err := s.Put(ctx, c.r, 10)
			if wabridge.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v (code %d), want code %d and %q", err, wabridge.CodeOf(err), c.code, c.says)
			}
			if s.Used() != 0 || temps(t, s) != 0 {
				t.Errorf("used %d, %d temporary files; want nothing", s.Used(), temps(t, s))
			}
		})
	}
}

func TestQuotaIsNotSpentTwice(t *testing.T) {
	s := open(t, Options{Quota: 10})
	put(t, s, "12345")
	put(t, s, "12345") // the same file needs no more
	put(t, s, "abcde")
	_, err := s.Put(t.Context(), strings.NewReader("x"), 10)
	if wabridge.CodeOf(err) != wabridge.CodeStorage {
		t.Errorf("got %v, want the quota's error", err)
	}
}

func TestDiscard(t *testing.T) {
	s := open(t, Options{})
	first := put(t, s, "one")
	again := put(t, s, "one")
	if err := s.Discard(again); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Open(t.Context(), first.SHA256); err != nil {
		t.Errorf("a file that was there before: %v", err)
	}
	if err := s.Discard(first); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Open(t.Context(), first.SHA256); err != nil {
		t.Errorf("a file that was stored again since: %v", err)
	}
	other := put(t, s, "two")
	for range 2 {
		if err := s.Discard(other); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.Open(t.Context(), other.SHA256); wabridge.CodeOf(err) != wabridge.CodeNotFound || s.Used() != 3 {
		t.Errorf("discarded: %v, used %d", err, s.Used())
	}
}

func TestManyAtOnce(t *testing.T) {
	s := open(t, Options{})
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			if _, err := s.Put(t.Context(), strings.NewReader(strings.Repeat(string(rune('a'+i%4)), 1000)), 1<<20); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if s.Used() != 4000 || temps(t, s) != 0 {
		t.Errorf("used %d, %d temporary files; want 4000 and none", s.Used(), temps(t, s))
	}
}

func TestReopen(t *testing.T) {
	s := open(t, Options{})
	f := put(t, s, "kept")
	if err := os.WriteFile(filepath.Join(s.temp(), "in-left"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "README"), []byte("not ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := Open(s.dir, Options{Reserve: -1})
	if err != nil || again.Used() != 4 || temps(t, again) != 0 {
		t.Errorf("used %d, %d temporary files (%v); want 4 and none", again.Used(), temps(t, again), err)
	}
	if _, _, err := again.Open(t.Context(), f.SHA256); err != nil {
		t.Error(err)
	}
}

func TestSweep(t *testing.T) {
	s := open(t, Options{})
	needed, unneeded, touched, doubtful := put(t, s, "needed"), put(t, s, "unneeded"), put(t, s, "touched"), put(t, s, "doubtful!")
	used := func(_ context.Context, hash string) (bool, error) {
		switch hash {
		case touched.SHA256: // stored again while the sweep runs
			put(t, s, "touched")
			return false, nil
		case doubtful.SHA256:
			return false, errors.New("the database does not say")
		}
		return hash == needed.SHA256, nil
	}
	if n, err := s.Sweep(t.Context(), time.Now(), used); n != 0 || err != nil {
		t.Errorf("young files: removed %d (%v), want none", n, err)
	}
	for _, f := range []File{needed, unneeded, touched} {
		old := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(s.path(f.SHA256), old, old); err != nil {
			t.Fatal(err)
		}
	}
	half := filepath.Join(s.temp(), "in-left")
	if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-abandoned - time.Minute)
	if err := os.Chtimes(half, old, old); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Sweep(t.Context(), time.Now(), used); n != 1 || err != nil {
		t.Errorf("removed %d (%v), want the one that nobody needs", n, err)
	}
	if _, err := s.Sweep(t.Context(), time.Now().Add(2*time.Hour), used); err == nil {
		t.Error("a database that does not say was not reported")
	}
	if _, _, err := s.Open(t.Context(), doubtful.SHA256); err != nil {
		t.Errorf("a file in doubt: %v", err)
	}
	if s.Used() != 22 || temps(t, s) != 0 {
		t.Errorf("used %d, %d temporary files; want 22 and none", s.Used(), temps(t, s))
	}
}

func TestInspectStored(t *testing.T) {
	s := open(t, Options{})
	f, err := s.Put(t.Context(), bytes.NewReader(pngOf(t, 3, 2)), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Inspect(f.SHA256)
	want := Info{MIME: "image/png", Width: 3, Height: 2, Depth: 8, Color: "rgba"}
	if got != want || f.Info != want || err != nil {
		t.Errorf("got %+v and %+v (%v), want %+v", got, f.Info, err, want)
	}
}

func TestPartial(t *testing.T) {
	s := open(t, Options{Quota: 12})
	p, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the line broke")
	if err := p.Append(t.Context(), io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(broken)), 10); !errors.Is(err, broken) || p.Size() != 3 || s.Used() != 3 {
		t.Errorf("broken off: %v, %d bytes, used %d; want 3", err, p.Size(), s.Used())
	}
	if err := p.Append(t.Context(), strings.NewReader("lo, much too long"), 5); wabridge.CodeOf(err) != wabridge.CodeMediaUpload || p.Size() != 3 || s.Used() != 3 {
		t.Errorf("too much: %v, %d bytes, used %d; want 3", err, p.Size(), s.Used())
	}
	if err := p.Append(t.Context(), strings.NewReader("lo"), 5); err != nil {
		t.Fatal(err)
	}
	f, err := p.Keep(t.Context())
	if err != nil || f.Size != 5 || s.Used() != 5 || temps(t, s) != 0 {
		t.Errorf("kept %+v (%v), used %d, %d temporary files", f, err, s.Used(), temps(t, s))
	}
	gone, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Append(t.Context(), strings.NewReader("abc"), 5); err != nil || s.Used() != 8 {
		t.Errorf("a second one: %v, used %d", err, s.Used())
	}
	for range 2 {
		if err := gone.Discard(); err != nil || s.Used() != 5 {
			t.Errorf("discard: %v, used %d", err, s.Used())
		}
	}
	if err := gone.Append(t.Context(), strings.NewReader("abc"), 5); err == nil {
		t.Error("pieces of what was discarded were taken")
	}
}
