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
// not asked to be told apart are empty.
type Tally struct {
	Start time.Time // of a half hour or of a day of UTC
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

// A TallyQuery asks for what was counted in [From, To). Empty filters let all
// pass.
type TallyQuery struct {
	From, To time.Time // half hours
	// Days: sums of whole days of UTC will do, where From and To allow it;
	// what is cut off at either end comes in half hours. It is the fast way.
	Days       bool
	Phones     []string
	Countries  []string
	Products   []int
	Categories []string
	Templates  []string // only what was made from these; Days is not looked at then

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
	// Tallies answers in the order of Start.
	Tallies(ctx context.Context, q TallyQuery) ([]Tally, error)
	// Clicks lists the answers to quick replies of templates, in order of
	// Start; q's filters other than Phones and Templates are not looked at.
	Clicks(ctx context.Context, q TallyQuery) ([]Click, error)
	// CallTallies answers in the order of Start.
	CallTallies(ctx context.Context, q CallQuery) ([]CallTally, error)
	// Countries lists the countries of the contacts that messages of these
	// phones were counted for, at any time.
	Countries(ctx context.Context, phones []string) ([]string, error)
}
