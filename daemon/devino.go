package daemon

import (
	"context"
	"fmt"
	"net/http"

	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/callback"
	"github.com/wabridge/wabridge/bridge/devino"
)

// DevinoConfig is what the interface in Devino's form is told.
type DevinoConfig struct {
	Senders  []DevinoSender `koanf:"senders"`
	Incoming string         `koanf:"incoming_url"`
	// AllowPrivate lets callbackUrls lead to private addresses.
	AllowPrivate bool `koanf:"allow_private"`
	// AllowLoopback lets them lead to this machine.
	AllowLoopback bool `koanf:"allow_loopback"`
}

// A DevinoSender is a name in `from` and the phone that it means.
type DevinoSender struct {
	Name  string `koanf:"name"`
	Phone string `koanf:"phone"`
}

func (c DevinoConfig) validate(bad report) {
	names := map[string]int{}
	for i, s := range c.Senders {
		field := fmt.Sprintf("devino.senders[%d]", i)
		if s.Name == "" {
			bad(field+".name", "is empty; give the name that stands in from")
		} else if j, ok := names[s.Name]; ok {
			bad(field+".name", "%q is the name of devino.senders[%d] already", s.Name, j)
		}
		names[s.Name] = i
		if !decimal.MatchString(s.Phone) {
			bad(field+".phone", "%q is not the id of a phone; `wabridge phones` shows them", s.Phone)
		}
	}
	if c.Incoming != "" && !httpURL(c.Incoming) {
		bad("devino.incoming_url", "%q is not an http or https URL", c.Incoming)
	}
}

// serveDevino starts the webhooks in Devino's form, and serves its calls
// beside what rest serves.
func (d *Daemon) serveDevino(ctx context.Context, auth *bridge.Auth, rest http.Handler) (http.Handler, error) {
	c := devino.Config{
		Store: d.db, Auth: auth, Log: d.log.With("component", "devino"), Senders: map[string]string{},
		Searching: d.searching,
		Links:     d.library, Files: d.files, Incoming: d.cfg.Devino.Incoming, Base: d.cfg.PublicURL, Client: d.client,
	}
	c.Client = d.counted("devino", d.client)
	c.Reach = callback.Reach{Private: d.cfg.Devino.AllowPrivate, Loopback: d.cfg.Devino.AllowLoopback, Setting: "devino"}
	if c.Policy = d.cfg.deliveryPolicy(); !c.Reach.Private {
		c.Callbacks = d.counted("devino", c.Reach.Client())
	}
	for _, s := range d.cfg.Devino.Senders {
		c.Senders[s.Name] = s.Phone
	}
	if c.Base == "" {
		c.Base = d.URL()
	}
	hooks := devino.New(c)
	if err := hooks.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.callbacks = append(d.callbacks, hooks)
	d.mu.Unlock()
	d.parts.started("devino webhooks", func(ctx context.Context) error {
		err := withGrace(ctx, hooks.Stop)
		if c.Callbacks != nil {
			c.Callbacks.CloseIdleConnections()
		}
		return err
	})
	own := devino.Handler(c)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if devino.Ours(r.URL.Path) {
			own.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	}), nil
}
