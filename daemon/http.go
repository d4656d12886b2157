package daemon

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/cloud"
	"github.com/wabridge/wabridge/bridge/webhook"
	"github.com/wabridge/wabridge/queue"
)

// serveHTTP listens and serves the APIs: /bridge/v1, /healthz and /readyz are
// ours, everything else is Graph's.
func (d *Daemon) serveHTTP(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", d.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w; choose another address with --listen", err)
	}
	d.addr = l.Addr().String()
	secure, err := d.openTLS(ctx)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	auth := bridge.NewAuth(d.db)
	auth.Log, auth.Wrong = d.log.With("component", "auth"), d.metrics.WrongToken
	graph, composer := cloud.New(cloud.Config{
		Store: d.db, Auth: auth, Log: d.log.With("component", "cloud"),
		PublicURL: d.cfg.PublicURL, QueryTokenSends: d.cfg.QueryToken,
		AppSecret: d.cfg.Webhook.Secret, Verify: d.verify, Reload: d.hooks.Reload, FreeEdits: d.cfg.Templates.FreeEdits,
		Limits: d.cfg.Limits.cloud(d.limits),
		Rates:  d.cfg.rates(), Currency: d.cfg.Currency, TimeZone: d.cfg.wabaZone(),
		Library: d.library, Signer: d.signer, Files: d.files, Links: d.library,
		Searching: d.searching,
		Read:      d.markRead, Audit: d.audit,
	})
	own := bridge.New(bridge.Config{
		Store: d.db, Auth: auth, Log: d.log.With("component", "bridge"), Version: d.build.Version,
		PublicURL: d.cfg.PublicURL, Origins: d.cfg.Origins, Verify: d.verify, Webhooks: d.hooks, Destinations: destinations{d}, AppSigned: d.cfg.Webhook.Secret != "",
		Ready: d.ready, Searching: d.searching, Pollers: d.pollerStates, Hands: d.hands, Audit: d.audit, Composer: composer,
		Metrics: d.metrics.Handler(), MetricsPublic: d.cfg.Metrics.Public,
		Scenarios: d.scenarios, SessionTTL: d.cfg.Sessions.ttl(),
	})
	rest, err := d.serveDevino(ctx, auth, graph)
	if err == nil {
		rest, err = d.serveTwin(ctx, auth, rest)
	}
	if err != nil {
		return errors.Join(err, l.Close())
	}
	d.state.Store, d.state.Readers = d.db, own.Readers
	proxies, _ := d.cfg.proxies() // Validate has seen to it
	log := d.log.With("component", "http")
	handler := bridge.Observe(guarded(d.https(), serveGoroutines(auth, d.serveConsole(auth, own.Beside(rest)))), log, d.metrics)
	d.serve(newServer(behind(proxies, handler), log), l, "http")
	if err := d.serveMetrics(ctx, own); err != nil {
		return err
	}
	d.parts.started("event readers", own.Shutdown) // before http, which would wait for them
	return d.writeAddress()
}

// newServer bounds every request: a client that sends or takes it too slowly
// is cut off. Readers of events set deadlines of their own.
func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// URL is where the HTTP interfaces are. It is known after Start.
func (d *Daemon) URL() string {
	if d.cfg.TLS.on() {
		return "https://" + d.addr
	}
	return "http://" + d.addr
}

// https reports whether browsers know this server by an https address of its
// own.
func (d *Daemon) https() bool {
	return d.cfg.TLS.on() && strings.HasPrefix(d.cfg.PublicURL, "https://")
}

// writeAddress tells the commands of this machine where the gateway is.
func (d *Daemon) writeAddress() error {
	path := filepath.Join(d.cfg.Data, AddressFile)
	if err := writePrivate(path, d.URL()); err != nil {
		return err
	}
	d.parts.started("address file", func(context.Context) error { return removeFile(path) })
	return nil
}

// removeFile removes a file that may be gone already.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// verify does the handshake before an endpoint is stored.
func (d *Daemon) verify(ctx context.Context, e queue.Endpoint) error {
	if e.VerifyToken == "" {
		return nil
	}
	return webhook.Verify(ctx, d.client, e.URL, e.VerifyToken)
}

// configuredID is the endpoint that the config file names.
const configuredID = "config"

// configuredWebhook stores the receiver of the config file; without one, an
// earlier one is disabled, and what it has not got waits.
func (d *Daemon) configuredWebhook(ctx context.Context) error {
	all, err := d.db.Endpoints(ctx)
	if err != nil {
		return err
	}
	if err := d.signAsApp(ctx, all); err != nil {
		return err
	}
	want := queue.Endpoint{
		ID: configuredID, URL: d.cfg.Webhook.URL, VerifyToken: d.cfg.Webhook.VerifyToken,
		Secret: d.cfg.Webhook.Secret, Scope: "app", Fields: d.cfg.Webhook.Fields,
	}
	for _, e := range all {
		if e.ID != configuredID {
			continue
		}
		if want.URL == "" {
			e.Disabled = true
			_, err := d.db.PutEndpoint(ctx, e)
			return err
		}
		want.Cursor, want.Created = e.Cursor, e.Created
	}
	if want.URL == "" {
		return nil
	}
	if _, err = d.db.PutEndpoint(ctx, want); err != nil {
		return err
	}
	d.greet(ctx, want)
	return nil
}

// signAsApp gives the receivers that were set through the Cloud API the app's
// secret of today.
func (d *Daemon) signAsApp(ctx context.Context, all []queue.Endpoint) error {
	for _, e := range all {
		if !cloud.SetByAPI(e.ID) || e.Secret == d.cfg.Webhook.Secret {
			continue
		}
		e.Secret = d.cfg.Webhook.Secret
		if _, err := d.db.PutEndpoint(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// greet does the handshake with the configured receiver. Nobody waits for it:
// one that hangs must not keep messages from being taken.
func (d *Daemon) greet(ctx context.Context, e queue.Endpoint) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := d.verify(ctx, e); err != nil && ctx.Err() == nil {
			d.log.Warn("the webhook's handshake failed; it is used all the same", "err", err)
		}
	})
	d.parts.started("webhook handshake", func(context.Context) error {
		cancel()
		wg.Wait()
		return nil
	})
}
