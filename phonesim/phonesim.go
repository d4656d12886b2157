// Package phonesim is a simulated Android phone with WhatsApp on it: a device
// that speaks adbd's protocol, takes shell text, keeps a model of Android and
// of the app, and can go wrong on demand. It knows nothing of wabridge's queue,
// driver or API: whatever passes on it has come through adb.
//
//	phonesim          the device: adbd, control API, wiring
//	phonesim/shell    shell text and the phone's commands
//	phonesim/app      WhatsApp: chats, screens, ticks, notifications
//	phonesim/android  the system: windows, keyguard, input, logs, faults, time
//	phonesim/notice   the notification manager and its dumps
//	phonesim/view     trees of views, what a tap hits, uiautomator's XML
//	phonesim/vfs      files
//	phonesim/picture  the screen as PNG
//
// What of all this rests on a capture, on AOSP's source, on reports or on
// memory is listed in docs/phonesim.md.
package phonesim

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/app"
	"github.com/wabridge/wabridge/phonesim/shell"
)

// Latency is how long things take on the phone.
type Latency string

// The latency profiles.
const (
	Instant   Latency = "instant"   // nothing waits; for tests
	Realistic Latency = "realistic" // as measured on phones; for benchmarks
)

// What the phone's parts are called here.
type (
	// Fault is something that goes wrong on demand.
	Fault = android.Fault
	// Duration is a time.Duration that JSON writes and reads as "1.5s".
	Duration = android.Duration
	// FaultKind names and explains a kind of fault.
	FaultKind = android.FaultKind
	// UnknownFaultError names a kind of fault that does not exist.
	UnknownFaultError = android.UnknownFaultError
	// IncomingMessage is what somebody sends to the account.
	IncomingMessage = app.IncomingMessage
	// IncomingFile is what comes with a message that is not a text.
	IncomingFile = app.IncomingFile
	// ReceivedMessage is one that arrived.
	ReceivedMessage = app.ReceivedMessage
	// SentMessage is a line of the ledger.
	SentMessage = app.SentMessage
	// SentMedia is the file of a line of the ledger.
	SentMedia = app.SentMedia
	// Contact is a person in the phone's address book.
	Contact = app.Contact
	// Call is somebody's call, or what became of it.
	Call = app.Call
)

// FaultKinds lists every kind of fault.
func FaultKinds() []FaultKind { return android.FaultKinds() }

// Config describes the phone. The zero value is an English Android 13 phone
// with com.whatsapp, number 15550001001 and the instant profile.
type Config struct {
	Latency  Latency
	Locale   string // en, pt, es, de, ru
	App      string // com.whatsapp or com.whatsapp.w4b
	Number   string // digits of the account
	Seed     uint64 // of everything random
	Android  int    // 10, 13 or 15
	Identity string // "pn": notifications name chats by number; "lid": by @lid
	Contacts []Contact
	Logger   *slog.Logger // nil discards
}

// Check names the first setting that is not one of its values.
func (c Config) Check() error {
	for _, f := range []struct {
		name, value string
		allowed     []string
	}{
		{"latency", string(c.Latency), []string{"", "instant", "realistic"}},
		{"locale", c.Locale, []string{"", "en", "pt", "es", "de", "ru"}},
		{"app", c.App, []string{"", "com.whatsapp", "com.whatsapp.w4b"}},
		{"identity", c.Identity, []string{"", "pn", "lid"}},
		{"android", fmt.Sprint(c.Android), []string{"0", "10", "13", "15"}},
	} {
		if !oneOf(f.value, f.allowed) {
			return fmt.Errorf("%s: %q is not one of %v", f.name, f.value, f.allowed[1:])
		}
	}
	return nil
}

func oneOf(v string, allowed []string) bool {
	for _, a := range allowed {
		if a == v {
			return true
		}
	}
	return false
}

// A Phone is one simulated device. Its methods are safe for concurrent use.
type Phone struct {
	cfg   Config
	sys   *android.System
	app   *app.App
	shell *shell.Shell
	log   commandLog

	ctx     context.Context // ends with Close; Exec and the servers watch it
	stop    context.CancelFunc
	running sync.WaitGroup // Exec calls and servers
	mu      sync.Mutex     // of closed, and of running.Add against Wait
	closed  bool
}

// New makes a phone, switched on and unlocked, the launcher on screen. Settings
// that Check refuses count as not given.
func New(cfg Config) *Phone {
	cfg.Locale = cmp.Or(cfg.Locale, "en")
	cfg.App = cmp.Or(cfg.App, "com.whatsapp")
	cfg.Number = cmp.Or(cfg.Number, "15550001001")
	cfg.Android = cmp.Or(cfg.Android, 13)
	lat := android.Instant()
	if cfg.Latency == Realistic {
		lat = android.Realistic()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Phone{cfg: cfg}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.sys = android.New(android.Config{Latency: lat, Locale: cfg.Locale, Android: cfg.Android, Seed: cfg.Seed, Logger: cfg.Logger})
	p.sys.Do(func() {
		p.app = app.New(p.sys, app.Config{Package: cfg.App, Number: cfg.Number, Identity: cfg.Identity, Contacts: cfg.Contacts})
	})
	p.shell = shell.New(p.sys)
	p.shell.Ran, p.shell.Picture = p.log.step, p.drawPNG
	return p
}

// enter counts one activity that Close waits for; false: the phone is closed.
func (p *Phone) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.running.Add(1)
	return true
}

// Close stops everything and waits for it. It may be called more than once.
func (p *Phone) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop()
	p.sys.Close()
	p.running.Wait()
	return nil
}

// Exec runs one shell command text as `adb shell` would and returns its exit
// code. Ending the context ends the command.
func (p *Phone) Exec(ctx context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) int {
	if !p.enter() {
		return 255
	}
	defer p.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	ctx, c := p.log.begin(ctx, command)
	code := p.shell.Exec(ctx, command, stdin, stdout, stderr)
	p.log.end(c, code)
	return code
}

// Incoming delivers a message to the account and returns its id.
func (p *Phone) Incoming(m IncomingMessage) (id string, err error) {
	p.sys.Do(func() { id, err = p.app.Incoming(m) })
	return id, err
}

// Received lists the incoming messages in the order they were sent to the account.
func (p *Phone) Received() (out []ReceivedMessage) {
	p.sys.Do(func() { out = p.app.Received() })
	return out
}

// Sent is the ledger: what truly left through the app, in order.
func (p *Phone) Sent() (out []SentMessage) {
	p.sys.Do(func() { out = p.app.Sent() })
	return out
}

// Fault arms a fault; some kinds happen at once. An unknown kind is an
// UnknownFaultError.
func (p *Phone) Fault(f Fault) (err error) {
	p.sys.Do(func() { err = p.sys.Arm(f) })
	return err
}

// Armed lists the kinds of faults that are armed and not used up.
func (p *Phone) Armed() (kinds []string) {
	p.sys.Do(func() { kinds = p.sys.Armed() })
	return kinds
}

// Tick sets the newest outgoing message of a chat to a state: pending, sent,
// delivered or read. It stays so until it is set again.
func (p *Phone) Tick(to, state string) error {
	s, err := app.ParseState(state)
	if err != nil {
		return err
	}
	p.sys.Do(func() { err = p.app.Tick(to, s) })
	return err
}

// Human has a person send a text from this account, on another of its devices:
// the chat shows it, the screen stays. HumanOnScreen does it on the phone.
func (p *Phone) Human(to, text string) (err error) {
	p.sys.Do(func() { err = p.app.Human(to, text, false) })
	return err
}

// HumanOnScreen has a person open the chat on the phone's own screen, send a
// text, and leave the chat open.
func (p *Phone) HumanOnScreen(to, text string) (err error) {
	p.sys.Do(func() { err = p.app.Human(to, text, true) })
	return err
}

// Archive moves a chat to the archived ones, or back to the list.
func (p *Phone) Archive(who string, archived bool) (err error) {
	p.sys.Do(func() { err = p.app.Archive(who, archived) })
	return err
}

// AddContact saves a contact on the phone, or gives one a picture.
func (p *Phone) AddContact(c Contact) { p.sys.Do(func() { p.app.AddContact(c) }) }

// Call has somebody call the account, or ends that.
func (p *Phone) Call(c Call) (err error) {
	p.sys.Do(func() { err = p.app.Call(c) })
	return err
}

// Clear ends all faults, empties the chats, the ledger, the received list and
// the list of commands, and shows the launcher.
func (p *Phone) Clear() {
	p.sys.Do(func() {
		p.sys.ClearFaults()
		p.app.Clear()
		p.sys.Home()
	})
	p.log.clear()
}

// ClearFaults ends all faults and what they left on the screen; chats and lists stay.
func (p *Phone) ClearFaults() { p.sys.Do(p.sys.ClearFaults) }

// Settle waits until nothing is scheduled to happen any more.
func (p *Phone) Settle(ctx context.Context) error { return p.sys.Settle(ctx) }

// Commands lists the shell texts that ran, oldest first.
func (p *Phone) Commands() []Command { return p.log.list(time.Now()) }
