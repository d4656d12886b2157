package phone

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/uiauto"
)

// Grade is the result of a check.
type Grade = wabridge.Grade

// The grades.
const (
	OK   = wabridge.GradeOK
	Warn = wabridge.GradeWarn
	Bad  = wabridge.GradeBad
)

// A Check is one line of `wabridge doctor`.
type Check = wabridge.Check

// A question is a command and how its output is judged.
type question struct {
	name, command string
	judge         func(out string, p wabridge.Phone, profiles *uiauto.Profiles) judged
}

// judged is a check, and the kind of warning that it is for a running gateway, ""
// for none.
type judged struct {
	Check
	warning string
}

// plainly is a judge whose checks are no warnings.
func plainly(judge func(out string, p wabridge.Phone, profiles *uiauto.Profiles) Check) func(string, wabridge.Phone, *uiauto.Profiles) judged {
	return func(out string, p wabridge.Phone, profiles *uiauto.Profiles) judged {
		return judged{Check: judge(out, p, profiles)}
	}
}

// questions need no screen and may be asked while a gateway runs.
var questions = []question{
	{"app", "dumpsys package {app}", plainly(judgeApp)},
	{"battery", "dumpsys battery", plainly(judgeBattery)},
	{"screen", "dumpsys power | grep -m1 mWakefulness=; settings get global stay_on_while_plugged_in; settings get system screen_off_timeout", plainly(judgeScreen)},
	{"lock", "dumpsys window | grep -E 'mDreamingLockscreen=|mCurrentFocus='", plainly(judgeLock)},
	{"network", networkQuestion, judgeNetwork},
	{"notifications", "dumpsys notification", judgeNotifications},
	{"do not disturb", "settings get global zen_mode", plainly(judgeZen)},
	{"battery saver", "settings get global low_power", plainly(judgeSaver)},
	{"clock", "date +%s", plainly(judgeClock)},
}

// Doctor asks the phone whether it is fit to be a gateway. A command that
// cannot be run is a bad check, not an error.
func Doctor(ctx context.Context, dev Device, p wabridge.Phone, profiles *uiauto.Profiles) []Check {
	var checks []Check
	for _, q := range questions {
		command := strings.ReplaceAll(q.command, "{app}", p.Package)
		out, err := dev.Run(ctx, command)
		if err != nil {
			checks = append(checks, Check{Name: q.name, Grade: Bad, Detail: err.Error(), Remedy: "see that the phone stays connected and try again"})
			continue
		}
		c := q.judge(string(out.Stdout), p, profiles).Check
		c.Name = q.name
		checks = append(checks, c)
	}
	return checks
}

func judgeApp(out string, p wabridge.Phone, profiles *uiauto.Profiles) Check {
	v := AppVersion([]byte(out))
	switch {
	case v == "":
		return Check{Grade: Bad, Detail: p.Package + " is not installed", Remedy: "install it from the Play Store and log in"}
	case !known(profiles, p.Package, v):
		return Check{Grade: Warn, Detail: p.Package + " " + v + " is newer or older than the profiles were made for",
			Remedy: "watch the first messages; `wabridge screen --phone …` shows what is recognised, --profiles overrides"}
	}
	return Check{Grade: OK, Detail: p.Package + " " + v}
}

var (
	level    = regexp.MustCompile(`(?m)^\s*level: (\d+)`)
	powered  = regexp.MustCompile(`(?m)^\s*(AC|USB|Wireless|Dock) powered: true`)
	tempRead = regexp.MustCompile(`(?m)^\s*temperature: (-?\d+)`)
)

func judgeBattery(out string, _ wabridge.Phone, _ *uiauto.Profiles) Check {
	m := level.FindStringSubmatch(out)
	if m == nil {
		return Check{Grade: Warn, Detail: "the battery does not say its level"}
	}
	pct, _ := strconv.Atoi(m[1]) // the pattern holds digits only
	detail := fmt.Sprintf("%d %%", pct)
	if t := tempRead.FindStringSubmatch(out); t != nil {
		tenth, _ := strconv.Atoi(t[1])
		detail += fmt.Sprintf(", %.1f °C", float64(tenth)/10)
	}
	switch {
	case powered.MatchString(out):
		return Check{Grade: OK, Detail: detail + ", charging"}
	case pct < 30:
		return Check{Grade: Bad, Detail: detail + ", not charging", Remedy: "connect a charger"}
	}
	return Check{Grade: Warn, Detail: detail + ", not charging", Remedy: "leave the phone on its charger"}
}

func judgeScreen(out string, p wabridge.Phone, _ *uiauto.Profiles) Check {
	lines := strings.Fields(out)
	awake := strings.Contains(out, "mWakefulness=Awake")
	stay := len(lines) > 1 && lines[1] != "0" && lines[1] != "null"
	switch {
	case stay:
		return Check{Grade: OK, Detail: "stays on while charging"}
	case awake:
		return Check{Grade: Warn, Detail: "on now, but will go off", Remedy: stayOn(p)}
	}
	return Check{Grade: Warn, Detail: "off; it is woken for each message, which costs time", Remedy: stayOn(p)}
}

// stayOn says how the screen stays on: adb may not be there for a phone that is
// reached directly.
func stayOn(p wabridge.Phone) string {
	const byHand = "switch on \"Stay awake\" in the phone's developer options"
	if p.Serial == "" || strings.HasPrefix(p.Serial, "direct:") {
		return byHand
	}
	return byHand + ", or run: adb -s " + p.Serial + " shell svc power stayon true"
}

func judgeLock(out string, _ wabridge.Phone, _ *uiauto.Profiles) Check {
	if strings.Contains(out, "mDreamingLockscreen=true") || strings.Contains(out, "Bouncer") {
		return Check{Grade: Bad, Detail: "the screen is locked", Remedy: "unlock it and set the screen lock to none, or configure unlock_pin"}
	}
	return Check{Grade: OK, Detail: "not locked"}
}

func judgeNotifications(out string, p wabridge.Phone, _ *uiauto.Profiles) judged {
	if !strings.Contains(out, "Notification Manager state") && !strings.Contains(out, "Notification List") {
		return judged{Check: Check{Grade: Bad, Detail: "the notification list cannot be read: incoming messages would not be seen",
			Remedy: "`wabridge notifications --phone " + p.Serial + "` must list what the phone shows"}}
	}
	const remedy = "allow them in Android's settings, with content on the lock screen"
	switch s := readNotificationSettings(out, p.Package, p.User); {
	case s.off:
		return judged{Check{Grade: Bad, Detail: "notifications of " + p.Package + " are switched off: messages are found late, from the chat list", Remedy: remedy}, wabridge.WarnNotificationsOff}
	case len(s.blocked) > 0:
		return judged{Check{Grade: Bad, Detail: "notifications of " + p.Package + " are switched off for " + strings.Join(s.blocked, ", "), Remedy: remedy}, wabridge.WarnChannelOff}
	case !s.known:
		return judged{Check: Check{Grade: OK, Detail: "readable; nothing is known yet of those of " + p.Package}}
	}
	return judged{Check: Check{Grade: OK, Detail: "readable, and allowed for " + p.Package}}
}

func known(profiles *uiauto.Profiles, pkg, version string) bool {
	p := profiles.For(pkg)
	return p != nil && p.Holds(version)
}

// judgeZen reads Settings.Global.ZEN_MODE: 0 off, 1 to 3 kinds of Do Not
// Disturb (AOSP); no number where the phone has no such setting.
func judgeZen(out string, _ wabridge.Phone, _ *uiauto.Profiles) Check {
	if n, err := strconv.Atoi(strings.TrimSpace(out)); err == nil && n != 0 {
		return Check{Grade: Warn, Detail: "on: Android may keep notifications back", Remedy: "switch Do Not Disturb off"}
	}
	return Check{Grade: OK, Detail: "off"}
}

// judgeSaver reads Settings.Global.LOW_POWER_MODE.
func judgeSaver(out string, _ wabridge.Phone, _ *uiauto.Profiles) Check {
	if strings.TrimSpace(out) == "1" {
		return Check{Grade: Warn, Detail: "on: the app may be kept from the network while the screen is off",
			Remedy: "switch Battery Saver off, and set the app's battery use to unrestricted"}
	}
	return Check{Grade: OK, Detail: "off"}
}

// maxSkew is how far a phone's clock may be off: the app itself refuses to work
// with one that is wrong by hours.
const maxSkew = time.Minute

// judgeClock compares the phone's clock with this machine's.
func judgeClock(out string, _ wabridge.Phone, _ *uiauto.Profiles) Check {
	return skewed(out, time.Now())
}

func skewed(out string, now time.Time) Check {
	n, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
	if err != nil {
		return Check{Grade: Warn, Detail: "the phone does not say its time"}
	}
	off := time.Unix(n, 0).Sub(now).Round(time.Second)
	if off.Abs() > maxSkew {
		return Check{Grade: Warn, Detail: fmt.Sprintf("%v from this machine's: times of messages are wrong by that", off),
			Remedy: "let both set their clocks from the network"}
	}
	return Check{Grade: OK, Detail: "as this machine's"}
}
