// Package queuetest is the conformance suite of queue.Store: what the comments
// of queue/contract.go promise, as tests that every implementation runs.
package queuetest
