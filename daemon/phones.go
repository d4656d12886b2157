package daemon

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/inbox"
	"github.com/wabridge/wabridge/inbox/file"
	"github.com/wabridge/wabridge/phone"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// A runner is all that runs for one phone.
type runner struct {
	link    *adb.Link
	reader  *inbox.Reader
	files   *file.Worker
	session *phone.Session
	lane    *queue.Lane

	warnings atomic.Pointer[[]wabridge.Warning] // when it was last asked; nil: not yet

	stopClaiming context.CancelFunc
	stopAll      context.CancelFunc
	lanes, rest  sync.WaitGroup
}

// firstSearch bounds the search for phones that the start waits for.
const firstSearch = 10 * time.Second

// registerPhones makes the phones known that are configured or that adb shows
// now; startPhones starts them.
func (d *Daemon) registerPhones(ctx context.Context) error {
	if d.cfg.Discover {
		o, err := adbOptions(d.cfg)
		if err != nil {
			return err
		}
		bounded, cancel := context.WithTimeout(ctx, firstSearch)
		defer cancel()
		d.found, err = discover(bounded, d.cfg, o, d.log)
		d.searched.Store(err == nil) // the search goes on and says what is wrong
	} else {
		d.searched.Store(true)
	}
	for _, p := range slices.Concat(d.cfg.Phones, d.found) {
		if err := d.registerPhone(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// registerPhone stores what is configured of a phone.
func (d *Daemon) registerPhone(ctx context.Context, cfg PhoneConfig) error {
	p := phoneOf(cfg, d.cfg.WABA)
	if err := d.db.PutPhone(ctx, p); err != nil {
		return fmt.Errorf("phone %s: %w", p.ID, err)
	}
	if !cfg.Maintenance {
		return nil
	}
	if err := d.db.MaintainPhone(ctx, p.ID, true, time.Now()); err != nil {
		return fmt.Errorf("phone %s: %w", p.ID, err)
	}
	return nil
}

// ready says what keeps the gateway from being ready: a database that cannot
// store, or phones that have not been looked for.
func (d *Daemon) ready(ctx context.Context) error {
	if err := d.db.Ready(ctx); err != nil || d.searched.Load() {
		return err
	}
	return errors.New("adb has not said yet which phones are there; see `wabridge doctor`")
}

// searching reports whether adb has not answered yet which phones there are.
func (d *Daemon) searching() bool { return !d.searched.Load() }

// startPhones starts the configured phones and those that were found, and the
// search for others.
func (d *Daemon) startPhones(ctx context.Context) error {
	o, err := adbOptions(d.cfg)
	if err != nil {
		return err
	}
	d.parts.started("phones", d.stopPhones)
	for _, p := range slices.Concat(d.cfg.Phones, d.found) {
		if err := d.startPhone(ctx, p, o); err != nil {
			return err
		}
	}
	if d.cfg.Discover {
		d.search(ctx, o)
	}
	return nil
}

// discoverEvery is how often adb is asked for new phones.
const discoverEvery = 5 * time.Second

// search looks for phones that the configuration does not name, until it is
// stopped.
func (d *Daemon) search(ctx context.Context, o adb.Options) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		said := ""
		for {
			said = d.searchOnce(ctx, o, said)
			select {
			case <-ctx.Done():
				return
			case <-time.After(discoverEvery):
			}
		}
	})
	d.parts.started("search for phones", func(context.Context) error {
		cancel()
		wg.Wait()
		return nil
	})
}

// searchOnce starts the phones that are new. It returns what it had to say, so
// that the same is not said again five seconds later.
func (d *Daemon) searchOnce(ctx context.Context, o adb.Options, said string) string {
	found, err := discover(ctx, d.cfg, o, d.log)
	if ctx.Err() != nil {
		return said
	}
	if err != nil {
		if err.Error() != said {
			d.log.Warn("looking for phones", "err", err)
		}
		return err.Error()
	}
	d.searched.Store(true)
	for _, p := range found {
		if err := d.startPhone(ctx, p, o); err != nil {
			d.log.Error("phone not started", "serial", p.Serial, "err", err)
		}
	}
	const none = "no phone"
	if len(found) > 0 || len(d.cfg.Phones) > 0 {
		return ""
	}
	if said != none {
		d.log.Warn("adb shows no phone with the app on it; it is used as soon as it is there", "remedy", "wabridge doctor")
	}
	return none
}

// startPhone starts one phone, if it does not run yet.
func (d *Daemon) startPhone(ctx context.Context, cfg PhoneConfig, o adb.Options) error {
	p := phoneOf(cfg, d.cfg.WABA)
	d.mu.Lock()
	_, runs := d.phones[p.ID]
	d.mu.Unlock()
	if runs {
		return nil
	}
	if err := d.registerPhone(ctx, cfg); err != nil {
		return err
	}
	link, err := adb.NewLink(p.Serial, adb.LinkOptions{Options: o, Logger: d.log.With("component", "adb")})
	if err != nil {
		return err
	}
	d.metrics.Phone(p.ID)
	r := d.assemble(p, cfg.PIN, link)
	d.mu.Lock()
	d.phones[p.ID] = r
	d.mu.Unlock()
	r.run(context.WithoutCancel(ctx), d, p)
	d.log.Info("phone added", "phone", p.ID, "serial", p.Serial, "package", p.Package)
	return nil
}

// assemble makes the parts of a phone and joins them: what the driver sees in
// a chat goes to the reader, where the reader may have missed something the
// driver looks.
func (d *Daemon) assemble(p wabridge.Phone, pin string, link *adb.Link) *runner {
	r := &runner{link: link}
	r.reader = inbox.New(inbox.Config{
		Phone: p, Store: hearing{d.db, d.limits, d.cfg.Keep}, FullCheck: d.cfg.FullCheck, Logger: d.log.With("component", "inbox"),
		KeepRaw: d.cfg.keepsRaw(),
		Device: func(ctx context.Context) (inbox.Device, error) {
			link.Check() // it asks again because reading broke off
			dev, err := link.Device(ctx)
			if err != nil {
				return nil, err
			}
			return inbox.Over(dev), nil
		},
		OnGap:  func(g inbox.Gap) { r.session.Gap(g.Ref) },
		OnHeld: func(bubbles int) { d.metrics.Held(p.ID, "record", bubbles) },
		OnFile: func(message string) { r.files.Here(message) },
	})
	r.files = file.New(file.Config{
		Phone: p, Store: d.db, Files: d.files, Ahead: r.reader.Ahead, Quick: d.cfg.Timing == TimingInstant,
		Wait: d.cfg.Media.Wait, Keep: d.cfg.Media.KeepReceived, MaxSize: int64(d.cfg.Media.MaxSize), Logger: d.log.With("component", "files"),
		Device: func(ctx context.Context) (file.Device, error) {
			dev, err := link.Device(ctx)
			if err != nil {
				return nil, err
			}
			return file.Over(dev), nil
		},
	})
	r.session = phone.New(phone.Config{
		Phone: p, Profiles: d.profiles, Names: r.reader.Contacts(), Store: d.db, Doubts: d.db, Unlock: pin,
		Evidence: evidence{filepath.Join(d.cfg.Data, evidenceDir)}, Files: d.files, Timing: d.cfg.timing(), Logger: d.log, Observer: d.metrics,
		Pictures: d.pictures(),
		Open:     func(ctx context.Context) (phone.Device, error) { return reach(ctx, link) },
		Looked: func(ctx context.Context, ref wabridge.ChatRef, s whatsapp.Screen, o phone.LookAt) (phone.Seen, error) {
			out, err := r.reader.Look(ctx, ref, s, inbox.LookAt{At: o.At, Unread: o.Unread, Scrolled: s.Down != nil})
			return phone.Seen{New: len(out.New), Anchored: out.Anchored, Unread: out.Unread, Again: out.Again}, err
		},
	})
	r.lane = &queue.Lane{
		Phone: p.ID, Store: d.db, Sender: ready{r.session, r.reader}, Gate: d.pacing.Gate,
		Log: d.log.With("component", "lane"),
	}
	return r
}

// ready keeps the driver off the screen until all notifications have been read
// once (opening a chat dismisses those that nobody has read yet) and the
// contacts are known (they tell whose name a header shows).
type ready struct {
	*phone.Session
	reader *inbox.Reader
}

// readyTime bounds the wait; where the phone does not let them be read at all,
// the screen is better than nothing.
const readyTime = 10 * time.Second

// Probe waits for the first reading before it asks the phone.
func (r ready) Probe(ctx context.Context) error {
	late := time.After(readyTime)
	for _, known := range []<-chan struct{}{r.reader.Ready(), r.reader.Studied()} {
		select {
		case <-known:
		case <-late:
			return r.Session.Probe(ctx)
		case <-ctx.Done():
			return wabridge.Fail(wabridge.CodeStopping, ctx.Err(), "waiting for the notifications")
		}
	}
	return r.Session.Probe(ctx)
}

// run starts the goroutines of a phone; stop ends and awaits them.
func (r *runner) run(ctx context.Context, d *Daemon, p wabridge.Phone) {
	all, stopAll := context.WithCancel(ctx)
	claiming, stopClaiming := context.WithCancel(all)
	r.stopAll, r.stopClaiming = stopAll, stopClaiming
	report := func(what string, err error) {
		if err != nil && all.Err() == nil {
			d.fail(fmt.Errorf("%s: %w", what, err))
		}
	}
	r.rest.Go(func() { report("link", r.link.Run(all)) })
	r.rest.Go(func() { report("inbox", r.reader.Run(all)) })
	r.rest.Go(func() { report("files", r.files.Run(all)) })
	r.rest.Go(func() { d.watchWarnings(all, r, p) })
	r.lanes.Go(func() { report("lane", r.lane.Run(claiming, all)) })
}

// stopPhones lets every phone finish the message it is typing, at most for the
// grace period, and then ends the rest.
func (d *Daemon) stopPhones(ctx context.Context) error {
	d.mu.Lock()
	runners := make([]*runner, 0, len(d.phones))
	for _, r := range d.phones {
		runners = append(runners, r)
	}
	d.mu.Unlock()
	for _, r := range runners {
		r.stopClaiming()
	}
	grace, cancel := context.WithTimeout(ctx, d.cfg.Grace)
	defer cancel()
	for _, r := range runners {
		r.stop(grace)
	}
	return nil
}

func (r *runner) stop(grace context.Context) {
	done := make(chan struct{})
	go func() { // ends with the lane, which ends with stopAll at the latest
		defer close(done)
		r.lanes.Wait()
	}()
	select {
	case <-done:
	case <-grace.Done():
	}
	r.stopAll()
	<-done
	_ = r.session.Close() // gives the device back; the link closes it
	r.rest.Wait()
}
