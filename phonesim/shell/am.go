package shell

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/android"
)

// am knows start, start-activity, force-stop, kill, broadcast and a few more.
func am(ctx context.Context, p *proc) int {
	if len(p.args) < 2 {
		return p.errorf("Activity manager (activity) commands:\n  help\n      Print this help text.")
	}
	switch p.args[1] {
	case "start", "start-activity":
		return p.amStart(ctx, p.args[2:])
	case "force-stop", "kill", "crash":
		return p.amStop(p.args[1], p.args[2:])
	case "kill-all":
		return 0
	case "broadcast":
		return p.amBroadcast(p.args[2:])
	case "get-current-user":
		p.printf("0\n")
		return 0
	case "startservice", "start-service", "startforegroundservice", "start-foreground-service":
		i := parseIntent(p.args[2:])
		p.printf("Starting service: %s\n", i.intent.Text(p.shorten()))
		return p.errorf("Error: Not found; no service started.")
	case "stack", "task":
		return 0
	}
	fmt.Fprintf(p.err, "Unknown command: %s\n", p.args[1])
	return 255
}

func (p *proc) shorten() bool { return p.sh.sys.Android >= 12 }

// An intentArgs is what am's intent options say.
type intentArgs struct {
	intent android.Intent
	wait   bool
	stop   bool
	user   string
	bad    string // an unknown option
}

// parseIntent reads the options of Intent.parseCommandArgs that occur in
// practice; a bare word at the end is a URI, a component or a package.
func parseIntent(args []string) intentArgs {
	o := intentArgs{intent: android.Intent{Extras: map[string]string{}, Flags: 0x10000000}}
	i := &o.intent
	next := func(n *int) string {
		if *n+1 < len(args) {
			*n++
			return args[*n]
		}
		return ""
	}
	for n := 0; n < len(args); n++ {
		switch a := args[n]; a {
		case "-a":
			i.Action = next(&n)
		case "-d":
			i.Data = next(&n)
		case "-t":
			i.Type = next(&n)
		case "-c":
			i.Categories = append(i.Categories, next(&n))
		case "-n":
			i.Component = next(&n)
		case "-p":
			i.Package = next(&n)
		case "-f":
			var f uint32
			_, _ = fmt.Sscan(next(&n), &f)
			i.Flags |= f
		case "--grant-read-uri-permission":
			i.Flags |= android.FlagGrantRead
		case "--user":
			o.user = next(&n)
		case "-W":
			o.wait = true
		case "-S":
			o.stop = true
		case "--es", "-e", "--eu", "--ei", "--el", "--ez", "--ef", "--ecn":
			k := next(&n)
			i.Extras[k] = next(&n)
		case "--esn":
			i.Extras[next(&n)] = ""
		case "-R", "--display", "--windowingMode", "--activityType", "--task":
			next(&n)
		default:
			switch {
			case switches[a]:
			case strings.HasPrefix(a, "-"):
				o.bad = a
				return o
			case strings.Contains(a, ":"):
				i.Data = a
			case strings.Contains(a, "/"):
				i.Component = a
			default:
				i.Package = a
			}
		}
	}
	complete(i)
	return o
}

// complete guesses the action that is left out.
func complete(i *android.Intent) {
	if i.Action == "" && i.Data != "" && i.Component == "" {
		i.Action = android.ActionView
	}
	if i.Action == "" && i.Component == "" && i.Package != "" {
		i.Action = android.ActionMain
		i.Categories = append(i.Categories, android.CategoryLauncher)
	}
}

// switches are options without a value that change nothing here.
var switches = map[string]bool{
	"-D": true, "-N": true, "--track-allocation": true, "--grant-write-uri-permission": true,
	"--activity-clear-top": true, "--activity-single-top": true, "--activity-clear-task": true, "--include-stopped-packages": true,
	"--activity-brought-to-front": true, "--activity-no-animation": true, "--activity-no-history": true, "--activity-reorder-to-front": true,
	"--activity-exclude-from-recents": true, "--receiver-foreground": true, "--receiver-registered-only": true, "--debug-log-resolution": true,
}

// amStart prints what AOSP's ActivityManagerShellCommand does. Notes go to
// standard error without -W and to standard output with it; the exit code is 0
// even where nothing was resolved (facts/android.md 5).
func (p *proc) amStart(ctx context.Context, args []string) int {
	sys := p.sh.sys
	o := parseIntent(args)
	if o.bad != "" {
		p.errorf("Exception occurred while executing 'start':\njava.lang.IllegalArgumentException: Unknown option: %s", o.bad)
		return 255
	}
	if o.user != "" && o.user != "0" && o.user != "current" && o.user != "cur" {
		p.errorf("Exception occurred while executing 'start':\njava.lang.SecurityException: User %s does not exist", o.user)
		return 255
	}
	shown := o.intent
	shown.Flags &^= 0x10000000
	if o.stop && o.intent.Package != "" {
		p.printf("Stopping: %s\n", o.intent.Package)
		p.amStop("force-stop", []string{o.intent.Package})
	}
	p.printf("Starting: %s\n", shown.Text(p.shorten()))
	if err := android.Sleep(ctx, sys.Latency.AmStart); err != nil {
		return 1
	}
	var denied bool
	sys.Do(func() { denied = o.intent.Flags&android.FlagGrantRead != 0 && sys.Take(android.FaultGrantDenied) })
	if denied { // UriGrantsManagerService; reported of an Android 16 phone
		p.errorf("\nException occurred while executing 'start':\njava.lang.SecurityException: UID 2000 does not have permission to %s [user 0]", o.intent.Data)
		return 255
	}
	begin := time.Now()
	var r android.StartResult
	var activity string
	var timedOut bool
	sys.Do(func() {
		r = sys.StartActivity(o.intent)
		activity = sys.Resumed()
		timedOut = sys.Take(android.FaultAmTimeout)
	})
	notes := p.err
	if o.wait {
		notes = p.out
	}
	if !p.startNote(notes, r, o.intent) {
		return 0
	}
	if o.wait {
		p.waited(r, activity, begin, timedOut)
	}
	return 0
}

// startNote prints the warning or error of a result; false: nothing was started.
func (p *proc) startNote(w interface{ Write([]byte) (int, error) }, r android.StartResult, i android.Intent) bool {
	switch r {
	case android.BroughtToFront:
		fmt.Fprintln(w, "Warning: Activity not started, its current task has been brought to the front")
	case android.DeliveredToTop:
		fmt.Fprintln(w, "Warning: Activity not started, intent has been delivered to currently running top-most instance.")
	case android.Unresolved:
		fmt.Fprintf(w, "Error: Activity not started, unable to resolve %s\n", i.Text(p.shorten()))
		return false
	case android.NoClass:
		fmt.Fprintf(w, "Error type 3\nError: Activity class {%s} does not exist.\n", i.Component)
		return false
	}
	return true
}

func (p *proc) waited(r android.StartResult, activity string, begin time.Time, timedOut bool) {
	state, status := "WARM", "ok"
	if r == android.Started {
		state = "COLD"
	}
	if timedOut {
		p.printf("Status: timeout\nLaunchState: UNKNOWN (-1)\nActivity: %s\nWaitTime: 11639\n", activity)
		p.printf("Complete\n")
		return
	}
	p.printf("Status: %s\nLaunchState: %s\nActivity: %s\n", status, state, activity)
	ms := max(time.Since(begin).Milliseconds(), 1)
	p.printf("TotalTime: %d\nWaitTime: %d\nComplete\n", ms, ms+3)
}

func (p *proc) amStop(how string, args []string) int {
	_, names := flags(args)
	sys := p.sh.sys
	for _, name := range names {
		sys.Do(func() {
			for _, a := range sys.Apps() {
				if a.Package() != name {
					continue
				}
				if how == "force-stop" {
					sys.ForceStop(a)
				} else if sys.Front() != a { // am kill spares what a person sees
					a.Die(false)
				}
			}
		})
	}
	return 0
}

// amBroadcast prints the same whether or not somebody received it: no keyboard
// app is installed that would type (facts/android.md 5).
func (p *proc) amBroadcast(args []string) int {
	o := parseIntent(args)
	i := o.intent
	i.Flags = 0x400000
	p.sh.sys.Do(func() { p.sh.sys.Broadcast(i) })
	p.printf("Broadcasting: %s\nBroadcast completed: result=0\n", i.Text(p.shorten()))
	return 0
}

// monkey knows "-p PACKAGE … 1": start the launcher activity.
func monkey(_ context.Context, p *proc) int {
	sys := p.sh.sys
	for i, a := range p.args {
		if a == "-p" && i+1 < len(p.args) {
			sys.Do(func() {
				sys.StartActivity(android.Intent{Action: android.ActionMain, Categories: []string{android.CategoryLauncher}, Package: p.args[i+1]})
			})
		}
	}
	p.printf("Events injected: 1\n## Network stats: elapsed time=14ms (0ms mobile, 0ms wifi, 14ms not connected)\n")
	return 0
}
