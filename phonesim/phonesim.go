// Package phonesim is a simulated Android phone with WhatsApp on it: a device
// that speaks adbd's protocol, takes shell text, keeps a model of Android and
// of the app, and can go wrong on demand. It knows nothing of wabridge's queue,
// driver or API: whatever passes on it has come through adb.
package phonesim

import (
	"context"
	"io"
	"log/slog"
	"net"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/app"
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
	// FaultKind names and explains a kind of fault.
	FaultKind = android.FaultKind
	// IncomingMessage is what somebody sends to the account.
	IncomingMessage = app.IncomingMessage
	// ReceivedMessage is one that arrived.
	ReceivedMessage = app.ReceivedMessage
	// SentMessage is a line of the ledger.
	SentMessage = app.SentMessage
	// Contact is a person in the phone's address book.
	Contact = app.Contact
)

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

// A Phone is one simulated device. Its methods are safe for concurrent use.
type Phone struct {
	cfg Config
}

// New makes a phone, switched on and unlocked, the launcher on screen.
func New(cfg Config) *Phone { return &Phone{cfg: cfg} }

// Start serves adbd on one listener and the control API on the other (nil: none)
// until Close.
func (p *Phone) Start(ctx context.Context, adb, control net.Listener) error { panic("not yet") }

// Close stops everything and waits for it.
func (p *Phone) Close() error { return nil }

// Exec runs one shell command text as `adb shell` would and returns its exit
// code. Ending the context ends the command.
func (p *Phone) Exec(ctx context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) int {
	panic("not yet")
}

// Incoming delivers a message to the account and returns its id.
func (p *Phone) Incoming(m IncomingMessage) (string, error) { panic("not yet") }

// Received lists the incoming messages in the order they were sent to the account.
func (p *Phone) Received() []ReceivedMessage { panic("not yet") }

// Sent is the ledger: what truly left through the app, in order.
func (p *Phone) Sent() []SentMessage { panic("not yet") }

// Fault arms a fault.
func (p *Phone) Fault(f Fault) error { panic("not yet") }

// Tick sets the newest outgoing message of a chat to a state: pending, sent,
// delivered or read.
func (p *Phone) Tick(to, state string) error { panic("not yet") }

// Human lets a person type and send a text on the phone itself.
func (p *Phone) Human(to, text string) error { panic("not yet") }

// AddContact saves a contact on the phone.
func (p *Phone) AddContact(c Contact) { panic("not yet") }

// Clear ends all faults and empties the chats, the ledger and the received list.
func (p *Phone) Clear() { panic("not yet") }

// Settle waits until nothing is scheduled to happen any more.
func (p *Phone) Settle(ctx context.Context) error { panic("not yet") }

// ScreenXML is what uiautomator would dump now.
func (p *Phone) ScreenXML() []byte { panic("not yet") }
