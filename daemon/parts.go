package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// A part is something that was started and must be stopped.
type part struct {
	name string
	stop func(context.Context) error
}

// parts notes how to stop each part at the moment it starts, so that a later
// part's failure to start leaks nothing.
type parts struct {
	log  *slog.Logger
	list []part
}

func (p *parts) started(name string, stop func(context.Context) error) {
	p.list = append(p.list, part{name, stop})
}

// stop ends the parts, the last started first. It may be called twice.
func (p *parts) stop(ctx context.Context) error {
	var errs []error
	for _, part := range slices.Backward(p.list) {
		begin := time.Now()
		if err := part.stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", part.name, err))
		}
		p.log.Debug("stopped", "part", part.name, "took", time.Since(begin))
	}
	p.list = nil
	return errors.Join(errs...)
}

// withGrace stops what posts to others, which gets hooksGrace for what is on its
// way. What is broken off then is no error: it is posted again after the next
// start.
func withGrace(ctx context.Context, stop func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, hooksGrace)
	defer cancel()
	err := stop(bounded)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	return err
}
