package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/wabridge/wabridge"
)

// A Registration is what the Cloud API's register and deregister have made of
// a phone. It is this server's own: WhatsApp on the phone knows nothing of it.
type Registration struct {
	Deregistered bool        `json:"deregistered,omitempty"` // sends answer CodeNotRegistered
	PIN          string      `json:"pin,omitempty"`          // salted hash, "" while there is none
	Wrong        int         `json:"wrong,omitempty"`        // wrong PINs since the last right one
	WrongAt      time.Time   `json:"wrong_at,omitzero"`      // the newest of them
	Calls        []time.Time `json:"calls,omitempty"`        // of register and deregister, in the last 72 hours
}

// RegistrationOf reads the registration of a phone; the zero value if nobody
// has changed it yet.
func RegistrationOf(ctx context.Context, store Objects, phone string) (r Registration, err error) {
	o, err := store.Object(ctx, ObjectRegistration, phone, "phone")
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(o.Data, &r); err != nil {
		return r, fmt.Errorf("read registration of %s: %w", phone, err)
	}
	return r, nil
}

// Blocked reports whether the phone's list of blocked users had the number at
// the given time.
func Blocked(ctx context.Context, store Objects, phone, number string, at time.Time) (bool, error) {
	if number == "" {
		return false, nil
	}
	for _, form := range wabridge.NumberForms(wabridge.Line(number)) { // the list of an older program has the other form
		o, err := store.Object(ctx, ObjectBlocked, phone, form)
		if wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return err == nil && !at.Before(o.Created), err
		}
	}
	return false, nil
}
