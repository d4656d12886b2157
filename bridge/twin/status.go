package twin

import "github.com/wabridge/wabridge"

// words are the statuses of messages. CREATED, PENDING and DELIVERED stand in
// TWIN's recipe (seed 001), that something expires on one of its pages; the
// other words are not known of the original.
var words = []struct {
	word   string
	states []wabridge.State
	means  string
}{
	{statusCreated, []wabridge.State{wabridge.Queued}, "it waits in the queue"},
	{"PENDING", []wabridge.State{wabridge.Sending, wabridge.Unconfirmed, wabridge.Handed}, "the phone has it, and nobody has seen a tick"},
	{"SENT", []wabridge.State{wabridge.Sent}, "one tick"},
	{"DELIVERED", []wabridge.State{wabridge.Delivered}, "two ticks"},
	{"READ", []wabridge.State{wabridge.Read}, "two blue ticks"},
	{"FAILED", []wabridge.State{wabridge.Failed}, "it will not be sent"},
	{"EXPIRED", []wabridge.State{wabridge.Expired}, "its validityPeriod ended before it could be sent"},
	{"CANCELED", []wabridge.State{wabridge.Canceled}, "it was canceled before it was sent"},
}

// statusWord is the word of a state, "" for that of a received message.
func statusWord(s wabridge.State) string {
	for _, w := range words {
		for _, state := range w.states {
			if state == s {
				return w.word
			}
		}
	}
	return ""
}

// statesOf are the states that a word stands for; nil for no word of ours.
func statesOf(word string) []wabridge.State {
	for _, w := range words {
		if w.word == word {
			return w.states
		}
	}
	return nil
}

// told reports whether a callback tells of a state: of what has happened to
// the message, not of the steps to it.
func told(s wabridge.State) bool {
	switch s {
	case wabridge.Sent, wabridge.Delivered, wabridge.Read, wabridge.Failed, wabridge.Expired, wabridge.Canceled:
		return true
	}
	return false
}

// describe says why a message is where it is, without private text.
func describe(s wabridge.State, reason string) string {
	if reason != "" {
		return reason
	}
	for _, w := range words {
		if w.word == statusWord(s) {
			return w.means
		}
	}
	return ""
}
