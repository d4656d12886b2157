// Package webhook carries the event log to webhook receivers in the form of
// the official Cloud API: one signed POST for each event, in order within each
// conversation, repeated for up to seven days (contract, section 8;
// docs/webhooks.md is the receiver's side of it). Package delivery decides what
// is posted when; this package says to whom, and what a POST looks like.
//
//	event ► lookup its phone ► route ► render ► admit ► sign ► post
//
// It knows nothing of phones' screens, ADB, SQL or of who sends messages.
package webhook
