package metrics

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/queue"
)

// Store is what is read of the database at a scrape; queue/sqlite's DB is one.
type Store interface {
	Depths(ctx context.Context) ([]queue.Depth, error)
	Waiting(ctx context.Context, now time.Time) (map[string]time.Time, error)
	Phones(ctx context.Context) ([]wabridge.Phone, error)
	LastEvent(ctx context.Context) (int64, error)
}

// A Link is how a phone is reached.
type Link struct {
	Up        bool
	RoundTrip time.Duration // of the last health check
}

// State is what is the case when somebody asks. Set it up before the first
// scrape; functions that are nil are left out.
type State struct {
	Store   Store
	Log     *slog.Logger
	Links   func() map[string]Link // by phone
	Readers func() int             // of events
	// Warnings are the kinds of warnings of each phone (wabridge.WarningKinds), but
	// that of a restricted account, which its state tells.
	Warnings func() map[string][]string
	Sizes    func() (database, wal, free int64)    // in bytes; free: on the disk
	Media    func() (used, quota int64)            // in bytes; quota 0: no limit
	Ready    func(ctx context.Context) error       // why nothing can be accepted
	Polls    func(ctx context.Context) []PollState // of CRMs' queues
	// Destinations are all receivers that events are posted to.
	Destinations func(ctx context.Context) ([]delivery.Status, error)
}

// A PollState is how a CRM's queue is polled.
type PollState struct {
	Name    string
	Failing bool
	LastOK  time.Time
}

// scrapeTime bounds the reading of the database for one scrape.
const scrapeTime = 10 * time.Second

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

var (
	queueMessages  = desc("queue_messages", "Open messages to send, by phone and state (queued, sending, unconfirmed); held ones too.", "phone", "state")
	queueOldest    = desc("queue_oldest_age_seconds", "Age of the oldest open message of a state; also of those that are to wait.", "phone", "state")
	queueWaiting   = desc("queue_waiting_seconds", "How long the oldest message waits that could be sent now: due, not held, next of its chat; 0 if there is none.", "phone")
	phoneState     = desc("phone_state", "1 for the state that the phone is in, else 0.", "phone", "state")
	phoneWarning   = desc("phone_warning", "1 for what keeps messages from coming or going although the phone works, else 0.", "phone", "kind")
	phoneHeld      = desc("phone_held", "1 while a person has paused the phone.", "phone")
	phoneLink      = desc("phone_link_up", "1 while ADB reaches the phone.", "phone")
	phoneTrip      = desc("phone_link_round_trip_seconds", "Round trip of the last health check over ADB.", "phone")
	hookBacklog    = desc("webhook_backlog_events", "Events that wait for a receiver; an upper bound while it fails.", "endpoint")
	hookOldest     = desc("webhook_oldest_pending_seconds", "Age of the oldest event that waits for a receiver; 0 if none does.", "endpoint")
	hookRetrying   = desc("webhook_retrying_events", "Events that a receiver has refused and that are tried again.", "endpoint")
	hookDead       = desc("webhook_dead_letters", "Events that were set aside for a receiver, to be replayed.", "endpoint")
	hookFailing    = desc("webhook_failing", "1 while the receiver's last try failed.", "endpoint")
	hookFailingFor = desc("webhook_failing_seconds", "For how long the receiver fails; 0 if it does not.", "endpoint")
	hookDisabled   = desc("webhook_disabled", "1 for a receiver that is switched off.", "endpoint")
	hookDropped    = desc("webhook_dropped_total", "Events given up for a receiver.", "endpoint")
	eventsNewest   = desc("events_newest", "Number of the newest event.")
	eventReaders   = desc("event_readers", "Readers of events (WebSocket and waiting long-polls).")
	dbSize         = desc("db_size_bytes", "Size of the database file.")
	dbWAL          = desc("db_wal_bytes", "Size of the database's write-ahead log.")
	diskFree       = desc("disk_free_bytes", "Free bytes on the disk of the data directory.")
	mediaBytes     = desc("media_bytes", "Bytes of the files that are kept.")
	mediaQuota     = desc("media_quota_bytes", "Room for files; 0: no limit.")
	readyNow       = desc("ready", "1 if messages can be stored, as /readyz says.")
	pollFailing    = desc("crm_poll_failing", "1 while a CRM's queue cannot be polled.", "poller")
	pollLast       = desc("crm_poll_last_success_timestamp_seconds", "When a CRM's queue was last polled.", "poller")
	scrapeErrors   = desc("scrape_failed", "1 if the database could not be read for this scrape; then what is read from it is missing.")
)

// Describe implements prometheus.Collector.
func (s *State) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{queueMessages, queueOldest, queueWaiting, phoneState, phoneWarning, phoneHeld, phoneLink, phoneTrip, hookBacklog, hookOldest, hookRetrying, hookDead,
		hookFailing, hookFailingFor, hookDisabled, hookDropped, eventsNewest, eventReaders, dbSize, dbWAL, diskFree, mediaBytes, mediaQuota,
		readyNow, pollFailing, pollLast, scrapeErrors} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *State) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	out := gauges{ch, time.Now()}
	failed := s.fromStore(ctx, out)
	if failed != nil {
		s.Log.Warn("metrics not read from the database", "err", failed)
	}
	out.flag(scrapeErrors, failed != nil)
	s.fromProgram(ctx, out)
}

// gauges sends values.
type gauges struct {
	ch  chan<- prometheus.Metric
	now time.Time
}

func (g gauges) set(d *prometheus.Desc, v float64, labels ...string) {
	g.ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (g gauges) flag(d *prometheus.Desc, on bool, labels ...string) {
	v := 0.0
	if on {
		v = 1
	}
	g.set(d, v, labels...)
}

// age is for how long something is so; 0 for the zero time.
func (g gauges) age(d *prometheus.Desc, since time.Time, labels ...string) {
	v := 0.0
	if !since.IsZero() {
		v = max(0, g.now.Sub(since).Seconds())
	}
	g.set(d, v, labels...)
}

func (s *State) fromStore(ctx context.Context, out gauges) error {
	depths, err := s.Store.Depths(ctx)
	if err != nil {
		return err
	}
	phones, err := s.Store.Phones(ctx)
	if err != nil {
		return err
	}
	waiting, err := s.Store.Waiting(ctx, out.now)
	if err != nil {
		return err
	}
	last, err := s.Store.LastEvent(ctx)
	if err != nil {
		return err
	}
	ofPhones(out, phones, depths, waiting)
	out.set(eventsNewest, float64(last))
	if s.Destinations == nil {
		return nil
	}
	destinations, err := s.Destinations(ctx)
	ofDestinations(out, destinations)
	return err
}

var phoneStates = []wabridge.PhoneState{wabridge.PhoneReady, wabridge.PhoneOffline, wabridge.PhonePaused, wabridge.PhoneAttention, wabridge.PhoneStarting}

func ofPhones(out gauges, phones []wabridge.Phone, depths []queue.Depth, waiting map[string]time.Time) {
	for _, p := range phones {
		for _, state := range phoneStates {
			out.flag(phoneState, p.State == state, p.ID, string(state))
		}
		out.flag(phoneHeld, p.Held, p.ID)
		out.flag(phoneWarning, p.Code == wabridge.CodeNoNewChats, p.ID, wabridge.WarnRestricted)
		out.age(queueWaiting, waiting[p.ID], p.ID)
		of := map[wabridge.State]queue.Depth{}
		for _, d := range depths {
			if d.Phone == p.ID {
				of[d.State] = d
			}
		}
		for _, state := range []wabridge.State{wabridge.Queued, wabridge.Sending, wabridge.Unconfirmed, queue.Undecided} {
			out.set(queueMessages, float64(of[state].Count), p.ID, string(state))
			out.age(queueOldest, of[state].Oldest, p.ID, string(state))
		}
	}
}

func (s *State) fromProgram(ctx context.Context, out gauges) {
	if s.Links != nil {
		for phone, l := range s.Links() {
			out.flag(phoneLink, l.Up, phone)
			if l.Up && l.RoundTrip > 0 {
				out.set(phoneTrip, l.RoundTrip.Seconds(), phone)
			}
		}
	}
	if s.Warnings != nil {
		for phone, kinds := range s.Warnings() {
			for _, kind := range wabridge.WarningKinds {
				if kind != wabridge.WarnRestricted {
					out.flag(phoneWarning, slices.Contains(kinds, kind), phone, kind)
				}
			}
		}
	}
	if s.Readers != nil {
		out.set(eventReaders, float64(s.Readers()))
	}
	if s.Sizes != nil {
		database, wal, free := s.Sizes()
		out.set(dbSize, float64(database))
		out.set(dbWAL, float64(wal))
		out.set(diskFree, float64(free))
	}
	if s.Media != nil {
		used, quota := s.Media()
		out.set(mediaBytes, float64(used))
		out.set(mediaQuota, float64(quota))
	}
	if s.Ready != nil {
		out.flag(readyNow, s.Ready(ctx) == nil)
	}
	if s.Polls != nil {
		for _, p := range s.Polls(ctx) {
			out.flag(pollFailing, p.Failing, p.Name)
			if !p.LastOK.IsZero() {
				out.set(pollLast, float64(p.LastOK.Unix()), p.Name)
			}
		}
	}
}
