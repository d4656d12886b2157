package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Store is what a worker needs of the database; queue.Store has it all.
type Store interface {
	Events(ctx context.Context, after int64, limit int, f queue.EventFilter) (events []wabridge.Event, searched int64, err error)
	LastEvent(ctx context.Context) (int64, error)
	Changed() <-chan struct{}
	queue.Deliveries
}

// A Job is what becomes of an event for a destination.
type Job struct {
	Event wabridge.Event
	// Batch: jobs with the same Batch may share a post; "" posts it alone.
	Batch string
	Body  any // Config.Post's business
}

var (
	// ErrSkip says that an event is not meant for the destination.
	ErrSkip = errors.New("not for this destination")
	// ErrUnreadable marks an event that can never be rendered: it becomes a
	// dead letter.
	ErrUnreadable = errors.New("unreadable event")
	// ErrLater says that the event cannot be rendered now, for no fault of
	// anybody's: it is rendered again soon.
	ErrLater = errors.New("later")
)

// An Observer is told of each post: the status of the answer, 0 where there was
// none, and how long it took. It must not wait.
type Observer interface {
	Posted(destination string, status int, took time.Duration)
}

// Config is what a Worker is made of. Store, Log, Render and Post are required.
type Config struct {
	Store Store
	Log   *slog.Logger
	// Filter narrows the log to the events that may be meant.
	Filter queue.EventFilter
	// Render makes an event's job, or returns ErrSkip, ErrUnreadable or
	// ErrLater; its other errors are the database's, and it is asked again. It
	// is called by several goroutines.
	Render func(ctx context.Context, ev wabridge.Event) (Job, error)
	// Post posts jobs in one request. All have the same Batch. It is called by
	// several goroutines.
	Post func(ctx context.Context, jobs []Job) Answer
	// MaxBatch bounds the jobs of one post; 0 means 1.
	MaxBatch int
	// Parallel bounds the posts at one time; 0 means DefaultParallel.
	Parallel int
	Policy   Policy
	// Limit, if not nil, is the number of the newest event that may be read.
	Limit func() int64
	// Observer may be nil.
	Observer Observer
}

// DefaultParallel is the default of Config.Parallel.
const DefaultParallel = 16

const (
	page        = 200         // events read at once
	maxFresh    = 2000        // events in the window that were never tried
	maxWindow   = 20000       // events in the window
	maxUnsaved  = 1000        // deliveries that progress on disk may be behind
	maxLag      = 256         // deliveries that may pass an event before its place is stored on its own
	skipsKept   = 1000        // numbers passed over before progress is stored without a delivery
	storeWait   = time.Second // pause after the database refused
	saving      = 5 * time.Second
	maxReplayed = 10000 // dead letters of one replay
)

// chatOf is the chat that an event's data names.
func chatOf(data json.RawMessage) string {
	var who struct {
		Chat string `json:"chat_id"`
	}
	if json.Unmarshal(data, &who) != nil {
		return ""
	}
	return who.Chat
}

// shorten bounds a text that is stored and shown.
func shorten(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
