package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/inbox/notification"
	"github.com/wabridge/wabridge/queue"
)

// Store is what the reader needs of the database; queue.Store has it.
type Store interface {
	Reconcile(ctx context.Context, phone string, ref wabridge.ChatRef, limit int,
		decide func(chat wabridge.Chat, known []wabridge.Message) queue.Changes) ([]wabridge.Message, error)
	Chat(ctx context.Context, phone string, ref wabridge.ChatRef) (wabridge.Chat, error)
	ChatsNamed(ctx context.Context, phone, name string, limit int) ([]wabridge.Chat, error)
	Learn(ctx context.Context, phone, jid, number string) error
	Messages(ctx context.Context, f queue.MessageFilter) ([]wabridge.Message, error)
	queue.Calls
}

// A Gap says that messages may be missing that notifications do not show: the
// chat itself has to be looked at. Without a chat (zero Ref) it is the chat
// list, whose unread badges tell more: after a start and after a lost link.
type Gap struct {
	Ref    wabridge.ChatRef
	Unread int // as the app counts, 0 if unknown
	Why    string
}

// Config of a Reader.
type Config struct {
	Phone wabridge.Phone
	// Device gives the phone's device, waiting for it as long as it likes. It
	// is asked again after every lost stream.
	Device func(ctx context.Context) (Device, error)
	Store  Store
	// Words of the app; the zero value is the built-in ones.
	Words  notification.Words
	Logger *slog.Logger // nil discards
	// FullCheck is how often all notifications are read without a wake-up
	// (20 s by default).
	FullCheck time.Duration
	// KeepRaw stores beside each message that is learned from a notification
	// that notification (queue.ObjectNotification).
	KeepRaw bool
	// OnGap is called from the reading loop and must not wait. May be nil.
	OnGap func(Gap)
	// OnHeld hears how many bubbles of a look seemed new although the screen shows
	// nothing that it did not show before, and were not recorded; it must not wait.
	// May be nil.
	OnHeld func(bubbles int)
	// OnFile hears, from the reading loop, of a message whose file the phone
	// has; it must not wait. May be nil.
	OnFile func(message string)
}

// Defaults and limits of the loop.
const (
	defaultFullCheck = 20 * time.Second
	secondCheck      = time.Second     // after the first one of a session
	summaryDelay     = time.Second     // the summary's event comes this soon after the message's
	retryCheck       = 2 * time.Second // after a check that failed
	firstBackoff     = 250 * time.Millisecond
	lastBackoff      = 5 * time.Second
	commandLimit     = 15 * time.Second
	contactsLimit    = 60 * time.Second
	contactsEvery    = 10 * time.Minute
	maxFailures      = 3
	knownLimit       = 256 // messages of a chat that are compared
	oursLimit        = 100
)

// A Reader brings in what people write to one phone. Run is its loop; Look may
// be called at any time, by the driver that has a chat open.
type Reader struct {
	cfg      Config
	log      *slog.Logger
	contacts Contacts

	mu     sync.Mutex
	zone   *time.Location
	ahead  time.Duration   // the phone's clock, of ours
	dump   dumper          // of the notifications, over the present link; nil: there is none
	unread map[string]int  // by chat id: counted by the app and not seen yet
	met    map[string]bool // by chat id: a notification of it was taken in
	ready  chan struct{}   // closed at the first whole check
	once   sync.Once

	trail    trail
	evidence evidence
	calls    calls
	studied  chan struct{} // closed when the address book was read, or could not be
	learned  sync.Once

	redacted sync.Once // it was said that the phone redacts texts
}

// New makes a Reader.
func New(cfg Config) *Reader {
	if cfg.FullCheck <= 0 {
		cfg.FullCheck = defaultFullCheck
	}
	if cfg.Words.Words == nil {
		cfg.Words = notification.DefaultWords()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.OnHeld == nil {
		cfg.OnHeld = func(int) {}
	}
	if cfg.OnGap == nil {
		cfg.OnGap = func(Gap) {}
	}
	return &Reader{
		cfg: cfg, log: cfg.Logger.With("phone", cfg.Phone.ID), zone: time.Local,
		unread: map[string]int{}, met: map[string]bool{}, ready: make(chan struct{}), studied: make(chan struct{}),
		calls: calls{store: cfg.Store, phone: cfg.Phone.ID},
	}
}

// Ready is closed once all notifications have been read and stored for the
// first time: until then, opening a chat may dismiss one that nobody has read.
func (r *Reader) Ready() <-chan struct{} { return r.ready }

// Studied is closed once the address book was read for the first time, or could
// not be: until then a saved name says nothing of who it is.
func (r *Reader) Studied() <-chan struct{} { return r.studied }

// Contacts is the phone's address book, read at the start of each session.
func (r *Reader) Contacts() *Contacts { return &r.contacts }

// Run reads until ctx ends, over all lost links. It returns ctx's error.
func (r *Reader) Run(ctx context.Context) error {
	wait := firstBackoff
	for {
		begun, err := r.connect(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if begun { // it was read: what broke off is the link, which knows when to come back
			wait = firstBackoff
		}
		r.log.Warn("reading notifications was interrupted", "err", err, "again_in", wait)
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
		wait = min(2*wait, lastBackoff)
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// connect gets a device and reads from it until something fails; begun tells
// whether all notifications were read before.
func (r *Reader) connect(ctx context.Context) (begun bool, err error) {
	dev, err := r.cfg.Device(ctx)
	if err != nil {
		return false, fmt.Errorf("get the device: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &session{r: r, dev: dev, wake: make(chan struct{}, 1), live: map[string]time.Time{}, done: map[string]taken{}}
	s.posts.open = map[string]awaited{}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	ended := make(chan error, 1)
	stream, err := dev.Stream(ctx, logcatCommand)
	if err != nil {
		return false, fmt.Errorf("start logcat: %w", err)
	}
	wg.Go(func() {
		<-ctx.Done()
		_ = stream.Close() // ends the reading below, and logcat on the phone
	})
	wg.Go(func() { ended <- s.listen(stream) })
	wg.Go(func() { s.study(ctx) })
	err = s.loop(ctx, ended)
	return s.begun, err
}

var errFailing = errors.New("notifications cannot be read")
