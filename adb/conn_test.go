package adb_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/adb/wire"
)

// TestStreamEnds has the device do odd and wrong things on an open stream and
// says what its reader gets.
func TestStreamEnds(t *testing.T) {
	for _, c := range []struct {
		name   string
		script func(p *phone, local uint32)
		read   string
		want   error // nil is io.EOF
	}{
		{"data, then CLSE", func(p *phone, id uint32) { p.send(wire.WRTE, 100, id, "abc"); p.send(wire.CLSE, 100, id, "") }, "abc", nil},
		{"CLSE without an id (Android 5)", func(p *phone, id uint32) { p.send(wire.WRTE, 100, id, "abc"); p.send(wire.CLSE, 0, id, "") }, "abc", nil},
		{"CLSE twice", func(p *phone, id uint32) { p.send(wire.CLSE, 100, id, ""); p.send(wire.CLSE, 100, id, "") }, "", nil},
		{"packets for unknown streams and of unknown kind", func(p *phone, id uint32) {
			p.send(wire.WRTE, 7, 999, "for nobody")
			p.send(wire.CLSE, 7, 999, "")
			p.send(wire.WRTE, 7, id, "from another stream")
			p.send(wire.Command(0x11223344), 1, 2, "?")
			p.send(wire.SYNC, 1, 2, "")
			p.send(wire.WRTE, 100, id, "abc")
			p.send(wire.CLSE, 100, id, "")
		}, "abc", nil},
		{"an empty block is acknowledged", func(p *phone, id uint32) {
			p.send(wire.WRTE, 100, id, "")
			p.expect(wire.OKAY)
			p.send(wire.CLSE, 100, id, "")
		}, "", nil},
		{"an OPEN of its own is refused", func(p *phone, id uint32) {
			p.send(wire.OPEN, 55, 0, "tcp:80\x00")
			if c := p.expect(wire.CLSE); c.Arg0 != 0 || c.Arg1 != 55 {
				p.t.Errorf("refusal CLSE(%d, %d), want CLSE(0, 55)", c.Arg0, c.Arg1)
			}
			p.send(wire.WRTE, 100, id, "abc")
			p.send(wire.CLSE, 100, id, "")
		}, "abc", nil},
		{"it does not wait for our acknowledgement", func(p *phone, id uint32) {
			for range 20 {
				p.send(wire.WRTE, 100, id, "abc")
			}
		}, "", adb.ErrProtocol},
		{"a length of 4 GiB", func(p *phone, id uint32) { p.raw(header(wire.WRTE, 0xffffffff)) }, "", adb.ErrProtocol},
		{"a wrong magic", func(p *phone, id uint32) { p.raw(bytes.Repeat([]byte("x"), wire.HeaderSize)) }, "", adb.ErrProtocol},
		{"it goes in the middle of a block", func(p *phone, id uint32) {
			p.send(wire.WRTE, 100, id, "abc")
			p.expect(wire.OKAY)
			p.raw(append(header(wire.WRTE, 100), "half"...))
			_ = p.nc.Close()
		}, "abc", adb.ErrClosed},
		{"it begins anew", func(p *phone, id uint32) { p.send(wire.CNXN, wire.VersionUnchecked, wire.MaxData, "device::") }, "", adb.ErrClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			withPhone(t, adb.DialOptions{}, func(p *phone) {
				p.greet()
				id, _ := p.opened()
				c.script(p, id)
				p.drain()
			}, func(t *testing.T, conn *adb.Conn, err error) {
				s, err := open(t, conn, err)
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait() // the script has run as far as it can without a reader
				got, err := io.ReadAll(s)
				if string(got) != c.read || !errors.Is(err, c.want) {
					t.Errorf("read %q, %v; want %q, %v", got, err, c.read, c.want)
				}
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
				if _, err := s.Write([]byte("x")); !errors.Is(err, adb.ErrClosed) {
					t.Errorf("write after close: %v, want ErrClosed", err)
				}
			})
		})
	}
}

func open(t *testing.T, conn *adb.Conn, err error) (adb.Stream, error) {
	t.Helper()
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	return conn.Open(context.Background(), "shell,v2,raw:secret words")
}

func TestWrongChecksumInAStream(t *testing.T) {
	withPhone(t, adb.DialOptions{}, func(p *phone) {
		p.greetAs(wire.VersionChecked, wire.MaxDataLegacy, "device::")
		id, _ := p.opened()
		b := wire.AppendPacket(nil, &wire.Packet{Command: wire.WRTE, Arg0: 100, Arg1: id, Data: []byte("abc")}, true)
		b[16]++
		p.raw(b)
		p.drain()
	}, func(t *testing.T, conn *adb.Conn, err error) {
		s, err := open(t, conn, err)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(s); !errors.Is(err, adb.ErrProtocol) || !errors.Is(err, wire.ErrChecksum) {
			t.Errorf("read: %v, want ErrProtocol", err)
		}
		if _, err := conn.Open(context.Background(), "sync:"); !errors.Is(err, adb.ErrProtocol) {
			t.Errorf("open after it: %v, want the reason it ended", err)
		}
	})
}

// TestBlocksAreCutAndSummed writes to an old device: blocks of at most its size,
// each with a sum, each after the last was acknowledged; the service ends in NUL.
func TestBlocksAreCutAndSummed(t *testing.T) {
	want := string(randomBytes(10_000))
	var got strings.Builder
	withPhone(t, adb.DialOptions{}, func(p *phone) {
		p.greetAs(wire.VersionChecked, wire.MaxDataLegacy, "device::;\x00")
		open := p.expect(wire.OPEN)
		if !bytes.HasSuffix(open.Data, []byte{0}) {
			p.t.Error("the service string has no NUL")
		}
		p.send(wire.OKAY, 100, open.Arg0, "")
		for got.Len() < len(want) {
			b := p.expect(wire.WRTE)
			if len(b.Data) == 0 || len(b.Data) > wire.MaxDataLegacy || b.VerifyChecksum() != nil || b.Arg1 != 100 {
				p.t.Errorf("block of %d bytes, sum %v", len(b.Data), b.VerifyChecksum())
				return
			}
			got.Write(b.Data)
			p.send(wire.OKAY, 100, open.Arg0, "")
		}
		p.drain()
	}, func(t *testing.T, conn *adb.Conn, err error) {
		s, err := open(t, conn, err)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := s.Write([]byte(want)); n != len(want) || err != nil {
			t.Errorf("write = %d, %v", n, err)
		}
		synctest.Wait()
	})
	if got.String() != want {
		t.Errorf("%d bytes came over, want %d equal ones", got.Len(), len(want))
	}
}

func TestServiceTooLongIsNotSent(t *testing.T) {
	for _, c := range []struct {
		name    string
		maxData uint32
		banner  string
		most    int
	}{
		{"without shell_v2", wire.MaxData, "device::features=cmd", 4095},
		{"with it", wire.MaxData, "device::features=shell_v2", adb.DefaultMaxData - 1},
		{"a small device", 4096, "device::features=shell_v2", 4095},
	} {
		t.Run(c.name, func(t *testing.T) {
			withPhone(t, adb.DialOptions{}, func(p *phone) {
				p.greetAs(wire.VersionUnchecked, c.maxData, c.banner)
				p.opened()
				p.drain()
			}, func(t *testing.T, conn *adb.Conn, err error) {
				if err != nil {
					t.Fatal(err)
				}
				if _, err := conn.Open(context.Background(), strings.Repeat("x", c.most+1)); !errors.Is(err, adb.ErrTooLong) {
					t.Errorf("one too long: %v, want ErrTooLong", err)
				}
				if _, err := conn.Open(context.Background(), strings.Repeat("x", c.most)); err != nil {
					t.Errorf("the longest: %v", err)
				}
			})
		})
	}
}

// TestOpenIsNotAnswered gives up an OPEN; the answer that comes late closes the
// service, which nobody waits for.
func TestOpenIsNotAnswered(t *testing.T) {
	withPhone(t, adb.DialOptions{}, func(p *phone) {
		p.greet()
		o := p.expect(wire.OPEN)
		time.Sleep(time.Minute)
		p.send(wire.OKAY, 100, o.Arg0, "")
		if c := p.expect(wire.CLSE); c.Arg0 != o.Arg0 || c.Arg1 != 100 {
			p.t.Errorf("CLSE(%d, %d), want CLSE(%d, 100)", c.Arg0, c.Arg1, o.Arg0)
		}
		second, _ := p.opened()
		if second == o.Arg0 {
			p.t.Error("an id was used again")
		}
		p.drain()
	}, func(t *testing.T, conn *adb.Conn, err error) {
		begin := time.Now()
		_, err = open(t, conn, err)
		if !errors.Is(err, adb.ErrTimeout) || time.Since(begin) != adb.DefaultOpenTimeout {
			t.Errorf("got %v after %v, want ErrTimeout after %v", err, time.Since(begin), adb.DefaultOpenTimeout)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the command: %v", err)
		}
		time.Sleep(time.Minute)
		if _, err := open(t, conn, nil); err != nil {
			t.Errorf("the next open: %v", err)
		}
	})
}

func TestOpenIsRefused(t *testing.T) {
	withPhone(t, adb.DialOptions{}, func(p *phone) {
		p.greet()
		p.send(wire.CLSE, 0, p.expect(wire.OPEN).Arg0, "")
		p.drain()
	}, func(t *testing.T, conn *adb.Conn, err error) {
		if _, err = open(t, conn, err); !errors.Is(err, adb.ErrRefused) {
			t.Errorf("got %v, want ErrRefused", err)
		}
	})
}

// TestPeerStopsReading: the device takes no more bytes at all.
func TestPeerStopsReading(t *testing.T) {
	withPhone(t, adb.DialOptions{}, func(p *phone) {
		p.greet()
		p.opened()
		time.Sleep(time.Hour) // reads nothing
	}, func(t *testing.T, conn *adb.Conn, err error) {
		s, err := open(t, conn, err)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		_, err = s.Write(make([]byte, 1<<20))
		if !errors.Is(err, adb.ErrOffline) || time.Since(begin) != adb.DefaultWriteTimeout {
			t.Errorf("write = %v after %v, want ErrOffline after %v", err, time.Since(begin), adb.DefaultWriteTimeout)
		}
		<-conn.Done()
		if !errors.Is(conn.Err(), adb.ErrOffline) {
			t.Errorf("connection: %v, want ErrOffline", conn.Err())
		}
	})
}

// TestPeerDoesNotAcknowledge: the device reads all and answers no block; a
// command's deadline ends it.
func TestPeerDoesNotAcknowledge(t *testing.T) {
	withPhone(t, adb.DialOptions{}, func(p *phone) {
		p.greet()
		p.opened()
		p.drain()
	}, func(t *testing.T, conn *adb.Conn, err error) {
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		_, err = adb.NewDevice(conn).RunInput(context.Background(), "cat", bytes.NewReader(make([]byte, 5<<20)))
		if took := time.Since(begin); !errors.Is(err, adb.ErrTimeout) || took > adb.DefaultTimeout+time.Second {
			t.Errorf("run = %v after %v, want ErrTimeout after %v", err, took, adb.DefaultTimeout)
		}
	})
}

// TestFloodOfOpens: unasked packets whose answers are not taken end the
// connection before they fill the memory.
func TestFloodOfOpens(t *testing.T) {
	withPhone(t, adb.DialOptions{}, func(p *phone) {
		p.greet()
		for i := range uint32(2000) {
			p.send(wire.OPEN, i+1, 0, "tcp:1\x00") // reads no answer
		}
	}, func(t *testing.T, conn *adb.Conn, err error) {
		if err != nil {
			t.Fatal(err)
		}
		<-conn.Done()
		if !errors.Is(conn.Err(), adb.ErrProtocol) {
			t.Errorf("connection: %v, want ErrProtocol", conn.Err())
		}
	})
}

// TestSlowReaderHoldsUpNobody: one stream's consumer sleeps, the others work.
func TestSlowReaderHoldsUpNobody(t *testing.T) {
	withPhone(t, adb.DialOptions{}, func(p *phone) {
		p.greet()
		slow, _ := p.opened()
		p.send(wire.WRTE, 100, slow, "waits")
		o := p.expect(wire.OPEN)
		p.send(wire.OKAY, 200, o.Arg0, "")
		for range 100 {
			p.send(wire.WRTE, 200, o.Arg0, "x")
			if k := p.expect(wire.OKAY); k.Arg1 != 200 {
				p.t.Errorf("OKAY for %d, want 200", k.Arg1)
			}
		}
		p.send(wire.CLSE, 200, o.Arg0, "")
		p.drain()
	}, func(t *testing.T, conn *adb.Conn, err error) {
		slow, err := open(t, conn, err)
		if err != nil {
			t.Fatal(err)
		}
		fast, err := open(t, conn, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(fast); len(got) != 100 || err != nil {
			t.Errorf("fast stream: %d bytes, %v", len(got), err)
		}
		_ = conn.Close() // with the slow one open: its reader gets what came, then the end
		got, err := io.ReadAll(slow)
		if string(got) != "waits" || !errors.Is(err, adb.ErrClosed) {
			t.Errorf("slow stream: %q, %v", got, err)
		}
	})
}
