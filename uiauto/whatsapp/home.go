package whatsapp

import (
	"strconv"
	"strings"

	"github.com/wabridge/wabridge/uiauto"
)

// home recognises WhatsApp's home and other lists of chats.
func (l *look) home(s *Screen) bool {
	n, row := l.node("home"), l.node("row_name")
	if n == nil && row == nil {
		return false
	}
	s.Kind, s.Why = ChatList, "ids of the chat list"
	for n := range l.window.All() {
		if !l.app.Is(n, "row") {
			continue
		}
		if r, ok := l.row(n); ok {
			s.Chats = append(s.Chats, r)
		}
	}
	return true
}

// row reads one chat of the list; one that is cut off before its name is none.
func (l *look) row(n *uiauto.Node) (Row, bool) {
	r := Row{Bounds: n.Bounds}
	for x := range n.All() {
		if x.ID == "" {
			continue
		}
		text := strings.TrimSpace(uiauto.Clean(x.Text))
		switch a := l.app; {
		case a.Is(x, "row_name"):
			r.Name = text
		case a.Is(x, "row_time"):
			r.Time = text
		case a.Is(x, "row_preview"):
			r.Preview = text
		case a.Is(x, "row_sender"):
			r.Sender = strings.TrimSpace(strings.TrimPrefix(strings.TrimSuffix(text, ":"), "~"))
		case a.Is(x, "row_unread"):
			r.Unread = l.unread(x)
		case a.Is(x, "row_tick"):
			r.Out = true
			if x.Desc != "" {
				r.Status = l.tick(x.Desc)
			}
		}
	}
	return r, r.Name != ""
}

// unread reads the badge's count from its text or its description: by the
// app's words, else the first number in it. A badge without a number (marked
// as unread by hand) counts as one.
func (l *look) unread(n *uiauto.Node) int {
	text := said(n)
	if values, ok := l.p.Words.Match("unread", text); ok && len(values) > 0 {
		text = values[0]
	}
	return firstNumber(text)
}

// firstNumber is the first number of a text, 1 where there is none, at most
// 99999. Separators of thousands count as part of it.
func firstNumber(s string) int {
	s = uiauto.ASCIIDigits(s)
	start := strings.IndexAny(s, "0123456789")
	if start < 0 {
		return 1
	}
	s = s[start:]
	end := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789.,", r) })
	if end >= 0 {
		s = s[:end]
	}
	n, err := strconv.Atoi(uiauto.Digits(s))
	if err != nil || n > 99999 {
		return 99999
	}
	return n
}
