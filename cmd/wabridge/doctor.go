package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/phone"
)

func newDoctor() *cobra.Command {
	var asJSON, noScreen bool
	var only string
	c := &cobra.Command{
		Use: "doctor", Short: "Check that this machine, adb, the phone and the app are ready",
		Long: `Doctor checks this machine (data directory, disk, port, database, receivers of
webhooks), then each phone of the configuration and every other that adb shows:
adb reachable, phone authorised, app installed and known, logged in, screen and
lock, notifications allowed, battery, clock. Each line that is not ok has a
remedy.

To see whether the app is logged in it opens the app's chat list and goes back
to the launcher; --no-screen leaves the screen alone. Exit code 1 if something
is bad.`,
		Args: need(),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := daemon.Load(c.Flags(), lookupEnv)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), 3*time.Minute)
			defer cancel()
			values, err := daemon.Values(c.Flags(), lookupEnv)
			if err != nil {
				return err
			}
			only = phoneByName(c, cfg, only)
			report := daemon.Doctor(ctx, cfg, only, !noScreen)
			report.Gateway = daemon.Machine(ctx, cfg, daemon.Build{Version: buildVersion()}, values)
			if asJSON {
				err = printJSON(c.OutOrStdout(), report)
			} else {
				err = printChecks(c.OutOrStdout(), report)
			}
			if err == nil && report.Bad() {
				err = exitCode(1)
			}
			return err
		},
	}
	daemon.AddFlags(c.Flags(), "data", "profiles", "discover", "adb-server", "adb-start-server", "adb-key", "timing")
	c.Flags().StringVar(&only, "phone", "", "only this phone: its phone_number_id, serial or name")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&noScreen, "no-screen", false, "do not open the app")
	return c
}

func printChecks(out io.Writer, r daemon.DoctorReport) error {
	all := r.Phones
	if len(r.Gateway) > 0 {
		all = append([]daemon.PhoneReport{{Title: "this machine", Checks: r.Gateway}}, all...)
	}
	for _, p := range all {
		if _, err := fmt.Fprintf(out, "%s\n", p.Title); err != nil {
			return err
		}
		for _, ch := range p.Checks {
			mark := map[phone.Grade]string{phone.OK: "ok  ", phone.Warn: "warn", phone.Bad: "BAD "}[ch.Grade]
			line := fmt.Sprintf("  %s %-14s %s\n", mark, ch.Name, ch.Detail)
			if ch.Remedy != "" {
				line += fmt.Sprintf("       %-14s -> %s\n", "", ch.Remedy)
			}
			if _, err := io.WriteString(out, line); err != nil {
				return err
			}
		}
	}
	return nil
}
