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
// two of its forms (NumberForms).
func SameNumber(a, b string) bool {
	return a != "" && b != "" && (a == b || longerForm(a) == b || a == longerForm(b))
}

// Line is one key for all forms of a number that SameNumber takes for the
// same: the longer one.
func Line(digits string) string { return cmp.Or(longerForm(digits), digits) }

// NumberForms lists a number and the other form in which WhatsApp may keep
// and show the same line, if it has one. Argentina: 549 for mobiles, 54 for
// callers from abroad. Benin: the 01 that all numbers got in November 2024.
// Brazil: mobiles with and without the ninth digit. Mexico: 521 and 52.
func NumberForms(digits string) []string {
	forms := []string{digits}
	if other := cmp.Or(longerForm(digits), shorterForm(digits)); other != "" {
		forms = append(forms, other)
	}
	return forms
}

// CanonicalNumber is the form of a number that is used as wa_id and in chat
// ids, so that all forms of one line make one chat. It is the longer one, but
// for Brazilian mobiles outside of the area codes 11 to 28, which have no
// ninth digit. (From public reports on wa_id; not verified on a phone: newer
// accounts may differ, and SameNumber takes either form.)
func CanonicalNumber(digits string) string {
	long := Line(digits)
	if short := shorterForm(long); short != "" && strings.HasPrefix(short, "55") && short[2] >= '3' {
		return short
	}
	return long
}

// A numberForm says how the longer form of a country's numbers is made.
type numberForm struct {
	country string
	length  int    // of the shorter form
	at      int    // where the longer one has more
	more    string // what it has there
	only    string // first digits at `at` that the shorter form may have
}

var numberForms = []numberForm{
	{country: "229", length: 11, at: 3, more: "01", only: "123456789"},
	{country: "52", length: 12, at: 2, more: "1", only: "23456789"},
	{country: "54", length: 12, at: 2, more: "9", only: "12345678"},
	{country: "55", length: 12, at: 4, more: "9", only: "6789"},
}

// longerForm is the longer form of a number given the shorter one, else "".
func longerForm(n string) string {
	for _, f := range numberForms {
		if strings.HasPrefix(n, f.country) && len(n) == f.length && strings.IndexByte(f.only, n[f.at]) >= 0 {
			return n[:f.at] + f.more + n[f.at:]
		}
	}
	return ""
}

// shorterForm is the shorter form of a number given the longer one, else "".
func shorterForm(n string) string {
	for _, f := range numberForms {
		if len(n) != f.length+len(f.more) || !strings.HasPrefix(n, f.country) || n[f.at:f.at+len(f.more)] != f.more {
			continue
		}
		if short := n[:f.at] + n[f.at+len(f.more):]; longerForm(short) == n {
			return short
		}
	}
	return ""
}
