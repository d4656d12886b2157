package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/metrics"
	"github.com/wabridge/wabridge/media"
)

// MetricsConfig says who may read /metrics besides tokens with the scope read.
type MetricsConfig struct {
	// Public lets everybody read it who reaches the HTTP interfaces.
	Public bool `koanf:"public"`
	// Listen is a second address that serves /metrics, /healthz and /readyz
	// alone, without a token; "" is none.
	Listen string `koanf:"listen"`
}

// watching counts and logs what the database commits. Each line has the
// message's id, and, where an HTTP request did it, the request's.
type watching struct {
	*metrics.Metrics
	log *slog.Logger
}

// Accepted implements sqlite.Observer.
func (w watching) Accepted(ctx context.Context, m *wabridge.Message) {
	w.Metrics.Accepted(m)
	w.log.InfoContext(ctx, "message accepted", "message_id", m.ID, "phone", m.Phone, "type", m.Type)
}

// Moved implements sqlite.Observer.
func (w watching) Moved(ctx context.Context, m *wabridge.Message, from wabridge.State) {
	w.Metrics.Moved(m, from)
	w.log.InfoContext(ctx, "message moved", "message_id", m.ID, "phone", m.Phone, "from", string(from), "to", string(m.State),
		"code", int(m.Code), "try", m.Tries)
}

// Received implements sqlite.Observer. The reader logs it.
func (w watching) Received(_ context.Context, m *wabridge.Message) { w.Metrics.Received(m) }

// observe sets the metrics up; d.state is completed before the first scrape.
func (d *Daemon) observe() watching {
	d.state = &metrics.State{Log: d.log.With("component", "metrics"), Links: d.links, Warnings: d.warned, Sizes: d.sizes, Polls: d.polls, Destinations: destinations{d}.Statuses,
		Media: func() (used, quota int64) { return d.files.Used(), int64(d.cfg.Media.Quota) },
		Ready: func(ctx context.Context) error { return d.db.Ready(ctx) }}
	d.metrics = metrics.New(d.build.Version, d.state)
	return watching{d.metrics, d.log.With("component", "queue")}
}

// counted is the client, with its requests counted as those to one endpoint.
func (d *Daemon) counted(endpoint string, client *http.Client) *http.Client {
	c := *client
	base := c.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	c.Transport = d.metrics.Transport(endpoint, base)
	return &c
}

// links is how the phones are reached.
func (d *Daemon) links() map[string]metrics.Link {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make(map[string]metrics.Link, len(d.phones))
	for id, r := range d.phones {
		s := r.link.Status()
		out[id] = metrics.Link{Up: s.Up, RoundTrip: s.RoundTrip}
	}
	return out
}

// sizes are those of the database's files, and what the disk has left; 0 where
// it is not known.
func (d *Daemon) sizes() (database, wal, free int64) {
	size := func(name string) int64 {
		fi, err := os.Stat(filepath.Join(d.cfg.Data, name))
		if err != nil {
			return 0
		}
		return fi.Size()
	}
	free, err := media.FreeSpace(d.cfg.Data)
	if err != nil {
		free = 0
	}
	return size(DatabaseFile), size(DatabaseFile + "-wal"), free
}

// polls is how the CRMs' queues are polled.
func (d *Daemon) polls(ctx context.Context) []metrics.PollState {
	all, err := d.pollerStates(ctx)
	if err != nil {
		return nil
	}
	out := make([]metrics.PollState, 0, len(all))
	for _, p := range all {
		out = append(out, metrics.PollState{Name: p.Name, Failing: p.Failures > 0, LastOK: p.LastOK})
	}
	return out
}

// serveMetrics serves /metrics, /healthz and /readyz on an address of their
// own, without tokens, if the configuration has one.
func (d *Daemon) serveMetrics(ctx context.Context, own *bridge.Server) error {
	if d.cfg.Metrics.Listen == "" {
		return nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", d.cfg.Metrics.Listen)
	if err != nil {
		return fmt.Errorf("metrics.listen: %w", err)
	}
	d.metricsAddr = l.Addr().String()
	server := newServer(guarded(false, own.Probes()), d.log.With("component", "metrics"))
	d.serve(server, l, "metrics")
	d.log.Info("metrics are served without a token", "listen", d.metricsAddr)
	return nil
}

// serve runs an HTTP server until the daemon stops.
func (d *Daemon) serve(server *http.Server, l net.Listener, name string) {
	done := make(chan struct{})
	go func() { // ends with Shutdown, which waits for it
		defer close(done)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			d.fail(fmt.Errorf("serve %s: %w", name, err))
		}
	}()
	d.parts.started(name, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		err := server.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		<-done
		return err
	})
}
