package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

func newScreen() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "screen [FILE]",
		Short: "Say which screen a dump shows, why, and what the driver would do",
		Long: `Screen reads a uiautomator dump from FILE ("-": standard input), or takes one
from a phone, and says which screen it is, which rule decided, and what would be
done there. It never taps.`,
		Example: "  wabridge screen window_dump.xml --json\n  wabridge screen --phone direct:127.0.0.1:15555",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := daemon.Load(c.Flags(), lookupEnv)
			if err != nil {
				return err
			}
			profiles, err := uiauto.LoadProfiles(cfg.Profiles)
			if err != nil {
				return err
			}
			raw, err := dumpOf(c, args, cfg)
			if err != nil {
				return err
			}
			dump, err := uiauto.Parse(bytes.NewReader(raw))
			if err != nil {
				return fmt.Errorf("parse dump: %w", err)
			}
			s := whatsapp.Recognise(dump, profiles)
			if asJSON {
				return printJSON(c.OutOrStdout(), s)
			}
			return whatsapp.Describe(c.OutOrStdout(), s, whatsapp.Next(s, whatsapp.Goal{}))
		},
	}
	daemon.AddFlags(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// dumpOf reads the file named, or takes a dump from the one phone configured.
func dumpOf(c *cobra.Command, args []string, cfg daemon.Config) ([]byte, error) {
	const script = "f=/data/local/tmp/wabridge-screen-$$.xml; uiautomator dump $f 2>&1; cat $f; rm -f $f"
	return fileOrPhone(c, args, cfg, script)
}

// fileOrPhone reads FILE, or standard input for "-", or what a command prints
// on the phone.
func fileOrPhone(c *cobra.Command, args []string, cfg daemon.Config, command string) ([]byte, error) {
	if len(args) == 1 && args[0] == "-" {
		return io.ReadAll(io.LimitReader(c.InOrStdin(), 64<<20))
	}
	if len(args) == 1 {
		return os.ReadFile(args[0])
	}
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	defer cancel()
	dev, err := daemon.OnlyDevice(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	out, err := dev.Run(ctx, command)
	if err != nil {
		return nil, fmt.Errorf("run on the phone: %w", err)
	}
	return append(out.Stdout, out.Stderr...), nil
}
