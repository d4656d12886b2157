package vfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"testing"
	"time"
)

func TestFiles(t *testing.T) {
	full := false
	f := New(func() bool { return full }, time.Now)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	is := func(what string, err error, want syscall.Errno) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	}
	must(f.WriteFile("/sdcard/a", []byte("one"), 0o644))
	b, err := f.ReadFile("/storage/emulated/0/../0/a")
	if err != nil || string(b) != "one" {
		t.Errorf("through the link: %q, %v", b, err)
	}
	h, err := f.Open("/sdcard/a", os.O_WRONLY|os.O_APPEND, 0)
	must(err)
	_, err = h.Write([]byte("two"))
	must(err)
	if b, _ := f.ReadFile("/sdcard/a"); string(b) != "onetwo" {
		t.Errorf("appended: %q", b)
	}
	must(f.Mkdir("/sdcard/x/y/z", true))
	must(f.Rename("/sdcard/a", "/sdcard/x"))
	must(f.Rename("/sdcard/x", "/sdcard/w"))
	if b, _ := f.ReadFile("/sdcard/w/a"); string(b) != "onetwo" {
		t.Errorf("moved: %q", b)
	}
	is("a folder with files", f.Remove("/sdcard/w", false), syscall.ENOTEMPTY)
	must(f.Remove("/sdcard/w", true))
	_, err = f.Stat("/sdcard/w/a")
	is("gone", err, syscall.ENOENT)
	is("system", f.WriteFile("/system/bin/sh", nil, 0o755), syscall.EACCES)
	is("folder of the system", f.Mkdir("/vendor/x", true), syscall.EACCES)
	is("not a folder", f.WriteFile("/sdcard/none/a", nil, 0o644), syscall.ENOENT)
	_, err = f.ReadFile("/sdcard")
	is("folder", err, syscall.EISDIR)
	must(f.WriteFile("/sdcard/full", []byte("x"), 0o644))
	full = true
	is("full", f.WriteFile("/sdcard/b", []byte("x"), 0o644), syscall.ENOSPC)
	is("full, there already", f.Writable("/sdcard/full"), syscall.ENOSPC)
	entries, err := f.ReadDir("/data/local")
	if err != nil || len(entries) != 1 || entries[0].Name() != "tmp" || !entries[0].IsDir() {
		t.Errorf("listing: %v, %v", entries, err)
	}
	must(f.Touch("/sdcard/full", 0o600, time.Unix(1000, 0)))
	if i, _ := f.Stat("/sdcard/full"); i.Mode() != fs.FileMode(0o600) || i.ModTime().Unix() != 1000 {
		t.Errorf("touched: %v %v", i.Mode(), i.ModTime())
	}
	f.Generate("/proc/x", func() []byte { return []byte("made") })
	h, err = f.Open("/proc/x", os.O_RDONLY, 0)
	must(err)
	if b, _ := io.ReadAll(h); string(b) != "made" {
		t.Errorf("generated: %q", b)
	}
}
