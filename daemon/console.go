package daemon

import (
	"cmp"
	"context"
	"net/http"
	"path/filepath"

	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/console"
	"github.com/wabridge/wabridge/bridge/webhook"
	"github.com/wabridge/wabridge/queue"
)

// serveConsole serves the console's pages beside what rest serves, unless the
// configuration turns it off.
func (d *Daemon) serveConsole(auth *bridge.Auth, rest http.Handler) http.Handler {
	if !d.cfg.Console {
		return rest
	}
	c := console.New(console.Config{
		Store: d.db, Auth: auth, Log: d.log.With("component", "console"), Version: d.build.Version, PublicURL: d.cfg.PublicURL,
		Operate: console.Operate{
			Hands: d.hands, Webhooks: d.hooks, Destinations: destinations{d}, AppSigned: d.cfg.Webhook.Secret != "", TestWebhook: d.testWebhook, Rates: d.cfg.rates(), Currency: d.cfg.Currency,
			Settings: Explain(d.cfg), Audit: d.audit,
		},
		Files: d.files, Library: d.library, Evidence: evidence{filepath.Join(d.cfg.Data, evidenceDir)},
	})
	d.parts.started("console", c.Shutdown)
	return c.Beside(rest)
}

// testWebhook posts a sample to a receiver, for a person who looks at it.
func (d *Daemon) testWebhook(ctx context.Context, e queue.Endpoint) console.WebhookTest {
	r := webhook.Test(ctx, d.client, e.URL, cmp.Or(e.Secret, d.cfg.Webhook.Secret))
	return console.WebhookTest{Status: r.Status, Took: r.Took, Error: r.Error, Excerpt: r.Excerpt}
}

// ConsoleURL is where the console is, "" where it is turned off. It is known
// after Start.
func (d *Daemon) ConsoleURL() string {
	switch {
	case !d.cfg.Console:
		return ""
	case d.cfg.PublicURL != "":
		return d.cfg.PublicURL
	}
	return d.URL()
}
