package phone

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"image"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// A Device runs shell commands on the phone and takes files; *adb.Device is one.
type Device interface {
	Run(ctx context.Context, command string) (adb.Output, error)
	Screenshot(ctx context.Context) ([]byte, error)
	Push(ctx context.Context, src io.Reader, remote string, o adb.PushOptions) error
	Close() error
}

// Names is the phone's address book. Names are compared by displayname.Key.
type Names interface {
	Names(number string) []string // that this number has and no other
	Numbers(name string) []string // of everybody with this name
	Shared(name string) bool      // several have the name, some perhaps without a known number
	Saved(number string) bool     // under whatever name
	// Refresh reads it again if it has none of the names (again: in any case),
	// at a limited rate.
	Refresh(ctx context.Context, again bool, names ...string)
	// Reread reads it again.
	Reread(ctx context.Context)
	// Confirm reads it again if one of the names is one person's only by a
	// reading that is older than a moment.
	Confirm(ctx context.Context, names ...string)
}

// Store is what reading ticks and catching up need of the database.
type Store interface {
	Awaiting(ctx context.Context, phone string, since time.Time, limit int) ([]wabridge.Message, error)
	Apply(ctx context.Context, id string, fence int64, move wabridge.Move) (wabridge.Message, error)
	Chat(ctx context.Context, phone string, ref wabridge.ChatRef) (wabridge.Chat, error)
	Chats(ctx context.Context, phone string, limit int) ([]wabridge.Chat, error)
	ChatsNamed(ctx context.Context, phone, name string, limit int) ([]wabridge.Chat, error)
	Messages(ctx context.Context, f queue.MessageFilter) ([]wabridge.Message, error)
	Message(ctx context.Context, id string) (wabridge.Message, error)
}

// Doubts lists the messages whose doubt came to no answer (queue.LaneStore).
type Doubts interface {
	Undecided(ctx context.Context, phone string, since time.Time) ([]wabridge.Message, error)
}

// LookAt says more about a look into a chat.
type LookAt struct {
	At     time.Time // when the screen was read
	Unread int       // the chat's badge before it was opened, 0 if unknown
}

// Seen is what came of a look into a chat.
type Seen struct {
	New int // messages that were not known before
	// Anchored: something on the screen was known before, so that nothing is
	// missing further up.
	Anchored bool
	// Unread is how many incoming messages must be seen, counted from the newest,
	// where more were missed than the screen holds.
	Unread int
	// Again: until then a further message could come in that the chat list does
	// not show to be one; the chat is to be opened once more afterwards.
	Again time.Time
}

// Config is what a Session needs.
type Config struct {
	Phone    wabridge.Phone
	Open     func(ctx context.Context) (Device, error)
	Profiles *uiauto.Profiles
	Names    Names // may be nil
	Store    Store // nil: neither ticks are read nor chats caught up
	// Doubts, with Store, lets a later look find the bubble of an undecided
	// message; nil: none is looked for.
	Doubts Doubts
	// Looked is told of every look into a chat that was proven to be ref's, so
	// that what came in while it was open is not lost. It may be nil.
	Looked func(ctx context.Context, ref wabridge.ChatRef, s whatsapp.Screen, o LookAt) (Seen, error)
	// Evidence keeps what was on an unknown screen; it may be nil.
	Evidence Evidence
	// Files opens what messages carry; nil: such messages fail.
	Files Files
	// Pictures keeps contacts' pictures; nil: none are taken.
	Pictures Pictures
	// Unlock is the PIN that opens the keyguard; "" means that a locked
	// screen needs a person.
	Unlock string
	Timing Timing
	Logger *slog.Logger
	// Observer hears how the phone is driven; it may be nil.
	Observer Observer
}

// A Session drives one phone. It is a queue.Sender: its methods are called
// from one goroutine only, except Gap and Close.
type Session struct {
	cfg Config
	log *slog.Logger

	sending bool // log and steps are about one message
	onPage  bool // the page about a chat is open: an unknown screen is expected

	dev   Device
	fence string // the session's mark on the phone; a command with another one does nothing
	dirty bool   // the screen may hold a chat that we did not leave
	ticks tickClock
	dump  *uiauto.Dump // the newest look
	at    time.Time    // when it was taken

	left     map[string]time.Time    // by title: chats that were open, whose last moments nobody has read: from when on they can be
	met      map[string]bool         // by title: read back once in this process
	tapped   map[string]int          // by title, until it is met: how often a send was tapped there
	leftAt   time.Time               // when the newest of them was left
	walked   time.Time               // when the chat list was last read whole; zero: not yet
	read     map[string]whatsapp.Row // by name in the chat list: the row at the last visit
	rows     map[string]string       // by name in the chat list: what a row with something unrecorded showed
	late     map[string]bool         // by name: rows of strangers that were seen once with something unrecorded
	opened   map[string]visits       // by name in the chat list: how often a chat was opened for what its row shows
	unsure   map[string]bool         // rows of which nothing told whose chat it is: not opened again as they are
	soon     bool                    // the chat list is to be read again shortly
	archived archived                // the list of archived chats
	visited  map[string]time.Time    // when a chat was last opened for its ticks
	titles   map[string]string       // by chat id: the header a proven chat showed
	litter   []pushed                // files of ours that lie on the phone
	swept    bool                    // those of earlier processes are among them
	readAt   map[string]time.Time    // by chat: when it was opened to be marked as read
	tried    map[string]time.Time    // by chat: when its picture was last to be taken

	pictured time.Time      // when a picture was last looked for
	uploads  map[string]int // by message: how often a failed upload was tried again

	shown image.Point  // the size of the newest picture for a person
	looks atomic.Int64 // when the screen was last read, Unix milliseconds

	mu     sync.Mutex
	gaps   []wabridge.ChatRef // where incoming messages may have been missed
	toRead []wabridge.Message // incoming, one of each chat that is to be marked as read
}

// New makes a session; it touches the phone at the first use.
func New(cfg Config) *Session {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Timing = cfg.Timing.withDefaults()
	return &Session{
		cfg: cfg, log: cfg.Logger.With("component", "phone", "phone", cfg.Phone.ID),
		dirty: true, left: map[string]time.Time{}, visited: map[string]time.Time{}, met: map[string]bool{}, tapped: map[string]int{}, titles: map[string]string{},
		read: map[string]whatsapp.Row{}, rows: map[string]string{}, opened: map[string]visits{}, late: map[string]bool{}, unsure: map[string]bool{},
		uploads: map[string]int{}, readAt: map[string]time.Time{}, tried: map[string]time.Time{}, pictured: time.Now(),
	}
}

// Close ends the connection. Call it after the lane has stopped.
func (s *Session) Close() error { return s.drop() }

// Gap tells the session that incoming messages may have been missed: in one
// chat, or, with an empty reference, anywhere. It reads the chat list when the
// lane is idle. Safe from any goroutine.
func (s *Session) Gap(ref wabridge.ChatRef) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.gaps) < maxGaps {
		s.gaps = append(s.gaps, ref)
	}
}

// gap reports whether the reader has told of a gap that is still to be read.
func (s *Session) gap() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.gaps) > 0
}

// maxGaps bounds the list; a full one holds an empty reference or many chats,
// and the chat list shows them all anyway.
const maxGaps = 1000

func (s *Session) takeGaps() []wabridge.ChatRef {
	s.mu.Lock()
	defer s.mu.Unlock()
	gaps := s.gaps
	s.gaps = nil
	return gaps
}

// device gives the connection, opening it if there is none. A fresh
// connection gets a mark of its own on the phone and waits until nothing of an
// earlier one can still be running there.
func (s *Session) device(ctx context.Context) (Device, error) {
	if s.dev != nil {
		return s.dev, nil
	}
	dev, err := s.cfg.Open(ctx)
	if err != nil {
		return nil, s.offline(err)
	}
	var mark [8]byte
	rand.Read(mark[:])
	s.dev, s.fence, s.dirty = dev, hex.EncodeToString(mark[:]), true
	if err := s.settleIn(ctx); err != nil {
		return nil, errors.Join(err, s.drop())
	}
	if !s.swept {
		if err := s.sweep(ctx); err != nil {
			return nil, err
		}
	}
	return dev, nil
}

// settleIn writes the mark and waits for stragglers: a foreground command ends
// within 2 s after its connection is gone (facts of the protocol, section C),
// and one that starts later finds another mark and does nothing.
func (s *Session) settleIn(ctx context.Context) error {
	out, err := s.run(ctx, s.cfg.Timing.Command, markScript(s.fence))
	if err != nil {
		return err
	}
	if !strings.Contains(string(out.Stdout), s.fence) {
		return s.full()
	}
	return pause(ctx, s.cfg.Timing.Quarantine)
}

// full says that the phone's storage takes nothing.
func (s *Session) full() error {
	return wabridge.Fail(wabridge.CodeAttention, nil,
		"phone %s cannot write to %s: its storage is full; free some of it", s.cfg.Phone.ID, dir)
}

func (s *Session) drop() error {
	if s.dev == nil {
		return nil
	}
	err := s.dev.Close()
	s.dev, s.dirty = nil, true
	return err
}

// run carries out one shell command within its time. A connection that failed
// is dropped, so that the next use opens another.
func (s *Session) run(ctx context.Context, limit time.Duration, command string) (adb.Output, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, err := s.dev.Run(ctx, command)
	if err == nil {
		return out, nil
	}
	s.log.Debug("command broke off", "err", err)
	if cerr := s.drop(); cerr != nil {
		s.log.Debug("close after error", "err", cerr)
	}
	return out, s.offline(err)
}

// offline gives an error of the connection its code.
func (s *Session) offline(err error) error {
	if errors.Is(err, context.Canceled) {
		return wabridge.Fail(wabridge.CodeStopping, err, "phone %s", s.cfg.Phone.ID)
	}
	return wabridge.Fail(wabridge.CodeOffline, err,
		"phone %s (%s) cannot be reached: see that it is on and connected, and that USB debugging is allowed", s.cfg.Phone.ID, s.cfg.Phone.Serial)
}

// pause waits, or ends early with the context.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return wabridge.Fail(wabridge.CodeStopping, context.Cause(ctx), "waiting")
	case <-t.C:
		return nil
	}
}
