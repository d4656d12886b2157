package adb_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
)

func words(id string, n ...uint32) []byte {
	b := []byte(id)
	for _, w := range n {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

// TestSyncGoesWrong answers each operation with something broken.
func TestSyncGoesWrong(t *testing.T) {
	ops := map[string]func(d *adb.Device) error{
		"stat": func(d *adb.Device) error { _, err := d.Stat(context.Background(), "/x"); return err },
		"list": func(d *adb.Device) error { _, err := d.List(context.Background(), "/x"); return err },
		"pull": func(d *adb.Device) error { _, err := d.Pull(context.Background(), "/x", io.Discard, nil); return err },
		"push": func(d *adb.Device) error {
			return d.Push(context.Background(), bytes.NewReader(randomBytes(1<<20)), "/x", adb.PushOptions{})
		},
	}
	for _, c := range []struct {
		name   string
		answer []byte
		want   error
	}{
		{"nothing", nil, adb.ErrClosed},
		{"half a header", []byte("FAI"), adb.ErrClosed},
		{"something else", []byte("HTTP/1.1 400 Bad Request\r\n\r\n" + strings.Repeat(" ", 100)), adb.ErrProtocol},
		{"a text of 4 GiB", words("FAIL", 0xffffffff), adb.ErrProtocol},
		{"half a text", append(words("FAIL", 100), "open fail"...), adb.ErrClosed},
		{"no such file", append(words("FAIL", 38), "open failed: No such file or directory"...), fs.ErrNotExist},
		{"may not", append(words("FAIL", 39), "couldn't create file: Permission denied"...), fs.ErrPermission},
	} {
		for op, do := range ops {
			f := &fake{features: v2, serve: says(c.answer)}
			if err := do(adb.NewDevice(f)); !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v, want %v", op, c.name, err, c.want)
			}
			_ = f.Close()
		}
	}
}

func TestSyncBadUnits(t *testing.T) {
	st := wire.SyncStat{Error: 13}
	slash := wire.AppendEntryV2(nil, &wire.SyncEntry{Name: "a/b"})
	for _, c := range []struct {
		name   string
		answer []byte
		do     func(d *adb.Device) error
		want   error
	}{
		{"errno of stat", wire.AppendStatV2(nil, wire.SyncSTA2, &st), func(d *adb.Device) error { _, err := d.Stat(context.Background(), "/x"); return err }, fs.ErrPermission},
		{"a name with a slash", slash, func(d *adb.Device) error { _, err := d.List(context.Background(), "/x"); return err }, adb.ErrProtocol},
		{"DATA of 4 GiB", words("DATA", 0xffffffff), func(d *adb.Device) error { _, err := d.Pull(context.Background(), "/x", io.Discard, nil); return err }, adb.ErrProtocol},
		{"DATA without DONE", append(words("DATA", 3), "abc"...), func(d *adb.Device) error { _, err := d.Pull(context.Background(), "/x", io.Discard, nil); return err }, adb.ErrClosed},
		{"our disk is full", append(words("DATA", 3), "abc"...), func(d *adb.Device) error {
			_, err := d.Pull(context.Background(), "/x", brokenWriter{}, nil)
			return err
		}, errBroken},
		{"a path of 1025 bytes", nil, func(d *adb.Device) error {
			_, err := d.Stat(context.Background(), strings.Repeat("x", 1025))
			return err
		}, errPath},
		{"a path with NUL", nil, func(d *adb.Device) error { _, err := d.Stat(context.Background(), "a\x00b"); return err }, fs.ErrInvalid},
	} {
		f := &fake{features: v2, serve: says(c.answer)}
		err := c.do(adb.NewDevice(f))
		if _, isPath := errors.AsType[*fs.PathError](err); !errors.Is(err, c.want) && !(c.want == errPath && isPath) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		_ = f.Close()
	}
}

var errPath = errors.New("any *fs.PathError")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

// TestTransfersStandStill: a device that takes or sends no more.
func TestTransfersStandStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{features: v2, serve: func(_ string, s net.Conn) { _, _ = io.ReadFull(s, make([]byte, 100)); time.Sleep(time.Hour) }}
		d := adb.NewDevice(f, adb.WithIdleTimeout(5*time.Second))
		begin := time.Now()
		err := d.Push(context.Background(), bytes.NewReader(randomBytes(5<<20)), "/x", adb.PushOptions{})
		if !errors.Is(err, adb.ErrTimeout) || time.Since(begin) != 5*time.Second {
			t.Errorf("push = %v after %v, want ErrTimeout after 5 s", err, time.Since(begin))
		}
		begin = time.Now()
		if _, err := d.Pull(context.Background(), "/x", io.Discard, nil); !errors.Is(err, adb.ErrTimeout) {
			t.Errorf("pull = %v after %v", err, time.Since(begin))
		}
		_ = d.Close()
	})
}

// TestSlowPullIsNotIdle: a transfer may take any time while it moves.
func TestSlowPullIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{features: v2, serve: func(_ string, s net.Conn) {
			go io.Copy(io.Discard, s) // ends with the stream
			for range 100 {
				time.Sleep(20 * time.Second)
				_, _ = s.Write(append(words("DATA", 3), "abc"...))
			}
			_, _ = s.Write(words("DONE", 0))
		}}
		d := adb.NewDevice(f)
		if n, err := d.Pull(context.Background(), "/x", io.Discard, nil); n != 300 || err != nil {
			t.Errorf("pull = %d, %v", n, err)
		}
		_ = d.Close()
	})
}

// TestOldSync uses the first version of everything, as Android 5 to 7 have it.
func TestOldSync(t *testing.T) {
	device := newDevice(t, func(c *adbd.Config) {
		c.Features, c.Version, c.MaxData = []string{}, wire.VersionChecked, wire.MaxDataLegacy
	})
	d := openTarget(t, "direct:"+device.address, adb.Options{})
	testFiles(t, d)
	got, err := d.Run(t.Context(), "echo one; exit 3")
	if err != nil || string(got.Stdout) != "one\n" || got.ExitCode != 3 {
		t.Errorf("run = %q, %v", text(got), err)
	}
}
