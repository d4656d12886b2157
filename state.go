package wabridge

import (
	"slices"
	"time"
)

// State is where a message is on its way.
type State string

// The states of a message to send, and Received for one that came in or was
// typed on the phone.
const (
	Queued      State = "queued"
	Sending     State = "sending"
	Handed      State = "handed" // bubble seen, clock beside it
	Sent        State = "sent"   // one tick
	Delivered   State = "delivered"
	Read        State = "read"
	Unconfirmed State = "unconfirmed"
	Failed      State = "failed"
	Expired     State = "expired"
	Canceled    State = "canceled"
	Received    State = "received"
)

// States lists every state, in the order of a message's life.
var States = []State{Queued, Sending, Unconfirmed, Handed, Sent, Delivered, Read, Failed, Expired, Canceled, Received}

// Open reports whether the message may still be typed: it holds back later
// messages to the same recipient.
func (s State) Open() bool { return s == Queued || s == Sending || s == Unconfirmed }

// CloudStatus is the status the Cloud API has for the state: sent, delivered,
// read, failed, or "" where it has none (queued, sending, handed,
// unconfirmed, canceled). Expired is reported as failed.
func (s State) CloudStatus() string {
	switch s {
	case Sent, Delivered, Read, Failed:
		return string(s)
	case Expired:
		return string(Failed)
	}
	return ""
}

// A Move is one legal change of state. There is no other way to make one than
// the functions below, so an illegal change cannot be written down.
type Move struct {
	from   []State
	to     State
	at     time.Time
	code   Code
	reason string
	due    time.Time
	giveup bool
	rest   bool
}

// From lists the states the move may start from.
func (m Move) From() []State { return m.from }

// To is the state it leads to.
func (m Move) To() State { return m.to }

// At is when it happened.
func (m Move) At() time.Time { return m.at }

// Code is why, from the closed list; 0 where all is well.
func (m Move) Code() Code { return m.code }

// Reason is Code in words for a person; it never holds private text.
func (m Move) Reason() string { return m.reason }

// Due is the earliest time of the next try; zero keeps what was.
func (m Move) Due() time.Time { return m.due }

// GiveBack reports whether the try does not count.
func (m Move) GiveBack() bool { return m.giveup }

// Rests reports whether the message stays in doubt without being looked for.
func (m Move) Rests() bool { return m.rest }

// Because gives the move a reason in words for a person.
func (m Move) Because(reason string) Move {
	m.reason = reason
	return m
}

// Legal reports whether the move may start from s.
func (m Move) Legal(s State) bool { return slices.Contains(m.from, s) }

// Claimed takes a queued message into work.
func Claimed(at time.Time) Move {
	return Move{from: []State{Queued}, to: Sending, at: at}
}

// Released puts a message back that certainly did not leave the phone: its
// intent was never committed. It is tried again at due.
func Released(at, due time.Time, code Code, reason string) Move {
	return Move{from: []State{Sending}, to: Queued, at: at, due: due, code: code, reason: reason}
}

// Interrupted is Released for a stop of our own making: the try is given back.
func Interrupted(at time.Time) Move {
	return Move{from: []State{Sending}, to: Queued, at: at, giveup: true}
}

// Deferred is Released for a cause that is the phone's, not the message's
// (offline, locked, no internet): the try is given back.
func Deferred(at, due time.Time, code Code, reason string) Move {
	m := Released(at, due, code, reason)
	m.giveup = true
	return m
}

// Doubted says that the message may have left: nothing repeats it until a look
// into its chat has decided.
func Doubted(at time.Time, code Code, reason string) Move {
	return Move{from: []State{Sending}, to: Unconfirmed, at: at, code: code, reason: reason}
}

// LeftUndecided ends the looking for an unconfirmed message: its chat could not
// tell whether it left. It stays unconfirmed, for it may have left, but it is
// never sent again and no longer holds back later messages to its recipient. A
// later look that shows its bubble still moves it on.
func LeftUndecided(at time.Time, reason string) Move {
	return Move{from: []State{Unconfirmed}, to: Unconfirmed, at: at, code: CodeAmbiguous, reason: reason, rest: true}
}

// ProvenAbsent puts an unconfirmed message back: its chat was looked at and
// our bubble is not there.
func ProvenAbsent(at, due time.Time) Move {
	return Move{from: []State{Unconfirmed}, to: Queued, at: at, due: due}
}

// HandedOver says that the bubble was seen with a clock.
func HandedOver(at time.Time) Move {
	return Move{from: []State{Sending, Unconfirmed}, to: Handed, at: at}
}

// WasSent says that the bubble was seen with one tick.
func WasSent(at time.Time) Move {
	return Move{from: []State{Sending, Unconfirmed, Handed}, to: Sent, at: at}
}

// WasDelivered says that two ticks were seen. The Cloud API allows `sent` to
// be skipped.
func WasDelivered(at time.Time) Move {
	return Move{from: []State{Sending, Unconfirmed, Handed, Sent}, to: Delivered, at: at}
}

// WasRead says that two blue ticks were seen.
func WasRead(at time.Time) Move {
	return Move{from: []State{Sending, Unconfirmed, Handed, Sent, Delivered}, to: Read, at: at}
}

// HasFailed ends a message that will not be tried again.
func HasFailed(at time.Time, code Code, reason string) Move {
	return Move{from: []State{Queued, Sending, Unconfirmed, Handed}, to: Failed, at: at, code: code, reason: reason}
}

// HasExpired ends a message whose time ran out before it was typed.
func HasExpired(at time.Time) Move {
	return Move{from: []State{Queued}, to: Expired, at: at, code: CodeUndeliverable,
		reason: "the message's time to live ended before the phone could send it"}
}

// WasCanceled ends a message on its owner's wish.
func WasCanceled(at time.Time) Move {
	return Move{from: []State{Queued}, to: Canceled, at: at}
}
