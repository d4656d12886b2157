package backup

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// TestUnderLoad backs up while thousands of messages are accepted and moved:
// the copy is a sound database that holds every message that was accepted
// before the backup began.
func TestUnderLoad(t *testing.T) {
	data, to := t.TempDir(), t.TempDir()
	db := gateway(t, data)
	var mu sync.Mutex
	var before []string
	var accepted, moves atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				a, err := db.Enqueue(ctx, draft(c*1000+i%200))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				before = append(before, a[0].Message.ID)
				mu.Unlock()
				accepted.Add(1)
			}
		})
	}
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			m, _, err := db.Claim(ctx, phone, time.Now(), time.Minute, queue.Pacing{}.Gate)
			if err == nil && m != nil {
				_, err = db.Apply(ctx, m.ID, m.Fence, wabridge.WasSent(time.Now()))
			}
			if err != nil {
				t.Error(err)
				return
			}
			moves.Add(1)
		}
	})
	waitFor(t, func() bool { return accepted.Load() > 500 && moves.Load() > 50 })
	var made []Made
	var promised [][]string
	for range 3 {
		mu.Lock()
		promised = append(promised, slices.Clone(before))
		mu.Unlock()
		was := accepted.Load()
		made = append(made, mustMake(t, data, to, Options{}))
		waitFor(t, func() bool { return accepted.Load() > was+100 })
	}
	waitFor(t, func() bool { return accepted.Load() > 2000 })
	close(stop)
	wg.Wait()
	for i, m := range made {
		v, err := Verify(ctx, m.Path, nil)
		if err != nil || !v.OK() {
			t.Fatalf("backup %d: %+v, %v", i, v, err)
		}
		restored := t.TempDir()
		if _, err := Restore(ctx, m.Path, restored, RestoreOptions{}); err != nil {
			t.Fatal(err)
		}
		copied := gateway(t, restored)
		sound(t, copied)
		for _, id := range promised[i] {
			state(t, copied, id)
		}
		t.Logf("backup %d of %d messages, %d promised", i, v.Database.Messages, len(promised[i]))
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}

func TestFilesAreCopiedOnce(t *testing.T) {
	data, to := t.TempDir(), t.TempDir()
	db := gateway(t, data)
	accept(t, db, 1)
	first := put(t, data, "a picture")
	one := mustMake(t, data, to, Options{})
	second := put(t, data, "a second picture")
	if err := os.WriteFile(filepath.Join(data, MediaName, "partial"), []byte("half an upload"), 0o600); err != nil {
		t.Fatal(err)
	}
	two := mustMake(t, data, to, Options{})
	if one.Path == two.Path || two.Linked != 1 || len(two.Manifest.Media) != 2 {
		t.Errorf("second backup %s: linked %d of %d files", two.Path, two.Linked, len(two.Manifest.Media))
	}
	a, err := os.Stat(mediaPath(one.Path, first))
	b, err2 := os.Stat(mediaPath(two.Path, first))
	if err != nil || err2 != nil || !os.SameFile(a, b) {
		t.Errorf("the first file is not one for both backups: %v, %v", err, err2)
	}
	live, err := os.Stat(mediaPath(data, second))
	copied, err2 := os.Stat(mediaPath(two.Path, second))
	if err != nil || err2 != nil || os.SameFile(live, copied) {
		t.Errorf("the gateway's own file is the backup's: %v, %v", err, err2)
	}
	for _, path := range []string{one.Path, filepath.Join(one.Path, DatabaseName), filepath.Join(two.Path, manifestName), mediaPath(two.Path, second)} {
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v, %v", path, fi.Mode(), err)
		}
	}
	three := mustMake(t, data, to, Options{Keep: 2})
	if _, err := os.Stat(one.Path); len(three.Removed) != 1 || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("keep 2: removed %v; the oldest: %v", three.Removed, err)
	}
	v, err := Verify(ctx, to, nil)
	if err != nil || !v.OK() || v.Path != three.Path {
		t.Errorf("the newest of the directory: %+v, %v", v, err)
	}
}

func TestDamageIsFound(t *testing.T) {
	data := t.TempDir()
	db := gateway(t, data)
	accept(t, db, 1)
	hash := put(t, data, "a picture")
	for name, harm := range map[string]func(t *testing.T, dir string){
		"a bit of the database": func(t *testing.T, dir string) { flip(t, filepath.Join(dir, DatabaseName)) },
		"a bit of a file":       func(t *testing.T, dir string) { flip(t, mediaPath(dir, hash)) },
		"a file is gone":        func(t *testing.T, dir string) { remove(t, mediaPath(dir, hash)) },
		"the database is gone":  func(t *testing.T, dir string) { remove(t, filepath.Join(dir, DatabaseName)) },
		"the manifest is gone":  func(t *testing.T, dir string) { remove(t, filepath.Join(dir, manifestName)) },
		"the manifest is cut off": func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, manifestName), 100); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			made := mustMake(t, data, t.TempDir(), Options{})
			harm(t, made.Path)
			if v, err := Verify(ctx, made.Path, nil); err == nil && v.OK() {
				t.Error("verify finds nothing")
			}
			other := t.TempDir()
			kept := gateway(t, other)
			id := accept(t, kept, 7)
			if err := kept.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := Restore(ctx, made.Path, other, RestoreOptions{Force: true}); err == nil {
				t.Error("restore takes it")
			}
			again := gateway(t, other)
			state(t, again, id)
			if exists(filepath.Join(other, stagingName)) || exists(filepath.Join(other, journalName)) {
				t.Error("something is left of the refused restore")
			}
		})
	}
}

func flip(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// A file that was damaged where the gateway keeps it does not keep the rest
// from being backed up.
func TestDamagedBefore(t *testing.T) {
	data := t.TempDir()
	accept(t, gateway(t, data), 1)
	good, bad := put(t, data, "good"), put(t, data, "bad")
	flip(t, mediaPath(data, bad))
	made := mustMake(t, data, t.TempDir(), Options{})
	if m := made.Manifest; len(m.Media) != 1 || m.Media[0].SHA256 != good || len(m.Damaged) != 1 || m.Damaged[0] != bad {
		t.Errorf("manifest: %+v", m)
	}
}

func TestOneFile(t *testing.T) {
	data := t.TempDir()
	id := accept(t, gateway(t, data), 1)
	hash := put(t, data, "a picture")
	file := filepath.Join(t.TempDir(), "copy.db")
	if _, err := Copy(ctx, data, file, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Copy(ctx, data, file, Options{}); err == nil || !errors.Is(err, os.ErrExist) {
		t.Errorf("a file that is there is written over: %v", err)
	}
	left, err := filepath.Glob(file + "?*")
	if err != nil || len(left) > 0 {
		t.Errorf("beside the copy there is %v, %v", left, err)
	}
	other := t.TempDir()
	kept := put(t, other, "a file of the data directory")
	if _, err := Restore(ctx, file, other, RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	state(t, gateway(t, other), id)
	if !exists(mediaPath(other, kept)) || exists(mediaPath(other, hash)) {
		t.Error("a database alone changed the files")
	}
}

func TestManifestPrefixes(t *testing.T) {
	good := `{"format":1,"program":"1","made":"2026-01-31T00:00:00Z","schema":5,"database":{"sha256":"` + strings.Repeat("a", 64) + `","size":1},"media":[]}`
	for i := range good {
		if _, err := parseManifest([]byte(good[:i])); err == nil {
			t.Errorf("the first %d bytes are taken", i)
		}
	}
	if _, err := parseManifest([]byte(good)); err != nil {
		t.Error(err)
	}
	for name, text := range map[string]string{
		"newer":       strings.Replace(good, `"format":1`, `"format":2`, 1),
		"no hash":     strings.Replace(good, "aaaa", "../x", 1),
		"upper case":  strings.Replace(good, "aaaa", "AAAA", 1),
		"other files": `{}`,
	} {
		if _, err := parseManifest([]byte(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"database":{"sha256":"","size":-1},"media":[{}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseManifest(b)
		if err != nil {
			return
		}
		for _, file := range append(slices.Clone(m.Media), m.Database) {
			if path := mediaPath("/backup", file.SHA256); !strings.HasPrefix(path, "/backup/media/") || strings.Contains(path, "..") {
				t.Errorf("leads to %s", path)
			}
		}
	})
}
