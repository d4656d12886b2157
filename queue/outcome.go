package queue

import (
	"context"
	"errors"
	"time"

	"github.com/wabridge/wabridge"
)

// The limits of the retry policy.
const (
	// MaxTries is how often a message is tried whose failures may be its own.
	MaxTries = 5
	// MaxLooks is how often an unconfirmed message's chat is looked at without
	// an answer before it is left undecided.
	MaxLooks = 6
	// MaxDoubt is the age of a doubt after which one more look without an answer
	// ends it, whatever kept the earlier looks from being made (an offline phone,
	// restarts of the program).
	MaxDoubt = 24 * time.Hour

	retryBase, retryCap = 5 * time.Second, 10 * time.Minute
	absentBase          = time.Second
	restrictedWait      = 30 * time.Minute // how long first contacts of a restricted account wait
	waitBase, waitCap   = 2 * time.Second, time.Minute
)

// Backoff is the wait before try n+1 after n failures: base, doubled with
// each, at most limit.
func Backoff(n int, base, limit time.Duration) time.Duration {
	d := base
	for i := 1; i < n && d < limit; i++ {
		d *= 2
	}
	return min(d, limit)
}

// A verdict is what a code means for the message that met it.
type verdict int

const (
	retry verdict = iota // it may be the message's fault: try again, a few times
	wait                 // it is the phone's: the try does not count
	fail                 // trying again would give the same
	doubt                // it may have left
)

// verdicts is the retry policy by code; what is not in it is retried.
var verdicts = map[wabridge.Code]verdict{
	wabridge.CodeAmbiguous: doubt,

	wabridge.CodeUndeliverable: fail, // not on WhatsApp
	wabridge.CodeSelf:          fail,
	wabridge.CodeUnsupported:   fail,
	wabridge.CodeParameter:     fail,
	wabridge.CodeMissing:       fail,
	wabridge.CodeValue:         fail,
	wabridge.CodeMediaUpload:   fail,
	wabridge.CodeTapped:        fail,

	wabridge.CodeOffline:       wait,
	wabridge.CodeNetwork:       wait,
	wabridge.CodeStopping:      wait,
	wabridge.CodeStorage:       wait,
	wabridge.CodeLockedScreen:  wait,
	wabridge.CodeAttention:     wait,
	wabridge.CodeLocked:        wait, // banned: a person must act; the queue is kept
	wabridge.CodeNoNewChats:    wait, // restricted: see Lane.restrict
	wabridge.CodeClosedChat:    wait, // an unknown notice in one chat: a person must look
	wabridge.CodeNotRegistered: wait, // logged out
	wabridge.CodeMaintenance:   wait,
	wabridge.CodeThroughput:    wait,
	wabridge.CodePair:          wait,
}

// words are the reasons for a person where an error brings none of its own.
var words = map[wabridge.Code]string{
	wabridge.CodeAmbiguous:     "it is not known whether the message left the phone",
	wabridge.CodeOffline:       "the phone cannot be reached",
	wabridge.CodeNetwork:       "the phone has no internet connection",
	wabridge.CodeStopping:      "the program stopped in the middle",
	wabridge.CodeStorage:       "the database could not store it",
	wabridge.CodeLockedScreen:  "the phone is locked; unlock it",
	wabridge.CodeAttention:     "a person must act on the phone",
	wabridge.CodeLocked:        "the WhatsApp account is banned",
	wabridge.CodeNoNewChats:    "the WhatsApp account is restricted and may not start new chats",
	wabridge.CodeClosedChat:    "the chat shows a notice that is not known in place of its composer",
	wabridge.CodeNotRegistered: "WhatsApp is logged out on the phone",
	wabridge.CodeScreen:        "the phone shows a screen that is not known",
	wabridge.CodeWrongChat:     "the chat could not be proven to be the right one",
	wabridge.CodeSlow:          "the phone did not do it in time",
	wabridge.CodeUndeliverable: "the number is not on WhatsApp",
	wabridge.CodeSelf:          "the recipient is the phone's own number",
	wabridge.CodeUnsupported:   "this type of message cannot be sent",
	wabridge.CodeTapped:        tappedOut,
	wabridge.CodeMediaUpload:   "the file could not be had or not be uploaded",
}

// codeOf is wabridge.CodeOf, but knows the two ends of a context.
func codeOf(err error) wabridge.Code {
	if _, ok := errors.AsType[*wabridge.Error](err); ok {
		return wabridge.CodeOf(err)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return wabridge.CodeStopping
	case errors.Is(err, context.DeadlineExceeded):
		return wabridge.CodeSlow
	}
	return wabridge.CodeOf(err)
}

// reasonOf is an error in words for a person: its own detail, which holds no
// private text, or the code's words. The causes it wraps may hold anything
// and are left out.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*wabridge.Error](err); ok && e.Detail != "" {
		return e.Detail
	}
	if w, ok := words[codeOf(err)]; ok {
		return w
	}
	return "something went wrong inside the program; see its log"
}

// Outcome is the whole retry policy: what becomes of a claimed message whose
// sending ended with err. It is a pure function. From the moment that the
// intent was committed (m.Intent) every error is a doubt, whatever its code,
// but one: CodeMediaUpload says that the bubble was seen, and that the app
// could not upload its file.
func Outcome(m *wabridge.Message, err error, now time.Time) wabridge.Move {
	code, reason := codeOf(err), reasonOf(err)
	v := verdicts[code]
	if m.Intent != nil && code != wabridge.CodeMediaUpload {
		v = doubt
	}
	switch v {
	case doubt:
		return wabridge.Doubted(now, code, reason)
	case fail:
		return wabridge.HasFailed(now, code, reason)
	case wait:
		switch code {
		case wabridge.CodeStopping:
			return wabridge.Interrupted(now)
		case wabridge.CodeNoNewChats, wabridge.CodeClosedChat:
			return wabridge.Deferred(now, now.Add(restrictedWait), code, reason)
		}
		return wabridge.Deferred(now, now.Add(waitBase), code, reason)
	}
	if m.Tries >= MaxTries {
		return wabridge.HasFailed(now, code, reason)
	}
	return wabridge.Released(now, now.Add(Backoff(m.Tries, retryBase, retryCap)), code, reason)
}

// tappedOut is the reason of a message whose taps are used up.
const tappedOut = "send was tapped as often as one message may be, and each time its chat showed that it had not left; look at the phone, then send it as a new message"

// undecided is the reason of a message whose doubt came to no answer.
const undecided = "its chat could not tell whether it left the phone, and nobody looks for it any more: it may have left, and it is not sent again by itself; look into the chat"

// undecidable reports whether a doubt that has just been looked into again,
// without an answer, has come to its end. It is a pure function.
func undecidable(m *wabridge.Message, looks int, now time.Time) bool {
	return looks >= MaxLooks || m.Intent != nil && now.Sub(m.Intent.At) >= MaxDoubt
}

// Absent is what becomes of an unconfirmed message that is proven not to have
// left: it goes again, each time a little later, while it has taps left.
func Absent(m *wabridge.Message, now time.Time) wabridge.Move {
	switch {
	case m.Taps >= wabridge.MaxTaps:
		return wabridge.HasFailed(now, wabridge.CodeTapped, tappedOut)
	case m.Tries <= 1:
		return wabridge.ProvenAbsent(now, time.Time{})
	}
	return wabridge.ProvenAbsent(now, now.Add(Backoff(m.Tries-1, absentBase, retryCap)))
}

// Seen lists the moves for a tick that was seen beside a message's bubble, nil
// if there is no such tick. A tick implies the earlier ones: what was read was
// delivered, and what was delivered was sent, so each gets its status although
// nobody looked in between; the time of all is that of the look.
func Seen(from, tick wabridge.State, at time.Time) []wabridge.Move {
	steps := []wabridge.Move{wabridge.WasSent(at), wabridge.WasDelivered(at), wabridge.WasRead(at)}
	if tick == wabridge.Handed {
		steps = []wabridge.Move{wabridge.HandedOver(at)}
	}
	for i, last := range steps {
		if last.To() != tick {
			continue
		}
		for first, move := range steps[:i+1] {
			if move.Legal(from) {
				return steps[first : i+1]
			}
		}
	}
	return nil
}
