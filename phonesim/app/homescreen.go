package app

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/wabridge/wabridge/phonesim/view"
)

// A homeScreen is the activity .home.ui.HomeActivity with the list of chats. Its
// tree is that of the shared capture whatsapp_home_chat_list_meta_ai_pt-br_720x1640.
type homeScreen struct {
	a      *App
	tab    int // 0: the chats
	scroll int
}

func (s *homeScreen) name() string  { return ".home.ui.HomeActivity" }
func (s *homeScreen) Title() string { return s.a.cfg.Package + "/com.whatsapp.home.ui.HomeActivity" }

// back leads from another tab to the chats.
func (s *homeScreen) back() bool {
	was := s.tab
	s.tab = 0
	return was != 0
}

const (
	rowTop    = 316
	rowHeight = 152
	tabsTop   = 1383
	rowText   = 31 // characters of a preview
)

// Scroll moves the list.
func (s *homeScreen) Scroll(dy int) {
	s.scroll = scrolled(s.scroll, dy, len(s.a.listed(false))*rowHeight)
}

func scrolled(at, dy, total int) int { return max(0, min(at-dy, total-(tabsTop-rowTop))) }

// Draw makes the tree.
func (s *homeScreen) Draw() *view.Node {
	a := s.a
	if s.tab != 0 {
		return s.otherTab()
	}
	area := view.R(0, topBar, width, tabsTop)
	list := s.list()
	search := with(desc(a.n(frame, "my_search_bar", view.R(0, 188, width, 284),
		a.n(linearComp, "search_bar_inner_layout", view.R(24, 188, 696, 284),
			a.n(image, "search_icon", view.R(56, 196, 136, 276)),
			a.t("search_text", a.words().searchHint, view.R(136, 214, 696, 257)))), a.words().searchHint), click)
	pages := a.n(frame, "pager_holder", area, with(a.n(pager, "pager", area,
		a.n(linear, "android:id/content", area, a.n(group, "conversations_coordinator_layout", area,
			a.n(linear, "conversation_container", area, search, list)))), view.Focusable|view.Scrollable))
	content := a.n(frame, "android:id/content", area, gone(1)...)
	content.Add(pages, s.header(), with(desc(a.n(linear, "extended_mini_fab", view.R(588, 1119, 672, 1199),
		a.n(linear, "", view.R(588, 1119, 672, 1199), a.n(image, "extended_mini_fab_icon", view.R(600, 1131, 660, 1187)))), "Meta AI"), press),
		with(desc(a.n(imageButton, "fab", view.R(576, 1239, 688, 1351)), a.words().newChat), click))
	host := view.R(0, topBar, width, navBar)
	hostNode := a.n(linear, "conversation_list_view_host", host, gone(1)...)
	hostNode.Add(content, s.tabs())
	inner := a.n(linear, "", host, gone(1)...)
	inner.Add(a.n(linear, "", host, hostNode))
	all := view.R(0, 0, width, height)
	return a.window(a.n(frame, "root_view", all, a.n(plain, "window_size_calculator_view", all),
		a.n(linear, "main_container", all, inner)))
}

func (s *homeScreen) header() *view.Node {
	a, w := s.a, s.a.words()
	bar := view.R(0, topBar, width, underBar)
	return a.n(linear, "header", bar, a.n(linear, "toolbar_container", bar, a.n(group, "toolbar", bar,
		desc(a.n(linear, "", view.R(32, topBar, 432, underBar), a.n(image, "toolbar_logo", view.R(32, 108, 432, 150))), "WhatsApp"),
		a.n(linearComp, "", view.R(476, topBar, width, underBar),
			with(desc(a.n(imageButton, "menuitem_camera", view.R(476, 76, 572, 172)), w.camera), click),
			tap(with(desc(a.n(image, "menuitem_overflow", view.R(640, 76, width, 172)), w.more), press), func() { a.menu() })))))
}

func (s *homeScreen) list() *view.Node {
	a := s.a
	area := view.R(0, 300, width, tabsTop)
	list := with(a.n(recycler, "android:id/list", area), view.Focusable|view.Scrollable|view.LongClickable)
	pad := view.R(0, 300, width, 316)
	list.Add(a.n(frame, "", pad, a.n(frame, "", pad)))
	list.Add(gone(1)...)
	y := rowTop - s.scroll
	if n := len(a.listed(true)); n > 0 {
		entry := s.archiveEntry(y)
		y += archiveHeight
		if clip(entry, area); !entry.Is(view.Gone) {
			list.Add(entry)
		}
	}
	addRows(list, s, a.listed(false), y, area)
	return list
}

const archiveHeight = 92

// addRows draws chats from a height on.
func addRows(list *view.Node, s *homeScreen, chats []*Chat, y int, area view.Rect) {
	for _, c := range chats {
		row := s.row(c, y)
		y += rowHeight
		clip(row, area)
		if !row.Is(view.Gone) {
			list.Add(row)
		}
	}
}

// archiveEntry leads to the archived chats; ids as captured (2025). The number is
// that of the archived chats with something unread, from memory.
func (s *homeScreen) archiveEntry(y int) *view.Node {
	a := s.a
	r := view.R(0, y, width, y+archiveHeight)
	entry := with(a.n(button, "conversations_archive_header", r, a.t("archived_row", a.files().archived, view.R(144, y+20, 560, y+72))), click)
	unread := 0
	for _, c := range a.listed(true) {
		if c.Unread > 0 {
			unread++
		}
	}
	if unread > 0 {
		entry.Add(a.t("archive_row_counter", fmt.Sprint(unread), view.R(640, y+26, 688, y+66)))
	}
	return tap(entry, func() { a.stack = append(a.stack, &archiveScreen{home: &homeScreen{a: a}}); a.sys.Changed() })
}

// An archiveScreen lists the archived chats: rows as those of the home, no tabs
// (from memory).
type archiveScreen struct{ home *homeScreen }

func (s *archiveScreen) name() string { return ".archive.ArchivedConversationsActivity" }
func (s *archiveScreen) Title() string {
	return s.home.a.cfg.Package + "/com.whatsapp.archive.ArchivedConversationsActivity"
}
func (s *archiveScreen) back() bool { return false }

// Scroll moves the list.
func (s *archiveScreen) Scroll(dy int) {
	s.home.scroll = scrolled(s.home.scroll, dy, len(s.home.a.listed(true))*rowHeight)
}

func (s *archiveScreen) Draw() *view.Node {
	a := s.home.a
	area := view.R(0, underBar, width, navBar)
	list := with(a.n(recycler, "android:id/list", area), view.Focusable|view.Scrollable)
	addRows(list, s.home, a.listed(true), underBar-s.home.scroll, area)
	bar := view.R(0, topBar, width, underBar)
	return a.window(a.n(linear, "", view.R(0, topBar, width, navBar),
		a.n(group, "toolbar", bar, a.t("", a.files().archived, view.R(110, 100, 500, 150))), list))
}

// otherTab is a tab that is not the chats', after the shared cut of the calls.
func (s *homeScreen) otherTab() *view.Node {
	a := s.a
	area := view.R(0, topBar, width, tabsTop)
	rows := a.n(recycler, "calls_recyclerView", area)
	for i, c := range a.listed(false) {
		y := underBar + 130*i
		if y > tabsTop-130 {
			break
		}
		rows.Add(with(a.n(group, "call_row_container", view.R(0, y, width, y+130), a.t("contact_name", c.title(), view.R(144, y+20, 560, y+70))), press))
	}
	host := view.R(0, topBar, width, navBar)
	return a.window(a.n(linear, "conversation_list_view_host", host, with(a.n(pager, "pager", area, rows), view.Scrollable),
		a.n(group, "toolbar", view.R(0, topBar, width, underBar), a.t("", a.words().tabs[s.tab], view.R(32, 90, 300, 150))), s.tabs()))
}

func (s *homeScreen) row(c *Chat, y int) *view.Node {
	a := s.a
	at := func(l, t, r, b int) view.Rect { return view.R(l, y+t, r, y+b) }
	title := c.title()
	date, long := s.date(c.Last)
	dateLeft := 688 - utf8.RuneCountInString(date)*charWidth
	photo := with(desc(a.n(image, "contact_photo", at(20, 24, 124, 128)), fmt.Sprintf(a.words().photoOf, title)), press)
	if c.Group {
		hint(photo, "group", "yes")
	}
	photo.Picture = a.picture(c)
	return tap(with(a.n(linear, "contact_row_container", at(0, 0, width, rowHeight),
		a.n(frame, "row_addon_start", at(0, 8, 144, 144), with(a.n(frame, "contact_selector", at(0, 8, 144, 144), photo), press)),
		a.n(linear, "row_content", at(144, 30, 688, 122),
			a.n(linear, "conversations_row_header", at(144, 30, 688, 73),
				a.n(frame, "", at(144, 30, dateLeft, 73),
					a.t("conversations_row_contact_name", title, at(144, 30, min(144+utf8.RuneCountInString(title)*charWidth, dateLeft), 73))),
				desc(a.t("conversations_row_date", date, at(dateLeft, 35, 688, 68)), long)),
			s.bottomRow(c, at))), press), func() { a.show(c) })
}

// bottomRow is the preview, with the tick before an outgoing one (its
// content-desc is empty on the captured phones) and the badge after it.
func (s *homeScreen) bottomRow(c *Chat, at func(l, t, r, b int) view.Rect) *view.Node {
	a, w := s.a, s.a.words()
	right := 688
	if c.Unread > 0 {
		right = 640
	}
	row := a.n(linear, "bottom_row", at(144, 77, 688, 122))
	left := 144
	m := c.newest()
	var text, from string
	switch {
	case c.Draft != "":
		text = w.draft + c.Draft
	case m != nil:
		text = a.mediaText(m)
		if m.Out {
			row.Add(hint(a.n(image, "status_indicator", at(144, 81, 180, 117)), "tick", m.State.picture()))
			left = 187
		} else if c.Group {
			from = m.Sender + ": "
		}
	}
	cell := a.n(linear, "", at(left, 77, right, 122))
	if from != "" {
		end := min(left+utf8.RuneCountInString(from)*charWidth, right-100)
		cell.Add(a.t("msg_from_tv", from, at(left, 77, end, 122)))
		left = end
	}
	text = oneLine(text, rowText)
	cell.Add(a.n(frame, "", at(left, 77, right, 122), a.t("single_msg_tv", text, at(left, 77, min(left+utf8.RuneCountInString(text)*charWidth, right), 122))))
	row.Add(cell)
	if c.Unread > 0 {
		row.Add(desc(a.n(plain, "conversations_row_message_count", at(648, 79, 688, 119)), fmt.Sprintf(plural(w.unread, c.Unread), c.Unread)))
	}
	return row
}

// date is a row's date as shown and as described: today the time, yesterday the
// word, else the date in digits.
func (s *homeScreen) date(t time.Time) (short, long string) {
	w, now := s.a.words(), time.Now()
	switch daysBetween(t, now) {
	case 0:
		c := t.Format("15:04")
		return c, c
	case 1:
		return w.yesterday, w.yesterday
	}
	return t.Format("02/01/2006"), w.date(t)
}

func (s *homeScreen) tabs() *view.Node {
	a := s.a
	r := view.R(0, 1384, width, navBar)
	bar := a.n(group, "", r)
	for i, name := range a.words().tabs {
		x := 180 * i
		sel, id := view.Flag(0), "navigation_bar_item_small_label_view"
		if i == s.tab {
			sel, id = view.Selected, "navigation_bar_item_large_label_view"
		}
		cell := with(desc(a.n(frame, "", view.R(x, 1384, x+180, navBar),
			with(a.n(frame, "navigation_bar_item_icon_container", view.R(x+26, 1408, x+154, 1472),
				with(a.n(image, "navigation_bar_item_icon_view", view.R(x+58, 1408, x+122, 1472)), sel)), sel),
			with(a.n(group, "navigation_bar_item_labels_group", view.R(x+23, 1482, x+157, navBar),
				with(a.t(id, name, view.R(x+23, 1482, x+157, 1520)), sel)), sel)), name), view.Focusable|sel)
		if i != s.tab {
			cell.Flags |= view.Clickable
			tap(cell, func() { s.tab = i; a.sys.Changed() })
		}
		bar.Add(cell)
	}
	return a.n(linear, "bottom_nav_container", view.R(0, tabsTop, width, navBar),
		a.n(plain, "bottom_nav_divider", view.R(0, tabsTop, width, 1384)), a.n(frame, "bottom_nav", r, bar))
}
