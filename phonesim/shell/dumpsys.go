package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/android"
)

// dumpsys knows the services that a driver asks.
func dumpsys(ctx context.Context, p *proc) int {
	args := p.args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if args[0] == "-t" && len(args) > 1 {
			args = args[1:]
		} else if args[0] == "-l" {
			p.printf("Currently running services:\n  activity\n  battery\n  notification\n  package\n  power\n  window\n")
			return 0
		}
		args = args[1:]
	}
	if len(args) == 0 {
		return 0
	}
	sys := p.sh.sys
	takes := sys.Latency.Dumpsys
	if args[0] == "notification" {
		takes = sys.Latency.Notifications
	}
	if err := android.Sleep(ctx, takes); err != nil {
		return 1
	}
	f, ok := dumps[args[0]]
	if !ok {
		p.errorf("Can't find service: %s", args[0])
		return 0
	}
	var text string
	sys.Do(func() { text = f(sys, args[1:]) })
	p.printf("%s", text)
	return 0
}

var dumps = map[string]func(s *android.System, args []string) string{
	"notification":   dumpNotification,
	"window":         dumpWindow,
	"power":          dumpPower,
	"activity":       dumpActivity,
	"package":        dumpPackage,
	"battery":        dumpBattery,
	"SurfaceFlinger": dumpSurfaceFlinger,
	"input_method":   dumpInputMethod,
	"display":        dumpDisplay,
	"connectivity":   dumpConnectivity,
	"deviceidle":     func(*android.System, []string) string { return "mState=ACTIVE\n" },
	"user":           func(*android.System, []string) string { return "Current user: 0\n" },
}

// dumpConnectivity names the default network (AOSP ConnectivityService.dump, from
// memory).
func dumpConnectivity(s *android.System, _ []string) string {
	network := "100"
	if s.Has(android.FaultNetworkOff) {
		network = "none"
	}
	return "NetworkProviders for: WiFi Cellular\n\nActive default network: " + network + "\n\nCurrent Networks:\n"
}

func dumpNotification(s *android.System, args []string) string {
	return s.Notices.Dump(!slices.Contains(args, "--noredact") && !slices.Contains(args, "--unredacted"), s.NotificationSettings())
}

// dumpWindow holds the lines that people read of the long original; the lock
// line is that of the shared capture dumpsys_window_lockscreen_lines.
func dumpWindow(s *android.System, args []string) string {
	var b strings.Builder
	focus := s.Focus()
	win := fmt.Sprintf("Window{%s u0 %s}", android.Token(focus), focus)
	app := fmt.Sprintf("ActivityRecord{%s u0 %s t%d}", android.Token(s.Resumed()), s.Resumed(), 42)
	if s.Android >= 13 {
		app = fmt.Sprintf("ActivityRecord{%s u0 %s} t42}", android.Token(s.Resumed()), s.Resumed())
	}
	locked, _ := s.Locked()
	if len(args) > 0 && args[0] == "displays" {
		fmt.Fprintf(&b, "WINDOW MANAGER DISPLAY CONTENTS (dumpsys window displays)\n  Display: mDisplayId=0\n    init=%dx%d 320dpi cur=%dx%d app=%dx%d\n",
			s.Display.W(), s.Display.H(), s.Display.W(), s.Display.H(), s.Display.W(), s.Display.H()-96)
		fmt.Fprintf(&b, "  mCurrentFocus=%s\n  mFocusedApp=%s\n", win, app)
		return b.String()
	}
	b.WriteString("WINDOW MANAGER LAST ANR (dumpsys window lastanr)\n  <no ANR has occurred since boot>\n\nWINDOW MANAGER POLICY STATE (dumpsys window policy)\n")
	fmt.Fprintf(&b, "    mSafeMode=false mSystemReady=true mSystemBooted=true\n    mAwake=%t mScreenOnEarly=%t mScreenOnFully=%t\n", s.Awake(), s.Awake(), s.Awake())
	fmt.Fprintf(&b, "    KeyguardServiceDelegate\n      showing=%t\n      showingAndNotOccluded=%t\n      inputRestricted=%t\n      occluded=false\n      secure=%t\n", locked, locked, locked, s.Secure())
	state := "SCREEN_STATE_ON"
	if !s.Awake() {
		state = "SCREEN_STATE_OFF"
	}
	fmt.Fprintf(&b, "      screenState=%s\n      interactiveState=INTERACTIVE_STATE_AWAKE\n\n", state)
	if len(args) > 0 && (args[0] == "policy" || args[0] == "p") {
		return b.String()
	}
	b.WriteString("WINDOW MANAGER SESSIONS (dumpsys window sessions)\n  Session Session{a1b2c3d 1508:1000}\n\nWINDOW MANAGER WINDOWS (dumpsys window windows)\n")
	fmt.Fprintf(&b, "  Window #0 %s:\n    mDisplayId=0 mSession=Session{a1b2c3d 1508:1000}\n", win)
	fmt.Fprintf(&b, "\n  mGlobalConfiguration={1.0 310mcc260mnc [%s] ldltr sw360dp w360dp h770dp 320dpi nrm long port finger -keyb/v/h -nav/h}\n", strings.ReplaceAll(s.LocaleTag(), "-", "_"))
	fmt.Fprintf(&b, "  mHasPermanentDpad=false\n  mTopFocusedDisplayId=0\n  mCurrentFocus=%s\n  mFocusedApp=%s\n", win, app)
	fmt.Fprintf(&b, "  mShowingDream=false mDreamingLockscreen=%t mDreamingSleepToken=null\n", locked)
	b.WriteString("  mAllowLockscreenWhenOn=false mLockScreenTimeout=60000 mLockScreenTimerActive=false\n")
	return b.String()
}

func dumpPower(s *android.System, _ []string) string {
	wake, display := "Awake", "ON"
	if !s.Awake() {
		wake, display = "Asleep", "OFF"
	}
	return fmt.Sprintf("POWER MANAGER (dumpsys power)\n\nPower Manager State:\n  mDirty=0x0\n  mWakefulness=%s\n  mWakefulnessChanging=false\n  mIsPowered=true\n  mPlugType=2\n  mBatteryLevel=%d\n  mStayOn=false\n  mHoldingDisplaySuspendBlocker=%t\n\nDisplay Power: state=%s\n",
		wake, android.BatteryLevel, s.Awake(), display)
}

func dumpActivity(s *android.System, args []string) string {
	what := ""
	if len(args) > 0 {
		what = args[0]
	}
	switch what {
	case "top":
		return s.ActivityTop()
	case "processes", "p":
		var b strings.Builder
		b.WriteString("ACTIVITY MANAGER RUNNING PROCESSES (dumpsys activity processes)\n")
		for _, a := range s.Apps() {
			if a.PID() != 0 {
				fmt.Fprintf(&b, "  *APP* UID %d ProcessRecord{%s %d:%s/u0a%d}\n", a.UID(), android.Token(a.Package()), a.PID(), a.Package(), a.UID()-10000)
			}
		}
		return b.String()
	case "services", "broadcasts", "recents", "starter":
		return "ACTIVITY MANAGER " + strings.ToUpper(what) + "\n  (nothing)\n"
	}
	r := s.Resumed()
	record := fmt.Sprintf("ActivityRecord{%s u0 %s t42}", android.Token(r), r)
	if s.Android >= 13 {
		record = fmt.Sprintf("ActivityRecord{%s u0 %s} t42}", android.Token(r), r)
	}
	key := "ResumedActivity"
	if s.Android <= 10 {
		key = "mResumedActivity"
	}
	var b strings.Builder
	b.WriteString("ACTIVITY MANAGER ACTIVITIES (dumpsys activity activities)\nDisplay #0 (activities from top to bottom):\n")
	if f := s.Front(); f != nil {
		fmt.Fprintf(&b, "  * Task{%s #42 type=standard A=%d:%s U=0 visible=true mode=fullscreen sz=%d}\n", android.Token("task"), f.UID(), f.Package(), len(f.Activities()))
		for i, a := range f.Activities() {
			fmt.Fprintf(&b, "    * Hist  #%d: ActivityRecord{%s u0 %s/%s t42}\n", len(f.Activities())-1-i, android.Token(a), f.Package(), a)
		}
	}
	fmt.Fprintf(&b, "  mFocusedApp=%s\n  %s: %s\n  topResumedActivity=%s\n", record, key, record, record)
	return b.String()
}

func dumpPackage(s *android.System, args []string) string {
	if len(args) == 0 {
		return ""
	}
	for _, a := range s.Apps() {
		if a.Package() != args[0] {
			continue
		}
		name, code := a.Version()
		at := s.Boot.Add(-400 * time.Hour).UTC().Format("2006-01-02 15:04:05")
		return fmt.Sprintf(`Activity Resolver Table:
  Schemes:
      https:
        %[1]x %[2]s/.TextAndDirectChatDeepLink filter 5c2e3f1
      whatsapp:
        %[1]x %[2]s/.TextAndDirectChatDeepLink filter 8a1b2c3

Packages:
  Package [%[2]s] (%[1]x):
    userId=%[3]d
    pkg=Package{%[1]x %[2]s}
    codePath=/data/app/~~Qk1vZGVs==/%[2]s-c2ltdWxhdGVk==
    versionCode=%[4]d minSdk=21 targetSdk=35
    versionName=%[5]s
    flags=[ HAS_CODE ALLOW_CLEAR_USER_DATA ]
    firstInstallTime=%[6]s
    lastUpdateTime=%[6]s
    installerPackageName=com.android.vending
    runtime permissions:
      android.permission.POST_NOTIFICATIONS: granted=%[7]t, flags=[ USER_SET]
      android.permission.READ_CONTACTS: granted=true, flags=[ USER_SET]
    User 0: ceDataInode=1 installed=true hidden=false suspended=false stopped=%[8]t notLaunched=false enabled=0
`, 0x2f4e1, a.Package(), a.UID(), code, name, at, !s.Has(android.FaultNoNotifications), a.PID() == 0)
	}
	return fmt.Sprintf("Unable to find package: %s\n", args[0])
}

func dumpBattery(*android.System, []string) string {
	return fmt.Sprintf("Current Battery Service state:\n  AC powered: false\n  USB powered: true\n  Wireless powered: false\n  Max charging current: 500000\n  status: 2\n  health: 2\n  present: true\n  level: %d\n  scale: 100\n  voltage: 4211\n  temperature: 284\n  technology: Li-ion\n", android.BatteryLevel)
}

func dumpSurfaceFlinger(_ *android.System, args []string) string {
	if slices.Contains(args, "--display-id") {
		return "Display 4630946219955703955 (HWC display 0): port=19 pnpId=WAB displayName=\"SIM-720\"\n"
	}
	return "Build configuration: [sf HAS_CONTEXT_PRIORITY=1]\n"
}

func dumpInputMethod(s *android.System, _ []string) string {
	return fmt.Sprintf("Current Input Method Manager state:\n  mCurMethodId=%s\n  mInputShown=false\n  mIsInputViewShown=false\n", s.Settings["secure/default_input_method"])
}

func dumpDisplay(s *android.System, _ []string) string {
	state := "ON"
	if !s.Awake() {
		state = "OFF"
	}
	return fmt.Sprintf("DISPLAY MANAGER (dumpsys display)\n  mScreenState=%s\n  mBaseDisplayInfo=DisplayInfo{\"Built-in Screen\", displayId 0, real %d x %d}\n", state, s.Display.W(), s.Display.H())
}
