package console

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
)

// A failure says why something failed or waits: in the visitor's language, and
// in the gateway's own words, which are those of the API and the commands. Own
// is "" where the other sentence says the same.
type failure struct{ Words, Own string }

// phonePrefix begins the gateway's words about one phone, which the pages name
// themselves.
var phonePrefix = regexp.MustCompile(`^phone \S+?:? `)

// failure finds the words of a code and a reason: those of the exact cause if
// bridge.CauseOf knows it, else those of the code.
func (l language) failure(code wabridge.Code, reason string) failure {
	f := failure{Words: l.reason(code), Own: phonePrefix.ReplaceAllString(reason, "")}
	cause := bridge.CauseOf(code, reason)
	if l.Has("cause." + cause) {
		f.Words = l.T("cause." + cause)
	}
	if cause != "" && l.Code == languages[0].Code && len(f.Own) <= len(f.Words) {
		f.Own = "" // it is in the same language, and says no more
	}
	if f.Words == "" || strings.EqualFold(strings.TrimRight(f.Words, "."), strings.TrimRight(f.Own, ".")) {
		f.Words, f.Own = or(f.Words, f.Own), ""
	}
	return f
}

// reason is a code in words; an unknown one has none.
func (l language) reason(code wabridge.Code) string {
	if code == wabridge.CodeNone {
		return ""
	}
	if key := fmt.Sprintf("code.%d", code); l.Has(key) {
		return l.T(key)
	}
	if key := fmt.Sprintf("code.%d", code.Cloud()); l.Has(key) {
		return l.T(key)
	}
	return ""
}
