package wire_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge/adb/wire"
)

type shellPacket struct {
	ID      wire.ShellID
	Payload string
}

// readShell reads all packets; err is what ended the reading.
func readShell(r io.Reader) (packets []shellPacket, err error) {
	s := wire.NewShellReader(r)
	for {
		id, _, err := s.Next()
		if err != nil {
			return packets, err
		}
		b, err := io.ReadAll(s)
		if err != nil {
			return packets, err
		}
		packets = append(packets, shellPacket{id, string(b)})
	}
}

func TestShellPackets(t *testing.T) {
	want := []shellPacket{
		{wire.ShellStdout, "hello\n"}, {wire.ShellStderr, ""}, {wire.ShellStderr, "oops"},
		{99, "unknown"}, {wire.ShellStdout, string(make([]byte, 300_000))}, {wire.ShellExit, "\x07"},
	}
	var b bytes.Buffer
	for _, p := range want {
		if err := wire.WriteShellPacket(&b, p.ID, []byte(p.Payload)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := b.String()[:11], "\x01\x06\x00\x00\x00hello\n"; got != want {
		t.Errorf("bytes: got %q, want %q", got, want)
	}
	for name, r := range map[string]io.Reader{
		"merged":               bytes.NewReader(b.Bytes()),
		"byte by byte":         iotest.OneByteReader(bytes.NewReader(b.Bytes())),
		"data along with EOF":  iotest.DataErrReader(bytes.NewReader(b.Bytes())),
		"split in odd lengths": iotest.HalfReader(bytes.NewReader(b.Bytes())),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readShell(r)
			if !errors.Is(err, io.EOF) {
				t.Errorf("end: got %v, want EOF", err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestShellReaderSkips(t *testing.T) {
	in := wire.AppendShellPacket(nil, wire.ShellStdout, []byte("long and not read"))
	in = wire.AppendShellPacket(in, wire.ShellExit, []byte{3})
	s := wire.NewShellReader(bytes.NewReader(in))
	if _, n, err := s.Next(); n != 17 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	if _, err := s.Payload(16); !errors.Is(err, wire.ErrTooLong) {
		t.Errorf("payload over the limit: got %v, want ErrTooLong", err)
	}
	id, _, err := s.Next()
	if id != wire.ShellExit || err != nil {
		t.Fatalf("got %d, %v", id, err)
	}
	if b, err := s.Payload(1); string(b) != "\x03" || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
}

// TestShellReaderStreams4GiB reads from a packet of the greatest length, of
// which only the start comes: nothing of that size may be allocated.
func TestShellReaderStreams4GiB(t *testing.T) {
	in := io.MultiReader(bytes.NewReader([]byte("\x01\xff\xff\xff\xffabc")))
	s := wire.NewShellReader(in)
	if _, n, err := s.Next(); n != 1<<32-1 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	b, err := io.ReadAll(s)
	if string(b) != "abc" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %q, %v, want the start and ErrUnexpectedEOF", b, err)
	}
	if _, _, err := s.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the error did not stick: %v", err)
	}
}

func TestWindowSize(t *testing.T) {
	w := wire.WindowSize{Rows: 24, Cols: 80, XPixels: 640, YPixels: 480}
	if got, want := w.String(), "24x80,640x480"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, err := wire.ParseWindowSize([]byte("24x80,640x480\x00")); got != w || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "24x80", "24x80,640x", "99999x1,1x1", "axb,cxd"} {
		if got, err := wire.ParseWindowSize([]byte(bad)); !errors.Is(err, wire.ErrSyntax) {
			t.Errorf("%q: got %v, %v, want ErrSyntax", bad, got, err)
		}
	}
}
