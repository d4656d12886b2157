package adbd_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
)

// only is an Other that knows one service.
func only(name string, serve adbd.Service) func(string) adbd.Service {
	return func(service string) adbd.Service {
		if service != name {
			return nil
		}
		return serve
	}
}

// wait is a service that ends with its stream.
func wait(ctx context.Context, _ io.ReadWriteCloser) error { <-ctx.Done(); return nil }

// say is a command that says something and ends.
func say(ctx context.Context, p *adbd.Process) int {
	_, _ = io.WriteString(p.Stdout, "hello\n")
	return 0
}

var simple = adbd.Config{Shell: table(map[string]func(context.Context, *adbd.Process) int{"say": say})}

func TestBannerSent(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg  adbd.Config
		want wire.Packet
	}{
		"as of today": {
			adbd.Config{Banner: wire.Banner{Product: "sim", Model: "Sim 1", Device: "sim1"}},
			wire.Packet{Arg0: 0x01000001, Arg1: 1 << 20, Data: []byte("device::ro.product.name=sim;ro.product.model=Sim 1;" +
				"ro.product.device=sim1;features=shell_v2,cmd,stat_v2,ls_v2,fixed_push_mkdir,sendrecv_v2")},
		},
		"before Android 7": {
			adbd.Config{Version: wire.VersionChecked, MaxData: wire.MaxDataLegacy, Features: []string{}},
			wire.Packet{Arg0: 0x01000000, Arg1: 4096, Data: []byte("device::")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, tc.cfg).dial()
			h.send(helloPacket())
			got := h.expect(wire.CNXN)
			if got.Arg0 != tc.want.Arg0 || got.Arg1 != tc.want.Arg1 || string(got.Data) != string(tc.want.Data) {
				t.Errorf("got %x, %d, %q\nwant %x, %d, %q", got.Arg0, got.Arg1, got.Data, tc.want.Arg0, tc.want.Arg1, tc.want.Data)
			}
		})
	}
}

func TestIgnored(t *testing.T) {
	h := start(t, simple).dial()
	h.send(&wire.Packet{Command: wire.OPEN, Arg0: 1, Data: []byte("shell:say\x00")}) // before CNXN
	h.send(&wire.Packet{Command: wire.AUTH, Arg0: wire.AuthSignature, Data: []byte("not asked for")})
	h.send(&wire.Packet{Command: wire.STLS, Arg0: wire.STLSVersion})
	h.send(helloPacket())
	h.expect(wire.CNXN)
	for _, p := range []wire.Packet{
		{Command: 0x41414141, Arg0: 1, Arg1: 1},
		{Command: wire.SYNC},
		{Command: wire.WRTE, Arg0: 1, Arg1: 99, Data: []byte("unknown stream")},
		{Command: wire.OKAY, Arg0: 1, Arg1: 99},
		{Command: wire.CLSE, Arg0: 1, Arg1: 99},
		{Command: wire.OPEN, Arg0: 0, Data: []byte("shell:say\x00")},
	} {
		h.send(&p)
	}
	if got := string(h.open("shell:say").readAll()); got != "hello\n" {
		t.Errorf("got %q", got)
	}
}

func TestRefusedServices(t *testing.T) {
	h := start(t, adbd.Config{}).connect()
	for _, service := range []string{"", "shell:say", "shell,v2,raw:say", "exec:say", "sync:", "tcp:80", "jdwp:1", "nonsense"} {
		h.refused(service)
	}
	h = start(t, simple).connect()
	h.refused("sync:")
	h.refused("exec,v2:say")
	h.send(&wire.Packet{Command: wire.OPEN, Arg0: 9, Arg1: 33554432, Data: []byte("shell:say\x00")})
	if p := h.expect(wire.CLSE); p.Arg0 != 0 || p.Arg1 != 9 {
		t.Errorf("a window without delayed_ack: got CLSE(%d, %d)", p.Arg0, p.Arg1)
	}
}

func TestBrokenFrames(t *testing.T) {
	good := wire.AppendPacket(nil, &wire.Packet{Command: wire.OPEN, Arg0: 1, Data: []byte("shell:say\x00")}, true)
	change := func(at int, to string) []byte { return append(append([]byte(nil), good[:at]...), to...) }
	for name, in := range map[string][]byte{
		"4 GiB":                change(12, "\xff\xff\xff\xff\x00\x00\x00\x00\xb0\xaf\xba\xb1"),
		"one over the maximum": change(12, "\x01\x00\x10\x00\x00\x00\x00\x00\xb0\xaf\xba\xb1"),
		"wrong magic":          change(20, "\x00\x00\x00\x00shell:say\x00"),
		"HTTP":                 []byte("GET / HTTP/1.1\r\n\r\n      "),
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, simple).connect()
			h.raw(in)
			h.expectEnd()
		})
	}
	for _, n := range []int{1, 23, 24, 25, len(good) - 1} {
		p := start(t, simple)
		h := p.connect()
		h.raw(good[:n]) // half a frame, then the host is gone
		if err := h.conn.Close(); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestLargeBannerBeforeLogin(t *testing.T) {
	h := start(t, simple).dial()
	p := helloPacket()
	p.Data = make([]byte, wire.MaxHandshakeData+1)
	h.raw(wire.AppendPacket(nil, p, true)[:wire.HeaderSize])
	h.expectEnd()
}

func TestChecksums(t *testing.T) {
	bad := wire.AppendPacket(nil, &wire.Packet{Command: wire.OPEN, Arg0: 1, Data: []byte("shell:say\x00")}, false)
	t.Run("an old device drops the connection", func(t *testing.T) {
		cfg := simple
		cfg.Version, cfg.MaxData, cfg.Features = wire.VersionChecked, wire.MaxDataLegacy, []string{}
		h := start(t, cfg).connect()
		h.raw(bad)
		h.expectEnd()
	})
	t.Run("a new device does not look", func(t *testing.T) {
		h := start(t, simple).connect()
		h.raw(bad)
		h.expect(wire.OKAY)
	})
	t.Run("an old device sends them, a new one does not", func(t *testing.T) {
		for version, want := range map[uint32]uint32{wire.VersionChecked: wire.Sum([]byte("hello\r\n")), wire.VersionUnchecked: 0} {
			cfg := simple
			cfg.Version = version
			if version == wire.VersionChecked {
				cfg.Features = []string{}
			}
			h := start(t, cfg).connect()
			h.open("shell:say")
			if p := h.expect(wire.WRTE); p.Checksum != want {
				t.Errorf("version %x: sum %d, want %d (%q)", version, p.Checksum, want, p.Data)
			}
		}
	})
}

func TestOldDevice(t *testing.T) {
	cfg := simple
	cfg.Version, cfg.MaxData, cfg.Features = wire.VersionChecked, wire.MaxDataLegacy, []string{}
	h := start(t, cfg).connect()
	h.refused("shell,v2,raw:say")
	if got, want := string(h.open("shell:say").readAll()), "hello\r\n"; got != want {
		t.Errorf("shell: got %q, want %q", got, want)
	}
	h.send(&wire.Packet{Command: wire.OPEN, Arg0: 7, Data: []byte("shell:sayX")}) // no NUL: the X is cut
	h.expect(wire.OKAY)
	h.expect(wire.WRTE)
}

// TestStreamsAreIndependent leaves the output of one stream without an answer
// and uses another meanwhile.
func TestStreamsAreIndependent(t *testing.T) {
	var written atomic.Int64
	cfg := adbd.Config{Shell: table(map[string]func(context.Context, *adbd.Process) int{
		"say": say,
		"flood": func(ctx context.Context, p *adbd.Process) int {
			block := make([]byte, 10_000)
			for {
				n, err := p.Stdout.Write(block)
				written.Add(int64(n))
				if err != nil {
					return 1
				}
			}
		},
	})}
	synctest.Test(t, func(t *testing.T) {
		h := start(t, cfg).connect()
		flood := h.open("exec:flood")
		h.expect(wire.WRTE)
		synctest.Wait() // the flood stands
		if got := written.Load(); got > 2*256<<10 {
			t.Errorf("%d bytes written for a host that took none", got)
		}
		if got := string(h.open("exec:say").readAll()); got != "hello\n" {
			t.Errorf("the other stream: got %q", got)
		}
		flood.close()
		h.expect(wire.CLSE)
	})
}

// TestHostThatDoesNotRead fills the connection itself: the queue must not grow
// without limit.
func TestHostThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, simple)
		h := p.connect()
		refuse := wire.AppendPacket(nil, &wire.Packet{Command: wire.OPEN, Arg0: 1, Data: []byte("x\x00")}, true)
		var err error
		for n := 0; err == nil && n < 20_000; n++ {
			_, err = h.conn.Write(refuse) // each is owed a CLSE
		}
		if !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v, want the connection closed", err)
		}
		synctest.Wait()
		if n := p.Connections(); n != 0 {
			t.Errorf("%d connections left", n)
		}
	})
}

func TestTooManyStreams(t *testing.T) {
	cfg := adbd.Config{Other: only("wait:", wait)}
	h := start(t, cfg).connect()
	for range 256 {
		h.open("wait:")
	}
	h.refused("wait:")
}

// TestHostOverrunsWindow sends a second WRTE before the first was answered.
func TestHostOverrunsWindow(t *testing.T) {
	ended := make(chan error, 1)
	cfg := adbd.Config{Other: only("wait:", func(ctx context.Context, _ io.ReadWriteCloser) error {
		<-ctx.Done()
		ended <- ctx.Err()
		return nil
	})}
	h := start(t, cfg).connect()
	c := h.open("wait:")
	block := make([]byte, 512<<10) // more than is read ahead: the OKAY is held back
	h.send(c.packet(wire.WRTE, block))
	h.send(c.packet(wire.WRTE, block))
	h.expect(wire.CLSE)
	<-ended
}

// TestHostClosesWithDataUnread sends data and CLSE at once: the service still
// reads all of it, in order, then the end.
func TestHostClosesWithDataUnread(t *testing.T) {
	got := make(chan string, 1)
	cfg := adbd.Config{Other: only("keep:", func(ctx context.Context, stream io.ReadWriteCloser) error {
		<-ctx.Done()
		b, err := io.ReadAll(stream)
		if err != nil {
			t.Errorf("read: %v", err)
		}
		_, err = stream.Write([]byte("too late"))
		if !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write: got %v, want ErrClosedPipe", err)
		}
		got <- string(b)
		return nil
	})}
	h := start(t, cfg).connect()
	c := h.open("keep:")
	c.write([]byte("one "))
	c.write([]byte("two "))
	h.send(c.packet(wire.WRTE, []byte("three")))
	c.close()
	if s := <-got; s != "one two three" {
		t.Errorf("got %q", s)
	}
	h.expect(wire.OKAY)
	h.expect(wire.CLSE)
	c.close() // servers say it twice
	h.send(&wire.Packet{Command: wire.CLSE, Arg0: 0, Arg1: c.remote})
	h.refused("") // and nothing came in between
}

func TestCloseWithoutSender(t *testing.T) {
	cfg := adbd.Config{Other: only("wait:", wait)}
	h := start(t, cfg).connect()
	c := h.open("wait:")
	h.send(&wire.Packet{Command: wire.CLSE, Arg0: c.local + 1, Arg1: c.remote}) // another's: ignored
	h.send(&wire.Packet{Command: wire.CLSE, Arg0: 0, Arg1: c.remote})
	h.expect(wire.CLSE)
}

func TestOrderAndSize(t *testing.T) {
	var want strings.Builder
	for i := range 200_000 {
		want.WriteByte(byte(i >> 4))
	}
	cfg := adbd.Config{MaxData: 5000, Other: only("count:", func(_ context.Context, stream io.ReadWriteCloser) error {
		rest := want.String()
		for n := 1; rest != ""; n += 7 {
			n = min(n, len(rest))
			if _, err := io.WriteString(stream, rest[:n]); err != nil {
				t.Errorf("write: %v", err)
			}
			rest = rest[n:]
		}
		return stream.Close()
	})}
	h := start(t, cfg).connect()
	c := h.open("count:")
	var got strings.Builder
	for {
		p, err := h.receive()
		if err != nil {
			t.Fatal(err)
		}
		if p.Command == wire.CLSE {
			break
		}
		if len(p.Data) > 5000 {
			t.Fatalf("WRTE of %d bytes, at most 5000 agreed", len(p.Data))
		}
		got.Write(p.Data)
		h.send(c.packet(wire.OKAY, nil))
	}
	if got.String() != want.String() {
		t.Errorf("%d bytes came, not the %d that were written", got.Len(), want.Len())
	}
}

func TestSecondConnectResets(t *testing.T) {
	ended := make(chan struct{})
	cfg := adbd.Config{Other: only("wait:", func(ctx context.Context, _ io.ReadWriteCloser) error { <-ctx.Done(); close(ended); return nil })}
	h := start(t, cfg).connect()
	h.open("wait:")
	h.send(helloPacket())
	h.expect(wire.CNXN)
	<-ended
	h.refused("")
}

func TestHostThatTakesNothing(t *testing.T) {
	h := start(t, simple).dial()
	p := helloPacket()
	p.Arg1 = 0
	h.send(p)
	h.expectEnd()
}
