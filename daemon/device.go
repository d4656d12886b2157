package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/phonenumber"
)

// adbOptions says how phones are reached.
func adbOptions(cfg Config) (adb.Options, error) {
	o := adb.Options{StartServer: cfg.ADB.Start, Dial: adb.DialOptions{KeyPath: cfg.ADB.Key}}
	var err error
	if cfg.ADB.Server != "" {
		o.Server, err = adb.NewServer(cfg.ADB.Server)
	} else {
		o.Server, err = adb.DefaultServer()
	}
	if err != nil {
		return o, fmt.Errorf("adb.server: %w", err)
	}
	return o, nil
}

// phoneID makes a phone_number_id of 15 digits that stays the same for the
// same app on the same phone.
func phoneID(serial string, user int, pkg string) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s|%d|%s", serial, user, pkg)))
	return fmt.Sprintf("1%014d", binary.BigEndian.Uint64(sum[:8])%1e14)
}

// phoneOf fills in what the configuration leaves out.
func phoneOf(p PhoneConfig, waba string) wabridge.Phone {
	out := wabridge.Phone{
		ID: p.ID, WABA: waba, Serial: p.Serial, User: p.User, Package: p.Package,
		Name: p.Name, State: wabridge.PhoneStarting,
	}
	out.Number, _ = phonenumber.ParseOwn(p.Number) // validated before; "" where the phone is not in the file
	if out.Package == "" {
		out.Package = "com.whatsapp"
	}
	if out.ID == "" {
		out.ID = phoneID(out.Serial, out.User, out.Package)
	}
	return out
}

// linked is a device of a link. The link opens and closes it; whoever finds it
// broken asks the link to look.
type linked struct {
	*adb.Device
	link *adb.Link
}

// Close gives the device back.
func (l linked) Close() error {
	l.link.Check()
	return nil
}

// reachTime is how long a send waits for a phone that is not there.
const reachTime = 3 * time.Second

// reach gives the link's device, or why there is none.
func reach(ctx context.Context, link *adb.Link) (linked, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	d, err := link.Device(ctx)
	if err != nil {
		return linked{}, err
	}
	return linked{d, link}, nil
}

var packages = []string{"com.whatsapp", "com.whatsapp.w4b"}

// discover lists the phones with the app on them that adb shows and the
// configuration does not name.
func discover(ctx context.Context, cfg Config, o adb.Options, log *slog.Logger) ([]PhoneConfig, error) {
	devices, err := o.Server.Devices(ctx)
	if errors.Is(err, adb.ErrServerGone) && cfg.ADB.Start {
		if err := o.Server.StartServer(ctx); err != nil {
			return nil, err
		}
		devices, err = o.Server.Devices(ctx)
	}
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, p := range cfg.Phones {
		named[p.Serial] = true
	}
	var found []PhoneConfig
	for _, dev := range devices {
		if named[dev.Serial] || dev.State != adb.StateDevice {
			continue
		}
		apps, err := installed(ctx, dev.Serial, o)
		if err != nil {
			log.Warn("phone not asked for its apps", "serial", dev.Serial, "err", err)
			continue
		}
		for _, pkg := range apps {
			found = append(found, PhoneConfig{Serial: dev.Serial, Package: pkg})
		}
	}
	return found, nil
}

func installed(ctx context.Context, serial string, o adb.Options) ([]string, error) {
	dev := adb.NewDevice(o.Server.Transport(serial), o.Device...)
	out, err := dev.Run(ctx, "pm list packages com.whatsapp")
	err = errors.Join(err, dev.Close())
	if err != nil {
		return nil, err
	}
	var apps []string
	for line := range strings.Lines(string(out.Stdout)) {
		for _, pkg := range packages {
			if strings.TrimSpace(line) == "package:"+pkg {
				apps = append(apps, pkg)
			}
		}
	}
	return apps, nil
}

// Choose finds what id names among the phones of the configuration or, where
// that names none, among those that adb shows: a phone_number_id, a serial or
// a name that one phone of the configuration has alone. Whatever is none of them is taken for a serial. Without an id it gives them all.
func Choose(ctx context.Context, cfg Config, id string) ([]PhoneConfig, error) {
	if id == "" && len(cfg.Phones) > 0 {
		return cfg.Phones, nil
	}
	if i := slices.IndexFunc(cfg.Phones, func(p PhoneConfig) bool { return p.named(cfg, id) }); i >= 0 {
		return cfg.Phones[i : i+1], nil
	}
	if named := cfg.phonesNamed(id); len(named) == 1 {
		return named, nil
	}
	if id != "" && !decimal.MatchString(id) {
		return []PhoneConfig{{Serial: id}}, nil
	}
	o, err := adbOptions(cfg)
	if err != nil {
		return nil, err
	}
	found, err := discover(ctx, cfg, o, slog.New(slog.DiscardHandler))
	if err != nil || id == "" {
		return found, err
	}
	if i := slices.IndexFunc(found, func(p PhoneConfig) bool { return p.named(cfg, id) }); i >= 0 {
		return found[i : i+1], nil
	}
	return []PhoneConfig{{Serial: id}}, nil
}

// phonesNamed are the phones of the configuration that have a name.
func (c Config) phonesNamed(name string) []PhoneConfig {
	return slices.DeleteFunc(slices.Clone(c.Phones), func(p PhoneConfig) bool { return p.Name == "" || !strings.EqualFold(p.Name, name) })
}

// Names reports whether the configuration has a phone of this id, serial or
// name.
func (c Config) Names(phone string) bool {
	return len(c.phonesNamed(phone)) == 1 || slices.ContainsFunc(c.Phones, func(p PhoneConfig) bool { return p.named(c, phone) })
}

func (p PhoneConfig) named(cfg Config, id string) bool {
	return id != "" && (p.Serial == id || phoneOf(p, cfg.WABA).ID == id)
}

// OpenDevice opens the phone that id names (see Choose), or the only one.
func OpenDevice(ctx context.Context, cfg Config, id string) (*adb.Device, error) {
	list, err := Choose(ctx, cfg, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("no phone with WhatsApp: `wabridge doctor` tells what is missing")
	}
	if slices.ContainsFunc(list, func(p PhoneConfig) bool { return p.Serial != list[0].Serial }) {
		var b strings.Builder
		for _, p := range list {
			fmt.Fprintf(&b, "\n  %s  (phone_number_id %s)", p.Serial, phoneOf(p, cfg.WABA).ID)
		}
		return nil, fmt.Errorf("there are several phones; choose one with --phone:%s", b.String())
	}
	o, err := adbOptions(cfg)
	if err != nil {
		return nil, err
	}
	return adb.Open(ctx, list[0].Serial, o)
}
