package app

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/wabridge/wabridge/phonesim/view"
)

const (
	bubbleLeft  = 34
	bubbleRight = 686
	bubbleMax   = 560 // of the text
	rowPad      = 12
	dividerH    = 76
)

// list is the list of bubbles, its end at the bottom.
func (s *chatScreen) list() *view.Node {
	area := s.listArea()
	rows, total := s.rows()
	y := area.Top
	if total > area.H() {
		y = area.Bottom - total + s.chat.scroll
	}
	list := with(s.a.n(listView, "android:id/list", area), view.Focusable|view.Scrollable)
	for _, r := range rows {
		if y += r.height; y <= area.Top || y-r.height >= area.Bottom {
			continue
		}
		node := s.row(r, y-r.height)
		clip(node, area)
		list.Add(node)
	}
	return list
}

// maxRows is how many of the newest messages a chat screen knows of.
const maxRows = 400

// A row is a bubble with the day's divider above it, if there is one.
type row struct {
	m       *Message
	divider string
	height  int
}

// rows are the newest bubbles, and the height of all.
func (s *chatScreen) rows() (rows []row, total int) {
	ms := slices.DeleteFunc(slices.Clone(s.chat.Messages), func(m *Message) bool { return m.hidden })
	if len(ms) > maxRows {
		ms = ms[len(ms)-maxRows:]
	}
	now := time.Now()
	for i, m := range ms {
		divider := ""
		if i == 0 || daysBetween(ms[i-1].At, m.At) != 0 {
			divider = s.a.words().day(m.At, now)
		}
		r := row{m, divider, s.rowHeight(m, divider != "")}
		rows = append(rows, r)
		total += r.height
	}
	return rows, total
}

func (s *chatScreen) shownText(m *Message) (text string, cut bool) {
	if said := s.a.inPlace(m); said != "" {
		return said, false
	}
	text = plainText(m.Text)
	if s.chat.expanded[m.N] {
		return text, false
	}
	return fold(text, s.a.words().readMore)
}

func (s *chatScreen) rowHeight(m *Message, divider bool) int {
	text, _ := s.shownText(m)
	_, h := measure(text+timeRoom, bubbleMax)
	h += 8 + rowPad
	if m.overPicture() {
		h = rowPad
	}
	if m.Sender != "" {
		h += lineHeight
	}
	if media(m) {
		_, fileH := s.fileRoom(m)
		h += fileH
	}
	if m.quote != nil {
		h += quoteHeight
	}
	if m.reactions() != "" {
		h += reactionHeight
	}
	if divider {
		h += dividerH
	}
	return h
}

// timeRoom is the room that the time and the tick take in the last line.
const timeRoom = "       "

func media(m *Message) bool { return m.Kind != "" && m.Kind != "text" && !m.deleted && !m.waiting }

// row draws one bubble. Incoming ones are not in the captures: they are drawn as
// outgoing ones on the left without a status (facts/android.md 2).
func (s *chatScreen) row(r row, y int) *view.Node {
	a, m, divider, bottom := s.a, r.m, r.divider, y+r.height-10
	row := with(a.n(group, "", view.R(0, y, width, y+r.height)), view.LongClickable)
	s.gestures(row, m)
	if divider != "" {
		half := utf8.RuneCountInString(divider)*charWidth/2 + 16
		row.Add(a.t("conversation_row_date_divider", divider, view.R(width/2-half, y+6, width/2+half, y+69)))
		y += dividerH
	}
	text, cut := s.shownText(m)
	w, _ := measure(text+timeRoom, bubbleMax)
	w = max(w, 108)
	if media(m) {
		fileW, _ := s.fileRoom(m)
		w = max(w, fileW)
	}
	if m.quote != nil {
		w = max(w, 300)
	}
	if m.reactions() != "" {
		bottom -= reactionHeight
	}
	box := view.R(bubbleLeft, y+2, bubbleLeft+w+8, bottom)
	if m.Out {
		box = view.R(bubbleRight-w-8, y+2, bubbleRight, bottom)
	}
	direction := "in"
	if m.Out {
		direction = "out"
	}
	main := hint(a.n(linear, "main_layout", box), "direction", direction)
	if m.Out && m.forwardable() {
		row.Add(s.forwardButton(box))
	}
	row.Add(main)
	if m.reactions() != "" {
		row.Add(s.reactionNode(m, view.R(box.Right-120, box.Bottom-6, box.Right-16, box.Bottom+reactionHeight-8)))
	}
	inner := box
	if m.Sender != "" {
		r := view.R(box.Left+4, box.Top+4, box.Right-4, box.Top+4+lineHeight)
		main.Add(a.n(linear, "name_in_group", r, a.t("name_in_group_tv", m.Sender, r)))
		inner.Top += lineHeight
	}
	if m.quote != nil {
		main.Add(s.quoteBlock(m.quote, view.R(inner.Left+8, inner.Top+8, inner.Right-8, inner.Top+quoteHeight-4)))
		inner.Top += quoteHeight
	}
	if media(m) {
		_, fileH := s.fileRoom(m)
		main.Add(s.fileNodes(m, view.R(inner.Left, inner.Top, inner.Right, inner.Top+fileH))...)
		inner.Top += fileH
	}
	if m.overPicture() { // the time stands on the picture
		inner.Top = inner.Bottom - 55
	}
	main.Add(s.textRow(m, text, cut, inner))
	return row
}

func (s *chatScreen) textRow(m *Message, text string, cut bool, box view.Rect) *view.Node {
	a := s.a
	in := view.R(box.Left+4, box.Top+4, box.Right-4, box.Bottom-4)
	date := a.n(linear, "date_wrapper", view.R(in.Right-108, in.Bottom-35, in.Right, in.Bottom))
	clock := m.At.Format("15:04")
	if m.Out {
		date.Add(a.t("date", clock, view.R(in.Right-108, in.Bottom-35, in.Right-50, in.Bottom-2)),
			hint(desc(a.n(image, "status", view.R(in.Right-50, in.Bottom-31, in.Right-10, in.Bottom-7)), s.tickWord(m)), "tick", m.State.picture()))
	} else {
		date.Add(a.t("date", clock, view.R(in.Right-66, in.Bottom-35, in.Right-8, in.Bottom-2)))
	}
	if media(m) {
		r := a.n(frame, "text_and_date", box)
		if m.Text != "" {
			r.Add(a.t("caption", text, in))
		}
		return r.Add(date)
	}
	body := a.t("message_text", text, in)
	if cut {
		body.Tap = func() { s.chat.expanded[m.N] = true }
	}
	return a.n(frame, "conversation_text_row", box, body, date)
}
