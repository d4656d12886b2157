package adb_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/adb/wire"
)

// TestListOfEndlessDirectories: a device may send entries without end, of any
// name; List stops reading.
func TestListOfEndlessDirectories(t *testing.T) {
	for _, name := range []string{"a", ".", "..", string(bytes.Repeat([]byte("x"), 255))} {
		for features, entry := range map[string][]byte{"v2": wire.AppendEntryV2(nil, &wire.SyncEntry{Name: name}), "v1": wire.AppendEntryV1(nil, &wire.SyncEntry{Name: name})} {
			f := &fake{serve: func(_ string, s net.Conn) {
				go io.Copy(io.Discard, s) // ends with the stream
				chunk := bytes.Repeat(entry, 1000)
				for {
					if _, err := s.Write(chunk); err != nil {
						return
					}
				}
			}}
			if features == "v2" {
				f.features = v2
			}
			list, err := adb.NewDevice(f).List(context.Background(), "/x")
			if !errors.Is(err, adb.ErrTooMuch) || list != nil {
				t.Errorf("%s, entries %.3q: %d entries, %v", features, name, len(list), err)
			}
			_ = f.Close()
		}
	}
}

// FuzzList feeds what a device answers to List and Stat: an answer or an error,
// within bounds.
func FuzzList(f *testing.F) {
	good := wire.AppendEntryV2(wire.AppendEntryV2(nil, &wire.SyncEntry{Name: "."}), &wire.SyncEntry{Name: "a.jpg"})
	f.Add(append(good, wire.AppendEntriesDoneV2(nil)...), true)
	f.Add(good[:len(good)-3], true)
	f.Add(wire.AppendEntryV1(nil, &wire.SyncEntry{Name: "a"}), false)
	f.Add([]byte("FAIL\x03\x00\x00\x00no!"), false)
	f.Fuzz(func(t *testing.T, answer []byte, new bool) {
		c := &fake{serve: says(answer)}
		if new {
			c.features = v2
		}
		defer c.Close() //nolint:errcheck // a fake
		list, err := adb.NewDevice(c).List(context.Background(), "/x")
		if err != nil && list != nil {
			t.Errorf("%d entries and %v", len(list), err)
		}
		for _, e := range list {
			if e.Name() == "" || e.Name() == "." || e.Name() == ".." || bytes.ContainsAny([]byte(e.Name()), "/\x00") {
				t.Errorf("an entry is called %q", e.Name())
			}
		}
	})
}
