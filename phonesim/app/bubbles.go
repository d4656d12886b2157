package app

import (
	"strings"
	"time"
	"unicode"
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
	ms := s.chat.Messages
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
	text = plainText(m.Text)
	if s.chat.expanded[m.N] {
		return text, false
	}
	return fold(text, s.a.words().readMore)
}

func (s *chatScreen) rowHeight(m *Message, divider bool) int {
	text, _ := s.shownText(m)
	_, h, _ := measure(text+timeRoom, bubbleMax)
	h += 8 + rowPad
	if m.Sender != "" {
		h += lineHeight
	}
	if media(m) {
		h += mediaHeight
	}
	if divider {
		h += dividerH
	}
	return h
}

// timeRoom is the room that the time and the tick take in the last line.
const timeRoom = "       "

const mediaHeight = 300

func media(m *Message) bool { return m.Kind != "" && m.Kind != "text" }

// row draws one bubble. Incoming ones are not in the captures: they are drawn as
// outgoing ones on the left without a status (facts/android.md 2).
func (s *chatScreen) row(r row, y int) *view.Node {
	a, m, divider, bottom := s.a, r.m, r.divider, y+r.height-10
	row := with(a.n(group, "", view.R(0, y, width, y+r.height)), view.LongClickable)
	if divider != "" {
		half := utf8.RuneCountInString(divider)*charWidth/2 + 16
		row.Add(a.t("conversation_row_date_divider", divider, view.R(width/2-half, y+6, width/2+half, y+69)))
		y += dividerH
	}
	text, cut := s.shownText(m)
	w, _, _ := measure(text+timeRoom, bubbleMax)
	w = max(w, 108)
	box := view.R(bubbleLeft, y+2, bubbleLeft+w+8, bottom)
	if m.Out {
		box = view.R(bubbleRight-w-8, y+2, bubbleRight, bottom)
	}
	direction := "in"
	if m.Out {
		direction = "out"
	}
	main := hint(a.n(linear, "main_layout", box), "direction", direction)
	row.Add(main)
	inner := box
	if m.Sender != "" {
		r := view.R(box.Left+4, box.Top+4, box.Right-4, box.Top+4+lineHeight)
		main.Add(a.n(linear, "name_in_group", r, a.t("name_in_group_tv", m.Sender, r)))
		inner.Top += lineHeight
	}
	if media(m) {
		main.Add(s.mediaNode(m, view.R(inner.Left, inner.Top, inner.Right, inner.Top+mediaHeight)))
		inner.Top += mediaHeight
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
			hint(desc(a.n(image, "status", view.R(in.Right-50, in.Bottom-31, in.Right-10, in.Bottom-7)), a.words().tick(m.State)), "tick", m.State.picture()))
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

// mediaNode is the part of a bubble that shows a picture or a file.
func (s *chatScreen) mediaNode(m *Message, r view.Rect) *view.Node {
	a := s.a
	switch m.Kind {
	case "document":
		return with(a.n(linear, "content", r, a.n(frame, "document_frame", r, a.n(linear, "", r,
			a.n(linear, "document_info_container", r, a.n(image, "icon", view.R(r.Left+12, r.Top+22, r.Left+43, r.Top+59)),
				a.n(linear, "", r, a.t("title", "document.pdf", view.R(r.Left+55, r.Top+12, r.Right-12, r.Top+42))))))), press)
	case "voice":
		return a.n(linear, "", r, with(desc(a.n(imageButton, "control_btn", view.R(r.Left+8, r.Top+8, r.Left+72, r.Top+72)), "Play"), click),
			a.t("duration", "0:07", view.R(r.Left+80, r.Top+8, r.Left+160, r.Top+72)))
	}
	return a.n(frame, "media_container_wrapper", r, with(a.n(frame, "media_container", r,
		with(desc(a.n(button, "image", r), "Enlarge photo"), press)), click))
}

// plainText is what a bubble shows of a text: the marks of *bold*, _italic_,
// ~strikethrough~ and ```monospace``` are gone, as far as they are pairs. A mark
// opens after a blank or punctuation and before a non-blank, and closes the other
// way round, on one line. From memory; not captured.
func plainText(s string) string {
	if !strings.ContainsAny(s, "*_~`") {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = unmark(l)
	}
	return strings.Join(lines, "\n")
}

func unmark(l string) string {
	for _, mark := range []string{"```", "*", "_", "~"} {
		l = unmarkOne(l, mark)
	}
	return l
}

func unmarkOne(l, mark string) string {
	var b strings.Builder
	for {
		i := strings.Index(l, mark)
		if i < 0 {
			b.WriteString(l)
			return b.String()
		}
		j := closing(l, i, mark)
		if j < 0 {
			b.WriteString(l[:i+len(mark)])
			l = l[i+len(mark):]
			continue
		}
		b.WriteString(l[:i])
		b.WriteString(l[i+len(mark) : j])
		l = l[j+len(mark):]
	}
}

// closing finds the mark that pairs with the one at i, or -1.
func closing(l string, i int, mark string) int {
	before, _ := utf8.DecodeLastRuneInString(l[:i])
	rest := l[i+len(mark):]
	first, _ := utf8.DecodeRuneInString(rest)
	if i > 0 && wordRune(before) || rest == "" || unicode.IsSpace(first) || strings.HasPrefix(rest, mark[:1]) {
		return -1
	}
	for from := 0; ; {
		k := strings.Index(rest[from:], mark)
		if k < 0 {
			return -1
		}
		k += from
		last, _ := utf8.DecodeLastRuneInString(rest[:k])
		after, _ := utf8.DecodeRuneInString(rest[k+len(mark):])
		if k > 0 && !unicode.IsSpace(last) && (k+len(mark) == len(rest) || !wordRune(after)) {
			return i + len(mark) + k
		}
		from = k + len(mark)
	}
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// foldedLength is after how many characters a bubble is folded behind "Read
// more". From memory: the longest message captured, 721 characters, is whole.
const foldedLength = 768

// fold cuts a long text as a bubble does.
func fold(s, readMore string) (text string, cut bool) {
	if utf8.RuneCountInString(s) <= foldedLength {
		return s, false
	}
	r := []rune(s)
	return string(r[:foldedLength]) + "… " + readMore, true
}

// oneLine is a text as a list row shows it: line feeds are blanks, the end is
// cut to the row's width.
func oneLine(s string, width int) string {
	s = strings.ReplaceAll(plainText(s), "\n", " ")
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
