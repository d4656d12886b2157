package phonesim

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wabridge/wabridge/adb/adbd"
	"github.com/wabridge/wabridge/adb/wire"
	"github.com/wabridge/wabridge/phonesim/android"
)

// link is the phone's end of the cable.
type link struct {
	server  *adbd.Server
	offline atomic.Bool
}

// Start serves adbd on one listener and the control API on the other (nil:
// none). Both run until the context ends or Close; Start returns at once. It
// takes the listeners over.
func (p *Phone) Start(ctx context.Context, adb, control net.Listener) error {
	if !p.enter() {
		return errors.New("start the phone: it is closed")
	}
	defer p.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(p.ctx, cancel)
	l := &link{}
	l.server = adbd.New(adbd.Config{
		Banner: wire.Banner{Product: android.Product, Model: strings.ReplaceAll(android.Model, "-", "_"), Device: android.Device},
		Shell:  func(ctx context.Context, pr *adbd.Process) int { return p.process(ctx, l, pr) },
		FS:     syncFS{p.sys.Files},
		Logger: p.cfg.Logger,
	})
	p.sys.Do(func() { p.sys.KillLink = p.killLink(l) })
	p.serve(func() {
		if err := l.server.Serve(ctx, gated{adb, l}); err != nil {
			p.cfg.Logger.Error("adb listener ended", "err", err)
		}
		if err := l.server.Close(); err != nil {
			p.cfg.Logger.Error("close adbd", "err", err)
		}
	})
	if control != nil {
		p.serveControl(ctx, control)
	}
	return nil
}

// serve runs f in a goroutine that Close waits for.
func (p *Phone) serve(f func()) {
	p.running.Go(f)
}

func (p *Phone) serveControl(ctx context.Context, l net.Listener) {
	srv := &http.Server{Handler: p.Control(), ReadHeaderTimeout: 10 * time.Second}
	p.serve(func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.cfg.Logger.Error("control listener ended", "err", err)
		}
	})
	p.serve(func() {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := srv.Shutdown(end); err != nil {
			_ = srv.Close()
		}
	})
}

// gated takes connections and drops them at once while the phone is offline.
type gated struct {
	net.Listener
	l *link
}

func (g gated) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil || !g.l.offline.Load() {
			return c, err
		}
		_ = c.Close()
	}
}

// killLink carries out freeze and offline. It is called with the phone's lock held.
func (p *Phone) killLink(l *link) func(kind string, d time.Duration) {
	return func(kind string, d time.Duration) {
		switch kind {
		case "":
			l.server.Freeze(false)
			l.offline.Store(false)
		case android.FaultFreeze:
			l.server.Freeze(true)
			p.sys.Later(d, func() { l.server.Freeze(false) })
		case android.FaultOffline:
			l.offline.Store(true)
			l.server.Disconnect()
			p.sys.Later(d, func() { l.offline.Store(false) })
		}
	}
}

// process runs one command that came through adb.
func (p *Phone) process(ctx context.Context, l *link, pr *adbd.Process) int {
	if pr.Command == "" {
		return p.interactive(ctx, l, pr)
	}
	return p.linked(ctx, l, pr.Command, pr.Stdin, pr.Stdout, pr.Stderr)
}

// linked is Exec with the fault disconnect: the cable comes off before the
// command (nothing happens on the phone), in the middle of it, or after it but
// before its exit code is out.
func (p *Phone) linked(ctx context.Context, l *link, command string, stdin io.Reader, stdout, stderr io.Writer) int {
	var armed bool
	var when int
	p.sys.Do(func() {
		var v string
		if v, armed = p.sys.TakeValue(android.FaultDisconnect); armed {
			when = map[string]int{"before": 0, "middle": 1, "after": 2}[v]
			if v == "" {
				when = p.sys.Rand.IntN(3)
			}
		}
	})
	if !armed {
		return p.Exec(ctx, command, stdin, stdout, stderr)
	}
	switch when {
	case 0:
		l.server.Disconnect()
		return 255
	case 1:
		takeBack := func() {}
		p.sys.Do(func() { takeBack = p.sys.Later(p.sys.Latency.AmStart/2+time.Millisecond, l.server.Disconnect) })
		code := p.Exec(ctx, command, stdin, stdout, stderr)
		p.sys.Do(takeBack) // or it would cut the next connection
		l.server.Disconnect()
		return code
	}
	code := p.Exec(ctx, command, stdin, io.Discard, io.Discard)
	l.server.Disconnect()
	return code
}

// interactive is a shell without a command: one line after the other.
func (p *Phone) interactive(ctx context.Context, l *link, pr *adbd.Process) int {
	prompt := func() { fmt.Fprintf(pr.Stdout, "%s:/ $ ", android.Device) }
	s := bufio.NewScanner(pr.Stdin)
	s.Buffer(make([]byte, 4096), 1<<20)
	code := 0
	for prompt(); s.Scan() && ctx.Err() == nil; prompt() {
		text := strings.TrimRight(s.Text(), "\r")
		if strings.TrimSpace(text) == "exit" {
			return code
		}
		if strings.TrimSpace(text) != "" {
			code = p.linked(ctx, l, text, strings.NewReader(""), pr.Stdout, pr.Stderr)
		}
	}
	return code
}
