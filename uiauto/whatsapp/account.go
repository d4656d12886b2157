package whatsapp

import (
	"strings"

	"github.com/wabridge/wabridge/uiauto"
)

// accountRoles are the ids that fill a screen of their own when the account or
// the app cannot be used, in every language.
var accountRoles = []struct {
	role string
	kind Kind
	why  string
}{
	{"update_forced", UpdateForced, "of the forced update"},
	{"registration", LoggedOut, "of the registration"},
}

// account recognises by ids that the account or the app cannot be used.
func (l *look) account(s *Screen) bool {
	for _, a := range accountRoles {
		n := l.node(a.role)
		if n == nil {
			continue
		}
		s.Kind, s.Why = a.kind, "id "+n.Suffix()+" "+a.why
		if a.kind == UpdateForced {
			s.Words = maskDigits(l.textOf("update_text", "update_title"))
		}
		return true
	}
	return false
}

// textOf is the text of the first of the roles that has one.
func (l *look) textOf(roles ...string) string {
	for _, role := range roles {
		if n := l.node(role); n != nil && n.Text != "" {
			return strings.TrimSpace(uiauto.Clean(n.Text))
		}
	}
	return ""
}

// inviteDialog recognises by its ids the dialog that offers to invite a number
// that is not on WhatsApp. It names no number: what it speaks of is for the way
// that led here to say.
func (l *look) inviteDialog(s *Screen) bool {
	n := l.node("invite_dialog")
	if n == nil {
		return false
	}
	d := &Dialog{}
	for x := range l.window.All() {
		switch {
		case !l.app.Is(x, "invite_dialog") || x.Text == "":
		case x.Has(uiauto.Clickable):
			d.Buttons = append(d.Buttons, button(x))
		case d.Title == "":
			d.Title = strings.TrimSpace(uiauto.Clean(x.Text))
		default:
			d.Text = strings.TrimSpace(uiauto.Clean(x.Text))
		}
	}
	d.Digits = numberInText(d.Title + " " + d.Text)
	s.Kind, s.Dialog = NotOnWhatsApp, d
	s.Why, s.Words = "id "+n.Suffix()+" of the invitation", maskDigits(strings.TrimSpace(d.Title+" "+d.Text))
	return true
}

// numberInText is the digits of the first run in a text that is long enough for
// a phone number, "" if there is none.
func numberInText(s string) string {
	runs := strings.FieldsFunc(uiauto.ASCIIDigits(uiauto.Clean(s)), func(r rune) bool { return !strings.ContainsRune("+0123456789 -().", r) })
	for _, run := range runs {
		if d := uiauto.Digits(run); len(d) >= 7 && len(d) <= 15 {
			return d
		}
	}
	return ""
}

// notice looks for what stands in place of the composer. It returns true where
// that decides which screen it is. Ids come first: a notice at the composer's
// place in a chat without a message is the restriction of the account in
// whatever language, because an account that may not start new chats is the
// only reason known for it; Next still asks whether the chat is a group's. In a
// chat with messages an unknown notice is only a notice.
func (l *look) notice(s *Screen) bool {
	n := l.node("read_only")
	if n == nil || n.Bounds.Empty() && l.textIn(n) == "" {
		return l.noticeByWords(s) || l.popup(s)
	}
	s.ReadOnly = strings.TrimSpace(l.textIn(n))
	switch l.p.Words.Which(s.ReadOnly, "restricted", "blocked") {
	case "restricted":
		l.restricted(s, "the word restricted in place of the composer")
		return true
	case "blocked":
		s.Blocked = true
		return false
	}
	if s.ReadOnly == "" || len(l.bubbles(false)) > 0 {
		return false
	}
	l.restricted(s, "id "+n.Suffix()+" in place of the composer, in a chat without messages")
	s.Guessed = true
	return true
}

// noticeByWords looks for the words of a notice that has no known id.
func (l *look) noticeByWords(s *Screen) bool {
	for n := range l.appTexts(l.window) {
		switch l.p.Words.Which(said(n), "restricted", "blocked") {
		case "restricted":
			s.ReadOnly = uiauto.Clean(said(n))
			l.restricted(s, "the word restricted, no composer")
			return true
		case "blocked":
			s.ReadOnly, s.Blocked = uiauto.Clean(said(n)), true
			return false
		}
	}
	return false
}

func (l *look) restricted(s *Screen, why string) {
	s.Kind, s.Why, s.Words = Restricted, why, maskDigits(s.ReadOnly)
}

// textIn joins the texts in a node.
func (l *look) textIn(n *uiauto.Node) string {
	var parts []string
	for x := range n.All() {
		if x.Text != "" {
			parts = append(parts, x.Text)
		}
	}
	return uiauto.Clean(strings.Join(parts, " "))
}
