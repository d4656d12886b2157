package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/phonesim"
)

// The demo's phone has a fixed id, so that examples can be pasted.
const demoPhone = "100000000000001"

type demoFlags struct {
	sim             simFlags
	token, control  string
	secret          string
	ignoresSettings []string // of the configuration, which have no place in a demo
}

func newDemo() *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use: "demo", Short: "Try the gateway with a simulated phone",
		Long: `Demo starts a simulated phone and the gateway that drives it, and prints what is
needed to send a first message. It goes on until Ctrl-C. Its messages do not
leave this machine.

It takes the settings of serve: flags, environment, and a file where --config or
WABRIDGE_CONFIG names one (wabridge.yaml of this directory is not read). Its one
phone is the simulated one; phones of the configuration are not used. Unlike
serve it has no pacing, a temporary data directory, and takes links and
callback addresses on this machine, unless a setting says otherwise.`,
		Example: `  wabridge demo
  wabridge demo --latency instant --token test-token-0123 --webhook-url http://127.0.0.1:9000/hook
  wabridge demo --config demo.yaml --bots ./scenarios`,
		Args: need(),
		RunE: func(c *cobra.Command, _ []string) error {
			return demo(c, f)
		},
	}
	f.sim.add(c.Flags())
	daemon.AddFlags(c.Flags(), demoSettings()...)
	describeDemoDefaults(c.Flags())
	c.Flags().StringVar(&f.token, "token", "", "token to accept (default: a new one)")
	c.Flags().StringVar(&f.control, "control", "127.0.0.1:0", "address of the simulated phone's control API")
	c.Flags().StringVar(&f.secret, "webhook-secret", "demo-app-secret", "secret of the webhooks' signature ($WABRIDGE_WEBHOOK_APP_SECRET)")
	return c
}

// demoSettings are the flags of serve that a demo takes: all but those of
// finding phones.
func demoSettings() []string {
	var names []string
	for _, s := range daemon.Settings {
		if s.Flag != "" && s.Flag != "discover" && !strings.HasPrefix(s.Flag, "adb-") {
			names = append(names, s.Flag)
		}
	}
	return names
}

// describeDemoDefaults puts the demo's own defaults into the help of flags.
func describeDemoDefaults(fl *pflag.FlagSet) {
	for name, help := range map[string]string{
		"config":    "config file ($WABRIDGE_CONFIG)",
		"data":      "directory of the database, kept ($WABRIDGE_DATA) (default: a temporary one, removed at the end)",
		"gap":       "shortest time between two messages of a phone ($WABRIDGE_PACING_GAP) (default 0s)",
		"log-level": "debug, info, warn or error ($WABRIDGE_LOG_LEVEL) (default warn)",
		"timing":    "phone; or instant, for a simulated phone without delays ($WABRIDGE_TIMING) (default: what --latency needs)",
	} {
		fl.Lookup(name).Usage = help
	}
	fl.Lookup("pair-limit").DefValue, fl.Lookup("media-allow-private").DefValue = "false", "true"
}

func demo(c *cobra.Command, f demoFlags) (err error) {
	cfg, err := demoConfig(c.Flags(), &f)
	if err != nil {
		return err
	}
	log := logger(cfg.Log, c.ErrOrStderr())
	sim := f.sim.config()
	sim.Logger = log.With("component", "simphone")
	p, adb, control, err := startSim(c.Context(), sim, "127.0.0.1:0", f.control)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if cfg.Data == "" {
		if cfg.Data, err = os.MkdirTemp("", "wabridge-demo-"); err != nil {
			return fmt.Errorf("make a data directory: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(cfg.Data)) }()
	}
	cfg.Phones[0].Serial = "direct:" + adb
	if err := cfg.Validate(); err != nil {
		return err
	}
	for _, what := range f.ignoresSettings {
		fmt.Fprintf(c.ErrOrStderr(), "wabridge: the demo does not use %s\n", what)
	}
	return serve(c.Context(), cfg, log, func(d *daemon.Daemon) { greet(c.OutOrStdout(), d, cfg.WABA, control) })
}

// demoConfig reads the settings over the defaults of a demo. The serial of the
// phone is not known yet; Data is "" for a temporary directory.
func demoConfig(fl *pflag.FlagSet, f *demoFlags) (daemon.Config, error) {
	defaults := map[string]any{
		"discover": false, "log.level": "warn", "pacing.gap": "0s", "pacing.pair_limit": false,
		"devino.allow_loopback": true, "twin.allow_loopback": true, "media.allow_private": true,
		"webhook.app_secret": f.secret,
	}
	if f.sim.latency == string(phonesim.Instant) {
		defaults["timing"] = daemon.TimingInstant
	}
	cfg, err := daemon.LoadOver(defaults, false, fl, lookupEnv)
	if err != nil {
		return cfg, err
	}
	if len(cfg.Phones) > 0 {
		f.ignoresSettings = append(f.ignoresSettings, "the phones of the configuration; its phone is the simulated one, "+demoPhone)
	}
	cfg.Phones = []daemon.PhoneConfig{{ID: demoPhone, Package: f.sim.app, Number: f.sim.number, Name: "wabridge demo"}}
	cfg.Discover = false
	if _, said := cfg.Sources["data"]; !said {
		cfg.Data = ""
	}
	if fl.Changed("webhook-secret") {
		cfg.Webhook.Secret = f.secret
	}
	if cfg.Token = f.token; cfg.Token == "" {
		var b [16]byte
		rand.Read(b[:])
		cfg.Token = "demo-" + hex.EncodeToString(b[:])
	}
	return cfg, nil
}

func greet(out io.Writer, d *daemon.Daemon, waba, control string) {
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
`, url, d.Token(), demoPhone, waba, control, d.ConsoleURL(), url, demoPhone, d.Token(), url, d.Token(), url, d.Token())
}
