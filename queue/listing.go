package queue

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
)

// Listings reads messages to send by pages that are counted, for interfaces
// whose callers ask for "the third hundred of what was sent on Monday".
type Listings interface {
	// ListMessages lists messages to send in the order in which they were
	// accepted.
	ListMessages(ctx context.Context, l Listing) ([]wabridge.Message, error)
	// CountMessages counts all of them, whatever Offset and Limit say.
	CountMessages(ctx context.Context, l Listing) (int, error)
}

// A Listing narrows a list of messages to send; empty members let all pass.
// What a bot says (Source is SourceBot) is listed only as a message of a campaign:
// else it is an answer.
type Listing struct {
	// Prefixes and Suffixes are how a message's id may begin and end. A
	// Suffix is looked for among the messages of Campaigns, which it needs.
	Prefixes, Suffixes []string
	Campaigns          []string
	CampaignName       string
	// BulksOf is a kind of objects that name a campaign as bulkId in their
	// data; only messages of those campaigns are listed. "": all.
	BulksOf       string
	Phones        []string
	States        []wabridge.State
	Since, Until  time.Time // of Created
	Newest        bool      // newest first
	Offset, Limit int       // Limit 1..1000
}
