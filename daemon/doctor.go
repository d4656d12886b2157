package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/phone"
	"github.com/wabridge/wabridge/uiauto"
)

// Doctor checks adb and each phone, or the one that only names (see Choose).
// With screen it opens the app's chat list, unless a gateway runs on the same
// data, which owns the screen.
func Doctor(ctx context.Context, cfg Config, only string, screen bool) DoctorReport {
	o, err := adbOptions(cfg)
	if err != nil {
		return failed("adb", err, "correct adb.server")
	}
	profiles, err := uiauto.LoadProfiles(cfg.Profiles)
	if err != nil {
		return failed("profiles", err, "correct or remove the file named (docs/profiles.md)")
	}
	var r DoctorReport
	list, bad := cfg.Phones, false
	if only != "" {
		// An error is the adb server's, which the next check finds.
		list, _ = Choose(ctx, cfg, only)
	}
	if needsServer(list) {
		check, found := checkServer(ctx, cfg, o)
		bad = hasBad(check[:1])
		if only == "" {
			list = append(slices.Clone(list), found...)
		}
		if len(list) == 0 && !bad {
			check = append(check, phone.Check{Name: "phones", Grade: phone.Bad,
				Detail: "adb shows no phone with WhatsApp", Remedy: "connect one with USB debugging on (docs/phone-setup.md), or try `wabridge demo`"})
		}
		r.Phones = append(r.Phones, PhoneReport{"adb server " + o.Server.String(), check})
	}
	for _, p := range list {
		if !bad || direct(p) {
			r.Phones = append(r.Phones, examine(ctx, cfg, phoneOf(p, cfg.WABA), p.PIN, o, profiles, screen))
		}
	}
	return r
}

func failed(title string, err error, remedy string) DoctorReport {
	return DoctorReport{Phones: []PhoneReport{{title, []phone.Check{{Name: title, Grade: phone.Bad, Detail: err.Error(), Remedy: remedy}}}}}
}

func direct(p PhoneConfig) bool { return strings.HasPrefix(p.Serial, "direct:") }

// needsServer reports whether some phone is reached through an adb server, or
// is to be found there.
func needsServer(list []PhoneConfig) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(p PhoneConfig) bool { return !direct(p) })
}

// checkServer asks the adb server for its version and its devices.
func checkServer(ctx context.Context, cfg Config, o adb.Options) ([]phone.Check, []PhoneConfig) {
	v, err := o.Server.Version(ctx)
	if errors.Is(err, adb.ErrServerGone) && cfg.ADB.Start {
		if err = o.Server.StartServer(ctx); err == nil {
			v, err = o.Server.Version(ctx)
		}
	}
	if err != nil {
		return []phone.Check{{Name: "server", Grade: phone.Bad, Detail: err.Error(),
			Remedy: "install adb (Debian: apt-get install adb) and run: adb start-server; without adb, phones can be named as direct:host:port"}}, nil
	}
	checks := []phone.Check{{Name: "server", Grade: phone.OK, Detail: fmt.Sprintf("answers, version %d", v)}}
	devices, err := o.Server.Devices(ctx)
	if err != nil {
		return append(checks, phone.Check{Name: "devices", Grade: phone.Bad, Detail: err.Error(), Remedy: serverRemedy}), nil
	}
	for _, d := range devices {
		if d.State != adb.StateDevice {
			checks = append(checks, phone.Check{Name: d.Serial, Grade: phone.Bad, Detail: string(d.State), Remedy: stateRemedy(d)})
		}
	}
	if !cfg.Discover {
		return checks, nil
	}
	found, err := discover(ctx, cfg, o, slog.New(slog.DiscardHandler))
	if err != nil {
		checks = append(checks, phone.Check{Name: "devices", Grade: phone.Bad, Detail: err.Error(), Remedy: serverRemedy})
	}
	return checks, found
}

const serverRemedy = "run: adb kill-server; adb start-server"

func stateRemedy(d adb.DeviceInfo) string {
	switch d.State {
	case adb.StateUnauthorized:
		return "unlock the phone and accept the debugging question"
	case adb.StateOffline:
		return "reconnect the cable or Wi-Fi; `adb -s " + d.Serial + " reconnect` may help"
	}
	return "see docs/phone-setup.md"
}

// examine checks one phone.
func examine(ctx context.Context, cfg Config, p wabridge.Phone, pin string, o adb.Options, profiles *uiauto.Profiles, screen bool) PhoneReport {
	r := PhoneReport{Title: fmt.Sprintf("%s, %s (phone_number_id %s)", p.Serial, p.Package, p.ID)}
	begin := time.Now()
	dev, err := adb.Open(ctx, p.Serial, o)
	if err != nil {
		r.Checks = []phone.Check{{Name: "reachable", Grade: phone.Bad, Detail: err.Error(), Remedy: "see docs/phone-setup.md, sections 1 and 3"}}
		return r
	}
	defer dev.Close()
	r.Checks = append(r.Checks, phone.Check{Name: "reachable", Grade: phone.OK,
		Detail: fmt.Sprintf("a command answered after %d ms", time.Since(begin).Milliseconds())})
	r.Checks = append(r.Checks, phone.Doctor(ctx, dev, p, profiles)...)
	r.Checks = append(r.Checks, logged(ctx, cfg, dev, p, pin, profiles, screen))
	return r
}

// logged opens the app's chat list to see whether it is logged in.
func logged(ctx context.Context, cfg Config, dev *adb.Device, p wabridge.Phone, pin string, profiles *uiauto.Profiles, screen bool) phone.Check {
	c := phone.Check{Name: "logged in"}
	if Runs(ctx, cfg.Data) {
		c.Grade, c.Detail = phone.Warn, "not looked at: a gateway runs on this data directory and owns the screen"
		c.Remedy = "ask it: wabridge phones"
		return c
	}
	if !screen {
		c.Grade, c.Detail = phone.Warn, "not looked at (--no-screen)"
		return c
	}
	s := phone.New(phone.Config{
		Phone: p, Profiles: profiles, Unlock: pin, Timing: cfg.timing(),
		Open: func(context.Context) (phone.Device, error) { return borrowed{dev}, nil },
	})
	if err := s.Probe(ctx); err != nil {
		c.Grade, c.Detail = phone.Bad, strings.TrimPrefix(err.Error(), "phone "+p.ID+": ")
		c.Remedy = "look at the phone; `wabridge screen --phone " + p.Serial + "` says what is on it"
		return c
	}
	c.Grade, c.Detail = phone.OK, "the chat list is there"
	return c
}

// borrowed is a device that somebody else closes.
type borrowed struct{ *adb.Device }

// Close leaves it open.
func (borrowed) Close() error { return nil }

// timing is the driver's, by configuration.
func (c Config) timing() phone.Timing {
	if c.Timing == TimingInstant {
		return phone.Instant()
	}
	return phone.Timing{}
}

// A DoctorReport is what `wabridge doctor` found.
type DoctorReport struct {
	Gateway []phone.Check `json:"gateway,omitempty"` // of Machine
	Phones  []PhoneReport `json:"phones"`
}

// A PhoneReport is the checks of one phone, or of adb itself.
type PhoneReport struct {
	Title  string        `json:"title"`
	Checks []phone.Check `json:"checks"`
}

// Bad reports whether any check is bad.
func (r DoctorReport) Bad() bool {
	return hasBad(r.Gateway) || slices.ContainsFunc(r.Phones, func(p PhoneReport) bool { return hasBad(p.Checks) })
}

func hasBad(checks []phone.Check) bool {
	return slices.ContainsFunc(checks, func(c phone.Check) bool { return c.Grade == phone.Bad })
}
