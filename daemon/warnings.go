package daemon

import (
	"context"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phone"
)

// How often a running phone is asked for what keeps messages from coming or
// going: its answer is read from two lists of Android's and takes some tenths of a
// second there.
const (
	warningsEvery   = 2 * time.Minute
	warningsInstant = time.Second // on a simulated phone that loses no time
)

// watchWarnings asks a phone again and again, until ctx ends, and logs what has
// changed. A phone that cannot be reached keeps what was known.
func (d *Daemon) watchWarnings(ctx context.Context, r *runner, p wabridge.Phone) {
	every := warningsEvery
	if d.cfg.Timing == TimingInstant {
		every = warningsInstant
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
		d.askWarnings(ctx, r, p)
	}
}

func (d *Daemon) askWarnings(ctx context.Context, r *runner, p wabridge.Phone) {
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	dev, err := reach(ctx, r.link)
	if err != nil {
		return
	}
	p.Code = wabridge.CodeNone // the state is asked for when it is shown
	list, err := phone.Warnings(ctx, dev, p)
	if err != nil {
		return
	}
	var before []wabridge.Warning
	if was := r.warnings.Swap(&list); was != nil {
		before = *was
	}
	for _, w := range list {
		if !slices.Contains(before, w) {
			d.log.Warn("the phone keeps messages back", "phone", p.ID, "kind", w.Kind, "detail", w.Detail, "remedy", w.Remedy)
		}
	}
	for _, w := range before {
		if !slices.ContainsFunc(list, func(o wabridge.Warning) bool { return o.Kind == w.Kind }) {
			d.log.Info("the phone no longer keeps messages back", "phone", p.ID, "kind", w.Kind)
		}
	}
}

// Warnings implements bridge.Hands: what was known of a phone when it was last
// asked, and what its state says.
func (h *hands) Warnings(p wabridge.Phone) []wabridge.Warning {
	list := []wabridge.Warning{}
	h.d.mu.Lock()
	r := h.d.phones[p.ID]
	h.d.mu.Unlock()
	if r != nil {
		if known := r.warnings.Load(); known != nil {
			list = append(list, *known...)
		}
	}
	return append(list, phone.AccountWarnings(p)...)
}

// warned lists the kinds of warnings of each phone, for metrics.
func (d *Daemon) warned() map[string][]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make(map[string][]string, len(d.phones))
	for id, r := range d.phones {
		var kinds []string
		if known := r.warnings.Load(); known != nil {
			for _, w := range *known {
				kinds = append(kinds, w.Kind)
			}
		}
		out[id] = kinds
	}
	return out
}
