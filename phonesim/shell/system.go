package shell

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wabridge/wabridge/phonesim/android"
)

// pause is what a small system command takes.
func (p *proc) pause(ctx context.Context) error { return android.Sleep(ctx, p.sh.sys.Latency.Dumpsys) }

func (s *Shell) storageFull() (full bool) {
	s.sys.Do(func() { full = s.sys.Has(android.FaultStorageFull) })
	return full
}

// cmdCommand knows notification list|get|post, package, statusbar and a few that
// are other commands' names.
func cmdCommand(ctx context.Context, p *proc) int {
	if len(p.args) < 2 {
		return p.errorf("cmd: No service specified; use -l to list all services")
	}
	if err := p.pause(ctx); err != nil {
		return 1
	}
	rest := p.args[2:]
	switch p.args[1] {
	case "notification":
		return p.cmdNotification(rest)
	case "statusbar":
		return p.cmdStatusBar(rest)
	case "package":
		return p.sub(ctx, append([]string{"pm"}, rest...))
	case "activity":
		return p.sub(ctx, append([]string{"am"}, rest...))
	case "window":
		return p.sub(ctx, append([]string{"wm"}, rest...))
	case "settings":
		return p.sub(ctx, append([]string{"settings"}, rest...))
	case "input":
		return p.sub(ctx, append([]string{"input"}, rest...))
	case "deviceidle", "uimode", "appops", "jobscheduler", "wifi", "connectivity":
		return 0
	}
	p.errorf("cmd: Can't find service: %s", p.args[1])
	return 20
}

// cmdNotification is AOSP's NotificationShellCmd; list and get came with Android
// 11 or so (unknown; absent here up to 10).
func (p *proc) cmdNotification(args []string) int {
	sys := p.sh.sys
	if len(args) == 0 || sys.Android <= 10 {
		fmt.Fprintln(p.out, "usage: cmd notification SUBCMD [args]")
		return 1
	}
	switch args[0] {
	case "list":
		var keys []string
		sys.Do(func() { keys = sys.Notices.Keys() })
		for _, k := range keys {
			p.printf("%s\n", k)
		}
	case "get":
		if len(args) < 2 {
			return p.errorf("error: get requires a key")
		}
		var text string
		var ok bool
		sys.Do(func() { text, ok = sys.Notices.Find(args[1]) })
		if !ok {
			return p.errorf("error: no active notification matching key: %s", args[1])
		}
		p.printf("%s", text)
	case "allow_listener", "disallow_listener", "set_dnd", "snooze":
	default:
		p.printf("usage: cmd notification SUBCMD [args]\n")
		return 1
	}
	return 0
}

func (p *proc) cmdStatusBar(args []string) int {
	sys := p.sh.sys
	if len(args) == 0 {
		return 0
	}
	switch args[0] {
	case "expand-notifications", "expand-settings":
		sys.Do(func() { sys.SetShade(true) })
	case "collapse":
		sys.Do(func() { sys.SetShade(false) })
	}
	return 0
}

func wm(ctx context.Context, p *proc) int {
	if err := p.pause(ctx); err != nil {
		return 1
	}
	sys := p.sh.sys
	if len(p.args) < 2 {
		return p.errorf("Window manager (window) commands:")
	}
	switch p.args[1] {
	case "size":
		p.printf("Physical size: %dx%d\n", sys.Display.W(), sys.Display.H())
	case "density":
		p.printf("Physical density: 320\n")
	case "dismiss-keyguard":
		sys.Do(sys.DismissKeyguard)
	}
	return 0
}

func getprop(_ context.Context, p *proc) int {
	var props map[string]string
	p.sh.sys.Do(func() { props = p.sh.sys.Props() })
	if len(p.args) > 1 {
		v := props[p.args[1]]
		if v == "" && len(p.args) > 2 {
			v = p.args[2]
		}
		p.printf("%s\n", v)
		return 0
	}
	for _, k := range slices.Sorted(maps.Keys(props)) {
		p.printf("[%s]: [%s]\n", k, props[k])
	}
	return 0
}

func setprop(_ context.Context, p *proc) int {
	if len(p.args) < 3 {
		return p.errorf("usage: setprop NAME VALUE")
	}
	return p.errorf("Failed to set property '%s' to '%s'.\nSee dmesg for error reason.", p.args[1], p.args[2])
}

func settings(ctx context.Context, p *proc) int {
	args := p.args[1:]
	if len(args) > 1 && args[0] == "--user" {
		args = args[2:]
	}
	if len(args) < 2 {
		return p.errorf("Settings provider (settings) commands:")
	}
	if err := p.pause(ctx); err != nil {
		return 1
	}
	sys := p.sh.sys
	key := ""
	if len(args) > 2 {
		key = args[1] + "/" + args[2]
	}
	var out strings.Builder
	code := 0
	sys.Do(func() { code = setting(&out, sys.Settings, args, key) })
	p.printf("%s", out.String())
	if code != 0 {
		return p.errorf("Bad arguments")
	}
	return 0
}

// setting carries out one settings command on the table; the output is written
// after the phone's lock is given back.
func setting(out *strings.Builder, table map[string]string, args []string, key string) int {
	switch {
	case args[0] == "get" && key != "":
		v, ok := table[key]
		if !ok {
			v = "null"
		}
		fmt.Fprintln(out, v)
	case args[0] == "put" && len(args) > 3:
		table[key] = args[3]
	case args[0] == "delete" && key != "":
		delete(table, key)
		out.WriteString("Deleted 1 rows\n")
	case args[0] == "list":
		for _, k := range slices.Sorted(maps.Keys(table)) {
			if name, ok := strings.CutPrefix(k, args[1]+"/"); ok {
				fmt.Fprintf(out, "%s=%s\n", name, table[k])
			}
		}
	default:
		return 1
	}
	return 0
}

// svc knows wifi, data and power stayon.
func svc(ctx context.Context, p *proc) int {
	if err := p.pause(ctx); err != nil {
		return 1
	}
	if len(p.args) >= 4 && p.args[1] == "power" && p.args[2] == "stayon" {
		v := map[string]string{"true": "7", "usb": "2", "ac": "1", "false": "0"}[p.args[3]]
		p.sh.sys.Do(func() { p.sh.sys.Settings["global/stay_on_while_plugged_in"] = v })
	}
	return 0
}

func ime(_ context.Context, p *proc) int {
	const latin = "com.google.android.inputmethod.latin/com.android.inputmethod.latin.LatinIME"
	if len(p.args) < 2 {
		return 1
	}
	switch p.args[1] {
	case "list":
		p.printf("%s\n", latin)
	case "set", "enable":
		if len(p.args) > 2 && p.args[2] != latin {
			return p.errorf("Unknown input method %s cannot be selected for user #0", p.args[2])
		}
	}
	return 0
}

// systemPackages are those a phone lists besides the app.
var systemPackages = []string{"android", "com.android.systemui", "com.android.launcher3", "com.android.providers.contacts",
	"com.google.android.permissioncontroller", "com.android.chrome", "com.android.settings", "com.android.shell"}

func pm(ctx context.Context, p *proc) int {
	if err := p.pause(ctx); err != nil {
		return 1
	}
	if len(p.args) < 2 {
		return p.errorf("Package manager (package) commands:")
	}
	sys := p.sh.sys
	find := func(name string) android.App {
		for _, a := range sys.Apps() {
			if a.Package() == name {
				return a
			}
		}
		return nil
	}
	switch p.args[1] {
	case "list":
		return p.pmList(p.args[2:])
	case "path":
		if len(p.args) < 3 {
			return 1
		}
		if find(p.args[2]) == nil && !slices.Contains(systemPackages, p.args[2]) {
			return 1
		}
		p.printf("package:/data/app/~~Qk1vZGVs==/%s-c2ltdWxhdGVk==/base.apk\n", p.args[2])
	case "clear":
		return p.errorf("Failed")
	case "grant", "revoke":
		return 0
	case "resolve-activity", "query-activities":
		return 0
	default:
		fmt.Fprintf(p.err, "Unknown command: %s\n", p.args[1])
		return 255
	}
	return 0
}

func (p *proc) pmList(args []string) int {
	if len(args) == 0 || args[0] != "packages" && args[0] != "package" {
		if len(args) > 0 && args[0] == "users" {
			p.printf("Users:\n\tUserInfo{0:Owner:4c13} running\n")
			return 0
		}
		return p.errorf("Error: no package list type specified")
	}
	set, filters := flags(args[1:])
	names := slices.Clone(systemPackages)
	if strings.Contains(set, "3") {
		names = nil
	}
	for _, a := range p.sh.sys.Apps() {
		names = append(names, a.Package())
	}
	for _, n := range names {
		if len(filters) == 0 || strings.Contains(n, filters[len(filters)-1]) {
			p.printf("package:%s\n", n)
		}
	}
	return 0
}

func screencap(ctx context.Context, p *proc) int {
	sys := p.sh.sys
	if p.sh.Picture == nil {
		return p.errorf("Capturing failed.")
	}
	if err := android.Sleep(ctx, sys.Latency.Screencap); err != nil {
		return 1
	}
	_, names := flags(p.args[1:])
	out := p.out
	if len(names) > 0 && !isNumber(names[0]) {
		f, err := p.files().Open(p.abs(names[0]), createFlags, 0o644)
		if err != nil {
			return p.errorf("Error opening file: %s ()", names[0])
		}
		out = f
	}
	if err := p.sh.DrawPicture(out); err != nil {
		return p.errorf("Capturing failed.")
	}
	return 0
}
