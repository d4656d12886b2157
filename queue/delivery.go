package queue

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
)

// A Destination is a receiver of events outside the program: a webhook
// endpoint, or an address that a message named for its statuses. It has its
// own place in the event log.
type Destination struct {
	// ID is unique and safe in a path: a webhook endpoint's own id, else the
	// interface and a hash of Receiver.
	ID string
	// Kind is the interface that posts to it: webhook, devino or twin.
	Kind string
	// Receiver is the address, or another name that its interface knows it by.
	// An address may hold a key: it is not shown. "" for webhook endpoints,
	// whose address is a setting.
	Receiver string
	// Cursor: every event up to this number was delivered, was not meant for
	// the destination, or has a Delivery.
	Cursor    int64
	Failures  int       // failed posts in a row
	Failing   time.Time // when the first of them failed
	Next      time.Time // the next try while it fails
	LastError string    // of the newest failure in a row
	LastOK    time.Time
	Dropped   int64 // events given up: 7 days without success, or never to be rendered
	Created   time.Time
	// DeadLetters counts the deliveries that were set aside. It is read only.
	DeadLetters int
}

// DeliveryState says what becomes of a Delivery.
type DeliveryState string

// The states.
const (
	DeliveryWaiting DeliveryState = "waiting" // it is tried again
	DeliveryDead    DeliveryState = "dead"    // set aside: a dead letter, until a person replays it
)

// A Delivery is one event that one destination has not taken, while events
// behind it were delivered. Events that are delivered at the first try have
// none.
type Delivery struct {
	Destination  string
	Event        int64
	Conversation string // its events are delivered in order
	State        DeliveryState
	Tries        int       // posts that the receiver answered, or broke off
	Refusals     int       // of these: refused while the receiver took other events
	Status       int       // HTTP status of the newest answer; 0: there was none
	Error        string    // why the newest try failed
	Failed       time.Time // when the first try failed
	Next         time.Time // not before
	Changed      time.Time // when it was last tried, or set aside

	// Of the event, for lists; empty once the log has dropped it.
	Kind    wabridge.EventKind
	Phone   string
	Message string
	At      time.Time
}

// DeliveryProgress is what a destination's worker has achieved since it last
// stored its progress.
type DeliveryProgress struct {
	Destination Destination
	Put         []Delivery // added or changed
	Done        []int64    // events whose Delivery is not needed any more
	// Reset drops all waiting deliveries first: a person has moved the cursor.
	Reset bool
}

// Deliveries keeps how far each destination is.
type Deliveries interface {
	// Destinations lists those of a kind ("" all), oldest first.
	Destinations(ctx context.Context, kind string) ([]Destination, error)
	// AddDestination stores a new one; one that exists stays as it is.
	AddDestination(ctx context.Context, d Destination) error
	// DeleteDestination forgets one with all its deliveries; CodeNotFound.
	DeleteDestination(ctx context.Context, id string) error
	// SaveDeliveries stores progress in one commit; CodeNotFound if the
	// destination was deleted.
	SaveDeliveries(ctx context.Context, p DeliveryProgress) error
	// DeliveriesOf lists the deliveries of a destination in a state, by event,
	// of events above after. At most limit (1..10000).
	DeliveriesOf(ctx context.Context, destination string, state DeliveryState, after int64, limit int) ([]Delivery, error)
	// ReplayDeadLetters makes dead letters wait again, as if they had never
	// been tried: the given events, or all (at most limit) if there are none.
	// It returns them.
	ReplayDeadLetters(ctx context.Context, destination string, events []int64, limit int, at time.Time) ([]Delivery, error)
}
