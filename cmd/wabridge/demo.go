package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/phonesim"
)

// The demo's phone has a fixed id, so that examples can be pasted.
const demoPhone = "100000000000001"

type demoFlags struct {
	sim                                 simFlags
	listen, data, token, control, level string
	webhook, secret                     string
}

func newDemo() *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use: "demo", Short: "Try the gateway with a simulated phone",
		Long: `Demo starts a simulated phone and the gateway that drives it, and prints what is
needed to send a first message. It goes on until Ctrl-C. Nothing leaves this
machine.`,
		Args: need(),
		RunE: func(c *cobra.Command, _ []string) error {
			return demo(c.Context(), f, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f.sim.add(c.Flags())
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "address of the HTTP API")
	c.Flags().StringVar(&f.data, "data", "", "data directory; kept (default: a temporary one, removed at the end)")
	c.Flags().StringVar(&f.token, "token", "", "token to accept (default: a new one)")
	c.Flags().StringVar(&f.control, "control", "127.0.0.1:0", "address of the simulated phone's control API")
	c.Flags().StringVar(&f.level, "log-level", "warn", "debug, info, warn or error")
	c.Flags().StringVar(&f.webhook, "webhook-url", "", "receiver of webhooks")
	c.Flags().StringVar(&f.secret, "webhook-secret", "demo-app-secret", "secret of their signature")
	return c
}

func demo(ctx context.Context, f demoFlags, out, errOut io.Writer) (err error) {
	log := logger(daemon.LogConfig{Level: f.level, Format: "text"}, errOut)
	sim := f.sim.config()
	sim.Logger = log.With("component", "simphone")
	p, adb, control, err := startSim(ctx, sim, "127.0.0.1:0", f.control)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if f.data == "" {
		if f.data, err = os.MkdirTemp("", "wabridge-demo-"); err != nil {
			return fmt.Errorf("make a data directory: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(f.data)) }()
	}
	cfg := demoConfig(f, adb)
	if err := cfg.Validate(); err != nil {
		return err
	}
	return serve(ctx, cfg, log, func(d *daemon.Daemon) { greet(out, d, control) })
}

func demoConfig(f demoFlags, adb string) daemon.Config {
	cfg := daemon.Default()
	cfg.Listen, cfg.Data, cfg.Discover = f.listen, f.data, false
	cfg.Pacing = daemon.PacingConfig{}
	if f.sim.latency == string(phonesim.Instant) {
		cfg.Timing = daemon.TimingInstant
	}
	cfg.Phones = []daemon.PhoneConfig{{
		Serial: "direct:" + adb, ID: demoPhone, Package: f.sim.app, Number: f.sim.number, Name: "wabridge demo",
	}}
	cfg.Token = f.token
	if cfg.Token == "" {
		var b [16]byte
		rand.Read(b[:])
		cfg.Token = "demo-" + hex.EncodeToString(b[:])
	}
	if f.webhook != "" {
		cfg.Webhook = daemon.WebhookConfig{URL: f.webhook, Secret: f.secret}
	}
	return cfg
}

func greet(out io.Writer, d *daemon.Daemon, control string) {
	url := d.URL()
	fmt.Fprintf(out, `wabridge demo: a simulated phone, and the gateway that drives it

  url              %s
  token            %s
  phone_number_id  %s
  waba_id          %s
  simulated phone  http://%s/screen.png
  console          %s (sign in with the token)

Send a message (numbers ending in 111 answer, those ending in 000 are not on WhatsApp):

curl -s %s/v23.0/%s/messages -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{"messaging_product":"whatsapp","to":"15550002111","type":"text","text":{"body":"Hello from wabridge"}}'

Watch what happens:

curl -s '%s/bridge/v1/events?after=0&wait=25' -H 'Authorization: Bearer %s'

Or with the commands of this program, in another terminal:

export WABRIDGE_URL=%s WABRIDGE_TOKEN=%s
wabridge send 15550002111 "Hello from wabridge" --wait
wabridge inbox --follow

Ctrl-C ends the demo.
`, url, d.Token(), demoPhone, daemon.DefaultWABA, control, d.ConsoleURL(), url, demoPhone, d.Token(), url, d.Token(), url, d.Token())
}
