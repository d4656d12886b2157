package app

import (
	"strings"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/view"
)

func (a *App) loggedOut() bool { return a.sys.Has(android.FaultLoggedOut) }

// blocked is the screen that takes the place of everything when the account or
// the build may not be used, or nil.
func (a *App) blocked() screen {
	w := a.words()
	switch {
	case a.loggedOut():
		return &noticeScreen{a: a, class: ".registration.app.EULA", title: w.eulaTitle, text: "", button: w.eulaButton}
	case a.sys.Has(android.FaultBanned):
		return &noticeScreen{a: a, class: ".userban.ui.BanAppealActivity", title: w.banTitle, text: w.banText, button: w.ok}
	case a.sys.Has(android.FaultUpdateForced):
		return &noticeScreen{a: a, class: ".HomeActivity", title: w.updateTitle, text: say(w.tooOldF, a.Label()), button: w.updateButton}
	}
	return nil
}

// A noticeScreen is a full screen with a title, a text and a button: EULA, ban,
// update. The ids of the first are from memory; no capture of any is known.
type noticeScreen struct {
	a                          *App
	class, title, text, button string
}

func (s *noticeScreen) name() string  { return s.class }
func (s *noticeScreen) Title() string { return s.a.cfg.Package + "/com.whatsapp" + s.class }
func (s *noticeScreen) back() bool    { return false }

func (s *noticeScreen) Draw() *view.Node {
	a := s.a
	titleID, textID, buttonID := "title", "message", "button"
	if s.class == ".registration.app.EULA" {
		titleID, textID, buttonID = "eula_title", "eula_view", "eula_accept"
	}
	r := view.R(0, topBar, width, navBar)
	body := a.n(linear, "", r, a.t(titleID, s.title, view.R(40, 300, 680, 360)))
	if s.text != "" {
		body.Add(a.t(textID, s.text, view.R(40, 400, 680, 700)))
	}
	body.Add(tap(with(textButton(a, buttonID, s.button, view.R(40, 1400, 680, 1496)), click), func() {}))
	return a.window(a.n(scrollView, "", r, body))
}

// A pickerScreen is the contact picker that a share without a chat opens. Its
// send button has the same id as the chat's (facts/android.md 8).
type pickerScreen struct {
	a      *App
	text   string
	picked *Chat
}

func (s *pickerScreen) name() string { return ".contact.picker.ContactPicker" }
func (s *pickerScreen) Title() string {
	return s.a.cfg.Package + "/com.whatsapp.contact.picker.ContactPicker"
}
func (s *pickerScreen) back() bool { return false }

func (s *pickerScreen) Draw() *view.Node {
	a := s.a
	r := view.R(0, topBar, width, navBar)
	list := with(a.n(listView, "android:id/list", view.R(0, underBar, width, 1400)), view.Focusable|view.Scrollable)
	for i, c := range a.byList() {
		y := underBar + 130*i
		if y > 1270 {
			break
		}
		list.Add(tap(with(a.n(relative, "contactpicker_row", view.R(0, y, width, y+130),
			a.t("contactpicker_row_name", c.title(), view.R(144, y+30, 688, y+80))), click), func() { s.picked = c }))
	}
	all := a.n(linear, "", r,
		a.n(group, "toolbar", view.R(0, topBar, width, underBar),
			with(desc(a.n(imageButton, "", view.R(0, topBar, 96, underBar)), a.words().back), click),
			a.t("", a.words().picker, view.R(110, 100, 500, 150))),
		list)
	if s.picked != nil {
		all.Add(tap(with(desc(a.n(imageButton, "send", view.R(600, 1420, 696, 1516)), a.words().send), press), func() {
			c := s.picked
			c.Draft = s.text
			a.show(c)
		}))
	}
	return a.window(all)
}

// A previewScreen is the media composer before a file is sent: caption, picture
// and its own send. From memory of the layout's ids ("caption", "send").
type previewScreen struct {
	a       *App
	chat    *Chat
	kind    string
	caption string
}

func (s *previewScreen) name() string { return ".mediacomposer.MediaComposerActivity" }
func (s *previewScreen) Title() string {
	return s.a.cfg.Package + "/com.whatsapp.mediacomposer.MediaComposerActivity"
}
func (s *previewScreen) back() bool       { return false }
func (s *previewScreen) Type(text string) { s.caption += text }
func (s *previewScreen) Delete(bool)      { s.caption = "" }
func (s *previewScreen) Enter()           { s.caption += "\n" }

func (s *previewScreen) Draw() *view.Node {
	a := s.a
	all := view.R(0, 0, width, height)
	caption := with(a.n(editText, "caption", view.R(40, 1400, 560, 1470)), press)
	caption.Text = s.caption
	return a.window(a.n(frame, "media_composer_root", all,
		a.n(image, "image", view.R(0, topBar, width, 1300)),
		a.t("media_recipients", s.chat.title(), view.R(40, 1480, 560, 1536)),
		caption,
		tap(with(desc(a.n(imageButton, "send", view.R(600, 1420, 696, 1516)), a.words().send), press), func() {
			a.show(s.chat)
			a.sendNow(s.chat, s.caption, false, s.kind)
			a.sys.ChangesFor(a.sys.Latency.Bubble)
		})))
}

// preview opens the media composer for a shared file.
func (a *App) preview(jid string, i android.Intent) {
	kind, _, _ := strings.Cut(i.Type, "/")
	switch kind {
	case "image", "video":
	case "audio":
		kind = "voice"
	default:
		kind = "document"
	}
	if jid == "" {
		a.push(&pickerScreen{a: a, text: i.Extras[android.ExtraText]})
		return
	}
	a.push(&previewScreen{a: a, chat: a.chat(digitsOf(jid)), kind: kind, caption: i.Extras[android.ExtraText]})
}

// A strangeScreen is one that no profile knows.
type strangeScreen struct{ a *App }

func (s *strangeScreen) name() string { return ".newfeature.SomethingNewActivity" }
func (s *strangeScreen) Title() string {
	return s.a.cfg.Package + "/com.whatsapp.newfeature.SomethingNewActivity"
}
func (s *strangeScreen) back() bool { return false }

func (s *strangeScreen) Draw() *view.Node {
	a := s.a
	r := view.R(0, topBar, width, navBar)
	return a.window(a.n(linear, "", r, a.t("something_title", "Qwx zyx", view.R(40, 300, 680, 360)),
		with(textButton(a, "something_button", "Zyx", view.R(40, 1400, 680, 1496)), click)))
}
