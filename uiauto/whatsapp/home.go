package whatsapp

import (
	"strconv"
	"strings"

	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/uiauto"
)

// home recognises WhatsApp's home and other lists of chats. The home has four
// tabs, and only that of the chats has the container of their list; a list of
// archived chats has rows and no tabs.
func (l *look) home(s *Screen) bool {
	frame, list, row := l.node("home"), l.node("chat_list"), l.node("row_name")
	if frame == nil && list == nil && row == nil {
		return false
	}
	shown := list != nil && !outside(list.Bounds, l.window.Bounds)
	tab := l.otherTab()
	if !shown && (row == nil || tab != nil) {
		s.Kind, s.Why, s.Tab = HomeTab, "ids of the home without the list of the chats", tab
		return true
	}
	s.Kind, s.Why = ChatList, "ids of the chat list"
	s.Archive = l.archive()
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

// outside reports whether a node lies beside the window: pages of a pager that are
// not shown have such bounds. A node without bounds lies nowhere in particular.
func outside(r, window uiauto.Rect) bool {
	return !r.Empty() && (r.Right <= window.Left || r.Left >= window.Right)
}

// otherTab is the tab of the chats where it can be tapped, because another one is
// open: the first of the bar at the bottom (on all captures; the bar has the same
// order in every language, and a tab that is open takes no tap). nil where the
// bar is not there or the chats' tab is the open one.
func (l *look) otherTab() *Target {
	bar := l.node("tabs")
	if bar == nil {
		return nil
	}
	for n := range bar.All() {
		if n == bar || n.Desc == "" && n.Text == "" {
			continue
		}
		for ; n != bar; n = n.Parent {
			if n.Has(uiauto.Clickable) && !n.Has(uiauto.Selected) && !n.Bounds.Empty() {
				return &Target{Bounds: n.Bounds}
			}
		}
		return nil
	}
	return nil
}

// archive reads the entry of the archived chats above the list.
func (l *look) archive() *Archive {
	n := l.node("archive")
	if n == nil || n.Bounds.Empty() {
		return nil
	}
	a := &Archive{Bounds: n.Bounds}
	if c := l.app.Inside(n, "archive_count"); c != nil {
		a.Count = strings.TrimSpace(uiauto.Clean(said(c)))
	}
	return a
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
			r.Name = displayname.Clean(x.Text)
		case a.Is(x, "row_time"):
			r.Time = text
		case a.Is(x, "row_preview"):
			r.Preview = text
		case a.Is(x, "row_sender"):
			r.Sender = displayname.Plain(displayname.Clean(strings.TrimSuffix(text, ":")))
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
