package app

import "github.com/wabridge/wabridge/phonesim/view"

const (
	quoteHeight    = 108
	reactionHeight = 44
)

// reactions are the emojis below a bubble.
func (m *Message) reactions() string {
	if m.mine == m.theirs {
		return m.mine
	}
	return m.mine + m.theirs
}

// reactionNode is as captured: a button with the emoji below the bubble.
func (s *chatScreen) reactionNode(m *Message, r view.Rect) *view.Node {
	a := s.a
	return a.n(linear, "", r, with(desc(a.n(button, "reactions_bubble_layout", r,
		a.t("", m.reactions(), view.R(r.Left+6, r.Top+3, r.Right-6, r.Bottom-3))), sprintf(a.files().reactionF, m.reactions())), click))
}

// quoteBlock shows a quoted message: layout quoted_message of 2.20.123, whose
// ids quoted_message_frame, quoted_title and quoted_text a reader of screens of today uses too.
func (s *chatScreen) quoteBlock(q *Message, r view.Rect) *view.Node {
	a := s.a
	title := s.chat.title()
	switch {
	case q.Out:
		title = a.files().you
	case q.Sender != "":
		title = q.Sender
	}
	text := view.R(r.Left+20, r.Top+4, r.Right-8, r.Bottom-4)
	return a.n(frame, "quoted_message_holder", r, with(a.n(frame, "quoted_message_frame", r, a.n(linear, "", r,
		a.n(plain, "quoted_color", view.R(r.Left, r.Top, r.Left+8, r.Bottom)),
		a.n(linear, "", text,
			a.n(linear, "quoted_title_frame", view.R(text.Left, text.Top, text.Right, text.Top+40), a.t("quoted_title", title, view.R(text.Left, text.Top, text.Right, text.Top+40))),
			a.n(frame, "", view.R(text.Left, text.Top+42, text.Right, text.Bottom),
				a.t("quoted_text", oneLine(a.mediaText(q), 90), view.R(text.Left, text.Top+42, text.Right, text.Bottom)))))), click))
}

// gestures are what a finger does on a bubble: drawn to the right it answers,
// held it opens the reactions.
func (s *chatScreen) gestures(row *view.Node, m *Message) {
	row.Swipe = func() { s.chat.quoting = m }
}
