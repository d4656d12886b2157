package whatsapp

import (
	"slices"
	"strings"

	"github.com/wabridge/wabridge/uiauto"
)

// Recognise tells which screen a dump shows. It is pure. Ids decide before
// words, and words that people wrote decide nothing: neither bubbles, names,
// previews nor the composer are looked at for the app's own texts.
func Recognise(d *uiauto.Dump, p *uiauto.Profiles) Screen {
	l := look{d: d, p: p}
	for _, w := range d.Windows() {
		if b := w.Bounds; !b.Empty() {
			l.windows = append(l.windows, w)
		}
	}
	if len(l.windows) == 0 {
		return Screen{Kind: Empty, Why: "the dump has no visible window"}
	}
	if s, ok := l.system(); ok {
		return s
	}
	l.top() // there is one: not all windows are the system's
	s := Screen{App: l.window.Package, Size: l.window.Bounds}
	if l.app = p.For(s.App); l.app == nil {
		return l.foreign(s)
	}
	for _, id := range l.app.IDs("send") {
		for n := range d.Find(uiauto.Selector{ID: id, Within: l.window}) {
			if s.Sends++; s.Sends == 1 && !l.covered(n.Bounds) {
				s.Send = &Target{Bounds: n.Bounds}
			}
		}
	}
	for _, rule := range appRules {
		if rule(&l, &s) {
			return s
		}
	}
	s.Kind, s.Why = Unknown, "no rule fits a window of "+s.App
	return s
}

// appRules are tried in this order; the first that fits fills the screen.
var appRules = []func(*look, *Screen) bool{
	(*look).account,
	(*look).inviteDialog,
	(*look).dialog,
	(*look).picker,
	(*look).tray,
	(*look).attachSheet,
	(*look).chat,
	(*look).search,
	(*look).home,
	(*look).preview,
	(*look).words,
	(*look).popup,
}

// A look is the work on one dump.
type look struct {
	d       *uiauto.Dump
	p       *uiauto.Profiles
	windows []*uiauto.Node
	window  *uiauto.Node // the app's
	app     *uiauto.Profile

	messages *uiauto.Node // the list of an open chat
}

// node is the first node of the app's window with an id of the role.
func (l *look) node(role string) *uiauto.Node { return l.app.Node(l.d, l.window, role) }

// sys is the first node of a system window with an id of the role.
func (l *look) sys(role string) *uiauto.Node {
	for _, w := range l.windows {
		if n := l.p.System.Node(l.d, w, role); n != nil && l.p.For(n.Package) == nil {
			return n
		}
	}
	return nil
}

// top chooses the window that counts. uiautomator dumps the active one only;
// uiautomator2 dumps all that are visible, in any order: the bars of the system,
// the keyboard, the app, and its dialogs as windows of their own. The app's own
// windows come first, the smallest of them because a dialog or a menu lies over
// its activity. Another app's window counts only if it has the focus (a keyboard
// never has it), or if the app shows none.
func (l *look) top() {
	for _, w := range l.windows {
		if w.Package != systemUI && l.above(w) {
			l.window = w
		}
	}
}

// above reports whether a window comes before the one chosen so far.
func (l *look) above(w *uiauto.Node) bool {
	if l.window == nil {
		return true
	}
	was, is := l.p.For(l.window.Package) != nil, l.p.For(w.Package) != nil
	switch {
	case was && is:
		return w.Bounds.Area() <= l.window.Bounds.Area()
	case is:
		return !hasFocus(l.window) || hasFocus(w)
	case was:
		return hasFocus(w) && !hasFocus(l.window)
	}
	return true
}

// hasFocus reports whether a node of the window has the input focus.
func hasFocus(w *uiauto.Node) bool {
	for n := range w.All() {
		if n.Has(uiauto.Focused) {
			return true
		}
	}
	return false
}

// covered reports whether a window of another app lies over the middle of r: a
// tap there would go to that app. The bars of the system lie over nothing.
func (l *look) covered(r uiauto.Rect) bool {
	x, y := r.Center()
	for _, w := range l.windows {
		if w.Package != l.window.Package && w.Package != systemUI && w.Bounds.Contains(x, y) {
			return true
		}
	}
	return false
}

const systemUI = "com.android.systemui"

// system recognises Android's own windows.
func (l *look) system() (Screen, bool) {
	w := l.windows[len(l.windows)-1]
	if i := slices.IndexFunc(l.windows, l.permission); i >= 0 {
		w = l.windows[i]
	}
	s := Screen{App: w.Package, Size: w.Bounds}
	switch {
	case l.keyguard(&s):
	case l.sys("anr_wait") != nil || l.sys("anr_close") != nil:
		l.systemDialog(&s, ANR, "anr_title", "anr_wait", "anr_close")
	case l.permission(w):
		l.systemDialog(&s, Permission, "permission_text", "permission_deny")
	case l.only(systemUI):
		s.Kind, s.Why = Shade, "a window of "+systemUI+" that is not the lock screen"
	default:
		return Screen{}, false
	}
	return s, true
}

// only reports whether all windows are of a package.
func (l *look) only(pkg string) bool {
	for _, w := range l.windows {
		if w.Package != pkg {
			return false
		}
	}
	return true
}

// keyguard recognises the lock screen; it may lie in a system window beside
// the app's.
func (l *look) keyguard(s *Screen) bool {
	n := l.sys("keyguard")
	secret := l.sys("keyguard_secret")
	if n == nil && secret == nil || !l.only(systemUI) && (secret == nil || secret.Bounds.Empty()) {
		return false
	}
	s.App, s.Kind, s.Why = systemUI, Keyguard, "ids of the lock screen"
	if secret == nil {
		secret = l.password()
	}
	if secret != nil {
		s.Locked, s.Why = true, "ids of the lock screen's PIN, pattern or password"
	}
	return true
}

func (l *look) password() *uiauto.Node {
	return l.d.First(uiauto.Selector{Flags: uiauto.Password, Package: systemUI})
}

// permission recognises Android's question for a permission: the package's
// name moves between versions, its last part does not.
func (l *look) permission(w *uiauto.Node) bool {
	last := w.Package[strings.LastIndexByte(w.Package, '.')+1:]
	return (last == "permissioncontroller" || last == "packageinstaller") && l.sys("permission") != nil
}

// systemDialog fills a dialog of Android from ids alone.
func (l *look) systemDialog(s *Screen, k Kind, text string, buttons ...string) {
	s.Kind, s.Why, s.Dialog = k, "ids of Android's dialog", &Dialog{}
	if n := l.sys(text); n != nil {
		s.Dialog.Text = uiauto.Clean(n.Text)
	}
	for _, role := range buttons {
		if n := l.sys(role); n != nil {
			s.Dialog.Buttons = append(s.Dialog.Buttons, button(n))
		}
	}
}

func button(n *uiauto.Node) Button {
	return Button{Text: uiauto.Clean(said(n)), ID: n.Suffix(), Bounds: n.Bounds}
}

// foreign recognises windows of other apps: an icon or a text "WhatsApp" in
// them does not make them the app.
func (l *look) foreign(s Screen) Screen {
	if l.p.System.Node(l.d, l.window, "launcher") != nil || strings.Contains(s.App, "launcher") {
		s.Kind, s.Why = Launcher, "a launcher's window"
		return s
	}
	s.Kind, s.Why = OtherApp, "a window of another app"
	return s
}

// search recognises the search through chats.
func (l *look) search(s *Screen) bool {
	n := l.node("search")
	if n == nil {
		return false
	}
	s.Kind, s.Why = Search, "id "+n.Suffix()
	return true
}

func isEdit(n *uiauto.Node) bool { return strings.HasSuffix(n.Class, "EditText") }
