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
	auth := bridge.NewAuth(d.db)
	graph, composer := cloud.New(cloud.Config{
		Store: d.db, Auth: auth, Log: d.log.With("component", "cloud"),
		PublicURL: d.cfg.PublicURL, QueryTokenSends: d.cfg.QueryToken,
		AppSecret: d.cfg.Webhook.Secret, Verify: d.verify, Reload: d.hooks.Reload, FreeEdits: d.cfg.Templates.FreeEdits,
		Limits: d.cfg.Limits.cloud(d.limits),
		Rates:  d.cfg.rates(), Currency: d.cfg.Currency, TimeZone: d.cfg.wabaZone(),
		Library: d.library, Signer: d.signer, Files: d.files, Links: d.library,
		Read: d.markRead, Audit: d.audit,
	})
	own := bridge.New(bridge.Config{
		Store: d.db, Auth: auth, Log: d.log.With("component", "bridge"), Version: d.build.Version,
		PublicURL: d.cfg.PublicURL, Origins: d.cfg.Origins, Verify: d.verify, Webhooks: d.hooks,
		Ready: d.db.Ready, Pollers: d.pollerStates, Hands: newHands(d), Audit: d.audit, Composer: composer,
	})
	rest, err := d.serveDevino(ctx, auth, graph)
	if err == nil {
		rest, err = d.serveTwin(ctx, auth, rest)
	}
	if err != nil {
		return errors.Join(err, l.Close())
	}
	server := newServer(d.serveConsole(auth, own.Beside(rest)), d.log.With("component", "http"))
	done := make(chan struct{})
	go func() { // ends with Shutdown, which waits for it
		defer close(done)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			d.fail(fmt.Errorf("serve http: %w", err))
		}
	}()
	d.parts.started("http", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		err := server.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		<-done
		return err
	})
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

// writeAddress tells the commands of this machine where the gateway is.
func (d *Daemon) writeAddress() error {
	path := filepath.Join(d.cfg.Data, AddressFile)
	if err := writePrivate(path, d.addr); err != nil {
		return err
	}
	d.parts.started("address file", func(context.Context) error {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	})
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
