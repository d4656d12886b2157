// Package app is WhatsApp on the simulated phone: its chats, drafts, ticks and
// screens. It draws views and posts notifications on an android.System and knows
// nothing of adb or shell text.
package app

import (
	"cmp"
	pixels "image"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/android"
)

// Config describes the account.
type Config struct {
	Package  string // com.whatsapp or com.whatsapp.w4b
	Number   string // digits
	Identity string // "pn" or "lid"
	Contacts []Contact
}

// An App is WhatsApp. Everything is used with the system's lock held.
type App struct {
	sys   *android.System
	cfg   Config
	chats map[string]*Chat

	pictures map[string]pixels.Image // of chats, read when first shown

	pid     int
	stopped bool     // force-stopped: it gets nothing until it is started
	stack   []screen // activities, the last on top
	over    []screen // dialogs over the top activity, the last on top
	opening func()   // takes back a chat that is about to open

	ledger   []*SentMessage
	received []*ReceivedMessage
	waiting  []*ReceivedMessage // at the server, not yet with the app
	outbox   []outgoing         // without network
	fetching []outgoing         // incoming files that the network left behind
	lastID   int
	newest   int // place of the chat with the newest message
}

// New installs the app on a system.
func New(sys *android.System, cfg Config) *App {
	a := &App{sys: sys, cfg: cfg, chats: map[string]*Chat{}, pictures: map[string]pixels.Image{}, pid: firstPID}
	sys.Install(a)
	for _, c := range cfg.Contacts {
		a.mirror(c)
	}
	return a
}

const firstPID = 4242

// A screen is an activity or a dialog of the app.
type screen interface {
	android.Window
	// name is the activity's, ".Conversation"; "" for a dialog.
	name() string
	// back is the back key; false: the screen is left.
	back() bool
}

// Package, UID, PID, Label and Version describe the installed app.
func (a *App) Package() string { return a.cfg.Package }

// UID is the app's user id.
func (a *App) UID() int { return 10290 }

// PID is its process, or 0.
func (a *App) PID() int { return a.pid }

// Label is the name under its icon.
func (a *App) Label() string {
	if strings.HasSuffix(a.cfg.Package, ".w4b") {
		return "WA Business"
	}
	return "WhatsApp"
}

// Version is what dumpsys package says.
func (a *App) Version() (name string, code int) { return "2.26.27.85", 262708500 }

func (a *App) words() *words {
	if w := locales[a.sys.Locale]; w != nil {
		return w
	}
	return locales["en"]
}

// top is the screen a person sees of the app: a dialog or the top activity.
func (a *App) top() screen {
	if n := len(a.over); n > 0 {
		return a.over[n-1]
	}
	if n := len(a.stack); n > 0 {
		return a.stack[n-1]
	}
	return nil
}

// Window is the top window.
func (a *App) Window() android.Window {
	if t := a.top(); t != nil {
		return t
	}
	a.stack = []screen{&homeScreen{a: a}}
	return a.top()
}

// Activities are the stack's activities, top first, as class names.
func (a *App) Activities() []string {
	var out []string
	for _, s := range slices.Backward(a.stack) {
		out = append(out, s.name())
	}
	return out
}

// Back is the back key.
func (a *App) Back() bool {
	a.cancelOpening()
	if n := len(a.over); n > 0 {
		if !a.over[n-1].back() {
			a.over = a.over[:n-1]
		}
		a.shownAgain()
		return true
	}
	n := len(a.stack)
	if n == 0 {
		return false
	}
	if a.stack[n-1].back() {
		return true
	}
	a.stack = a.stack[:n-1]
	if len(a.stack) == 0 {
		return false
	}
	a.shownAgain()
	return true
}

// Shown is called when a person sees the app again.
func (a *App) Shown() { a.shownAgain() }

// Hidden is called when the app goes out of sight. Its activities stay.
func (a *App) Hidden() { a.cancelOpening() }

// shownAgain does what the app does when a chat comes into sight: its unread
// messages are read and its notification goes.
func (a *App) shownAgain() {
	if c := a.openChat(); c != nil {
		a.readChat(c)
	}
}

// openChat is the chat a person sees now: in front, with nothing of the app over
// it but a card inside the chat.
func (a *App) openChat() *Chat {
	if !a.sys.Seen(a) || len(a.stack) == 0 {
		return nil
	}
	if s, ok := a.stack[len(a.stack)-1].(*chatScreen); ok {
		return s.chat
	}
	return nil
}

// Die ends the process: activities and what had not been sent to the server yet
// stay on disk, as in the real app.
func (a *App) Die(stopped bool) {
	a.cancelOpening()
	a.pid, a.stopped = 0, stopped
	a.stack, a.over = nil, nil
	if !stopped { // the push service starts it again with the next message
		a.pid = firstPID + 1
	}
}

func (a *App) cancelOpening() {
	if a.opening != nil {
		a.opening()
		a.opening = nil
	}
}

// alive makes sure that there is a process.
func (a *App) alive() {
	a.stopped = false
	if a.pid == 0 {
		a.lastID++
		a.pid = firstPID + a.lastID
	}
	a.catchUp()
}

// online reports whether the app reaches its servers.
func (a *App) online() bool { return !a.sys.Has(android.FaultNetworkOff) }

// Recheck is called when standing faults begin or end.
func (a *App) Recheck() {
	if a.online() {
		a.flush()
		a.catchUp()
		a.fetch()
	}
	if !a.sys.Has(android.FaultWaiting) {
		a.reveal()
	}
	if !a.sys.Has(android.FaultHoldTicks) {
		a.deliverHeld()
	}
	a.recheckAccount()
}

// recheckAccount puts the screen for a logged-out or banned account over
// everything, and takes it away again.
func (a *App) recheckAccount() {
	if a.blocked() != nil {
		a.cancelOpening()
		a.over = nil
		if len(a.stack) > 0 {
			a.stack = []screen{a.blocked()}
		}
		return
	}
	a.stack = slices.DeleteFunc(a.stack, func(s screen) bool { _, ok := s.(*noticeScreen); return ok })
	if len(a.stack) == 0 && a.sys.Front() == android.App(a) {
		a.stack = []screen{&homeScreen{a: a}}
	}
}

func (a *App) mirror(c Contact) {
	jid := c.Number + "@s.whatsapp.net"
	if !onWhatsApp(c.Number) {
		jid = ""
	}
	a.sys.AddContact(c.Name, "+"+c.Number, jid)
}

// onWhatsApp is the simulated network's directory: numbers that end in 000 are
// not on it.
func onWhatsApp(digits string) bool { return !strings.HasSuffix(digits, "000") }

func sortChats(cs []*Chat) {
	slices.SortFunc(cs, func(a, b *Chat) int {
		return cmp.Or(cmp.Compare(b.place, a.place), strings.Compare(a.ID, b.ID))
	})
}

// Clear empties chats, ledger and lists, and closes all screens.
func (a *App) Clear() {
	a.cancelOpening()
	a.sys.ShowCall(nil)
	a.chats = map[string]*Chat{}
	a.ledger, a.received, a.waiting, a.outbox, a.fetching = nil, nil, nil, nil, nil
	a.stack, a.over = nil, nil
	_ = a.sys.Files.Remove(a.mediaRoot(), true) // there may be none
	a.sys.Notices.CancelPackage(a.cfg.Package, 8)
}

// now is the time of a message: whole seconds, as the servers stamp them.
func now() time.Time { return time.Now().Truncate(time.Second) }
