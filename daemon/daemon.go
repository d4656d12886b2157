package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/backup"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/callback"
	"github.com/wabridge/wabridge/bridge/cloud"
	"github.com/wabridge/wabridge/bridge/crm"
	"github.com/wabridge/wabridge/bridge/file"
	"github.com/wabridge/wabridge/bridge/metrics"
	"github.com/wabridge/wabridge/bridge/webhook"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
	"github.com/wabridge/wabridge/uiauto"
)

// Build tells what program this is.
type Build struct{ Version string }

// A Daemon is the running gateway. Start it once; Stop may be called twice.
type Daemon struct {
	cfg      Config
	build    Build
	log      *slog.Logger
	profiles *uiauto.Profiles
	pacing   queue.Pacing
	limits   *queue.Limits

	scenarios *bot.Library

	parts   parts
	db      *sqlite.DB
	files   *media.Store
	library *file.Library
	signer  *file.Signer
	client  *http.Client // of webhooks
	hooks   *webhook.Deliverer
	hands   *hands
	audit   *audit.Recorder
	metrics *metrics.Metrics
	state   *metrics.State // what a scrape reads
	reload  chan struct{}  // capacity 1: read the certificate again
	addr    string

	metricsAddr string
	token       string
	failed      chan error

	searched atomic.Bool   // adb was asked for phones, and answered
	found    []PhoneConfig // by the search before the start

	mu      sync.Mutex
	phones  map[string]*runner // by phone_number_id
	pollers []*crm.Poller
	// callbacks post to the addresses that messages name (Devino, TWIN).
	callbacks []*callback.Deliverer
}

// New checks the configuration and reads the app profiles; it touches nothing
// else.
func New(cfg Config, build Build, log *slog.Logger) (*Daemon, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	profiles, err := uiauto.LoadProfiles(cfg.Profiles)
	if err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	scenarios, err := cfg.loadScenarios()
	if err != nil {
		return nil, err
	}
	log = slog.New(bridge.LogHandler(log.Handler()))
	policy, _ := cfg.Pacing.policy() // Validate has seen to it
	d := &Daemon{
		cfg: cfg, build: build, log: log, profiles: profiles, pacing: policy, limits: queue.NewLimits(cfg.Limits.Throughput, queue.CloudPair),
		parts: parts{log: log}, client: webhook.NewClient(), failed: make(chan error, 1), reload: make(chan struct{}, 1), phones: map[string]*runner{},
		scenarios: scenarios,
	}
	d.hands = newHands(d)
	return d, nil
}

// Addr is where the HTTP API listens, Token the local user's secret. Both are
// known after Start.
func (d *Daemon) Addr() string { return d.addr }

// Token is the secret of this machine's user.
func (d *Daemon) Token() string { return d.token }

// Failed delivers the error of a part that ended by itself.
func (d *Daemon) Failed() <-chan error { return d.failed }

// Start wires everything, one straight line on purpose: database, token,
// webhooks, HTTP, phones. On an error what was started is stopped again. The
// context ends nothing that Start leaves running; Stop does.
func (d *Daemon) Start(ctx context.Context) (err error) {
	run := context.WithoutCancel(ctx)
	defer func() {
		if err != nil {
			err = errors.Join(err, d.parts.stop(run))
		}
	}()
	if err := os.MkdirAll(d.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	switch finished, err := backup.Finish(ctx, d.cfg.Data); {
	case err != nil:
		return fmt.Errorf("finish the restore of a backup that was interrupted: %w", err)
	case finished:
		d.log.Warn("the restore of a backup that was interrupted is finished")
	}
	d.db, err = sqlite.Open(ctx, filepath.Join(d.cfg.Data, DatabaseFile), sqlite.Options{Observer: d.observe()})
	if err != nil {
		return err
	}
	d.parts.started("database", func(context.Context) error { return d.db.Close() })
	d.db.SetOptOut(d.cfg.OptOut.optOut())
	d.recordRun(ctx)

	if err := d.openMedia(); err != nil {
		return err
	}
	d.cleanUp(run)
	if d.token, err = localToken(ctx, d.db, d.cfg.Data, d.cfg.Token); err != nil {
		return err
	}
	if err := d.configuredWebhook(ctx); err != nil {
		return err
	}
	if err := cloud.SeedTemplates(ctx, d.db, d.cfg.WABA); err != nil {
		return err
	}
	d.hooks = webhook.New(d.db, d.client, d.log.With("component", "webhook"))
	d.hooks.Observer, d.hooks.Policy, d.hooks.AppSecret = d.metrics, d.cfg.deliveryPolicy(), d.cfg.Webhook.Secret
	if err := d.hooks.Start(run); err != nil {
		return err
	}
	d.parts.started("webhooks", d.stopHooks)

	if err := d.startSessions(run); err != nil {
		return err
	}
	if err := d.registerPhones(run); err != nil { // first: who asks as soon as we listen must not be told that they do not exist
		return err
	}
	if err := d.serveHTTP(ctx); err != nil {
		return err
	}
	if err := d.startPhones(run); err != nil {
		return err
	}
	if err := d.startCRM(run); err != nil {
		return err
	}
	d.log.Info("ready", "listen", d.addr, "version", d.build.Version, "token_file", filepath.Join(d.cfg.Data, TokenFile), "console", d.ConsoleURL())
	return nil
}

// Stop ends everything in reverse order: phones first, so that a message being
// typed is finished; the database last.
func (d *Daemon) Stop(ctx context.Context) error { return d.parts.stop(ctx) }

// hooksGrace is how long a stop waits for receivers that have not answered yet.
const hooksGrace = 5 * time.Second

// stopHooks gives POSTs on their way a moment. What is broken off then is no
// error: it is delivered again after the next start.
func (d *Daemon) stopHooks(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, hooksGrace)
	defer cancel()
	err := d.hooks.Stop(bounded)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		d.log.Info("webhook receivers did not answer before the stop; they get it again")
		err = nil
	}
	return err
}

// fail reports the error of a part that ended by itself; the first one counts.
func (d *Daemon) fail(err error) {
	select {
	case d.failed <- err:
	default:
	}
}
