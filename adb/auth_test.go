package adb_test

import (
	"context"
	"crypto/rsa"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
)

// TestAuth dials a device that knows no key: the phone asks its user once, then
// knows us.
func TestAuth(t *testing.T) {
	t.Setenv("ADB_VENDOR_KEYS", "")
	var asked atomic.Int32
	device := newDevice(t, func(c *adbd.Config) {
		c.Auth = &adbd.Auth{Accept: func(context.Context, *rsa.PublicKey, string) bool { return asked.Add(1) > 0 }}
	})
	path := filepath.Join(t.TempDir(), "new", "adbkey")
	var shown string
	o := adb.Options{Dial: adb.DialOptions{KeyPath: path, OnApproval: func(f string) { shown = f }}}
	for range 3 {
		openTarget(t, "direct:"+device.address, o)
	}
	if asked.Load() != 1 || shown == "" {
		t.Errorf("the phone asked %d times, want once; fingerprint %q", asked.Load(), shown)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("private key: %v, %v; want mode 0600", info, err)
	}
	text, err := os.ReadFile(path + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	public, _, err := wire.ParsePublicKey(text)
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := wire.Fingerprint(public); want != shown {
		t.Errorf("fingerprint %s, want that of the key file, %s", shown, want)
	}
}

func TestVendorKeyIsTried(t *testing.T) {
	dir := t.TempDir()
	vendor, err := adb.LoadKey(filepath.Join(dir, "fleet.adb_key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "broken.adb_key"), []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ADB_VENDOR_KEYS", dir+":/does/not/exist")
	device := newDevice(t, func(c *adbd.Config) { c.Auth = &adbd.Auth{Keys: []*rsa.PublicKey{&vendor.PublicKey}} })
	openTarget(t, "direct:"+device.address, adb.Options{})
}

func TestNotApproved(t *testing.T) {
	t.Setenv("ADB_VENDOR_KEYS", "")
	device := newDevice(t, func(c *adbd.Config) { c.Auth = &adbd.Auth{} })
	_, err := adb.Dial(t.Context(), device.address, adb.DialOptions{
		KeyPath: filepath.Join(t.TempDir(), "adbkey"), ApprovalTime: 200 * time.Millisecond,
	})
	if !errors.Is(err, adb.ErrUnauthorized) {
		t.Errorf("got %v, want ErrUnauthorized", err)
	}
	broken := filepath.Join(t.TempDir(), "adbkey")
	if err := os.WriteFile(broken, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = adb.Dial(t.Context(), device.address, adb.DialOptions{KeyPath: broken}); !errors.Is(err, adb.ErrUnauthorized) {
		t.Errorf("with a broken key file: %v, want ErrUnauthorized", err)
	}
	if text, _ := os.ReadFile(broken); string(text) != "no key" {
		t.Error("the broken key file was overwritten")
	}
}

// TestKeyIsTheUsersOwn finds the key where the adb tool keeps it.
func TestKeyIsTheUsersOwn(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("ANDROID_USER_HOME", "")
	made, err := adb.LoadKey("")
	if err != nil {
		t.Fatal(err)
	}
	again, err := adb.LoadKey(filepath.Join(home, ".android", "adbkey"))
	if err != nil || !made.Equal(again) {
		t.Errorf("the key at ~/.android/adbkey: %v, equal %v", err, made.Equal(again))
	}
}
