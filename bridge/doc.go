// Package bridge is our own HTTP interface under /bridge/v1: events over
// WebSocket and long-poll, messages, phones, webhooks, tokens and the state of
// the program, beside /healthz and /readyz. It also holds what every interface
// of the program needs of a request: who is asking (Auth).
//
// It knows nothing of screens, of ADB or of SQL: it reads and writes through
// the interfaces of package queue. The paths, members, limits and error codes
// are documented in docs/api.md.
package bridge
