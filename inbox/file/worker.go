package file

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

// Store is what is needed of the database; queue.Store has it.
type Store interface {
	Unattached(ctx context.Context, phone string, limit int) ([]wabridge.Message, error)
	Attach(ctx context.Context, message string, r *queue.MediaRecord, code wabridge.Code, reason string) (wabridge.Message, error)
	MediaByURL(ctx context.Context, phone, url string, since time.Time) (queue.MediaRecord, error)
	Changed() <-chan struct{}
}

// Config of a Worker. Store, Files and Device are required.
type Config struct {
	Phone wabridge.Phone
	Store Store
	Files *media.Store
	// Device gives the phone's device; it may wait for it until ctx ends.
	Device func(ctx context.Context) (Device, error)
	// Ahead tells by how much the phone's clock is ahead of ours; nil: it is not.
	Ahead   func() time.Duration
	Wait    time.Duration // for a file, while the phone can be read; 0: a minute
	Keep    time.Duration // a received file; 0: 7 days
	MaxSize int64         // of a file; 0: 100 MB
	// Quick shortens the looking twice, for a simulated phone without delays.
	Quick  bool
	Logger *slog.Logger // nil discards
}

// Limits of the loop.
const (
	waitingLimit = 200 // messages that are looked at at one time
	reachTime    = 10 * time.Second
	listTime     = 30 * time.Second
	pullTime     = 5 * time.Minute
	ghostTime    = 10 * time.Minute // a message that got no file may still be the owner of a late one
	unreachable  = 10               // times Wait: so long a message waits for a phone that cannot be read
)

// A Worker attaches the files of one phone's messages. Run is its loop; Here may
// be called at any time.
type Worker struct {
	cfg  Config
	log  *slog.Logger
	pace pace

	mu   sync.Mutex
	here map[string]bool // messages whose files the phone has
	kick chan struct{}

	// The loop's own.
	told    map[string]bool      // kinds whose files the phone tells of
	asked   map[string]time.Time // when a message was first waited for, by id
	looked  map[string]time.Time // when the phone was first read with it waiting
	files   map[string]*seen     // by key
	ghosts  []want
	vanish  map[string]time.Time // when a ghost goes, by id
	trouble map[string]string    // why a message's file could not be had, so far
}

// pace is how quickly the phone is looked at.
type pace struct {
	look   time.Duration // between two looks
	settle time.Duration // a file does not change for so long before it is taken
	untold time.Duration // the same for pictures, as long as the phone has told of none
}

// New makes a Worker.
func New(cfg Config) *Worker {
	if cfg.Wait <= 0 {
		cfg.Wait = time.Minute
	}
	if cfg.Keep <= 0 {
		cfg.Keep = 7 * 24 * time.Hour
	}
	if cfg.MaxSize <= 0 {
		cfg.MaxSize = media.MaxDocument
	}
	if cfg.Ahead == nil {
		cfg.Ahead = func() time.Duration { return 0 }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	w := &Worker{
		cfg: cfg, log: cfg.Logger.With("phone", cfg.Phone.ID), pace: pace{time.Second, 2 * time.Second, 5 * time.Second},
		here: map[string]bool{}, kick: make(chan struct{}, 1), told: map[string]bool{}, asked: map[string]time.Time{},
		looked: map[string]time.Time{}, files: map[string]*seen{}, vanish: map[string]time.Time{}, trouble: map[string]string{},
	}
	if cfg.Quick {
		w.pace = pace{50 * time.Millisecond, 150 * time.Millisecond, 400 * time.Millisecond}
	}
	return w
}

// Here tells that the phone has the file of a message. It never waits.
func (w *Worker) Here(message string) {
	w.mu.Lock()
	w.here[message] = true
	w.mu.Unlock()
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// Run attaches files until ctx ends. It returns ctx's error.
func (w *Worker) Run(ctx context.Context) error {
	for {
		changed := w.cfg.Store.Changed()
		waiting, err := w.cfg.Store.Unattached(ctx, w.cfg.Phone.ID, waitingLimit)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		again := w.pace.look
		switch {
		case err != nil:
			w.log.Warn("messages that wait for files could not be listed", "err", err)
			again = 10 * w.pace.look
		case len(waiting) == 0:
			w.forget(nil)
			select {
			case <-changed:
				again = w.pace.look / 10 // most changes are no files: not one question for each
			case <-ctx.Done():
				return ctx.Err()
			}
		default:
			began := time.Now()
			w.round(ctx, waiting)
			again = max(again, 5*time.Since(began)) // a large storage is listed slowly
		}
		if !w.pause(ctx, min(again, 10*time.Second)) {
			return ctx.Err()
		}
	}
}

// pause waits for the next look; a file that is told of brings it forward.
func (w *Worker) pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.kick:
	case <-ctx.Done():
		return false
	}
	return true
}

// round looks at the storage once, for all that wait.
func (w *Worker) round(ctx context.Context, waiting []wabridge.Message) {
	w.forget(waiting)
	for _, m := range waiting {
		if w.isHere(m.ID) {
			w.told[kindOf(m)] = true
		}
		if w.asked[m.ID].IsZero() {
			w.asked[m.ID] = time.Now()
		}
	}
	kinds := map[string][]wabridge.Message{}
	for _, m := range waiting {
		kinds[kindOf(m)] = append(kinds[kindOf(m)], m)
	}
	dev, err := w.reach(ctx)
	for kind, list := range kinds {
		if err == nil {
			err = w.look(ctx, dev, kind, list)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			w.log.Debug("the phone's files could not be read", "kind", kind, "err", err)
			w.endUnreachable(ctx, list)
		}
	}
}

// reach gets the device, for a while.
func (w *Worker) reach(ctx context.Context) (Device, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	return w.cfg.Device(ctx)
}

func (w *Worker) isHere(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.here[id]
}

// forget drops what is remembered of messages that wait no longer, and of
// ghosts whose time is over.
func (w *Worker) forget(waiting []wabridge.Message) {
	open := map[string]bool{}
	for _, m := range waiting {
		open[m.ID] = true
	}
	for id := range w.asked {
		if !open[id] {
			delete(w.asked, id)
			delete(w.looked, id)
			delete(w.trouble, id)
		}
	}
	w.mu.Lock()
	for id := range w.here {
		if !open[id] && len(w.here) > 10*waitingLimit { // it may be told of before it is listed
			delete(w.here, id)
		}
	}
	w.mu.Unlock()
	kept := w.ghosts[:0]
	for _, g := range w.ghosts {
		if time.Now().Before(w.vanish[g.id]) {
			kept = append(kept, g)
			continue
		}
		delete(w.vanish, g.id)
	}
	w.ghosts = kept
	w.forgetFiles()
}

// look lists the files of a kind and attaches those whose owner is certain.
func (w *Worker) look(ctx context.Context, dev Device, kind string, waiting []wabridge.Message) error {
	wants := w.wants(kind, waiting)
	files, err := w.list(ctx, dev, kind, wants)
	if err != nil {
		return err
	}
	byID := map[string]wabridge.Message{}
	for _, m := range waiting {
		byID[m.ID] = m
		if w.looked[m.ID].IsZero() {
			w.looked[m.ID] = time.Now()
		}
	}
	for _, p := range match(wants, files) {
		want, f := wants[p.want], w.files[key(files[p.file])]
		switch {
		case want.ghost:
			f.claimed = true
		case want.here && p.sole || w.settled(kind, f):
			if err := w.attach(ctx, dev, byID[want.id], f); err != nil {
				return err
			}
			if f.claimed {
				delete(byID, want.id)
			}
		default: // it is watched until it has settled
			delete(byID, want.id)
		}
	}
	for i, want := range wants {
		if m, open := byID[want.id]; open {
			able := candidates(wants, files, nil, nil)[i]
			w.endLate(ctx, want, m, len(able))
		}
	}
	return nil
}

// wants lists who may own a file of a kind, oldest first.
func (w *Worker) wants(kind string, waiting []wabridge.Message) []want {
	var out []want
	for _, g := range w.ghosts {
		if g.kind == kind {
			out = append(out, g)
		}
	}
	for _, m := range waiting {
		one := newWant(m, w.cfg.Ahead())
		one.here = w.isHere(m.ID)
		one.told = w.told[kind] && m.Source != "screen" // of what was on the screen there is no notification
		out = append(out, one)
	}
	return out
}

// endLate gives a message up whose time is over.
func (w *Worker) endLate(ctx context.Context, one want, m wabridge.Message, candidates int) {
	if time.Since(w.looked[m.ID]) < w.cfg.Wait {
		return
	}
	switch {
	case w.trouble[m.ID] != "":
		w.end(ctx, m, wabridge.CodeMediaDownload, w.trouble[m.ID])
	case candidates > 0:
		w.end(ctx, m, wabridge.CodeMediaDownload, "the phone has a file of this kind, but it cannot be told for certain whose it is, so it is not given to anybody; look at the chat on the phone")
	case typed(m) && !one.here:
		w.end(ctx, m, wabridge.CodeNone, "") // it reads like a file's words, and none came
	default:
		w.end(ctx, m, wabridge.CodeMediaDownload, "the phone has not downloaded the file; switch on media auto-download in WhatsApp's settings")
	}
	one.ghost = true
	w.ghosts = append(w.ghosts, one)
	w.vanish[one.id] = time.Now().Add(ghostTime)
}

// endUnreachable gives up those that have waited for very long for a phone that
// cannot be read.
func (w *Worker) endUnreachable(ctx context.Context, waiting []wabridge.Message) {
	for _, m := range waiting {
		if time.Since(w.asked[m.ID]) > unreachable*w.cfg.Wait {
			w.end(ctx, m, wabridge.CodeMediaDownload, "the phone could not be reached to fetch the file")
		}
	}
}

// end writes that there is no file.
func (w *Worker) end(ctx context.Context, m wabridge.Message, code wabridge.Code, reason string) {
	if _, err := w.cfg.Store.Attach(ctx, m.ID, nil, code, reason); err != nil && wabridge.CodeOf(err) != wabridge.CodeStale {
		w.log.Warn("a message without its file could not be stored", "message_id", m.ID, "err", err)
		return
	}
	w.log.Info("message without its file", "message_id", m.ID, "type", m.Type, "code", int(code))
}

// attach fetches a file and attaches it. What can be tried again is noted as the
// message's trouble; the error is the phone's.
func (w *Worker) attach(ctx context.Context, dev Device, m wabridge.Message, f *seen) error {
	file, err := w.fetch(ctx, dev, f)
	if err != nil {
		return w.note(m, err)
	}
	name := m.Media.Name
	if name == "" && m.Type == document {
		name = f.name()
	}
	now := time.Now()
	_, err = w.cfg.Store.Attach(ctx, m.ID, &queue.MediaRecord{
		Media: wabridge.Media{
			MIME: mimeOf(kindOf(m), name, file.Info), SHA256: file.SHA256, Size: file.Size, Name: name,
			Voice: m.Media.Voice, Animated: file.Info.Animated,
		},
		URL: f.key, Created: now, Expires: now.Add(w.cfg.Keep),
	}, wabridge.CodeNone, "")
	if err != nil && wabridge.CodeOf(err) != wabridge.CodeStale {
		return w.note(m, err)
	}
	f.claimed = true
	w.log.Info("file attached", "message_id", m.ID, "type", m.Type, "size", file.Size, "took", now.Sub(w.asked[m.ID]))
	return nil
}

// note remembers what went wrong, for the end of the waiting. What is the
// phone's comes back.
func (w *Worker) note(m wabridge.Message, err error) error {
	_, refused := errors.AsType[*adb.FileError](err)
	switch code := wabridge.CodeOf(err); {
	case refused:
		w.trouble[m.ID] = "the phone does not let the file be read"
	case code == wabridge.CodeMediaUpload:
		w.trouble[m.ID] = "the file is larger than this gateway takes (media.max_size)"
	case code == wabridge.CodeStorage:
		w.trouble[m.ID] = "the gateway had no room to store the file (media.quota, or the disk)"
	default:
		return fmt.Errorf("fetch a file: %w", err)
	}
	w.log.Warn("a received file could not be stored", "message_id", m.ID, "err", err)
	return nil
}
