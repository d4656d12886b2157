package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/session"
)

// BotsConfig says where scenarios are.
type BotsConfig struct {
	Dir string `koanf:"dir"`
}

// SessionsConfig says how talks with chats are led.
type SessionsConfig struct {
	TTL   time.Duration `koanf:"ttl"`
	Plain bool          `koanf:"plain"`
	// Greeter is the scenario for those who write first.
	Greeter      string        `koanf:"greeter"`
	FirstContact bool          `koanf:"greeter_first_contact"`
	CoolDown     time.Duration `koanf:"greeter_cool_down"`
}

func (c Config) validateSessions(bad report) {
	if fi, err := os.Stat(c.Bots.Dir); c.Bots.Dir != "" && (err != nil || !fi.IsDir()) {
		bad("bots.dir", "%q is not a directory that can be read", c.Bots.Dir)
	}
	if c.Sessions.TTL < session.MinTTL || c.Sessions.TTL > session.MaxTTL {
		bad("sessions.ttl", "%v is not between %v and %v", c.Sessions.TTL, session.MinTTL, session.MaxTTL)
	}
	if c.Sessions.CoolDown < 0 {
		bad("sessions.greeter_cool_down", "is negative")
	}
}

// loadScenarios loads those of the configured directory; all that is wrong
// with them is told.
func (c Config) loadScenarios() (*bot.Library, error) {
	l := bot.NewLibrary()
	if c.Bots.Dir != "" {
		var err error
		l, err = bot.OpenLibrary(c.Bots.Dir)
		if problems, ok := errors.AsType[bot.FileProblems](err); ok {
			return nil, fmt.Errorf("bots.dir: the scenarios have mistakes:\n%w", problems)
		}
		if err != nil {
			return nil, fmt.Errorf("bots.dir: %w", err)
		}
	}
	if name := c.Sessions.Greeter; name != "" {
		if _, err := l.Find(name); err != nil {
			return nil, fmt.Errorf("sessions.greeter: %w", err)
		}
	}
	return l, nil
}

func (c SessionsConfig) ttl() wabridge.Seconds { return wabridge.Seconds(c.TTL / time.Second) }

// catchUpGrace is how long after the start no session ends by time: what
// people answered while the program was off is read from the phones first.
const catchUpGrace = time.Minute

// startSessions starts the engine that leads talks, and looks for changed
// scenarios.
func (d *Daemon) startSessions(ctx context.Context) error {
	if d.cfg.Sessions.Plain {
		d.db.SetPlainSessions(d.cfg.Sessions.ttl())
	}
	c := session.Config{
		Store: d.db, Scenarios: d.scenarios, Log: d.log.With("component", "session"), TTL: d.cfg.Sessions.ttl(),
		Greeter: session.Greeter{Bot: d.cfg.Sessions.Greeter, FirstContact: d.cfg.Sessions.FirstContact, CoolDown: d.cfg.Sessions.CoolDown},
	}
	if d.cfg.Timing == TimingPhone {
		c.Grace = catchUpGrace
	}
	engine := session.New(c)
	if err := engine.Start(ctx); err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	d.parts.started("sessions", engine.Stop)
	d.watchScenarios(ctx)
	return nil
}

// scenariosEvery is how often the scenarios' directory is looked at.
const scenariosEvery = 5 * time.Second

// watchScenarios takes changed scenario files over until the daemon stops.
func (d *Daemon) watchScenarios(ctx context.Context) {
	if d.cfg.Bots.Dir == "" {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(scenariosEvery):
			}
			switch changed, err := d.scenarios.Reload(); {
			case err != nil:
				d.log.Error("scenarios not taken over, the earlier ones stay", "err", err)
			case changed:
				d.log.Info("scenarios taken over", "scenarios", len(d.scenarios.Names()))
			}
		}
	})
	d.parts.started("scenarios", func(context.Context) error {
		cancel()
		wg.Wait()
		return nil
	})
}
