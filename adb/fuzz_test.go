package adb

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/wabridge/wabridge/adb/wire"
)

const deviceLines = "R5CT30ABCDE            device usb:1-2 product:a52 model:SM_A525F device:a52q transport_id:3\n" +
	"0123\tno permissions (user in plugdev group); see [http://x/y]\n" +
	"(no serial number)     unauthorized usb:1-4 transport_id:5\n"

// FuzzParseDevices: a line gives at most one device, which has a serial and
// a state without blanks.
func FuzzParseDevices(f *testing.F) {
	for n := range len(deviceLines) {
		f.Add(deviceLines[:n])
	}
	f.Fuzz(func(t *testing.T, list string) {
		got := parseDevices(list)
		if len(got) > strings.Count(list, "\n")+1 {
			t.Errorf("%d devices in %d lines", len(got), strings.Count(list, "\n")+1)
		}
		for _, d := range got {
			if d.Serial == "" || d.State == "" || d.State != StateNoPermission && strings.Contains(string(d.State), " ") {
				t.Errorf("device %+v", d)
			}
		}
	})
}

func FuzzParseForwards(f *testing.F) {
	f.Add("X tcp:1 tcp:2\nY tcp:3 localabstract:z\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, fw := range parseForwards(text) {
			if fw.Serial == "" || fw.Local == "" || fw.Remote == "" {
				t.Errorf("forward %+v", fw)
			}
		}
	})
}

// FuzzServerTexts: every text of a server has a kind; the error of it is one
// line and names the device.
func FuzzServerTexts(f *testing.F) {
	for _, text := range []string{"device 'X' not found", "closed", "device unauthorized.\nmore", "failed to connect to X", "", "\n", "a\rb\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := failure(t.Context(), "open shell", "SERIAL", &wire.ServerError{Message: text})
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Kind == nil || !errors.Is(err, e.Kind) {
			t.Fatalf("%q gave %v", text, err)
		}
		if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "SERIAL") {
			t.Errorf("%q gave the error %q", text, err)
		}
		if err := connectVerdict("SERIAL", text); err == nil && !strings.Contains(text, "connected to ") {
			t.Errorf("%q counts as connected", text)
		}
	})
}

// FuzzFindPNG: what is found begins and ends as a PNG does, and is found again.
func FuzzFindPNG(f *testing.F) {
	whole := "text\n" + string(pngSignature) + "\x00\x00\x00\x02IDATxxcrc!\x00\x00\x00\x00IENDcrc!tail"
	for n := range len(whole) + 1 {
		f.Add([]byte(whole[:n]))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := findPNG(b)
		if got == nil {
			return
		}
		if !bytes.HasPrefix(got, pngSignature) || len(got) < len(pngSignature)+12 || !bytes.Equal(got[len(got)-8:][:4], pngEnd) && !bytes.Contains(got, pngEnd) {
			t.Errorf("found %q", got)
		}
		if !bytes.Equal(findPNG(got), got) {
			t.Error("is not found again")
		}
	})
}

// FuzzReadShell: whatever comes, however it is cut, there is a code or an error,
// and no more output than input.
func FuzzReadShell(f *testing.F) {
	whole := wire.AppendShellPacket(nil, wire.ShellStdout, []byte("out"))
	whole = wire.AppendShellPacket(whole, wire.ShellStderr, []byte("err"))
	whole = wire.AppendShellPacket(whole, wire.ShellExit, []byte{7})
	for n := range len(whole) + 1 {
		f.Add(whole[:n])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		read := func(r io.Reader) (out, errs []byte, code int, err error) {
			code, err = readShell(r,
				func(p []byte) error { out = append(out, p...); return nil },
				func(p []byte) error { errs = append(errs, p...); return nil })
			return out, errs, code, err
		}
		out, errs, code, err := read(bytes.NewReader(b))
		if len(out)+len(errs) > len(b) {
			t.Errorf("%d bytes out of %d", len(out)+len(errs), len(b))
		}
		out1, errs1, code1, err1 := read(iotest.OneByteReader(bytes.NewReader(b)))
		if !bytes.Equal(out, out1) || !bytes.Equal(errs, errs1) || code != code1 || (err == nil) != (err1 == nil) {
			t.Error("the same bytes in pieces give something else")
		}
	})
}

// FuzzReadLegacy: what stands between the marks comes back exactly, whatever it
// is, however it is cut, with changed line ends or not.
func FuzzReadLegacy(f *testing.F) {
	f.Add([]byte("one\ntwo\n"), uint8(7), uint8(3), false)
	f.Add([]byte("\r\r\n\n\r"), uint8(0), uint8(1), true)
	f.Add([]byte("adbNON adbNONC adbN"), uint8(255), uint8(2), true)
	f.Fuzz(func(t *testing.T, body []byte, code, piece uint8, cooked bool) {
		const nonce = "adbNONCE"
		if bytes.Contains(body, []byte(nonce)) {
			return // which nobody can guess
		}
		var stream bytes.Buffer
		stream.WriteString("WARNING: linker\n" + nonce + "\n")
		stream.Write(body)
		stream.WriteString(nonce + ":")
		stream.WriteString(string(appendDecimal(nil, code)) + "\n")
		all := stream.Bytes()
		if cooked {
			all = bytes.ReplaceAll(all, []byte("\n"), []byte("\r\n"))
		}
		var got []byte
		r := &pieces{b: all, n: int(piece) + 1}
		gotCode, err := readLegacy(r, nonce, func(p []byte) error { got = append(got, p...); return nil })
		if err != nil || gotCode != int(code) || !bytes.Equal(got, body) {
			t.Errorf("got %q, %d, %v; want %q, %d", got, gotCode, err, body, code)
		}
	})
}

func appendDecimal(b []byte, n uint8) []byte {
	if n >= 10 {
		b = appendDecimal(b, n/10)
	}
	return append(b, '0'+n%10)
}

// pieces reads at most n bytes at a time.
type pieces struct {
	b []byte
	n int
}

func (p *pieces) Read(to []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(to[:min(len(to), p.n)], p.b)
	p.b = p.b[n:]
	return n, nil
}

// FuzzTarget: a target either is refused or names something.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{"", "serial", "10.0.0.1:5555", "direct:[::1]:5555", "direct:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseTarget(s)
		if err == nil && (got.address == "" || got.direct && got.network) {
			t.Errorf("%q gave %+v", s, got)
		}
	})
}

func TestFileMode(t *testing.T) {
	for st, want := range map[uint32]string{
		0o100644: "-rw-r--r--", 0o040755: "drwxr-xr-x", 0o120777: "Lrwxrwxrwx", 0o020620: "Dcrw--w----",
		0o060660: "Drw-rw----", 0o010600: "prw-------", 0o140777: "Srwxrwxrwx", 0o104755: "urwxr-xr-x", 0o041777: "dtrwxrwxrwx", 0: "?---------",
	} {
		if got := fileMode(st).String(); got != want {
			t.Errorf("mode %o = %s, want %s", st, got, want)
		}
	}
}
