package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
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
environment, then from flags.`,
		Args: cobra.NoArgs,
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
		return err
	}
	if ready != nil {
		ready(d)
	}
	select {
	case <-ctx.Done():
	case err = <-d.Failed():
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
