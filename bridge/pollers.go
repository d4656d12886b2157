package bridge

import "time"

// A Poller is the state of a poller of a CRM's queue (bridge/crm) in
// /bridge/v1/status. It leaves out addresses, which may hold a key.
type Poller struct {
	Name   string `json:"name"`
	Preset string `json:"preset"`
	// Health is ok, failing (the last request failed), waiting (the CRM does
	// not take results, so nothing new is asked for), or starting.
	Health    string     `json:"health"`
	LastPoll  time.Time  `json:"last_poll,omitzero"`
	LastOK    time.Time  `json:"last_ok,omitzero"`
	NextPoll  time.Time  `json:"next_poll,omitzero"`
	Failures  int        `json:"failures,omitempty"`
	LastError string     `json:"last_error,omitempty"`
	Accepted  int64      `json:"accepted"` // since the start; likewise the next three
	Rejected  int64      `json:"rejected"`
	Repeated  int64      `json:"repeated"`
	Nameless  int64      `json:"without_id,omitempty"`
	Results   *PollerWay `json:"results,omitempty"` // nil without an address
	Incoming  *PollerWay `json:"incoming,omitempty"`
}

// A PollerWay is how far one kind of news has reached a CRM.
type PollerWay struct {
	Cursor    int64     `json:"cursor"`  // number of the last event dealt with
	Backlog   int64     `json:"backlog"` // events behind it, of which some are not for the CRM
	Failures  int       `json:"failures,omitempty"`
	Failing   time.Time `json:"failing_since,omitzero"`
	Next      time.Time `json:"next_try,omitzero"`
	LastError string    `json:"last_error,omitempty"`
	Aside     int       `json:"aside,omitempty"` // what the CRM does not take while it takes others
	Dropped   int64     `json:"dropped,omitempty"`
}
