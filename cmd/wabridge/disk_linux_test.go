package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A disk is a small file system of its own that can be filled.
type disk struct{ filler string }

// mountDisk puts a small file system under dir; nil where that is not allowed.
func mountDisk(t *testing.T, dir string) *disk {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=320m,mode=0700"); err != nil {
		t.Logf("SKIPPED: full disks, which need root (mount: %v)", err)
		return nil
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return &disk{filepath.Join(dir, "filler")}
}

// fill takes all the room that is left.
func (d *disk) fill(t *testing.T) bool {
	t.Helper()
	if d == nil {
		return false
	}
	f, err := os.Create(d.filler)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var at int64
	for size := int64(16 << 20); size >= 4096; {
		if err := syscall.Fallocate(int(f.Fd()), 0, at, size); errors.Is(err, syscall.ENOSPC) {
			size /= 2
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		at += size
	}
	return true
}

// free gives the room back.
func (d *disk) free(t *testing.T) {
	t.Helper()
	if err := os.Remove(d.filler); err != nil {
		t.Fatal(err)
	}
}
