// Package crm polls the queue of a CRM: it asks a URL for messages to send,
// hands them to the queue (queue.Accepter), tells the CRM what became of each,
// and posts what people write. The other direction, a CRM that polls us, is
// GET /bridge/v1/inbox of package bridge.
//
//	fetch loop:  ask ──► read (preset) ──► item ──► draft ──► Enqueue
//	results:     event log ──► result ──► POST, then the place in the log is saved
//	incoming:    event log ──► message ─► POST, then the place in the log is saved
//
// A preset (a wire) only knows the form of requests and answers. What is exact
// about it: a message's id is made of the poller's name and the CRM's id, so
// an item that comes again finds the message that it became; and the places in
// the log are written after the CRM's 2xx, so that after a crash on either side
// something may be told twice, under the same ids, and never not at all.
//
// It knows nothing of screens, ADB or SQL. docs/crm.md has the protocols, and
// where the public ones are from.
package crm
