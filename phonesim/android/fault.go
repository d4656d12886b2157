package android

import (
	"fmt"
	"slices"
	"time"
)

// A Fault is something that goes wrong on the phone, on demand.
type Fault struct {
	Kind string `json:"kind"`
	// Count is how many times it happens; 0 with For 0 means once.
	Count int `json:"count,omitempty"`
	// For is how long it lasts; with it, Count does not matter unless set.
	For Duration `json:"for,omitempty"`
	// Value is what some kinds need: a language, a pop-up's name, a draft's text.
	Value string `json:"value,omitempty"`
}

// A Duration is a time.Duration that JSON writes and reads as "1.5s"; a bare
// number is seconds.
type Duration time.Duration

// FaultKind describes one kind of fault.
type FaultKind struct {
	Kind string `json:"kind"`
	What string `json:"what"`
}

// faults are the armed ones, by kind.
type armed struct {
	left  int       // times left; -1 is without end
	until time.Time // zero: no end by time
	value string
}

func (a armed) live(now time.Time) bool {
	if !a.until.IsZero() && !now.Before(a.until) {
		return false
	}
	return a.left != 0
}

// An UnknownFaultError names a kind that does not exist.
type UnknownFaultError struct{ Kind string }

func (e *UnknownFaultError) Error() string {
	return fmt.Sprintf("unknown fault kind %q; GET /faults lists them", e.Kind)
}

// FaultKinds lists every kind in a fixed order.
func FaultKinds() []FaultKind { return slices.Clone(faultKinds) }

func knownFault(kind string) bool {
	return slices.ContainsFunc(faultKinds, func(k FaultKind) bool { return k.Kind == kind })
}
