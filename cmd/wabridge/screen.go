package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge"
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
done there. It never taps. It shows what is on the screen, private text included.`,
		Example: "  wabridge screen window_dump.xml --json\n  wabridge screen --phone direct:127.0.0.1:15555",
		Args:    atMost("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadForPhone(c, args)
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
				return fmt.Errorf("not a uiautomator dump: %w", err)
			}
			s := whatsapp.Recognise(dump, profiles)
			if asJSON {
				return printJSON(c.OutOrStdout(), s)
			}
			next := whatsapp.Next(s, whatsapp.Goal{})
			next.Code = max(next.Code, wabridge.CodeNone) // ours tell a person nothing
			return whatsapp.Describe(c.OutOrStdout(), s, next)
		},
	}
	addPhoneFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// addPhoneFlags declares how a phone is found without a gateway.
func addPhoneFlags(c *cobra.Command) {
	daemon.AddFlags(c.Flags(), "profiles", "adb-server", "adb-start-server", "adb-key")
	c.Flags().String("phone", "", "phone_number_id, serial or name (default: the only phone)")
}

// loadForPhone loads the configuration for a command that takes a FILE or a
// phone, not both.
func loadForPhone(c *cobra.Command, args []string) (daemon.Config, error) {
	if len(args) == 1 && c.Flags().Changed("phone") {
		return daemon.Config{}, usage(c, "give a FILE or --phone, not both")
	}
	return daemon.Load(c.Flags(), lookupEnv)
}

// dumpOf reads the file named, or takes a dump from a phone.
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
	dev, err := daemon.OpenDevice(ctx, cfg, phoneByName(c, cfg, c.Flag("phone").Value.String()))
	if err != nil {
		return nil, err
	}
	out, err := dev.Run(ctx, command)
	if err = errors.Join(err, dev.Close()); err != nil {
		return nil, fmt.Errorf("run on the phone: %w", err)
	}
	return append(out.Stdout, out.Stderr...), nil
}
