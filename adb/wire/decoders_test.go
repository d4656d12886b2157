package wire_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/wabridge/wabridge/adb/wire"
)

// A decoder reads one whole good input; the good bytes are what the tests and
// the fuzzers start from.
type decoder struct {
	good   []byte
	decode func(r io.Reader) error
	unit   int // the size of the units of a list, between which its end is a clean one
}

func entryList(add func([]byte, *wire.SyncEntry) []byte, done func([]byte) []byte) []byte {
	b := add(nil, &wire.SyncEntry{Name: "one", SyncStat: fullStat})
	return done(add(b, &wire.SyncEntry{Name: "two", SyncStat: fullStat}))
}

func syncRequest(id wire.SyncID, path string) []byte {
	b, err := wire.AppendSyncRequest(nil, id, path)
	if err != nil {
		panic(err) // a constant of the tests is wrong
	}
	return b
}

func syncData() []byte {
	var b bytes.Buffer
	w := wire.NewSyncDataWriter(&b)
	_, _ = w.Write([]byte("some content"))
	_, _ = w.Write([]byte("more"))
	_ = w.Done(1)
	return b.Bytes()
}

// decoders are all that read outside bytes from a stream.
var decoders = map[string]decoder{
	"packet": {
		wire.AppendPacket(nil, &wire.Packet{Command: wire.WRTE, Arg0: 1, Arg1: 2, Data: []byte("data")}, true),
		func(r io.Reader) error {
			p, err := wire.ReadPacket(r, wire.MaxHandshakeData)
			if err == nil && len(p.Data) > wire.MaxHandshakeData {
				return errors.New("payload is over the limit")
			}
			return err
		},
		0,
	},
	"shell": {
		wire.AppendShellPacket(nil, wire.ShellStdout, []byte("out")),
		func(r io.Reader) error {
			s := wire.NewShellReader(r)
			if _, _, err := s.Next(); err != nil {
				return err
			}
			_, err := io.Copy(io.Discard, s)
			return err
		},
		0,
	},
	"shell payload": {
		wire.AppendShellPacket(nil, wire.ShellExit, []byte{7}),
		func(r io.Reader) error {
			s := wire.NewShellReader(r)
			if _, _, err := s.Next(); err != nil {
				return err
			}
			_, err := s.Payload(1024)
			return err
		},
		0,
	},
	"smart string": {[]byte("0004text"), func(r io.Reader) error { _, err := wire.ReadSmartString(r); return err }, 0},
	"smart status": {
		wire.AppendSmartFail(nil, "device offline"),
		func(r io.Reader) error {
			err := wire.ReadSmartStatus(r)
			if _, ok := errors.AsType[*wire.ServerError](err); ok {
				return nil
			}
			return err
		},
		0,
	},
	"sync request": {
		syncRequest(wire.SyncRECV, "/sdcard"),
		func(r io.Reader) error { _, _, err := wire.ReadSyncRequest(r); return err },
		0,
	},
	"sync SND2": {
		wire.AppendSendV2(syncRequest(wire.SyncSND2, "/a"), 0o644, 0),
		func(r io.Reader) error {
			if _, _, err := wire.ReadSyncRequest(r); err != nil {
				return err
			}
			_, _, err := wire.ReadSendV2(r)
			return err
		},
		0,
	},
	"sync RCV2": {
		wire.AppendReceiveV2(syncRequest(wire.SyncRCV2, "/a"), 0),
		func(r io.Reader) error {
			if _, _, err := wire.ReadSyncRequest(r); err != nil {
				return err
			}
			_, err := wire.ReadReceiveV2(r)
			return err
		},
		0,
	},
	"sync okay": {wire.AppendSyncHeader(nil, wire.SyncOKAY, 0), wire.ReadSyncOkay, 0},
	"sync fail": {
		wire.AppendSyncFail(nil, "no such file"),
		func(r io.Reader) error {
			err := wire.ReadSyncOkay(r)
			if _, ok := errors.AsType[*wire.SyncError](err); ok {
				return nil
			}
			return err
		},
		0,
	},
	"sync STAT": {
		wire.AppendStatV1(nil, &fullStat),
		func(r io.Reader) error { _, err := wire.ReadStatV1(r); return err },
		0,
	},
	"sync STA2": {
		wire.AppendStatV2(nil, wire.SyncSTA2, &fullStat),
		func(r io.Reader) error { _, err := wire.ReadStatV2(r, wire.SyncSTA2); return err },
		0,
	},
	"sync LIST": {
		entryList(wire.AppendEntryV1, wire.AppendEntriesDoneV1),
		func(r io.Reader) error { _, err := readEntries(r, wire.ReadEntryV1); return err },
		20 + len("one"),
	},
	"sync LIS2": {
		entryList(wire.AppendEntryV2, wire.AppendEntriesDoneV2),
		func(r io.Reader) error { _, err := readEntries(r, wire.ReadEntryV2); return err },
		76 + len("one"),
	},
	"sync data": {
		syncData(),
		func(r io.Reader) error { _, err := io.Copy(io.Discard, wire.NewSyncDataReader(r)); return err },
		0,
	},
}

// TestEveryPrefix cuts good input at every byte: always an error, and one that
// tells an end inside a unit from an end before it.
func TestEveryPrefix(t *testing.T) {
	for name, d := range decoders {
		t.Run(name, func(t *testing.T) {
			if err := d.decode(bytes.NewReader(d.good)); err != nil {
				t.Fatalf("good input: %v", err)
			}
			for n := range d.good {
				err := d.decode(bytes.NewReader(d.good[:n]))
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("%d of %d bytes: got %v, want an end of input", n, len(d.good), err)
				}
				between := n == 0 || d.unit > 0 && n%d.unit == 0
				if errors.Is(err, io.EOF) && !between {
					t.Errorf("%d of %d bytes: a clean end inside a unit", n, len(d.good))
				}
			}
		})
	}
}

// fuzz feeds one decoder. It must end, in bounded memory, without a panic, and
// must never wait for more than it was given.
func fuzz(f *testing.F, name string) {
	d := decoders[name]
	f.Add(d.good)
	f.Add(d.good[:len(d.good)-1])
	f.Add(append(bytes.Clone(d.good), d.good...))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := &countingReader{r: bytes.NewReader(in)}
		if err := d.decode(r); err == nil && r.n == 0 {
			t.Error("success without reading anything")
		}
	})
}

type countingReader struct {
	r io.Reader
	n int
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

func FuzzPacket(f *testing.F)       { fuzz(f, "packet") }
func FuzzShell(f *testing.F)        { fuzz(f, "shell") }
func FuzzShellPayload(f *testing.F) { fuzz(f, "shell payload") }
func FuzzSmartString(f *testing.F)  { fuzz(f, "smart string") }
func FuzzSmartStatus(f *testing.F)  { fuzz(f, "smart status") }
func FuzzSyncRequest(f *testing.F)  { fuzz(f, "sync request") }
func FuzzSyncSend(f *testing.F)     { fuzz(f, "sync SND2") }
func FuzzSyncReceive(f *testing.F)  { fuzz(f, "sync RCV2") }
func FuzzSyncOkay(f *testing.F)     { fuzz(f, "sync okay") }
func FuzzSyncFail(f *testing.F)     { fuzz(f, "sync fail") }
func FuzzSyncStatV1(f *testing.F)   { fuzz(f, "sync STAT") }
func FuzzSyncStatV2(f *testing.F)   { fuzz(f, "sync STA2") }
func FuzzSyncListV1(f *testing.F)   { fuzz(f, "sync LIST") }
func FuzzSyncListV2(f *testing.F)   { fuzz(f, "sync LIS2") }
func FuzzSyncData(f *testing.F)     { fuzz(f, "sync data") }

// FuzzBanner also wants that what we format is what we parse.
func FuzzBanner(f *testing.F) {
	f.Add([]byte("device::ro.product.name=p;ro.product.model=m;features=a,b\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		text := wire.ParseBanner(in).String()
		if again := wire.ParseBanner([]byte(text)).String(); again != text {
			t.Errorf("got %q, want %q", again, text)
		}
	})
}

// FuzzPublicKey also wants that a key that is taken comes out as it went in.
func FuzzPublicKey(f *testing.F) {
	key := testKey(f)
	text, err := wire.EncodePublicKey(&key.PublicKey, "user@host")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(text))
	f.Add([]byte(text[:99]))
	f.Fuzz(func(t *testing.T, in []byte) {
		pub, comment, err := wire.ParsePublicKey(in)
		if err != nil {
			return
		}
		text, err := wire.EncodePublicKey(pub, comment)
		if err != nil {
			t.Fatal(err)
		}
		if again, _, err := wire.ParsePublicKey([]byte(text)); err != nil || !again.Equal(pub) {
			t.Errorf("does not come back: %v", err)
		}
	})
}

func FuzzPrivateKey(f *testing.F) {
	text, err := wire.MarshalPrivateKey(testKey(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, in []byte) {
		if key, err := wire.ParsePrivateKey(in); err == nil && key.N.BitLen() != 2048 {
			t.Errorf("a key of %d bits was taken", key.N.BitLen())
		}
	})
}

func FuzzSendSpec(f *testing.F) {
	f.Add("/a,b,33188")
	f.Fuzz(func(t *testing.T, in string) {
		path, mode, err := wire.ParseSendSpec(in)
		if err != nil {
			return
		}
		if p, m, err := wire.ParseSendSpec(wire.SendSpec(path, mode)); p != path || m != mode || err != nil {
			t.Errorf("got %q, %o, %v, want %q, %o", p, m, err, path, mode)
		}
	})
}

func FuzzWindowSize(f *testing.F) {
	f.Add([]byte("24x80,640x480\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		w, err := wire.ParseWindowSize(in)
		if err != nil {
			return
		}
		if again, err := wire.ParseWindowSize([]byte(w.String())); again != w || err != nil {
			t.Errorf("got %v, %v, want %v", again, err, w)
		}
	})
}
