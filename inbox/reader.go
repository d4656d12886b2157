package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the phone's zone must be known on any computer

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/inbox/notification"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// Store is what the reader needs of the database; queue.Store has it.
type Store interface {
	Reconcile(ctx context.Context, phone string, ref wabridge.ChatRef, limit int,
		decide func(chat wabridge.Chat, known []wabridge.Message) queue.Changes) ([]wabridge.Message, error)
	Chat(ctx context.Context, phone string, ref wabridge.ChatRef) (wabridge.Chat, error)
	Learn(ctx context.Context, phone, jid, number string) error
	Messages(ctx context.Context, f queue.MessageFilter) ([]wabridge.Message, error)
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
	// OnGap is called from the reading loop and must not wait. May be nil.
	OnGap func(Gap)
}

// Defaults and limits of the loop.
const (
	defaultFullCheck = 20 * time.Second
	joinWindow       = 20 * time.Millisecond // a burst of events is one wake-up
	summaryDelay     = time.Second           // the summary's event comes this soon after the message's
	retryCheck       = 2 * time.Second       // after a check that failed
	firstBackoff     = 250 * time.Millisecond
	lastBackoff      = 10 * time.Second
	commandLimit     = 15 * time.Second
	contactsLimit    = 60 * time.Second
	contactsEvery    = 10 * time.Minute
	maxFailures      = 3
	knownLimit       = 256 // messages of a chat that are compared
	oursLimit        = 100
)

// lateLooks are the further checks after a wake-up that found nothing: the
// event is written when a notification is handed in, and Android may hold its
// posting back for its assistant for about 200 ms (AOSP, from memory; not
// verified on a phone).
var lateLooks = []time.Duration{150 * time.Millisecond, 500 * time.Millisecond}

// A Reader brings in what people write to one phone. Run is its loop; Look may
// be called at any time, by the driver that has a chat open.
type Reader struct {
	cfg      Config
	log      *slog.Logger
	contacts Contacts

	mu     sync.Mutex
	zone   *time.Location
	ahead  time.Duration   // the phone's clock, of ours
	unread map[string]int  // by chat id: counted by the app and not seen yet
	met    map[string]bool // by chat id: a notification of it was taken in
	ready  chan struct{}   // closed at the first whole check
	once   sync.Once

	studied chan struct{} // closed when the address book was read, or could not be
	learned sync.Once
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
	if cfg.OnGap == nil {
		cfg.OnGap = func(Gap) {}
	}
	return &Reader{
		cfg: cfg, log: cfg.Logger.With("phone", cfg.Phone.ID), zone: time.Local,
		unread: map[string]int{}, met: map[string]bool{}, ready: make(chan struct{}), studied: make(chan struct{}),
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

// Zone is the phone's time zone; the computer's until it is known.
func (r *Reader) Zone() *time.Location {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.zone
}

// setClock takes what the phone said of its clock when ours showed at; a
// second is as exact as it says it.
func (r *Reader) setClock(zone *time.Location, now, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if zone != nil {
		r.zone = zone
	}
	if now.IsZero() {
		return
	}
	r.ahead = now.Add(time.Second / 2).Sub(at)
	if r.ahead.Abs() <= time.Second {
		r.ahead = 0
	}
}

// phoneTime is a time of ours by the phone's clock; zero stays zero.
func (r *Reader) phoneTime(t time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.IsZero() {
		return t
	}
	return t.Add(r.ahead).In(r.zone)
}

// Run reads until ctx ends, over all lost links. It returns ctx's error.
func (r *Reader) Run(ctx context.Context) error {
	wait := firstBackoff
	for {
		started := time.Now()
		err := r.connect(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Since(started) > lastBackoff {
			wait = firstBackoff
		}
		r.log.Warn("reading notifications was interrupted", "error", err, "again_in", wait)
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

// connect gets a device and reads from it until something fails.
func (r *Reader) connect(ctx context.Context) error {
	dev, err := r.cfg.Device(ctx)
	if err != nil {
		return fmt.Errorf("get the device: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &session{r: r, dev: dev, wake: make(chan struct{}, 1), live: map[string]time.Time{}, done: map[string]string{}}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	ended := make(chan error, 1)
	stream, err := dev.Stream(ctx, logcatCommand)
	if err != nil {
		return fmt.Errorf("start logcat: %w", err)
	}
	wg.Go(func() {
		<-ctx.Done()
		_ = stream.Close() // ends the reading below, and logcat on the phone
	})
	wg.Go(func() { ended <- s.listen(stream) })
	wg.Go(func() { s.study(ctx) })
	return s.loop(ctx, ended)
}

// LookAt says more about a look at an open chat.
type LookAt struct {
	At       time.Time // when the screen was read; now if zero
	Scrolled bool      // the newest messages may stand below the screen
	Unread   int       // unread badge of the chat before it was opened, if known
}

// Looked is what came of a look.
type Looked struct {
	New []wabridge.Message // stored as new, with their ids
	// Anchored: something on the screen was known before, so nothing is
	// missing between what is known and the screen. If not, and the chat is
	// not new, messages may stand further up.
	Anchored bool
	// Unread is how many incoming messages must be seen, counted from the newest,
	// where a notification has dropped some and the screen holds fewer.
	Unread int
}

// Look takes in what stands in an open chat: incoming bubbles that no
// notification told of, and outgoing ones that we did not send (echoes). What
// we sent is taken from the store, so a message must be claimed there before
// its bubble can be on the screen.
func (r *Reader) Look(ctx context.Context, ref wabridge.ChatRef, s whatsapp.Screen, o LookAt) (Looked, error) {
	if s.Kind != whatsapp.Chat || s.Chat == nil || s.Chat.Self || len(s.Bubbles) == 0 {
		return Looked{}, nil
	}
	if o.At.IsZero() {
		o.At = time.Now()
	}
	v := View{At: r.phoneTime(o.At), Scrolled: o.Scrolled}
	v.Seen = shownSightings(s, v.At)
	ours, err := r.ours(ctx, ref)
	if err != nil {
		return Looked{}, err
	}
	var out Looked
	chatID := ""
	out.New, err = r.cfg.Store.Reconcile(ctx, r.cfg.Phone.ID, ref, knownLimit,
		func(chat wabridge.Chat, known []wabridge.Message) (ch queue.Changes) {
			chatID = chat.ID
			v.Unread = max(o.Unread, r.unseen(chat.ID))
			ch, out.Anchored = Shown(chat, known, ours, v)
			return ch
		})
	if err != nil {
		return Looked{}, fmt.Errorf("store what the chat shows: %w", err)
	}
	r.log.Debug("look into a chat", "chat", chatID, "bubbles", len(v.Seen), "unread", v.Unread, "new", len(out.New), "anchored", out.Anchored)
	for _, m := range out.New {
		r.log.Info("message received", "id", m.ID, "direction", m.Direction, "source", m.Source, "text", m.Text)
	}
	incoming := 0
	for _, m := range v.Seen {
		if !m.Own {
			incoming++
		}
	}
	switch pending := r.unseen(chatID); {
	case pending > incoming && o.Unread == 0 && !s.Bubbles[0].First:
		out.Unread, out.Anchored = pending, false
		r.missed(chatID, pending+len(out.New))
	case out.Anchored:
		r.sawAll(chatID)
	}
	return out, nil
}

// number fills in the numbers of a group's senders who are saved under a name
// that only one number has. A chat on the screen does not tell who is saved.
func (r *Reader) number(chat wabridge.Chat, seen []Sighting) {
	if !chat.Group {
		return
	}
	for i, s := range seen {
		if !s.Own && s.Saved && s.Number == "" {
			seen[i].Number = r.contacts.Number(s.Sender)
		}
	}
}

func (r *Reader) unseen(chat string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unread[chat]
}

func (r *Reader) sawAll(chat string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.unread, chat)
}

// meet reports whether this process hears of the chat for the first time: an
// earlier one may have died before it read what a full notification had dropped.
func (r *Reader) meet(chat string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.met[chat] {
		return false
	}
	r.met[chat] = true
	return true
}

func (r *Reader) missed(chat string, unread int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unread[chat] = unread
}

// ours are the newest messages to a chat that we sent, oldest first.
func (r *Reader) ours(ctx context.Context, ref wabridge.ChatRef) ([]wabridge.Message, error) {
	chat, err := r.cfg.Store.Chat(ctx, r.cfg.Phone.ID, ref)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the chat: %w", err)
	}
	list, err := r.cfg.Store.Messages(ctx, queue.MessageFilter{
		Phone: r.cfg.Phone.ID, Chat: chat.ID, Direction: wabridge.Out, Limit: oursLimit,
	})
	if err != nil {
		return nil, fmt.Errorf("list what we sent: %w", err)
	}
	slices.Reverse(list)
	for i := range list {
		r.byPhone(&list[i])
	}
	return list, nil
}

// byPhone turns the times of a message of ours into those of the phone.
func (r *Reader) byPhone(m *wabridge.Message) {
	for _, t := range []*time.Time{&m.Created, &m.HandedAt, &m.SentAt, &m.Delivered} {
		*t = r.phoneTime(*t)
	}
	if m.Intent != nil {
		note := *m.Intent
		note.At = r.phoneTime(note.At)
		m.Intent = &note
	}
}

// take stores what a notification holds that is not known yet.
func (r *Reader) take(ctx context.Context, c notification.Conversation) error {
	seen := postedSightings(c)
	ref := r.identify(ctx, c)
	if len(seen) == 0 {
		r.cfg.OnGap(Gap{ref, c.Unread, "the phone shows no text in a notification"})
		return nil
	}
	var ours []wabridge.Message
	if slices.ContainsFunc(seen, func(s Sighting) bool { return s.Own }) {
		var err error
		if ours, err = r.ours(ctx, ref); err != nil {
			return err
		}
	}
	zone := r.Zone()
	earlier, chatID := false, "" // some are missing before the oldest one
	stored, err := r.cfg.Store.Reconcile(ctx, r.cfg.Phone.ID, ref, knownLimit,
		func(chat wabridge.Chat, known []wabridge.Message) queue.Changes {
			r.number(chat, seen)
			ch := Posted(chat, known, ours, seen, zone)
			chatID = chat.ID
			earlier = len(ch.New) > 0 && len(seen) > 0 && c.Unread > len(seen) &&
				string(ch.New[0].Text) == seen[0].Text && ch.New[0].Created.Equal(seen[0].Time)
			return ch
		})
	if err != nil {
		return fmt.Errorf("store what a notification holds: %w", err)
	}
	for _, m := range stored {
		r.log.Info("message received", "id", m.ID, "direction", m.Direction, "source", m.Source, "text", m.Text)
	}
	first := r.meet(chatID)
	if n := r.unseen(chatID); n > 0 {
		r.missed(chatID, n+len(stored)) // what is to be seen stands that much further up
	}
	switch {
	case earlier || first && c.Unread > len(seen):
		r.missed(chatID, max(c.Unread, r.unseen(chatID)))
		r.cfg.OnGap(Gap{ref, c.Unread, "the app counts more unread messages than its notification holds"})
	case c.Doubtful:
		r.cfg.OnGap(Gap{ref, c.Unread, "a notification holds messages that cannot be told apart"})
	}
	return nil
}

// identify finds the number of a chat that is named by a @lid, and has the
// store join the two.
func (r *Reader) identify(ctx context.Context, c notification.Conversation) wabridge.ChatRef {
	ref := c.Ref()
	if ref.Group {
		return ref
	}
	if ref.Number == "" && !c.Stranger {
		ref.Number = r.contacts.Number(ref.Name)
	}
	if ref.Number != "" && strings.HasSuffix(ref.JID, "@lid") {
		if err := r.cfg.Store.Learn(ctx, r.cfg.Phone.ID, ref.JID, ref.Number); err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
			r.log.Warn("a chat could not be joined with its number", "error", err)
		}
	}
	return ref
}

var errFailing = errors.New("notifications cannot be read")
