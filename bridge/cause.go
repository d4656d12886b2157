package bridge

import (
	"strings"

	"github.com/wabridge/wabridge"
)

// A Cause is one thing that goes wrong with a message or a phone, more exactly
// than its code: 131026 is a number without WhatsApp as well as a message whose
// time ran out. Every interface reports the gateway's own words (the Reason of
// a message or a phone) next to the code; one that speaks another language than
// English finds in this table what these words say.
type Cause struct {
	Name string // "not_on_whatsapp"; lower case and underscores
	code wabridge.Code
	said string // is in the gateway's words for this cause, and in no others of the code
}

// causes is the one table. A test holds each entry to the words that the
// program has.
var causes = []Cause{
	{"not_on_whatsapp", wabridge.CodeUndeliverable, "is not on WhatsApp"},
	{"bad_number", wabridge.CodeUndeliverable, "is not a valid number"},
	{"expired", wabridge.CodeUndeliverable, "time to live ended"},
	{"blocked_here", wabridge.CodeUndeliverable, "contact is blocked on the phone"},
	{"no_composer", wabridge.CodeClosedChat, "a notice in place of the composer"},
	{"no_answer", wabridge.CodeNetwork, "could not look the number up"},
	{"storage_full", wabridge.CodeAttention, "storage is full"},
	{"update", wabridge.CodeAttention, "update WhatsApp on the phone"},
	{"not_installed", wabridge.CodeAttention, "is not installed"},
	{"undecided", wabridge.CodeAmbiguous, "nobody looks for it any more"},
	{"tapped", wabridge.CodeTapped, "was tapped as often as one message may be"},
	{"restored", wabridge.CodeInternal, "was restored from a backup"},
	{"file_gone", wabridge.CodeMediaUpload, "the file of the message is not here"},
	{"no_preview", wabridge.CodeMediaUpload, "opened no preview"},
}

// CauseOf finds the name of what a code and the gateway's words say; "" where
// the code says all that is known.
func CauseOf(code wabridge.Code, reason string) string {
	for _, c := range causes {
		if c.code == code && strings.Contains(reason, c.said) {
			return c.Name
		}
	}
	return ""
}
