package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wabridge/wabridge/daemon"
	"github.com/wabridge/wabridge/phonesim"
)

// simFlags describe the simulated phone of `simphone` and `demo`.
type simFlags struct {
	latency, locale, app, number, identity string
	seed                                   uint64
	android                                int
}

func (f *simFlags) add(fl *pflag.FlagSet) {
	fl.StringVar(&f.latency, "latency", "realistic", "instant, or realistic: as measured on phones")
	fl.StringVar(&f.locale, "locale", "en", "language of the phone: en, pt, es, de or ru")
	fl.StringVar(&f.app, "app", "com.whatsapp", "com.whatsapp or com.whatsapp.w4b")
	fl.StringVar(&f.number, "number", "15550001001", "number of the account on the phone")
	fl.StringVar(&f.identity, "identity", "pn", "how notifications name chats: pn (number) or lid")
	fl.Uint64Var(&f.seed, "seed", 1, "seed of everything random")
	fl.IntVar(&f.android, "android", 13, "Android version: 10, 13 or 15")
}

func (f *simFlags) config() phonesim.Config {
	return phonesim.Config{
		Latency: phonesim.Latency(f.latency), Locale: f.locale, App: f.app, Number: f.number,
		Identity: f.identity, Seed: f.seed, Android: f.android,
	}
}

// startSim starts a simulated phone on two addresses. Only Close ends it: it
// outlives the context, for a gateway that is interrupted finishes what it types.
func startSim(ctx context.Context, cfg phonesim.Config, adbAddr, controlAddr string) (*phonesim.Phone, string, string, error) {
	if err := cfg.Check(); err != nil {
		return nil, "", "", fmt.Errorf("--%w", err)
	}
	var lc net.ListenConfig
	adb, err := lc.Listen(ctx, "tcp", adbAddr)
	if err != nil {
		return nil, "", "", fmt.Errorf("listen for adb: %w", portTaken(err, adbAddr))
	}
	control, err := lc.Listen(ctx, "tcp", controlAddr)
	if err != nil {
		return nil, "", "", errors.Join(fmt.Errorf("listen for control: %w", portTaken(err, controlAddr)), adb.Close())
	}
	p := phonesim.New(cfg)
	if err := p.Start(context.WithoutCancel(ctx), adb, control); err != nil {
		return nil, "", "", fmt.Errorf("start the simulated phone: %w", err)
	}
	return p, adb.Addr().String(), control.Addr().String(), nil
}

func newSimphone() *cobra.Command {
	var f simFlags
	var listen, control string
	c := &cobra.Command{
		Use: "simphone", Short: "Run a simulated phone that adb can connect to",
		Long: `Simphone runs a simulated Android phone with WhatsApp on it. The real adb
connects to it (adb connect 127.0.0.1:15555), and so does wabridge:

  wabridge serve --phone direct:127.0.0.1:15555

The control address takes JSON over HTTP:
  POST /incoming {"from","name","text","group"?}   somebody writes to the phone
  GET  /sent                                       the ledger: what truly left
  POST /fault {"kind","count"?,"for"?}             something goes wrong; GET /faults lists kinds
  POST /tick {"to","state"}   POST /human {"to","text"}   POST /clear
  GET  /commands   GET /screen.png   GET /screen.xml

Numbers that end in 000 are not on WhatsApp; those that end in 111 answer.
Nothing on it goes anywhere: it is a simulation, see docs/phonesim.md.`,
		Args: need(),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg := f.config()
			cfg.Logger = logger(daemon.LogConfig{Level: "info", Format: "text"}, c.ErrOrStderr())
			p, adb, ctl, err := startSim(c.Context(), cfg, listen, control)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "adb      adb connect %s\ncontrol  http://%s\n", adb, ctl)
			<-c.Context().Done()
			return p.Close()
		},
	}
	f.add(c.Flags())
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:15555", "address of the phone's adbd")
	c.Flags().StringVar(&control, "control", "127.0.0.1:15599", "address of the control API")
	return c
}
