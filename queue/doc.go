// Package queue is the policy of sending: which message of a phone goes next,
// when it may go, and what becomes of it after a try. Its functions are pure;
// the loop around them is a Lane. What it needs of a database stands in
// contract.go.
//
// It knows nothing of screens, ADB, SQL or HTTP.
package queue
