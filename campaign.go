package wabridge

import "time"

// A Campaign is many messages that were handed in together (TWIN calls it a
// bulk): it is shown, paused and canceled as one.
type Campaign struct {
	ID    string        `json:"id"` // a UUID, see NewUUID
	Phone string        `json:"phone_number_id"`
	Name  string        `json:"name,omitempty"`
	State CampaignState `json:"state"`

	Accepted   int `json:"accepted"`   // messages in the queue or gone through it
	Duplicates int `json:"duplicates"` // destinations that the campaign had already
	OptedOut   int `json:"opted_out"`  // of Accepted: people who want no campaigns; their messages have failed (131050)
	Refused    int `json:"refused"`    // destinations that could not be accepted
	// Counts are the campaign's messages by state.
	Counts map[State]int `json:"counts"`

	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"`         // of State
	Loaded  time.Time `json:"loaded,omitzero"` // all of it was handed in
	First   time.Time `json:"first,omitzero"`  // its first message was handed over
	Last    time.Time `json:"last,omitzero"`   // and its last one so far
	Held    int       `json:"held,omitempty"`  // of Counts[Queued]: out of line until their time comes or it is resumed
	// Undecided: of Counts[Unconfirmed], those that nobody looks for any more.
	Undecided int `json:"undecided,omitempty"`
}

// CampaignState is what its owner wants of a campaign.
type CampaignState string

// The states of a campaign. CampaignDone is never stored: Progress tells it.
const (
	CampaignLoading  CampaignState = "loading" // the call that hands it in has not ended; it sends already
	CampaignRunning  CampaignState = "running"
	CampaignPaused   CampaignState = "paused"
	CampaignCanceled CampaignState = "canceled"
	CampaignDone     CampaignState = "done" // running, and nothing is left to send or to look for
)

// Progress is the campaign's state as people are told it: that which its owner
// wants, or CampaignDone for a running one whose messages have all ended.
func (c Campaign) Progress() CampaignState {
	open := c.Counts[Queued] + c.Counts[Sending] + c.Counts[Unconfirmed] - c.Undecided
	if c.State == CampaignRunning && open <= 0 {
		return CampaignDone
	}
	return c.State
}

// Hours are the times of day at which a message may leave the phone.
type Hours struct {
	// Ranges are times of day, [["09:00","22:00"],…], seconds allowed; one
	// that ends before it begins goes over midnight. None means any time.
	Ranges [][2]string `json:"ranges"`
	// Zone is an IANA time zone or an offset ("+03:00"); "" is that of the
	// recipient's number, as far as its country tells it.
	Zone string `json:"time_zone,omitempty"`
}

// A Preference is a person's wish about campaigns, as they wrote it.
type Preference struct {
	Phone   string    `json:"phone_number_id"`
	Chat    string    `json:"chat_id"`
	Number  string    `json:"number,omitempty"`
	Value   string    `json:"value"`                // PreferenceStop or PreferenceResume
	Message string    `json:"message_id,omitempty"` // the message that said so; "" if an operator did
	Word    string    `json:"word,omitempty"`       // the configured word that it was
	At      time.Time `json:"at"`
}

// Values of a Preference, as in the Cloud API's webhook user_preferences.
const (
	PreferenceStop   = "stop"
	PreferenceResume = "resume"
)
