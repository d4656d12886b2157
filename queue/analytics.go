package queue

import (
	"context"
	"time"
)

// Counts are what the moves of messages came to. A move counts where it was
// seen, once: a message that is read without having been seen delivered counts
// as sent, delivered and read at that time. Messages typed on the phone itself
// count as nothing.
type Counts struct {
	Sent      int64
	Delivered int64
	Read      int64
	Failed    int64 // failed or expired
	Received  int64
	Free      int64 // those of Delivered that answered the contact within his 24 hours (analytics.Free)
	// Conversations opened by a delivered message: by an answer to the user,
	// or by the business.
	ByUser     int64
	ByBusiness int64
}

// Add adds the counts of o.
func (c *Counts) Add(o Counts) {
	c.Sent += o.Sent
	c.Delivered += o.Delivered
	c.Read += o.Read
	c.Failed += o.Failed
	c.Received += o.Received
	c.Free += o.Free
	c.ByUser += o.ByUser
	c.ByBusiness += o.ByBusiness
}

// A Tally is what was counted in one stretch of time. The members that were
// not asked to be told apart are empty, and so are counts not asked for.
type Tally struct {
	Start time.Time // the bound at which the stretch begins
	Series
	Counts
}

// A Series is what messages are told apart by.
type Series struct {
	Phone    string // phone_number_id
	Country  string // of the contact's number, ISO 3166; "" unknown, or a group
	Product  int    // analytics.Template …
	Category string // wabridge.Marketing …
	Template string // its id
}

// A Counter is one of Counts.
type Counter int

// The counters, in the order of Counts.
const (
	Sent Counter = iota
	Delivered
	Read
	Failed
	Received
	Free
	ByUser
	ByBusiness
)

// At is where a counter is kept.
func (c *Counts) At(n Counter) *int64 {
	return [...]*int64{&c.Sent, &c.Delivered, &c.Read, &c.Failed, &c.Received, &c.Free, &c.ByUser, &c.ByBusiness}[n]
}

// A TallyQuery asks for what was counted from each of Bounds to the next one.
// Empty filters let all pass. Bounds that are midnights of UTC, first and last
// aside, and few dimensions are answered faster.
type TallyQuery struct {
	Bounds     []time.Time // half hours of UTC, in order
	Want       []Counter   // empty: all
	Phones     []string
	Countries  []string
	Products   []int
	Categories []string
	Templates  []string // only what was made from these

	ByPhone, ByCountry, ByProduct, ByCategory, ByTemplate bool
}

// A Click is how often a quick reply of a template was chosen.
type Click struct {
	Start    time.Time // of a half hour of UTC
	Template string
	Title    string // of the button
	Count    int64
}

// A CallQuery asks for calls in [From, To).
type CallQuery struct {
	From, To time.Time
	Phones   []string
}

// A CallTally is how many calls came from a country in a half hour.
type CallTally struct {
	Start          time.Time
	Phone, Country string
	Count          int64
}

// Analytics tells what was counted. Counts are kept in the transaction of the
// move that they count, so they are true after every restart.
type Analytics interface {
	// Tallies answers in the order of Start, without what is all zero.
	Tallies(ctx context.Context, q TallyQuery) ([]Tally, error)
	// Clicks lists the answers to quick replies of templates, in order of
	// Start. Of q, Phones, Templates and the ends of Bounds are looked at.
	Clicks(ctx context.Context, q TallyQuery) ([]Click, error)
	// CallTallies answers in the order of Start.
	CallTallies(ctx context.Context, q CallQuery) ([]CallTally, error)
	// Countries lists the countries of the contacts that messages of these
	// phones were counted for, at any time.
	Countries(ctx context.Context, phones []string) ([]string, error)
}
