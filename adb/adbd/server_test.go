package adbd_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
)

func TestDisconnect(t *testing.T) {
	ended := make(chan struct{})
	running := make(chan struct{})
	var p *phone
	var once sync.Once
	p = start(t, adbd.Config{Shell: table(map[string]func(context.Context, *adbd.Process) int{
		"say": say,
		"hang": func(ctx context.Context, _ *adbd.Process) int {
			once.Do(func() { close(running) })
			<-ctx.Done()
			close(ended)
			return 0
		},
		"cut": func(_ context.Context, proc *adbd.Process) int {
			_, _ = io.WriteString(proc.Stdout, "half")
			p.Disconnect()
			return 0
		},
	})})
	h := p.connect()
	h.open("shell,v2,raw:hang")
	<-running
	p.Disconnect()
	<-ended
	h.expectEnd()

	h = p.connect() // and again
	h.send(&wire.Packet{Command: wire.OPEN, Arg0: 1, Data: []byte("shell,v2,raw:cut\x00")})
	for { // perhaps the start, then the end; never an exit packet or CLSE
		pkt, err := h.receive()
		if err != nil {
			break
		}
		if pkt.Command != wire.OKAY && (pkt.Command != wire.WRTE || string(pkt.Data) != "\x01\x04\x00\x00\x00half") {
			t.Errorf("got %s %q", pkt.Command, pkt.Data)
		}
	}
	if got := string(p.connect().open("exec:say").readAll()); got != "hello\n" {
		t.Errorf("after all: got %q", got)
	}
}

func TestFreeze(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, simple)
		h := p.connect()
		p.Freeze(true)
		p.Freeze(true)
		got := make(chan *wire.Packet, 2)
		var wg sync.WaitGroup
		for _, frozen := range []*host{h, p.dial()} {
			wg.Go(func() {
				if frozen == h {
					_, _ = frozen.conn.Write(wire.AppendPacket(nil, &wire.Packet{Command: wire.OPEN, Arg0: 1, Data: []byte("exec:say\x00")}, true))
				} else {
					_, _ = frozen.conn.Write(wire.AppendPacket(nil, helloPacket(), true))
				}
				pkt, err := wire.ReadPacket(frozen.conn, wire.MaxData)
				if err != nil {
					t.Errorf("read: %v", err)
				}
				got <- pkt
			})
		}
		synctest.Wait()
		if len(got) != 0 {
			t.Error("a frozen device answered")
		}
		p.Freeze(false)
		wg.Wait()
		if a, b := <-got, <-got; cmp.Equal(a.Command, b.Command) {
			t.Errorf("got %s and %s, want OKAY and CNXN", a.Command, b.Command)
		}
	})
}

func TestCloseWhileFrozen(t *testing.T) {
	p := start(t, simple)
	h := p.connect()
	p.Freeze(true)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	h.expectEnd()
	if err := p.Serve(t.Context(), newPipes()); err != nil {
		t.Errorf("serve after close: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}

func TestServeEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := adbd.New(simple)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { served <- s.Serve(ctx, l) })
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	h := &host{t: t, conn: conn}
	h.send(helloPacket())
	h.expect(wire.CNXN)
	cancel()
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
	h.expectEnd()
	wg.Wait()
	if err := errors.Join(conn.Close(), s.Close()); err != nil {
		t.Error(err)
	}
}

func TestServeReturnsABrokenListener(t *testing.T) {
	s := adbd.New(simple)
	if err := s.Serve(t.Context(), brokenListener{newPipes()}); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want %v", err, errBroken)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

var errBroken = errors.New("broken")

type brokenListener struct{ net.Listener }

func (brokenListener) Accept() (net.Conn, error) { return nil, errBroken }
