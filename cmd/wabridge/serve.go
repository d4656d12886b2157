package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/daemon"
)

func newServe() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the gateway",
		Long: `Serve runs the gateway until it is interrupted. Without a config file it uses
every phone with WhatsApp that adb shows, and listens on 127.0.0.1:8080. The
first start makes a token for this machine's user and says where it is; more
are made with ` + "`wabridge token create`" + `.

Settings come from wabridge.yaml (see wabridge.example.yaml), then from the
environment, then from flags: the later ones win. docs/configuration.md has them
all.`,
		Example: `  wabridge serve
  wabridge serve --phone direct:192.0.2.7:5555 --data /var/lib/wabridge
  WABRIDGE_LOG_FORMAT=json wabridge serve --config /etc/wabridge.yaml`,
		Args: need(),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := daemon.Load(c.Flags(), lookupEnv)
			if err != nil {
				return err
			}
			return serve(c.Context(), cfg, logger(cfg.Log, c.ErrOrStderr()), nil)
		},
	}
	daemon.AddFlags(c.Flags())
	return c
}

// serve runs a daemon until the context ends, then stops it in bounded time.
func serve(ctx context.Context, cfg daemon.Config, log *slog.Logger, ready func(*daemon.Daemon)) error {
	d, err := daemon.New(cfg, daemon.Build{Version: buildVersion()}, log)
	if err != nil {
		return err
	}
	if err := d.Start(ctx); err != nil {
		return portTaken(err, cfg.Listen)
	}
	if ready != nil {
		ready(d)
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
wait:
	for {
		select {
		case <-ctx.Done():
			break wait
		case err = <-d.Failed():
			break wait
		case <-hangup:
			d.Reload()
		}
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.Grace+10*time.Second)
	defer cancel()
	if serr := d.Stop(stop); serr != nil {
		return fmt.Errorf("stop: %w", serr)
	}
	return err
}

// logger writes to w in the configured form.
func logger(cfg daemon.LogConfig, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Level)) // Validate has seen to it
	o := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// portTaken explains a busy port; other errors it leaves alone.
func portTaken(err error, addr string) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	return fmt.Errorf("%s is in use by another program (a wabridge that runs already?); choose another address, port 0 for any that is free", addr)
}
