package webhook

import (
	"context"
	"slices"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// Scopes of endpoints, from the nearest to the widest: where a phone has an
// endpoint of a nearer scope, those of the wider ones do not get its events
// (contract, section 8.1: phone override, then WABA override, then app).
const (
	ScopePhone = "phone"
	ScopeWABA  = "waba"
	ScopeApp   = "app"
)

// Destined reports whether the endpoint gets the phone's events, given all
// endpoints there are. Several endpoints of one scope all get them. An
// endpoint's Phones may name phone ids and, for the scope waba, WABA ids;
// none means all. The field plays no part in it: an override that leaves a
// field out does not send it elsewhere. Disabled endpoints count as absent.
func Destined(e queue.Endpoint, all []queue.Endpoint, phone wabridge.Phone) bool {
	if !covers(e, phone) {
		return false
	}
	return !slices.ContainsFunc(all, func(other queue.Endpoint) bool {
		return rank(other.Scope) < rank(e.Scope) && covers(other, phone)
	})
}

// covers reports whether the endpoint is on and speaks of the phone.
func covers(e queue.Endpoint, phone wabridge.Phone) bool {
	return !e.Disabled && bridge.Covers(e, phone)
}

// rank orders the scopes, the nearest first. An unknown scope is the widest.
func rank(scope string) int {
	switch scope {
	case ScopePhone:
		return 0
	case ScopeWABA:
		return 1
	}
	return 2
}

// route ends the way of an event that goes to other endpoints only.
func route(all func() []queue.Endpoint) Stage {
	return func(_ context.Context, d *Delivery) error {
		if !Destined(d.Endpoint, all(), d.Phone) {
			return errSkip
		}
		return nil
	}
}
