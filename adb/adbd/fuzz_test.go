package adbd_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
)

// feed lets a host that was let in send in, and then go; the device must end
// all it started.
func feed(t *testing.T, cfg adbd.Config, in []byte) {
	s, l := adbd.New(cfg), newPipes()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Serve(t.Context(), l); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	ours, theirs := net.Pipe()
	l.conns <- theirs
	wg.Go(func() { _, _ = io.Copy(io.Discard, ours) }) // takes all answers
	_ = ours.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, _ = ours.Write(append(wire.AppendPacket(nil, helloPacket(), true), in...))
	_ = ours.Close()
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	wg.Wait()
}

// reads takes all of stdin and returns.
func reads(_ context.Context, p *adbd.Process) int {
	_, _ = io.Copy(p.Stdout, p.Stdin)
	return 0
}

// FuzzPackets sends any bytes in place of packets.
func FuzzPackets(f *testing.F) {
	var all []byte
	for _, p := range []wire.Packet{
		{Command: wire.OPEN, Arg0: 1, Data: []byte("shell,v2,raw:cat\x00")},
		{Command: wire.WRTE, Arg0: 1, Arg1: 1, Data: wire.AppendShellPacket(nil, wire.ShellStdin, []byte("in"))},
		{Command: wire.OKAY, Arg0: 1, Arg1: 1},
		{Command: wire.CLSE, Arg0: 1, Arg1: 1},
	} {
		one := wire.AppendPacket(nil, &p, true)
		f.Add(one)
		all = append(all, one...)
	}
	f.Add(all)
	f.Add(all[:len(all)-1])
	cfg := adbd.Config{Shell: reads, FS: &fullFS{}}
	f.Fuzz(func(t *testing.T, in []byte) { feed(t, cfg, in) })
}

// FuzzStream sends any bytes on a stream of any service.
func FuzzStream(f *testing.F) {
	f.Add("sync:", []byte("SEND\x08\x00\x00\x00/f,33188DATA\x01\x00\x00\x00xDONE\x01\x00\x00\x00QUIT\x00\x00\x00\x00"))
	f.Add("sync:", []byte("LST2\x01\x00\x00\x00/STAT\x01\x00\x00\x00/LIST\x01\x00\x00\x00/RECV\x02\x00\x00\x00/f"))
	f.Add("shell,v2,TERM=xterm,raw:cat", wire.AppendShellPacket(nil, wire.ShellCloseStdin, nil))
	f.Add("shell:cat", []byte("in"))
	f.Add("exec:cat", []byte("in"))
	cfg := adbd.Config{Shell: reads, FS: &fullFS{}}
	f.Fuzz(func(t *testing.T, service string, data []byte) {
		in := wire.AppendPacket(nil, &wire.Packet{Command: wire.OPEN, Arg0: 1, Data: []byte(service + "\x00")}, true)
		in = wire.AppendPacket(in, &wire.Packet{Command: wire.WRTE, Arg0: 1, Arg1: 1, Data: data}, true)
		feed(t, cfg, in)
	})
}
