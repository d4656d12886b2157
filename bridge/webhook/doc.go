// Package webhook carries the event log to webhook receivers in the form of
// the official Cloud API: one signed POST for each event, strictly in order
// for each endpoint, repeated for up to seven days (contract, section 8;
// docs/webhooks.md is the receiver's side of it).
//
//	log ──► lane of endpoint A: route ► render ► sign ► post ► judge ──► progress
//	    └─► lane of endpoint B: …    (a lane never waits for another one)
//
// It knows nothing of phones' screens, ADB, SQL or of who sends messages: it
// reads the log and keeps its place in it.
package webhook
