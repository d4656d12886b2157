package app

import (
	"strings"
	"unicode/utf8"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/view"
)

// A composerScreen is the preview before a file is sent: the activity
// .mediacomposer.MediaComposerActivity for pictures and videos (its name was seen
// on a phone), .documentpicker.DocumentPreviewActivity for documents. The ids are
// those of the layouts media_preview and base_shared_preview_fragment of 2.20.123;
// how they nest in a build of today, and that the caption is a field at once, is from memory.
type composerScreen struct {
	a       *App
	chat    *Chat
	file    *file
	caption string
	loading bool // a spinner, and a send button that takes no tap
	typing  bool // the keyboard is up
}

// compose opens the preview; it has loaded after a while.
func (a *App) compose(c *Chat, f *file, caption string) {
	s := &composerScreen{a: a, chat: c, file: f, caption: caption, loading: true}
	a.push(s)
	d := a.sys.Latency.Preview
	if slow, ok := a.sys.TakeFor(android.FaultSlowPreview); ok {
		d += slow
	}
	a.sys.After(d, func() {
		s.loading = false
		a.sys.Changed()
	})
}

func (s *composerScreen) name() string {
	if s.file.kind == "document" {
		return ".documentpicker.DocumentPreviewActivity"
	}
	return ".mediacomposer.MediaComposerActivity"
}

func (s *composerScreen) Title() string { return s.a.cfg.Package + "/com.whatsapp" + s.name() }

func (s *composerScreen) back() bool {
	was := s.typing
	s.typing = false
	return was
}

// Type adds to the caption.
func (s *composerScreen) Type(text string) { s.caption += text }

// Delete removes the caption's last character, or all.
func (s *composerScreen) Delete(all bool) {
	_, size := utf8.DecodeLastRuneInString(s.caption)
	if all {
		size = len(s.caption)
	}
	s.caption = s.caption[:len(s.caption)-size]
}

// Enter is a line feed in the caption.
func (s *composerScreen) Enter() { s.caption += "\n" }

// Draw makes the tree.
func (s *composerScreen) Draw() *view.Node {
	a, w := s.a, s.a.words()
	bottom := navBar
	if s.typing {
		bottom = keyboardUp
	}
	bar := view.R(0, topBar, width, underBar)
	title := a.n(relative, "title_bar", bar,
		a.n(plain, "title_protection", bar),
		tap(with(desc(a.n(image, "back", view.R(0, topBar, 96, underBar)), w.back), click), func() { a.Back() }))
	if s.file.kind == "document" {
		title.Add(a.t("title", s.file.name, view.R(110, 100, 700, 150)))
	} else {
		title.Add(s.tools())
	}
	decoration := a.n(relative, "preview_decoration", wholeScreen, title, s.captionRow(bottom), s.recipients(bottom), s.sendButton(bottom))
	layout := a.n(frame, "media_preview_layout", wholeScreen, s.preview())
	if s.loading {
		layout.Add(a.n("android.widget.ProgressBar", "progress", view.R(312, 700, 408, 796)))
	} else {
		layout.Add(gone(1)...)
	}
	return a.window(layout.Add(decoration))
}

func (s *composerScreen) preview() *view.Node {
	a := s.a
	area := view.R(0, underBar, width, 1290)
	page := with(a.n(pager, "pager", area), view.Focusable)
	switch {
	case s.loading:
	case s.file.kind == "document":
		page.Add(a.n(linear, "document_info_container", view.R(140, 500, 580, 800),
			hint(a.n(image, "icon", view.R(300, 500, 420, 640)), "file", "document"),
			a.t("document_info_text", strings.Join([]string{fileSize(len(s.file.data), a.sys.Locale), fileType(s.file.name)}, " • "), view.R(200, 680, 520, 730))))
	default:
		photo := a.n(image, "photo", area)
		photo.Picture = s.file.thumb
		hint(photo, "file", s.file.kind)
		page.Add(photo)
		if s.file.kind == "video" {
			page.Add(with(desc(a.n(image, "play_button", view.R(312, 690, 408, 786)), a.files().playVideo), click))
		}
	}
	return a.n(frame, "preview_layout", wholeScreen, page)
}

var wholeScreen = view.R(0, 0, width, height)

func (s *composerScreen) tools() *view.Node {
	a := s.a
	row := a.n(linear, "media_tools", view.R(288, topBar, width, underBar))
	for i, t := range []struct{ id, desc string }{{"crop", "Crop and rotate"}, {"shape", "Add sticker"}, {"text", "Add text"}, {"pen", "Draw"}} {
		row.Add(with(desc(a.n(image, t.id, view.R(312+100*i, 76, 408+100*i, 172)), t.desc), click))
	}
	return row
}

func (s *composerScreen) captionRow(bottom int) *view.Node {
	a := s.a
	_, h := measure(s.caption, 560)
	h = min(h-50, 4*lineHeight)
	r := view.R(8, bottom-230-h, 712, bottom-130)
	entry := with(a.n(editText, "caption", view.R(112, r.Top+24, 700, r.Bottom-20)), press)
	entry.Text = s.caption
	if s.caption == "" {
		entry.Text = a.files().addCaption
		hint(entry, "placeholder", "yes")
	}
	if s.typing {
		entry.Flags |= view.Focused
	}
	tap(entry, func() { s.typing = true })
	return a.n(linear, "caption_layout", r,
		with(desc(a.n(image, "add_btn", view.R(16, r.Bottom-92, 104, r.Bottom-8)), "Add media"), click), entry)
}

// recipients names the chat that the file goes to.
func (s *composerScreen) recipients(bottom int) *view.Node {
	a := s.a
	r := view.R(0, bottom-120, 600, bottom-8)
	name := s.chat.title()
	in := view.R(24, r.Top+30, min(40+utf8.RuneCountInString(name)*charWidth, 590), r.Bottom-30)
	return with(a.n(relative, "recipients_container", r,
		with(a.n("android.widget.HorizontalScrollView", "recipients_scroller", r, a.t("recipients", name, in)), view.Focusable)), click)
}

func (s *composerScreen) sendButton(bottom int) *view.Node {
	send := with(desc(s.a.n(imageButton, "send", view.R(604, bottom-116, 704, bottom-16)), s.a.words().send), click)
	if s.loading {
		return with(send, view.Disabled)
	}
	return tap(send, func() { s.a.sendFile(s.chat, s.file, s.caption) })
}

// A contactsScreen shows shared contacts before they are sent: the layout
// view_shared_contact_array of 2.20.123, whose button is send_btn and not send;
// its activity's name is from memory.
type contactsScreen struct {
	a    *App
	chat *Chat
	file *file
}

func (s *contactsScreen) name() string { return ".contact.sharecontact.ViewSharedContactArrayActivity" }
func (s *contactsScreen) Title() string {
	return s.a.cfg.Package + "/com.whatsapp" + s.name()
}
func (s *contactsScreen) back() bool { return false }

// Draw makes the tree.
func (s *contactsScreen) Draw() *view.Node {
	a, w := s.a, s.a.words()
	r := view.R(0, topBar, width, navBar)
	list := with(a.n(recycler, "rvContacts", view.R(0, underBar, width, navBar)), view.Focusable|view.Scrollable)
	for i, name := range s.file.people {
		y := underBar + 150*i
		if y > 1300 {
			break
		}
		at := view.R(0, y, width, y+150)
		list.Add(a.n(frame, "", at, a.n(linear, "contact_display_layout", at, a.n(linear, "", at,
			a.n(image, "image", view.R(24, y+25, 124, y+125)),
			a.n(linear, "", view.R(150, y+25, 690, y+125), a.t("name", name, view.R(150, y+45, 690, y+95)))))))
	}
	bar := a.n(group, "toolbar", view.R(0, topBar, width, underBar),
		tap(with(desc(a.n(imageButton, "", view.R(0, topBar, 96, underBar)), w.back), click), func() { a.Back() }),
		a.t("", a.files().contactsToSend, view.R(110, 80, 600, 124)),
		a.t("", s.chat.title(), view.R(110, 126, 600, 170)))
	return a.window(a.n(linear, "", r, bar, a.n(frame, "", view.R(0, underBar, width, navBar), list,
		tap(with(desc(a.n(imageButton, "send_btn", view.R(600, 1420, 696, 1516)), w.send), click), func() { s.a.sendFile(s.chat, s.file, "") }))))
}
