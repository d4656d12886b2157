package console

import (
	"cmp"
	"slices"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
)

// troubleNamed is how many phones the summary names; it counts the rest.
const troubleNamed = 4

// A troubleView is the summary of the phones that send nothing, which stands on
// every page.
type troubleView struct {
	Down, Held, Total int // phones that need somebody; that a person paused; all
	Named             []troubledPhone
	More              int // of those not named
}

// A troubledPhone is a phone that sends nothing, and why, in a few words.
type troubledPhone struct{ Name, Why string }

// needsYou reports whether a phone cannot send, for another reason than that a
// person paused it.
func needsYou(p wabridge.Phone) bool {
	switch p.State {
	case wabridge.PhoneAttention, wabridge.PhonePaused, wabridge.PhoneOffline:
		return !p.Held
	}
	return false
}

// troubleRank orders phones: those that need somebody, those that somebody
// paused, those with a restriction, the rest.
func troubleRank(p wabridge.Phone) int {
	switch {
	case needsYou(p) && p.State != wabridge.PhoneOffline:
		return 0
	case needsYou(p):
		return 1
	case p.Held:
		return 2
	case troubleWord(p) != "":
		return 3
	}
	return 4
}

// troubleFirst sorts phones by troubleRank and keeps their order within it.
func troubleFirst(phones []wabridge.Phone) []wabridge.Phone {
	sorted := slices.Clone(phones)
	slices.SortStableFunc(sorted, func(a, b wabridge.Phone) int { return cmp.Compare(troubleRank(a), troubleRank(b)) })
	return sorted
}

// troubleWord is what is wrong with a phone: the end of the keys phones.do.…
// and phones.why.…, "" if nothing is.
func troubleWord(p wabridge.Phone) string {
	switch {
	case p.Held:
		return "held"
	case p.State == wabridge.PhoneReady && p.Code != wabridge.CodeNoNewChats, p.State == wabridge.PhoneStarting:
		return ""
	}
	switch cause := bridge.CauseOf(p.Code, p.Reason); cause {
	case "storage_full", "update", "not_installed":
		return cause
	}
	if word := troubles[p.Code]; word != "" {
		return word
	}
	switch p.State {
	case wabridge.PhoneAttention:
		return "attention"
	case wabridge.PhonePaused:
		return "screen"
	case wabridge.PhoneOffline:
		return "offline"
	}
	return ""
}

// troubleOf summarises the phones.
func (l language) troubleOf(phones []wabridge.Phone) troubleView {
	t := troubleView{Total: len(phones)}
	for _, p := range troubleFirst(phones) {
		switch {
		case p.Held:
			t.Held++
			continue
		case !needsYou(p):
			continue
		}
		if t.Down++; len(t.Named) < troubleNamed {
			t.Named = append(t.Named, troubledPhone{phoneName(p), l.T("phones.why." + troubleWord(p))})
		} else {
			t.More++
		}
	}
	return t
}

// trouble is the summary alone, after a phone's state changed.
func (c *Console) trouble(v *visit) error {
	phones, err := c.Store.Phones(v.Context())
	if err != nil {
		return err
	}
	return c.part(v, "trouble-changed", v.Lang.troubleOf(phones))
}

// isolated keeps the direction of a name from turning what stands around it.
func isolated(name string) string { return "\u2068" + name + "\u2069" }

// stopped says why a phone sends nothing now, for its conversations; "" if it
// sends.
func (l language) stopped(p wabridge.Phone) string {
	word := troubleWord(p)
	if word == "" {
		return ""
	}
	if word == "no_new_chats" {
		return l.T("phones.do.no_new_chats")
	}
	return l.T("inbox.stopped_phone", isolated(phoneName(p)), l.T("phones.why."+word))
}
