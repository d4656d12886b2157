package crm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

// Store is what a poller needs of the database; queue.Store has it all.
type Store interface {
	queue.Accepter
	queue.Objects
	Phones(ctx context.Context) ([]wabridge.Phone, error)
	Phone(ctx context.Context, id string) (wabridge.Phone, error)
	Message(ctx context.Context, id string) (wabridge.Message, error)
	bridge.MessageLister
	// Gone reports whether a message had this id and was dropped for its age.
	Gone(ctx context.Context, id string) (bool, error)
	Statuses(ctx context.Context, id string) ([]wabridge.Event, error)
	PutMedia(ctx context.Context, r queue.MediaRecord) (queue.MediaRecord, error)
	Events(ctx context.Context, after int64, limit int, f queue.EventFilter) (events []wabridge.Event, searched int64, err error)
	LastEvent(ctx context.Context) (int64, error)
	Changed() <-chan struct{}
}

// A Library finds the files of items; *file.Library is one.
type Library interface {
	Fetch(ctx context.Context, phone, url, kind string) (queue.MediaRecord, error)
	Find(ctx context.Context, phone, id, kind string) (queue.MediaRecord, error)
}

// Files stores what is made here (contact cards); *media.Store does.
type Files interface {
	Put(ctx context.Context, r io.Reader, limit int64) (media.File, error)
}

// Parts are what a poller works with. Store, Client and Log are required.
type Parts struct {
	Store   Store
	Client  *http.Client // of NewClient
	Log     *slog.Logger
	Library Library // nil: no item with a file is taken
	Files   Files
	// Searching: items for a phone that is not known are left with the CRM
	// while it is on.
	Searching bridge.Search
}

// Names of the lanes.
const (
	laneResults  = "results"
	laneIncoming = "incoming"
)

// A Poller polls one CRM. Stop it with Stop.
type Poller struct {
	cfg    Config
	wire   wire
	store  Store
	client *http.Client
	log    *slog.Logger
	links  Library
	made   Files
	search bridge.Search
	lanes  struct{ results, incoming *lane }

	started    bool
	stop, kill context.CancelFunc
	wg         sync.WaitGroup

	cleaned time.Time // the fetch loop's own
	etag    string
	proven  bool // the URL was found to be the right one

	accepting sync.Mutex      // answers are taken in one after the other
	refused   map[string]bool // ids that the last answer's taking-in rejected; accepting guards it

	mu      sync.Mutex
	repeats map[string]bool // items that are told again
	seen    seen
}

// New makes a poller. The configuration must be valid (Config.Validate).
func New(c Config, parts Parts) *Poller {
	c = c.settled()
	p := &Poller{
		cfg: c, store: parts.Store, client: parts.Client, log: parts.Log.With("poller", c.Name),
		links: parts.Library, made: parts.Files, search: parts.Searching, repeats: map[string]bool{},
	}
	switch c.Preset {
	case PresetCHT:
		p.wire = cht{c}
	case PresetSMSSync:
		p.wire = smssync{c}
	case PresetCustom:
		p.wire = newCustom(c)
	default:
		p.wire = own{c}
	}
	results, incoming := p.wire.most()
	p.lanes.results = newLane(p, laneResults, wabridge.EventStatus, results, p.resultOf)
	p.lanes.incoming = newLane(p, laneIncoming, wabridge.EventMessage, incoming, p.incomingOf)
	return p
}

// active are the lanes that have an address.
func (p *Poller) active() []*lane {
	var list []*lane
	if p.cfg.ResultsURL != "" {
		list = append(list, p.lanes.results)
	}
	if p.cfg.IncomingURL != "" {
		list = append(list, p.lanes.incoming)
	}
	return list
}

// Start reads the places in the log and goes on from them. ctx ends everything
// at once when it is canceled; Stop is the gentle way.
func (p *Poller) Start(ctx context.Context) error {
	if p.started {
		return errors.New("start a poller: started before")
	}
	for _, l := range p.active() {
		if err := l.load(ctx); err != nil {
			return fmt.Errorf("start poller %s: %w", p.cfg.Name, err)
		}
	}
	p.started = true
	work, kill := context.WithCancel(ctx)
	stop, cancel := context.WithCancel(work)
	p.stop, p.kill = cancel, kill
	for _, l := range p.active() {
		p.wg.Go(func() { l.run(stop, work) })
	}
	p.wg.Go(func() { p.run(stop, work) })
	return nil
}

// Stop ends the poller in two steps: at once nothing new is asked or posted,
// and a POST on its way may end by itself until ctx is done; then it is broken
// off (and repeated after the next start). It may be called more than once,
// and before Start.
func (p *Poller) Stop(ctx context.Context) error {
	if !p.started {
		return nil
	}
	p.stop()
	defer p.kill()
	done := make(chan struct{})
	go func() { // ends with the loops, which kill and `saving` bound
		defer close(done)
		p.wg.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	p.kill()
	<-done
	return fmt.Errorf("stop poller %s: %w", p.cfg.Name, ctx.Err())
}

// run is the fetch loop: Start starts it, Stop ends it.
func (p *Poller) run(stop, work context.Context) {
	failures := 0
	for p.reported(stop) {
		began := time.Now()
		out, err := p.poll(stop, work)
		if stop.Err() != nil {
			return
		}
		wait := p.pause(began, time.Now(), out)
		if err == nil {
			failures = 0
		} else {
			failures++
			wait = max(after(failures, err), wait)
		}
		p.record(began, out, err, wait)
		p.clean(work)
		if !sleep(stop, wait) {
			return
		}
	}
}

// pause is how long to wait after an answer: not at all while there is more,
// and otherwise until Every has passed since the request: a server that held
// it is asked again at once.
func (p *Poller) pause(began, now time.Time, out outcome) time.Duration {
	if out.fresh {
		return 0
	}
	return max(began.Add(p.cfg.Every).Sub(now), 0)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// reported waits until the CRM has been told of all that happened so far:
// until then it would hand out what was accepted already, and while it does
// not listen nothing new is taken from it. False means that the poller stops.
func (p *Poller) reported(stop context.Context) bool {
	if p.cfg.ResultsURL == "" {
		return stop.Err() == nil
	}
	l := p.lanes.results
	var target int64 = -1
	for stop.Err() == nil {
		l.mu.Lock()
		cursor, progress := l.state.Cursor, l.progress
		l.mu.Unlock()
		if target < 0 {
			last, err := p.store.LastEvent(stop)
			if err != nil {
				sleep(stop, storeWait)
				continue
			}
			target = last
		}
		if cursor >= target && !p.pending(stop) {
			return true
		}
		select {
		case <-progress:
		case <-stop.Done():
		case <-time.After(time.Second): // rejections move no place
		}
	}
	return false
}

// pending reports whether there are results that stand in no log.
func (p *Poller) pending(ctx context.Context) bool {
	p.mu.Lock()
	n := len(p.repeats)
	p.mu.Unlock()
	if n > 0 {
		return true
	}
	count, err := p.store.CountObjects(ctx, objectRefused, p.cfg.Name)
	return err != nil || count > 0
}

// poll asks once, and takes in what is handed out.
func (p *Poller) poll(stop, work context.Context) (outcome, error) {
	phones, err := p.store.Phones(stop)
	if err == nil {
		err = p.ready(phones)
	}
	if err == nil {
		err = p.prove(stop)
	}
	if err != nil {
		return outcome{}, err
	}
	c := p.wire.fetch()
	got, err := p.do(stop, c, p.etag, *p.cfg.Wait+callTime)
	if err != nil {
		return outcome{}, err
	}
	if got.status == http.StatusNotModified || got.status == http.StatusNoContent {
		return outcome{}, nil
	}
	p.etag = ""
	items, err := p.wire.items(c.kind, got.body)
	if err != nil {
		return outcome{}, err
	}
	out, err := p.accept(work, items)
	if err == nil {
		p.etag = got.etag // all of it is dealt with
	}
	return out, err
}

// prove finds out once whether the URL is the right one, where the protocol
// has a way to.
func (p *Poller) prove(ctx context.Context) error {
	w, ok := p.wire.(prober)
	if !ok || p.proven {
		return nil
	}
	got, err := p.do(ctx, w.probe(), "", callTime)
	if err != nil {
		return err
	}
	if err := w.probed(got.body); err != nil {
		return err
	}
	p.proven = true
	return nil
}

// post tells events; jobs are all of one kind.
func (p *Poller) post(ctx context.Context, jobs []job) error {
	if jobs[0].result != nil {
		list := make([]result, len(jobs))
		for i, j := range jobs {
			list[i] = *j.result
		}
		return p.postResults(ctx, list)
	}
	list := make([]incoming, len(jobs))
	for i, j := range jobs {
		list[i] = *j.incoming
	}
	c, err := p.wire.incoming(list)
	if err != nil {
		return err
	}
	return p.send(ctx, c)
}

func (p *Poller) postResults(ctx context.Context, list []result) error {
	calls, err := p.wire.results(list)
	if err != nil {
		return err
	}
	for _, c := range calls {
		if err := p.send(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// send posts, and takes in what the answer hands out.
func (p *Poller) send(ctx context.Context, c call) error {
	got, err := p.do(ctx, c, "", callTime)
	if err != nil {
		return err
	}
	items, err := p.wire.items(c.kind, got.body)
	if err != nil || len(items) == 0 {
		return err
	}
	_, err = p.accept(ctx, items)
	return err
}
