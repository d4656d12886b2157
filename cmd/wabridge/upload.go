package main

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/wabridge/wabridge/media"
)

// An upload counts what has gone out of a request's body.
type upload struct{ sent, total atomic.Int64 }

// A countedBody is a body that tells an upload what was read of it.
type countedBody struct {
	io.Reader
	sent *upload
}

func (c *countedBody) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.sent.sent.Add(int64(n))
	return n, err
}

// uploadTold is how often the progress of an upload is printed.
const uploadTold = 2 * time.Second

// tell prints how far an upload of so many people is, until the function that
// it returns is called. A quick one prints nothing.
func (u *upload) tell(out io.Writer, people int) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	began := time.Now()
	go func() {
		defer close(ended)
		tick := time.NewTicker(uploadTold)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
				fmt.Fprintln(out, u.line(people, time.Since(began)))
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

// line is what is told after some time.
func (u *upload) line(people int, after time.Duration) string {
	sent, total := u.sent.Load(), u.total.Load()
	if total == 0 || sent < total {
		return fmt.Sprintf("uploading: %d %% of %s", sent*100/max(total, 1), media.Bytes(total))
	}
	return fmt.Sprintf("the gateway has all of it and checks %d people (%d s)", people, int(after.Seconds()))
}
