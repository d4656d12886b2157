package wabridge

import (
	"cmp"
	"strings"
)

// Digits keeps the ASCII digits of s and drops everything else.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// UserJID is the chat id of a person's number.
func UserJID(digits string) string { return digits + "@s.whatsapp.net" }

// NumberOf is the number inside a chat id of the form <digits>@s.whatsapp.net,
// or "" for groups and @lid chats.
func NumberOf(jid string) string {
	n, ok := strings.CutSuffix(jid, "@s.whatsapp.net")
	if !ok || n != Digits(n) {
		return ""
	}
	return n
}

// IsGroup reports whether the chat id is a group's.
func IsGroup(jid string) bool { return strings.HasSuffix(jid, "@g.us") }

// SameNumber reports whether two digit strings name the same line: equal, or
// the two forms of a Brazilian mobile (with and without the ninth digit) or
// of a Mexican one (52 and 521). WhatsApp keeps either form and shows either.
func SameNumber(a, b string) bool {
	return a != "" && b != "" && (a == b || otherForm(a) == b || a == otherForm(b))
}

// Line is one key for both forms of a number that SameNumber takes for the
// same: the longer one.
func Line(digits string) string { return cmp.Or(otherForm(digits), digits) }

// otherForm is the longer form of a Brazilian or Mexican number given the
// shorter one, else "".
func otherForm(n string) string {
	switch {
	case strings.HasPrefix(n, "55") && len(n) == 12 && n[4] >= '6':
		return n[:4] + "9" + n[4:]
	case strings.HasPrefix(n, "52") && len(n) == 12 && n[2] != '1':
		return "521" + n[2:]
	}
	return ""
}
