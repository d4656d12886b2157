package android

import (
	"fmt"
	"strings"

	"github.com/wabridge/wabridge/phonesim/view"
)

// A Window is what one activity or dialog shows.
type Window interface {
	// Title is the window's name: "com.whatsapp/com.whatsapp.Conversation".
	Title() string
	// Draw makes the tree of views as it is now.
	Draw() *view.Node
}

// A Typer is a window with a focused text field.
type Typer interface {
	// Type adds text at the end of the field.
	Type(text string)
	// Delete removes the last character of the field, or all of it.
	Delete(all bool)
	// Enter is the enter key in the field.
	Enter()
}

// A Scroller is a window that can be scrolled; dy is how far the finger moved down.
type Scroller interface{ Scroll(dy int) }

// A Canceler is a dialog that a tap outside takes away.
type Canceler interface{ Cancel() }

// An App is what runs on the system. Its methods are called with the lock held.
type App interface {
	Package() string
	UID() int
	PID() int // 0: no process
	Label() string
	Version() (name string, code int)
	// Resolve tells the activity that would take an intent, or "".
	Resolve(i Intent) (activity string)
	// Start gives it an intent that Resolve accepted.
	Start(i Intent) StartResult
	// Window is the top window, dialogs included.
	Window() Window
	// Activities are the tasks' activities, top first: ".Conversation".
	Activities() []string
	// Back is the back key; false: the last activity was left.
	Back() bool
	// Shown and Hidden tell whether its windows are what a person sees.
	Shown()
	Hidden()
	// Die ends the process; stopped is a force-stop, after which it stays dead
	// until it is started.
	Die(stopped bool)
	// Recheck is called when standing faults begin or end, and when the language changes.
	Recheck()
}

// Install adds an app.
func (s *System) Install(a App) { s.apps = append(s.apps, a) }

// Apps are the installed ones.
func (s *System) Apps() []App { return s.apps }

// Front is the app whose task is in front, or nil for the launcher.
func (s *System) Front() App { return s.front }

// Seen reports whether a person sees this app's windows: in front, display on,
// no keyguard. A shade or a system dialog over it does not stop the activity.
func (s *System) Seen(a App) bool { return s.front == a && s.awake && !s.lock.on && s.call == nil }

// ShowCall puts a window over everything, the keyguard too, and switches the
// display on; nil takes it away. It is how a full-screen notification comes up.
func (s *System) ShowCall(w Window) {
	was := s.seenApp()
	s.call = w
	if w != nil {
		s.awake = true
	}
	s.tellSeen(was)
	s.Changed()
}

// switchTo brings an app, or nil for the launcher, to the front.
func (s *System) switchTo(a App) {
	was := s.seenApp()
	s.front = a
	s.tellSeen(was)
	s.Changed()
}

func (s *System) seenApp() App {
	if s.front != nil && s.Seen(s.front) {
		return s.front
	}
	return nil
}

// tellSeen tells apps of a change of what is seen.
func (s *System) tellSeen(was App) {
	is := s.seenApp()
	if was == is {
		return
	}
	if was != nil {
		was.Hidden()
	}
	if is != nil {
		is.Shown()
	}
}

// Home brings the launcher to the front.
func (s *System) Home() {
	s.shade = false
	s.dropPassing()
	s.switchTo(nil)
}

// Kill ends an app's process.
func (s *System) Kill(a App) {
	if s.front == a {
		s.switchTo(nil)
	}
	a.Die(false)
	s.dropANR()
	s.Changed()
}

// ForceStop stops an app as the settings' button does.
func (s *System) ForceStop(a App) {
	if s.front == a {
		s.switchTo(nil)
	}
	a.Die(true)
	s.dropANR()
	s.Notices.CancelPackage(a.Package(), notCancelForceStop)
	s.Changed()
}

// notCancelForceStop is REASON_PACKAGE_CHANGED.
const notCancelForceStop = 5

// Active is the window that uiautomator dumps and input reaches.
func (s *System) Active() Window {
	switch {
	case s.call != nil:
		return s.call
	case !s.awake || s.lock.on:
		return keyguardWindow{s}
	case s.shade:
		return shadeWindow{s}
	case len(s.dialogs) > 0:
		return s.dialogs[len(s.dialogs)-1]
	case s.front != nil:
		return s.front.Window()
	}
	return launcherWindow{s}
}

// Draw is the active window's tree.
func (s *System) Draw() *view.Node { return s.Active().Draw() }

// Focus is the window's name as dumpsys window prints it after "u0 ".
func (s *System) Focus() string { return s.Active().Title() }

// Resumed is the component of the top activity; a shade, a dialog or the
// keyguard does not change it.
func (s *System) Resumed() string {
	if s.front == nil {
		return launcherComponent
	}
	a := s.front.Activities()
	if len(a) == 0 {
		return launcherComponent
	}
	return s.front.Package() + "/" + a[0]
}

// statusBarWindow is the name of the window that keyguard and shade are drawn
// in: StatusBar up to Android 10 (seen), NotificationShade since 11 (from memory).
func (s *System) statusBarWindow() string {
	if s.Android <= 10 {
		return "StatusBar"
	}
	return "NotificationShade"
}

// Token is a made-up but stable identity of a window or record.
func Token(name string) string {
	var h uint32 = 2166136261
	for _, b := range []byte(name) {
		h = (h ^ uint32(b)) * 16777619
	}
	return fmt.Sprintf("%07x", h&0xfffffff)
}

// Secure reports whether the phone has a PIN.
func (s *System) Secure() bool { return s.lock.pin != "" }

// ActivityTop is dumpsys activity top: the view tree of the activity in front,
// without waiting for idle. The lines are those of Android's View.toString; the
// format was seen in listings of other apps, not of WhatsApp.
func (s *System) ActivityTop() string {
	var b strings.Builder
	if s.front == nil {
		fmt.Fprintf(&b, "TASK %s id=1 userId=0\n  ACTIVITY %s %s pid=2544\n", launcher, launcherComponent, Token("launcher"))
		return b.String()
	}
	fmt.Fprintf(&b, "TASK %s id=42 userId=0\n  ACTIVITY %s %s pid=%d\n", s.front.Package(), s.Resumed(), Token(s.Resumed()), s.front.PID())
	b.WriteString("    View Hierarchy:\n      DecorView@" + Token("decor") + "[Conversation]\n")
	writeView(&b, s.front.Window().Draw(), "        ", view.Rect{})
	return b.String()
}

func writeView(b *strings.Builder, n *view.Node, indent string, parent view.Rect) {
	v, e := 'V', 'E'
	if n.Is(view.Gone) {
		v = 'G'
	}
	if n.Is(view.Disabled) {
		e = '.'
	}
	flag := func(f view.Flag, c rune) rune {
		if n.Is(f) {
			return c
		}
		return '.'
	}
	id := ""
	if _, name, ok := strings.Cut(n.ID, ":id/"); ok {
		id = fmt.Sprintf(" #7f0b%04x app:id/%s", len(name)*257, name)
	}
	fmt.Fprintf(b, "%s%s{%s %c%c%c..%c%c.. ........ %d,%d-%d,%d%s}\n", indent, n.Class, Token(n.ID+n.Bounds.String()),
		v, flag(view.Focusable, 'F'), e, flag(view.Clickable, 'C'), flag(view.LongClickable, 'L'),
		n.Bounds.Left-parent.Left, n.Bounds.Top-parent.Top, n.Bounds.Right-parent.Left, n.Bounds.Bottom-parent.Top, id)
	for _, c := range n.Children {
		writeView(b, c, indent+"  ", n.Bounds)
	}
}
