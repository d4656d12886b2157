package adb_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/wabridge/wabridge/adb"
)

// A fake is a Transport whose services are played by a function; the stream
// ends when it returns.
type fake struct {
	features adb.Features
	serve    func(service string, stream net.Conn)
	refuse   func(service string) error

	mu       sync.Mutex
	services []string
	wg       sync.WaitGroup
}

func (f *fake) Serial() string { return "fake" }

func (f *fake) Features(context.Context) (adb.Features, error) { return f.features, nil }

func (f *fake) Open(_ context.Context, service string) (adb.Stream, error) {
	f.mu.Lock()
	f.services = append(f.services, service)
	f.mu.Unlock()
	if f.refuse != nil {
		if err := f.refuse(service); err != nil {
			return nil, err
		}
	}
	ours, theirs := net.Pipe()
	f.wg.Go(func() {
		defer theirs.Close()
		f.serve(service, theirs)
	})
	return pipeStream{ours}, nil
}

func (f *fake) Close() error {
	f.wg.Wait()
	return nil
}

// pipeStream ends as streams of a device do: with io.EOF.
type pipeStream struct{ net.Conn }

func (s pipeStream) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if errors.Is(err, io.ErrClosedPipe) {
		err = net.ErrClosed
	}
	return n, err
}

// says answers every service with the same bytes, and takes what the host
// sends meanwhile.
func says(b []byte) func(string, net.Conn) {
	return func(_ string, stream net.Conn) {
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = io.Copy(io.Discard, stream) })
		_, _ = stream.Write(b)
		_ = stream.Close()
		wg.Wait()
	}
}

var v2 = adb.Features{"shell_v2", "stat_v2", "ls_v2", "sendrecv_v2"}
