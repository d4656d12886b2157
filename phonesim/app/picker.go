package app

import "github.com/wabridge/wabridge/phonesim/view"

// A pickerScreen is the contact picker that a share without a chat opens. Its
// send button has the same id as the chat's (facts/android.md 8). Ids: layouts
// contact_picker_fragment and contact_picker_row of 2.20.123.
type pickerScreen struct {
	a      *App
	text   string
	file   *file // nil: a text is shared
	picked *Chat
}

func (s *pickerScreen) name() string { return ".contact.picker.ContactPicker" }

// Title is the window's name.
func (s *pickerScreen) Title() string {
	return s.a.cfg.Package + "/com.whatsapp.contact.picker.ContactPicker"
}
func (s *pickerScreen) back() bool { return false }

// Draw makes the tree.
func (s *pickerScreen) Draw() *view.Node {
	a := s.a
	r := view.R(0, topBar, width, navBar)
	list := with(a.n(listView, "android:id/list", view.R(0, underBar, width, 1400)), view.Focusable|view.Scrollable)
	for i, c := range a.byList() {
		y := underBar + 130*i
		if y > 1270 {
			break
		}
		list.Add(s.row(c, y))
	}
	all := a.n(linear, "", r,
		a.n(group, "toolbar", view.R(0, topBar, width, underBar),
			tap(with(desc(a.n(imageButton, "", view.R(0, topBar, 96, underBar)), a.words().back), click), func() { a.Back() }),
			a.t("", a.words().picker, view.R(110, 100, 500, 150))),
		list)
	if s.picked != nil {
		bar := view.R(0, 1404, width, navBar)
		all.Add(a.n(relative, "recipients_container", bar, a.n("android.widget.HorizontalScrollView", "recipients_scroller", bar,
			a.t("recipients", s.picked.title(), view.R(24, 1440, 580, 1490)))),
			tap(with(desc(a.n(imageButton, "send", view.R(600, 1420, 696, 1516)), a.words().send), click), s.send))
	}
	return a.window(all)
}

func (s *pickerScreen) row(c *Chat, y int) *view.Node {
	a := s.a
	at := view.R(0, y, width, y+130)
	selected := view.Flag(0)
	if s.picked == c {
		selected = view.Selected
	}
	return tap(with(a.n(relative, "contactpicker_row", at,
		a.n(frame, "contact_selector", view.R(16, y+15, 116, y+115), a.n(image, "contactpicker_row_photo", view.R(16, y+15, 116, y+115))),
		a.t("contactpicker_row_name", c.title(), view.R(144, y+30, 688, y+80))), click|selected), func() { s.picked = c })
}

// send takes what is shared on: a text into the chat's composer, a file to
// its preview.
func (s *pickerScreen) send() {
	if s.file == nil {
		s.picked.Draft = s.text
		s.a.show(s.picked)
		return
	}
	s.a.offer(s.picked, s.file, s.text)
}
