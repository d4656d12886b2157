package daemon

import (
	"context"
	"fmt"
	"net/http"

	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/bridge/callback"
	"github.com/wabridge/wabridge/bridge/twin"
)

// TwinConfig is what the interface in TWIN's form is told.
type TwinConfig struct {
	Chats []TwinChat `koanf:"chats"`
	Bots  []TwinBot  `koanf:"bots"`
	// AllowPrivate lets callbackUrls lead to private addresses.
	AllowPrivate bool `koanf:"allow_private"`
	// AllowLoopback lets them lead to this machine.
	AllowLoopback bool `koanf:"allow_loopback"`
}

// A TwinChat is a chatId and the phone that it means.
type TwinChat struct {
	ID    string `koanf:"id"`
	Phone string `koanf:"phone"`
}

// A TwinBot is a botId and the scenario that it means.
type TwinBot struct {
	ID       string `koanf:"id"`
	Scenario string `koanf:"scenario"`
}

func (c TwinConfig) validate(bad report) {
	chats, bots := map[string]int{}, map[string]int{}
	for i, chat := range c.Chats {
		field := fmt.Sprintf("twin.chats[%d]", i)
		if chat.ID == "" {
			bad(field+".id", "is empty; give the id that stands in chatId")
		} else if j, ok := chats[chat.ID]; ok {
			bad(field+".id", "%q is the id of twin.chats[%d] already", chat.ID, j)
		}
		chats[chat.ID] = i
		if !decimal.MatchString(chat.Phone) {
			bad(field+".phone", "%q is not the id of a phone; `wabridge phones` shows them", chat.Phone)
		}
	}
	for i, b := range c.Bots {
		field := fmt.Sprintf("twin.bots[%d]", i)
		if b.ID == "" {
			bad(field+".id", "is empty; give the id that stands in botId")
		} else if j, ok := bots[b.ID]; ok {
			bad(field+".id", "%q is the id of twin.bots[%d] already", b.ID, j)
		}
		bots[b.ID] = i
		if b.Scenario == "" {
			bad(field+".scenario", "is empty; `wabridge bot list` shows the scenarios")
		}
	}
}

// serveTwin starts the callbacks in TWIN's form, and serves its calls beside
// what rest serves.
func (d *Daemon) serveTwin(ctx context.Context, auth *bridge.Auth, rest http.Handler) (http.Handler, error) {
	c := twin.Config{
		Store: d.db, Auth: auth, Log: d.log.With("component", "twin"), Chats: map[string]string{}, Bots: map[string]string{},
		Scenarios: d.scenarios, Searching: d.searching,
		Links: d.library, Client: d.counted("twin", d.client), Policy: d.cfg.deliveryPolicy(),
		Reach: callback.Reach{Private: d.cfg.Twin.AllowPrivate, Loopback: d.cfg.Twin.AllowLoopback, Setting: "twin"},
	}
	for _, chat := range d.cfg.Twin.Chats {
		c.Chats[chat.ID] = chat.Phone
	}
	for i, b := range d.cfg.Twin.Bots {
		if _, err := d.scenarios.Find(b.Scenario); err != nil {
			return nil, fmt.Errorf("twin.bots[%d].scenario: %w", i, err)
		}
		c.Bots[b.ID] = b.Scenario
	}
	public := d.counted("twin", c.Reach.Client())
	if !c.Reach.Private {
		c.Client = public
	}
	hooks := twin.New(c)
	if err := hooks.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.callbacks = append(d.callbacks, hooks)
	d.mu.Unlock()
	d.parts.started("twin callbacks", func(ctx context.Context) error {
		err := withGrace(ctx, hooks.Stop)
		public.CloseIdleConnections()
		return err
	})
	own := twin.Handler(c)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if twin.Ours(r.URL.Path) {
			own.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	}), nil
}
