package queue

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
)

// Campaigns keeps campaigns and who wants none. A draft names its campaign in
// Message.Campaign; Accepter.Enqueue then answers
//   - with Accepted.Duplicate, and the message that the campaign has for that
//     chat already, instead of accepting a second one (unless the campaign was
//     made with AllowDuplicates);
//   - with a message that has failed (CodeOptedOut) where the chat's newest
//     Preference is stop. The same befalls a message that is queued when the
//     wish comes, and every message of the category marketing.
type Campaigns interface {
	// PutCampaign makes a campaign (state loading, with an id where it has
	// none); CodeConflict if the id is taken.
	PutCampaign(ctx context.Context, c NewCampaign) (wabridge.Campaign, error)
	// LoadedCampaign ends the loading: what was refused is added, and from
	// loading it becomes running. An event is written.
	LoadedCampaign(ctx context.Context, id string, refused int, at time.Time) (wabridge.Campaign, error)
	// Campaign finds one, with its counts; CodeNotFound.
	Campaign(ctx context.Context, id string) (wabridge.Campaign, error)
	// Campaigns lists them, newest first, those created before `before` (zero: all).
	Campaigns(ctx context.Context, phone string, before time.Time, limit int) ([]wabridge.Campaign, error)
	// HoldCampaign pauses or resumes: its queued messages step out of their
	// chats' lines, or back into them. What is being typed is not interrupted.
	// CodeConflict if it is canceled; nothing happens if it is so already.
	HoldCampaign(ctx context.Context, id string, paused bool, at time.Time) (wabridge.Campaign, error)
	// CancelCampaign cancels what is queued. What has gone stays gone.
	CancelCampaign(ctx context.Context, id string, at time.Time) (wabridge.Campaign, error)

	// Typed lists when the phone typed its newest messages, newest first: its
	// pace.
	Typed(ctx context.Context, phone string, limit int) ([]time.Time, error)

	// PutPreference stores somebody's wish with its event; the newest of a
	// chat counts. The chat is found (or made) by Chat or Number.
	PutPreference(ctx context.Context, p wabridge.Preference) (wabridge.Preference, error)
	// Preferences lists the chats whose newest wish is value ("" for any),
	// newest first, those before `before` (zero: all).
	Preferences(ctx context.Context, phone, value string, before time.Time, limit int) ([]wabridge.Preference, error)
	// Preference finds the newest of a chat; CodeNotFound.
	Preference(ctx context.Context, phone, chat string) (wabridge.Preference, error)
	// SetOptOut says which words of people are such wishes, from now on: the
	// store hears them in the transaction that records the message.
	SetOptOut(words OptOut)
}

// A NewCampaign is a campaign that is to be made.
type NewCampaign struct {
	ID, Phone, Name string
	Owner           string // a token's id
	AllowDuplicates bool
	Paused          bool // nothing goes before it is resumed
	Created         time.Time
}
