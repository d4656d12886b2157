package inbox

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/wabridge/wabridge/adb"
)

// A Device is what the reader needs of a phone. The streams are its own, so
// that nothing here waits for a send.
type Device interface {
	// Run runs a command to its end.
	Run(ctx context.Context, command string) (adb.Output, error)
	// Stream starts a command that goes on; closing ends it on the phone.
	Stream(ctx context.Context, command string) (io.ReadCloser, error)
}

// Over makes a Device of ADB's.
func Over(d *adb.Device) Device { return device{d} }

type device struct{ *adb.Device }

func (d device) Stream(ctx context.Context, command string) (io.ReadCloser, error) {
	p, err := d.Start(ctx, command)
	if err != nil {
		return nil, err
	}
	_ = p.Stdin.Close() // logcat reads nothing
	return process{p}, nil
}

type process struct{ *adb.Process }

func (p process) Read(b []byte) (int, error) { return p.Stdout.Read(b) }

// Close ends the command on the phone and waits for it.
func (p process) Close() error {
	err := p.Kill()
	_, _ = p.Wait() // it was killed: its exit says nothing
	return err
}

// timed runs a command with a deadline; its standard output is the result.
type timed struct {
	dev   Device
	limit time.Duration
}

// Output implements Runner.
func (t timed) Output(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	out, err := t.dev.Run(ctx, command)
	if err != nil {
		return "", fmt.Errorf("run %q: %w", command, err)
	}
	if out.ExitCode != 0 {
		return "", fmt.Errorf("run %q: exit code %d", command, out.ExitCode)
	}
	return string(out.Stdout), nil
}
