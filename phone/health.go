package phone

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto"
)

const cutWord = "wabridge:cut"

// healthScript asks for all of a phone's health at once. Nothing of it touches
// the screen, so it may run beside a send.
func healthScript(pkg string) string {
	return "dumpsys battery; echo " + cutWord +
		"; dumpsys power | grep -m1 mWakefulness=; dumpsys window | grep -E 'mDreamingLockscreen=|mCurrentFocus='; echo " + cutWord +
		"; dumpsys package " + pkg + " | grep -m1 versionName="
}

// Health asks a phone how it is. It needs no screen and may be asked while a
// gateway runs; what the phone does not tell is left out.
func Health(ctx context.Context, dev Device, p wabridge.Phone, profiles *uiauto.Profiles) (wabridge.Health, error) {
	out, err := dev.Run(ctx, healthScript(p.Package))
	if err != nil {
		return wabridge.Health{Phone: p.ID}, fmt.Errorf("ask phone %s how it is: %w", p.ID, err)
	}
	h := readHealth(string(out.Stdout))
	if h.Warnings, err = Warnings(ctx, dev, p); err != nil {
		return wabridge.Health{Phone: p.ID}, err
	}
	h.Phone, h.AppKnown = p.ID, h.App != "" && known(profiles, p.Package, h.App)
	return h, nil
}

// readHealth reads what healthScript printed.
func readHealth(text string) (h wabridge.Health) {
	h.Reachable = true
	battery, rest, _ := strings.Cut(text, cutWord)
	screen, app, _ := strings.Cut(rest, cutWord)
	if m := level.FindStringSubmatch(battery); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			on := powered.MatchString(battery)
			h.Battery, h.Charging = &n, &on
		}
	}
	if m := tempRead.FindStringSubmatch(battery); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			t := float64(n) / 10
			h.Temperature = &t
		}
	}
	if strings.Contains(screen, "mWakefulness=") {
		on := strings.Contains(screen, "mWakefulness=Awake")
		h.ScreenOn = &on
	}
	if strings.Contains(screen, "mDreamingLockscreen=") || strings.Contains(screen, "mCurrentFocus=") {
		locked := strings.Contains(screen, "mDreamingLockscreen=true") || strings.Contains(screen, "Bouncer")
		h.Locked = &locked
	}
	h.App = AppVersion([]byte(app))
	return h
}
