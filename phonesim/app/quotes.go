package app

import "github.com/wabridge/wabridge/phonesim/view"

const (
	quoteHeight    = 108
	reactionHeight = 44
)

// quoteBlock shows a quoted message in a bubble.
func (s *chatScreen) quoteBlock(q *Message, r view.Rect) *view.Node {
	return s.a.n(frame, "quoted_message_holder", r, s.quotedMessage(q, r))
}

// quotedMessage is the layout quoted_message of 2.20.123, whose ids
// quoted_message_frame, quoted_title and quoted_text a reader of screens of today uses too.
func (s *chatScreen) quotedMessage(q *Message, r view.Rect) *view.Node {
	a := s.a
	title := s.chat.title()
	switch {
	case q.Out:
		title = a.files().you
	case q.Sender != "":
		title = q.Sender
	}
	text := view.R(r.Left+20, r.Top+4, r.Right-8, r.Bottom-4)
	head := view.R(text.Left, text.Top, text.Right, text.Top+40)
	body := view.R(text.Left, text.Top+42, text.Right, text.Bottom)
	return with(a.n(frame, "quoted_message_frame", r, a.n(linear, "", r,
		a.n(plain, "quoted_color", view.R(r.Left, r.Top, r.Left+8, r.Bottom)),
		a.n(linear, "", text,
			a.n(linear, "quoted_title_frame", head, a.t("quoted_title", title, head)),
			a.n(frame, "", body, a.t("quoted_text", oneLine(a.mediaText(q), 90), body))))), click)
}

func (s *chatScreen) quotingHeight() int {
	if s.chat.quoting == nil {
		return 0
	}
	return quoteHeight + 8
}

// quotePanel stands above the composer while a message is answered, or is nil.
func (s *chatScreen) quotePanel(r view.Rect) *view.Node {
	a, q := s.a, s.chat.quoting
	if q == nil {
		return nil
	}
	x := view.R(r.Right-48, r.Top+4, r.Right-4, r.Top+48)
	panel := s.quotedMessage(q, r)
	panel.Add(tap(with(desc(a.n(frame, "cancel", x, a.n(image, "cancel_image", x)), a.files().closeBox), click), func() { s.chat.quoting = nil }))
	return a.n(frame, "quoted_message_preview_container", r, panel)
}

// gestures are what a finger does on a bubble: drawn to the right it answers,
// held it selects the message.
func (s *chatScreen) gestures(row *view.Node, m *Message) {
	row.Swipe = func() {
		if s.writable() && s.selected == nil {
			s.chat.quoting = m
		}
	}
	row.Hold = func() { s.selected = m }
	if s.selected == m {
		row.Flags |= view.Selected
	}
}

// topBar is the chat's header, or the bar for a selected message. The ids of its items are
// those of the app's resources (menuitem_reply …); place and look are from memory.
func (s *chatScreen) topBar() *view.Node {
	a, fw := s.a, s.a.files()
	if s.selected == nil {
		return s.header()
	}
	bar := view.R(0, topBar, width, underBar)
	items := a.n(linearComp, "", view.R(240, topBar, width, underBar))
	for i, it := range []struct {
		id, desc string
		act      func()
	}{
		{"menuitem_reply", fw.reply, s.reply}, {"menuitem_star", "Star", s.unselect}, {"menuitem_delete", "Delete", s.unselect}, {"menuitem_forward", fw.forward, s.unselect},
	} {
		items.Add(tap(with(desc(a.n(button, it.id, view.R(240+120*i, 76, 360+120*i, 172)), it.desc), press), it.act))
	}
	return a.n(group, "action_mode_bar", bar,
		tap(with(desc(a.n(image, "action_mode_close_button", view.R(0, 76, 96, 172)), "Done"), click), s.unselect),
		a.t("action_bar_title", "1", view.R(110, 100, 230, 150)), items)
}

func (s *chatScreen) unselect() { s.selected = nil }

func (s *chatScreen) reply() {
	s.chat.quoting, s.selected = s.selected, nil
}
