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

func TestPacketBytes(t *testing.T) {
	p := &wire.Packet{Command: wire.OPEN, Arg0: 7, Arg1: 0x01020304, Data: []byte("sync:\x00")}
	want := "OPEN" + "\x07\x00\x00\x00" + "\x04\x03\x02\x01" + "\x06\x00\x00\x00" +
		"\xf7\x01\x00\x00" + "\xb0\xaf\xba\xb1" + "sync:\x00"
	if got := string(wire.AppendPacket(nil, p, true)); got != want {
		t.Errorf("with sum:\n got %q\nwant %q", got, want)
	}
	want = want[:16] + "\x00\x00\x00\x00" + want[20:]
	if got := string(wire.AppendPacket(nil, p, false)); got != want {
		t.Errorf("without sum:\n got %q\nwant %q", got, want)
	}
}

func TestPacketRoundTrip(t *testing.T) {
	for name, p := range map[string]*wire.Packet{
		"no payload":   {Command: wire.OKAY, Arg0: 1, Arg1: 2},
		"payload":      {Command: wire.WRTE, Arg0: 1, Arg1: 2, Data: bytes.Repeat([]byte{0xff}, 70000)},
		"full payload": {Command: wire.WRTE, Data: make([]byte, wire.MaxData)},
		"unknown":      {Command: 1, Arg0: 1<<32 - 1},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := wire.WritePacket(&b, p, true); err != nil {
				t.Fatal(err)
			}
			got, err := wire.ReadPacket(iotest.OneByteReader(&b), wire.MaxData)
			if err != nil {
				t.Fatal(err)
			}
			if err := got.VerifyChecksum(); err != nil {
				t.Error(err)
			}
			if got.Command != p.Command || got.Arg0 != p.Arg0 || got.Arg1 != p.Arg1 || !bytes.Equal(got.Data, p.Data) {
				t.Errorf("got %s(%d, %d) and %d bytes", got.Command, got.Arg0, got.Arg1, len(got.Data))
			}
		})
	}
}

func TestReadPacketRefuses(t *testing.T) {
	good := wire.AppendPacket(nil, &wire.Packet{Command: wire.WRTE, Data: []byte("abc")}, true)
	change := func(at int, to ...byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], to)
		return b
	}
	for name, tc := range map[string]struct {
		in    []byte
		limit uint32
		want  error
	}{
		"4 GiB":                     {change(12, 0xff, 0xff, 0xff, 0xff), wire.MaxData, wire.ErrTooLong},
		"4 GiB and a limit of it":   {change(12, 0xff, 0xff, 0xff, 0xff), 1<<32 - 1, wire.ErrTooLong},
		"one over the limit":        {good, 2, wire.ErrTooLong},
		"payload but none allowed":  {good, 0, wire.ErrTooLong},
		"wrong magic":               {change(20, 0), wire.MaxData, wire.ErrMagic},
		"an HTTP request":           {[]byte("GET / HTTP/1.1\r\nHost: phone\r\n\r\n"), wire.MaxData, wire.ErrMagic},
		"announced more than comes": {change(12, 4), wire.MaxData, io.ErrUnexpectedEOF},
		"nothing":                   {nil, wire.MaxData, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			if p, err := wire.ReadPacket(bytes.NewReader(tc.in), tc.limit); !errors.Is(err, tc.want) {
				t.Errorf("got %v, %v, want %v", p, err, tc.want)
			}
		})
	}
}

func TestVerifyChecksum(t *testing.T) {
	b := wire.AppendPacket(nil, &wire.Packet{Command: wire.WRTE, Data: []byte("abc")}, true)
	b[len(b)-1]++
	p, err := wire.ReadPacket(bytes.NewReader(b), 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.VerifyChecksum(); !errors.Is(err, wire.ErrChecksum) {
		t.Errorf("got %v, want ErrChecksum", err)
	}
}

func TestCommandString(t *testing.T) {
	for c, want := range map[wire.Command]string{
		wire.CNXN: "CNXN", wire.STLS: "STLS", wire.AUTH: "AUTH", wire.OPEN: "OPEN", wire.OKAY: "OKAY",
		wire.WRTE: "WRTE", wire.CLSE: "CLSE", wire.SYNC: "SYNC", 0x1f: "0000001f",
	} {
		if got := c.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestParseBanner(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want wire.Banner
	}{
		"today": {
			"device::ro.product.name=p;ro.product.model=Pixel 4;ro.product.device=flame;features=shell_v2,cmd",
			wire.Banner{State: "device", Product: "p", Model: "Pixel 4", Device: "flame", Features: []string{"shell_v2", "cmd"}},
		},
		"old, with a semicolon and a NUL at the end": {
			"device::ro.product.name=p;ro.product.model=m;ro.product.device=d;\x00",
			wire.Banner{State: "device", Product: "p", Model: "m", Device: "d"},
		},
		"host":                 {"host::features=shell_v2", wire.Banner{State: "host", Features: []string{"shell_v2"}}},
		"host without":         {"host::\x00", wire.Banner{State: "host"}},
		"serial":               {"recovery:abc:", wire.Banner{State: "recovery", Serial: "abc"}},
		"state only":           {"device", wire.Banner{State: "device"}},
		"nothing":              {"", wire.Banner{}},
		"unknown and broken":   {"device::x=y;;=;ro.product.model;features=,a, ,", wire.Banner{State: "device", Features: []string{"a"}}},
		"more colons in value": {"device::ro.product.model=a:b=c", wire.Banner{State: "device", Model: "a:b=c"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, wire.ParseBanner([]byte(tc.in))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBannerString(t *testing.T) {
	b := wire.Banner{State: "device", Product: "p", Model: "a:b=c;d,e", Device: "d", Features: []string{"x", "y"}}
	want := "device::ro.product.name=p;ro.product.model=a_b_c_d_e;ro.product.device=d;features=x,y"
	if got := b.String(); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if got, want := (wire.Banner{State: "host"}).String(), "host::"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
