package adb

import (
	"context"
	"errors"
	"io"
	"time"
)

// errIdle is the cause of a context that ended because nothing moved.
var errIdle = errors.New("nothing moved for too long")

// bounded gives ctx a deadline d from now unless it has one.
func bounded(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok || d <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}

// whileMoving returns a context that ends when touch was not called for d.
func whileMoving(ctx context.Context, d time.Duration) (moving context.Context, touch, cancel func()) {
	moving, stop := context.WithCancelCause(ctx)
	timer := time.AfterFunc(d, func() { stop(errIdle) })
	return moving, func() { timer.Reset(d) }, func() {
		timer.Stop()
		stop(nil)
	}
}

// closeWith closes c when ctx ends. The returned function calls that off; when
// it returns, no goroutine of it is left.
func closeWith(ctx context.Context, c io.Closer) (release func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = c.Close()
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}
